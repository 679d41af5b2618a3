"""A fold over more records than are opened: what snapshots cover is taken from them, and the rest is opened.

The records are walked all the same, still sealed, and each snapshot is held against them: one that covers anything but
what stands there now is not used, and its records are opened like any. What it holds is decided again value by value,
as if its box had just been opened; so a profile shows what all of its records say, and not a moment longer.
"""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING

from lockhouse.crypto.canonical import unpack_fields
from lockhouse.gates.authority import checked, sound
from lockhouse.gates.corrections import require_made
from lockhouse.gates.disclose.covered import Covered, Keys, is_wanted
from lockhouse.gates.disclose.kept import clear_values
from lockhouse.gates.pace import ROWS_A_STEP
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.snapshots import is_too_large, place_of, record_of
from lockhouse.identity.fold import belief
from lockhouse.model.rows import Record, Snapshot, Tombstone

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.gates.disclose.decided import Group
    from lockhouse.gates.disclose.opened import OpenedRecord, Opening
    from lockhouse.gates.house import House
    from lockhouse.gates.pace import Footing
    from lockhouse.gates.snapshots import Kept, Place

PAGE = 500
TRIES = 2
"""The second walk goes without the snapshots that the first found stale."""


async def cover(house: House, group: Group, footing: Footing, *, limit: int, without: Collection[Place]) -> None:
    """The group's records are those that no snapshot covers, at most `limit`, and it knows what covers the others.

    A snapshot is no more than a cache: one `without` is passed over, and counted.
    The group is left as it is if neither a snapshot holds nor a box has ended, or if too much stands in clear.

    Raises:
        Moved: the policy or the keys moved.
        Tampered: a snapshot's row or a record is not as this house makes any.
    """
    whose = await _keys_of(house, group.persons)
    found = sound(await house.reads.find(Snapshot, ("person",), [(one,) for one in whose]))
    found = [one for one in found if is_wanted(house.live(), one.compartment, group.fields) and not is_too_large(one)]
    using = [one for one in found if place_of(one) not in without]
    group.spoilt = len(found) - len(using)
    for _ in range(TRIES):
        covered = Covered(house.live(), using, group.fields)
        loose = list[Record]()
        for person, keys in whose.items():
            loose = await _walked(house, (person, keys), covered, footing, loose=loose, most=limit)
        if covered.is_crowded:
            return
        stale = covered.snapshots.stale()
        if not stale and (using or covered.ended):
            group.truncated = covered.left_out > 0
            group.rows = sorted(loose, key=lambda row: row.id)
            group.total, group.covered = covered.many, covered
        if not stale:
            return
        using = [one for place, one in covered.snapshots.by.items() if place not in stale]


async def _keys_of(house: House, persons: Collection[bytes]) -> dict[bytes, Keys]:
    """Those of the persons who have a ring, with what is known of their boxes' keys."""
    await admit_rings(house, persons)
    held = {one: house.keyring.every_serial(one) for one in persons if house.keyring.version_of(one) is not None}
    stones = checked(await house.reads.find(Tombstone, ("person",), [(one,) for one in held]), house.integrity_key)
    destroyed: dict[bytes, set[bytes]] = {one: set() for one in held}
    for stone in stones:
        destroyed[stone.person].add(stone.serial)
    return {one: Keys(house.keyring, serials, destroyed[one]) for one, serials in held.items()}


async def _walked(  # noqa: PLR0913  (what is walked, and what is gathered meanwhile)
    house: House, whose: tuple[bytes, Keys], covered: Covered, footing: Footing, *, loose: list[Record], most: int
) -> list[Record]:
    """The loose records so far with this person's, the most believed first, at most so many."""
    (person, keys), behind = whose, None
    while not covered.is_crowded and (
        rows := await house.reads.find(Record, ("person",), [(person,)], after=behind, limit=PAGE)
    ):
        behind = (rows[-1].id,)
        for first in range(0, len(rows), ROWS_A_STEP):
            loose += [row for row in sound(rows[first : first + ROWS_A_STEP]) if covered.walk(row, keys)]
            await footing.step()
        covered.left_out += max(0, len(loose) - most)
        loose = nlargest(most, loose, key=_belief)
    return loose


def _belief(row: Record) -> tuple[int, bool, int, bytes]:
    return belief(row.proof, row.assurance, at=row.occurred_at, record=row.id)


async def taken(
    opening: Opening, snapshot: Snapshot, kept: Sequence[Kept], footing: Footing, *, active_at: int
) -> list[OpenedRecord]:
    """What a snapshot holds, each value decided again over the record that it is of.

    Raises:
        Moved: one of the records is another than it was made from: it changed since they were walked.
    """
    house: House = opening.house
    rows = await house.reads.get(Record, [(one.record,) for one in kept])
    await require_made(house, rows.values())
    opened = []
    for one in kept:
        row = record_of(one, rows, person=snapshot.person)
        opened.append(
            opening.part(row, unpack_fields(one.values), compartment=snapshot.compartment, active_at=active_at)
        )
        await footing.step()
    return opened


async def taken_clear(opening: Opening, covered: Covered, footing: Footing, *, active_at: int) -> list[OpenedRecord]:
    """The columns in clear that a fold can need, decided again."""
    await require_made(opening.house, covered.clear())
    opened = []
    for row in covered.clear():
        opened.append(opening.part(row, clear_values(row), compartment=0, active_at=active_at))
        await footing.step()
    return opened
