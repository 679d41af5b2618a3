"""Corrections as whoever reads meets them: records that staff made, and the rows that say so.

A correction is a record like any other, of no channel and no event of the policy's (their numbers begin at 1), sealed
with the keys of its person. So what ends, holds, exports or moves records does so with it. That it is one its row says,
under a MAC: a record of that channel without such a row, or with one that does not stand, was planted or put back, and
nothing of its person is shown. Nobody sends one: what a channel or an event of the policy is called does not matter.

It is believed like what is proven (`RANKS_AS`), as of when it was made: so it stands before all that was there, and
before whatever comes later with less proof; and until something newer comes that is as well proven, since that is the
person's own word too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Tampered
from lockhouse.gates.authority import checked
from lockhouse.gates.imports import STAFF_CHANNEL
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Correction, Lookup, Record
from lockhouse.model.scale import Assurance, Belief, Proof

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lockhouse.gates.house import House, LivePolicy

EVENT: Final = 0
"""In place of an event's number, of a record that staff made."""
RANKS_AS: Final = (int(Proof.PROVEN), int(Assurance.SIGNED))
"""Proof and assurance of such a record's row, by which folds order it; `SAID_AS` is what people are told."""
SAID_AS: Final = int(Proof.CLAIMED)
"""It is what somebody said on the telephone, and typed by somebody else."""
STANDS, UNDONE, REPLACED = range(3)
UNDO_DAYS: Final = 30
UNDO_MS: Final = UNDO_DAYS * DAY_MS
CHANNEL_NAME, EVENT_NAME = "staff", "correction"
DOUBT: Final = int(Belief.PROVEN) - int(Belief.CLAIMED)
"""Of the pointers by which a corrected identifier is found."""
_POINTERS = 2_000


def is_correction(row: Record) -> bool:
    """Whether a record says that staff made it."""
    return row.channel == STAFF_CHANNEL


def channel_name(live: LivePolicy, number: int) -> str:
    """What people call a record's channel."""
    return CHANNEL_NAME if number == STAFF_CHANNEL else live.names.name("channel", number) or f"#{number}"


def event_name(live: LivePolicy, number: int) -> str:
    """What people call a record's event."""
    return EVENT_NAME if number == EVENT else live.names.name("event", number) or f"#{number}"


async def require_made(house: House, rows: Iterable[Record]) -> None:
    """Each of these records that says so was made by staff and stands.

    Raises:
        Tampered: one was planted, put back, or made somebody else's.
        Moved: one was undone since it was read.
    """
    made = {row.id: row for row in rows if is_correction(row)}
    if not made:
        return
    found = checked((await house.reads.get(Correction, [(one,) for one in made])).values(), house.integrity_key)
    stands = {row.record: row.person for row in found if row.state == STANDS}
    doubtful = {
        key: row
        for key, row in made.items()
        if stands.get(key) != row.person or (row.event, row.proof, row.assurance) != (EVENT, *RANKS_AS)
    }
    if not doubtful:
        return
    # It may have been undone since it was read: its record went in one commit with that.
    again = await house.reads.get(Record, [(one,) for one in doubtful])
    if any(row == doubtful[key] for (key,), row in again.items()):
        raise Tampered(
            "correction: expected a record that staff made and that stands, got another",
            hint="lockhouse ledger verify --records --state names it",
        )
    raise Moved("correction: expected it as it was read", hint="try again")


async def standing(house: House, persons: Collection[bytes], field: int | None = None) -> list[Correction]:
    """The corrections of these source persons that stand, of one field or of all, in the order in which they count.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    found = await house.reads.find(Correction, ("person",), [(one,) for one in sorted(persons)])
    rows = [row for row in checked(found, house.integrity_key) if row.state == STANDS]
    return sorted((row for row in rows if field in {None, row.field}), key=lambda row: (row.at, row.record))


def pointer(place: tuple[int, int, bytes], person: bytes) -> Lookup:
    """By which whoever looks for a corrected identifier finds its person.

    It is no index: an event with the identifier does not become that person's by it, since nobody has proven that it is
    theirs.
    """
    return Lookup(*place, DOUBT, person)


async def led_to(house: House, place: tuple[int, int, bytes], field: int) -> list[bytes]:
    """The source persons of whom an identifier, by its place in the index, was put right and stands.

    Raises:
        Tampered: as of `standing`.
    """
    found = await house.reads.find(Lookup, ("kind", "generation", "tag"), [place], limit=_POINTERS)
    persons = {row.person for row in found}
    known = {row.person for row in await standing(house, persons, field)} if persons else set()
    return sorted(known, reverse=True)
