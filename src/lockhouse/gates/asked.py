"""What customers and shops asked of a provider that passed it on: taken in once, kept, settled by staff, let go.

It is inert: nobody is shut by it. Whoever could make a provider ask in another's name must not erase them; staff look
who it is about, open what is asked for as for anybody who writes a letter, and settle it with one word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from lockhouse.crypto.canonical import lp
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import NotFound
from lockhouse.gates.authority import checked, digest, place_digest, signed
from lockhouse.ledger.entry import Asked as AskedEntry
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Asked

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.event import Demand

OPEN, SETTLED = 0, 1
DUE_DAYS: Final = 30
"""What Shopify gives an app, and no longer than the month of GDPR Art. 12(3) wherever it is begun."""
KEPT_DAYS: Final = 3 * 365
"""How long it can be shown that a request was answered, once it is settled."""
HINT: Final = "lockhouse request asked prints ids"
Step = Literal["made", "settled", "swept"]


def id_of_message(house: House, message: str | None, *, channel: int) -> bytes:
    """The id of what a message asks for: the same of the same message, and nothing that tells of it."""
    if message is None:
        return house.ids.new()
    return house.row_macs.of("asked/message", lp(channel, message))


async def take_in(  # noqa: PLR0913  (what asks, for what, of whom, by whom)
    house: House, own: bytes, demand: Demand, *, channel: int, persons: Collection[bytes], by: str
) -> bool:
    """It stands, and the ledger says so; False where it stood already, whatever became of it since.

    Raises:
        Unavailable: the record store is away.
        Tampered: what stands was not made, or not left, as this house made it.
    """
    if checked((await house.reads.get(Asked, [(own,)])).values(), house.integrity_key):
        return False
    now = house.clock.now_ms()
    row = Asked(
        id=own, channel=channel, what=demand.what, reference=demand.reference,
        persons=msgspec.msgpack.encode(sorted(persons)), at=now, due_at=now + DUE_DAYS * DAY_MS, state=OPEN,
        settled_at=None, by=by, reason="", entry=house.ids.new(), mac=b"",
    )  # fmt: skip
    row = signed(row, house.integrity_key)
    return await _commit(house, row, was=None, step="made", by=by)


async def every_asked(house: House) -> list[Asked]:
    """Every one, also the settled ones, the oldest first.

    Raises:
        Tampered: one was not made, or not left, as this house made it.
    """
    rows = [row async for some in house.reads.scan(Asked) for row in checked(some, house.integrity_key)]
    return sorted(rows, key=lambda row: (row.at, row.id))


async def open_asked(house: House) -> list[Asked]:
    """Those that nobody has settled, the oldest first.

    Raises:
        Tampered: as `every_asked`.
    """
    rows = checked(await house.reads.find(Asked, ("state",), [(OPEN,)]), house.integrity_key)
    return sorted(rows, key=lambda row: (row.at, row.id))


async def find_asked(house: House, own: bytes) -> Asked:
    """One of them.

    Raises:
        NotFound: there is none.
        Tampered: it was not made, or not left, as this house made it.
    """
    for row in checked((await house.reads.get(Asked, [(own,)])).values(), house.integrity_key):
        return row
    raise NotFound("asked: expected the id of what a provider passed on", hint=HINT)


def persons_of(row: Asked) -> list[bytes]:
    """Who had one of its identifiers when it came."""
    return msgspec.msgpack.decode(row.persons, type=list[bytes])


async def settle(house: House, row: Asked, *, reason: str, by: str) -> Asked:
    """It is settled, and the ledger says by whom and why.

    Raises:
        Moved: it is settled already, or somebody else settled it just now.
    """
    if row.state == SETTLED:
        raise Moved("asked: expected one that is open, got one that is settled", hint="lockhouse request asked")
    now = house.clock.now_ms()
    done = msgspec.structs.replace(
        row, state=SETTLED, settled_at=now, by=by, reason=reason, entry=house.ids.new(), mac=b""
    )
    done = signed(done, house.integrity_key)
    if not await _commit(house, done, was=row, step="settled", by=by):
        raise Moved("asked: expected it as it was read", hint="somebody settled it just now; look again")
    return done


async def let_go(house: House, rows: Sequence[Asked], *, by: str) -> int:
    """These are gone, and the ledger says so; how many were as they were read."""
    gone = 0
    for row in rows:
        entry = _entry(row, step="swept", by=by).draft(id=house.ids.new(), lane=house.lane)
        deletes, expects = (Delete(Asked.TABLE, (row.id,)),), (_unmoved(row, row),)
        answer = await house.commits.commit(Change("record", deletes=deletes, entries=(entry,), expects=expects))
        gone += not isinstance(answer, Conflict)
    return gone


async def _commit(house: House, row: Asked, *, was: Asked | None, step: Step, by: str) -> bool:
    entry = _entry(row, step=step, by=by).draft(id=row.entry, lane=house.lane)
    change = Change("record", puts=(Put(Asked.TABLE, row),), entries=(entry,), expects=(_unmoved(row, was),))
    return not isinstance(await house.commits.commit(change), Conflict)


def _entry(row: Asked, *, step: Step, by: str) -> AskedEntry:
    return AskedEntry(
        step=step, what=row.what, channel=row.channel,  # type: ignore[arg-type]  # as the row was made
        persons=len(persons_of(row)), due=row.due_at, by=by, reason=row.reason or None, row=digest(row),
        place=place_digest(row),
    )  # fmt: skip


def _unmoved(row: Asked, was: Asked | None) -> Expect:
    before = None if was is None else {"mac": was.mac}
    return Expect(Asked.TABLE, (row.id,), before, or_absent=False, because="asked-moved")
