"""One thing done with staff: a Change of the identity store that expects what was read, and its ledger entries.

The entries are brought behind the Change. A process that ends between the two leaves rows that stand untold: the daily
round tells of them, or whoever writes over them, first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lockhouse.errors import Conflict as Moved
from lockhouse.gates.authority import Bound, bound, signed
from lockhouse.gates.staff.told import Telling, draft_of, tell_of
from lockhouse.gates.told import tell
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.rows import StaffRole

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.change import Draft

TellingT = TypeVar("TellingT", bound=Telling)
BoundT = TypeVar("BoundT", bound=Bound)


class Deed:
    """Collects what is written, what it is written over, and what the ledger is to be told."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._puts: list[Put] = []
        self._deletes: list[Delete] = []
        self._expects: list[Expect] = []
        self._over: list[Telling] = []
        self._drafts: list[Draft] = []

    def put(self, row: TellingT, *, was: TellingT | None) -> TellingT:
        """An account, a role or a factor, in place of what was read; the row with its MAC. Its entry is told of.

        Raises:
            Invalid: what the entry would say has not its form; nothing is stored.
        """
        whole = signed(row, self._house.integrity_key)
        self._drafts.append(draft_of(self._house, whole))
        self._over += [] if was is None else [was]
        self._write(whole, was)
        return whole

    def set(self, row: BoundT, *, was: BoundT | None) -> BoundT:
        """A row of which no entry tells, in place of what was read; the row with its MAC."""
        whole = bound(row, self._house.row_macs)
        self._write(whole, was)
        return whole

    def take(self, row: Bound) -> None:
        """The row goes, if it is as it was read: of two who take one, one does."""
        self.hold(row)
        self.drop(row)

    def drop(self, row: Bound) -> None:
        """The row goes, however it stands by then."""
        self._deletes.append(Delete(row.TABLE, _key(row)))

    def hold(self, row: Bound | Telling) -> None:
        """The row is still as it was read when this is done."""
        self._expects.append(_as_read(row, row))

    def hold_role(self, staff: bytes, role: str, was: StaffRole | None) -> None:
        """What somebody has of a role is as it was read, or still nothing."""
        values = None if was is None else {"mac": was.mac}
        self._expects.append(Expect(StaffRole.TABLE, (staff, role), values, or_absent=False, because="staff-moved"))

    def tell(self, draft: Draft) -> None:
        """One more entry, brought with the others."""
        self._drafts.append(draft)

    def _write(self, row: Bound | Telling, was: Bound | Telling | None) -> None:
        self._puts.append(Put(row.TABLE, row))
        self._expects.append(_as_read(row, was))

    async def done(self) -> None:
        """All of it is durable, and the ledger tells of it.

        Raises:
            Moved: something is not as it was read; nothing is stored.
            Tampered: what it writes over was not made, or not left, as this house made it.
        """
        await tell_of(self._house, self._over)
        change = Change(
            "identity", puts=tuple(self._puts), deletes=tuple(self._deletes), expects=tuple(self._expects)
        )  # fmt: skip
        if isinstance(await self._house.commits.commit(change), Conflict):
            raise Moved("staff: expected it as it was read", hint="try again")
        if self._drafts:
            await tell(self._house, [], self._drafts)


def _key(row: Bound | Telling) -> tuple[object, ...]:
    return tuple(getattr(row, column) for column in row.KEY)


def _as_read(row: Bound | Telling, was: Bound | Telling | None) -> Expect:
    values = None if was is None else {"mac": was.mac}
    return Expect(row.TABLE, _key(row), values, or_absent=False, because="staff-moved")
