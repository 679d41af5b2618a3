"""Which rows of a page may be opened, and what is in them."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.crypto.noted import refs_root
from lockhouse.crypto.ring import WHOLE
from lockhouse.errors import Erased, Expired
from lockhouse.gates.authority import checked, sound
from lockhouse.gates.cases import LAPSE, sound_cases
from lockhouse.gates.disclose.noting import commit_note, ticket
from lockhouse.gates.ending.epoch import RETENTION
from lockhouse.gates.epochs import epoch_at
from lockhouse.gates.facts import facts_of_persons
from lockhouse.gates.pace import Footing
from lockhouse.gates.quarantine import KEEP_MS, box_of, ensure_days, may_be_held, unpacked
from lockhouse.gates.rings import admit_rings, refuse_ended
from lockhouse.ledger.entry import Rework
from lockhouse.model.change import Change
from lockhouse.model.rows import Tombstone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.crypto.noted import Noted
    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import House
    from lockhouse.gates.quarantine import Held
    from lockhouse.model.rows import Quarantined

PURPOSE = "replay"


class Opened(NamedTuple):
    """One event out of quarantine, as this process holds it for as long as it is decided."""

    row: Quarantined
    box: SealedBox
    held: Held


class Sorted(NamedTuple):
    """A page's rows: opened ones; ones that wait for what may be taken back; and ones that have ended."""

    opened: list[Opened]
    waiting: list[Quarantined]
    ended: list[Quarantined]


async def open_page(house: House, rows: Sequence[Quarantined], *, by: str, action: str) -> Sorted:
    """A page opened, as far as it may be; the ledger says so first.

    Raises:
        Unavailable: the lease is lost, the clock is in doubt, or the house is shut for reading.
        Conflict: the policy or the keys moved meanwhile; nothing is stored, and it may be tried again.
        Tampered: a row was edited, or a ring or a tombstone is not as this house made it.
    """
    footing = await Footing.of(house)
    openable, waiting, ended = await _sorted(house, sound(rows))
    if not openable:
        return Sorted([], waiting, ended)
    noted = await _note(house, {row.person for row in openable}, channel=rows[0].channel, by=by, action=action)
    await footing.hold()
    opened = []
    for row in openable:
        await footing.step()
        box = box_of(row)
        try:
            plain = house.keyring.open(box, noted, person=row.person, record=row.id, purpose=PURPOSE)
        except (Erased, Expired):
            ended.append(row)
            continue
        opened.append(Opened(row, box, unpacked(plain, row)))
    return Sorted(opened, waiting, ended)


async def _sorted(
    house: House, rows: Sequence[Quarantined]
) -> tuple[list[Quarantined], list[Quarantined], list[Quarantined]]:
    """Rows that may be opened, that wait, and that have ended.

    Also where only a part of a person ended since: nobody can say beforehand into which part a value would come. What
    came in behind a lapse is none of it: its person was here again, and has new keys of what lapsed. Of whom data is
    restricted, or who is a minor, nothing is opened either: it waits as long as its 72 hours last.
    """
    now, persons = house.clock.now_ms(), {row.person for row in rows}
    await admit_rings(house, persons)
    await refuse_ended(house, persons)
    await ensure_days(house, {epoch_at(row.at, daily=True) for row in rows if row.at + KEEP_MS > now})
    ending: dict[bytes, float] = {}
    for case in (await sound_cases(house))[0]:
        since = case.asked_at if case.reason == LAPSE else inf
        ending |= {person: max(since, ending.get(person, 0)) for person in case.persons}
    stones = checked(
        await house.reads.find(Tombstone, ("person",), [(one,) for one in sorted(persons)]), house.integrity_key
    )
    facts = await facts_of_persons(house, persons, fresh=True)
    ended_at: dict[bytes, int] = {}
    for stone in stones:
        if stone.cause != RETENTION:  # what came in before a lapse was taken away with its completion
            ended_at[stone.person] = max(stone.at, ended_at.get(stone.person, 0))
    openable: list[Quarantined] = []
    waiting: list[Quarantined] = []
    ended: list[Quarantined] = []
    for row in rows:
        if row.at + KEEP_MS <= now or row.at <= ended_at.get(row.person, -1):
            ended.append(row)
        elif row.at <= ending.get(row.person, -1):
            waiting.append(row)
        elif house.keyring.version_of(row.person) is None:
            ended.append(row)
        elif row.person in facts and not may_be_held(facts[row.person]):
            waiting.append(row)
        else:
            openable.append(row)
    return openable, waiting, ended


async def _note(house: House, persons: set[bytes], *, channel: int, by: str, action: str) -> Noted:
    refs, entry = [house.keyring.ref(person) for person in sorted(persons)], house.ids.new()
    said = Rework(
        actor=by, purpose=PURPOSE, action=action, compartments=[WHOLE], count=len(refs),
        refs_root=refs_root(refs).hex(), cause=f"channel-{channel}",
    )  # fmt: skip
    answer = await commit_note(house, Change("record", entries=(said.draft(id=entry, lane=house.lane, urgent=True),)))
    return ticket(house, answer.notings[0], refs)
