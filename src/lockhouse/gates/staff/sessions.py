"""Sessions: begun, used, ended; one by one, or all of somebody at once.

A sign-in is told of before its session stands, and its end once the session is gone: what the ledger calls over never
counts again unseen. All of somebody's end by their account's row, in one Change with what they end for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.crypto.staff import place
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.read import ACTIVE, sessions_of
from lockhouse.gates.staff.refusing import refuse
from lockhouse.gates.staff.tokens import new_token, token_tag
from lockhouse.gates.told import tell
from lockhouse.gates.trusted_time import BEHIND_MS
from lockhouse.ledger.entry import Session as SessionEntry
from lockhouse.model.rows import Factor, Session, Staff
from lockhouse.model.rows import House as HouseRow

if TYPE_CHECKING:
    from lockhouse.gates.house import House

MAX_LABEL = 120
_NETWORK, _AGENT, _USER = 1, 2, 3


class Seen(NamedTuple):
    """From where somebody comes: their network, and a short word for their browser.

    Attributes:
        address: the whole one, which tries are counted by: it stands in a row as a keyed tag alone, of where somebody
            signed in for 90 days. Empty where nothing but the network is at hand.
    """

    network: str
    agent: str
    address: str = ""

    @property
    def near(self) -> str:
        """What tries from there are counted by."""
        return self.address or self.network


class Begin(NamedTuple):
    """How somebody signed in: by which means, how sure that is, and until when (ms) it counts at most.

    Attributes:
        factor: what they proved last; None where it came to be with the account as it is read.
        user: the machine's account whose command line is signed in, and no other's; empty: a browser is.
    """

    means: str
    level: int
    until_at: int
    factor: Factor | None = None
    user: str = ""


async def begin(house: House, account: Staff, how: Begin, *, seen: Seen) -> tuple[str, Session]:
    """Somebody is signed in, if account and factor are as they were read; the secret for their browser, and the row.

    Raises:
        Moved: one of them changed meanwhile; then nobody is signed in.
        Refused: the account is not active.
    """
    refuse("session", None if account.state == ACTIVE else "not-active")
    token, own = new_token(house), house.ids.new()
    now = max(house.clock.now_ms(), account.sessions_from + 1)  # behind the cut that the account tells of, by its row
    tag, staff = token_tag(house, "command-line" if how.user else "session", token), account.id
    fields = {_NETWORK: seen.network[:MAX_LABEL], _AGENT: seen.agent[:MAX_LABEL]}
    if how.user:
        fields[_USER] = how.user
    box = house.staff_keys.seal_fields(fields, place=_place(tag))
    said = SessionEntry(
        step="begun", staff=staff.hex(), session=own.hex(), by=f"staff:{staff.hex()}", means=how.means, level=how.level
    )  # fmt: skip
    await tell(house, [], [said.draft(id=house.ids.new(), lane=house.lane)])
    deed = Deed(house)
    deed.hold(account)
    if how.factor is not None:
        deed.hold(how.factor)
    row = deed.set(Session(tag, own, staff, how.level, now, now, how.until_at, 0, b"", box, b""), was=None)
    await deed.done()
    return token, row


async def touch(house: House, row: Session, *, now: int) -> Session:
    """The session was used at this time (ms); the row as it stands.

    Raises:
        Moved: it was used or ended meanwhile.
    """
    deed = Deed(house)
    used = deed.set(msgspec.structs.replace(row, seen_at=now), was=row)
    await deed.done()
    return used


def seen_from(house: House, row: Session) -> Seen:
    """From where somebody signed in.

    Raises:
        Tampered: the box is not this row's own.
    """
    fields = house.staff_keys.open_fields(row.box, place=_place(row.tag))
    return Seen(str(fields[_NETWORK]), str(fields[_AGENT]))


def user_of(house: House, row: Session) -> str:
    """The machine's account whose command line the session is of; empty for a browser's.

    Raises:
        Tampered: as `seen_from`.
    """
    return str(house.staff_keys.open_fields(row.box, place=_place(row.tag)).get(_USER, ""))


def over(house: House, deed: Deed, row: Session, *, by: str) -> None:
    """The session goes with this deed, and the ledger says who ended it."""
    deed.drop(row)
    said = SessionEntry(step="ended", staff=row.staff.hex(), session=row.id.hex(), by=by)
    deed.tell(said.draft(id=house.ids.new(), lane=house.lane))


async def all_over(house: House, deed: Deed, row: Staff, *, by: str) -> Staff:
    """The account, still to be put, of somebody none of whose sessions counts any more; their rows go, too.

    A session that begins meanwhile expects the account as it was, and so does not begin.
    """
    for session in await sessions_of(house, row.id):
        over(house, deed, session, by=by)
    return msgspec.structs.replace(row, sessions_from=await cut_at(house, row))


async def cut_at(house: House, row: Staff) -> int:
    """From when on (ms) what somebody is given counts: behind all that the ledger tells of, and never earlier again.

    What another machine gave a moment ago, whose clock is ahead of this one, is over, too. A ledger that is further
    ahead than two clocks may differ counts so far alone: nobody is shut out by one row.
    """
    now = house.clock.now_ms()
    told = [house.time.ledger_ms, *(one.last_at for one in (await house.reads.get(HouseRow, [(1,)])).values())]
    return max(now, row.sessions_from, min(max(told), now + BEHIND_MS))


def _place(tag: bytes) -> bytes:
    return place(Session.TABLE, tag, "box")
