"""Parts of a person that ended between when an event came in and when it comes to the gate.

Only of what was set aside: it came in before somebody asked that the part be erased, so nothing of it may be kept under
the key that the part has since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.gates.authority import checked
from lockhouse.gates.cases import sound_cases
from lockhouse.model.rows import Tombstone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockhouse.gates.collect.turns import Owners
    from lockhouse.gates.collect.work import Work
    from lockhouse.gates.house import House


async def look_up_ended(house: House, works: Sequence[Work], owners: Owners) -> None:
    """Each item that was set aside knows the compartments that have ended since, of anybody whose it may be."""
    persons = {person for work in works for person in _persons(work, owners)}
    if not persons:
        return
    ended: dict[tuple[bytes, int], int] = {}
    stones = await house.reads.find(Tombstone, ("person",), [(one,) for one in sorted(persons)])
    ends = [(stone.person, stone.compartment, stone.at) for stone in checked(stones, house.integrity_key)]
    for case in (await sound_cases(house))[0]:
        ends += [(person, case.compartment, case.asked_at) for person in persons.intersection(case.persons)]
    for person, compartment, at in ends:
        ended[person, compartment] = max(at, ended.get((person, compartment), 0))
    for work in works:
        own = set(_persons(work, owners))
        came_at = work.batch.received_at
        work.ended = frozenset(part for (person, part), at in ended.items() if person in own and at >= came_at)


def _persons(work: Work, owners: Owners) -> Iterator[bytes]:
    for one in work.found:
        for _, person, _ in owners.get((one.kind, one.generation, one.tag), ()):
            yield person
