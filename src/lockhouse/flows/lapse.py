"""Lapses: what counts from a person's last activity ends person by person, so many persons a run.

A run looks at every person once and reads the records only of those whose last day is old enough, also of those whom
it leaves to the next run: it is weighed by all who are due. Whom it shuts is
destroyed after the cooling time of what a policy ends, by the worker like every ending, and can be called off until
then. What a run that ends much has shut is not destroyed before it is meant (`flows.confirm`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Conflict, LockhouseError, NotFound, Unavailable
from lockhouse.gates.ending import Case, Ends, begin_lapse, carry_on, compartment_of, extent_of, idle_of, lapsing
from lockhouse.gates.ending.idle import over_at
from lockhouse.gates.pace import Pace
from lockhouse.gates.trusted_time import watched_now
from lockhouse.model.rows import Person
from lockhouse.rights.erasure import destroy_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.ending import Idle
    from lockhouse.gates.house import House
    from lockhouse.model.ports import Journal
    from lockhouse.model.rows import Record

CHUNK = 50
"""Persons a case: its intent holds an entry for each, and what comes for one at that moment puts all of them back."""
MOST = 5_000
"""Persons whose compartments a run shuts: every look at anybody reads the cases that are open (2 KB each)."""


class Lapse(msgspec.Struct, frozen=True, kw_only=True):
    """One compartment and how many persons are due to lose their keys of it.

    Attributes:
        compartment: its number; `name` its whole name, `class_` the class of its fields.
        persons: source persons.
        due_at: ms; when the first of them was due.
    """

    compartment: int
    name: str
    class_: str
    purposes: tuple[str, ...]
    persons: int
    due_at: int


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has shut, and how many source persons it could not look at or shut.

    Attributes:
        cases: one for up to fifty persons of a compartment; `cancelled` where something came for one meanwhile.
        faults: of persons; `first` is why of the first of them.
        is_full: whether there may be more, for the next run.
    """

    cases: tuple[Case, ...]
    faults: int
    first: LockhouseError | None
    is_full: bool


_Keys = set[tuple[int, bytes]]
"""Compartments and persons."""


class _Faults(msgspec.Struct):
    """What kept persons back."""

    first: LockhouseError | None = None
    count: int = 0

    def add(self, error: LockhouseError, persons: int) -> None:
        self.first = self.first or error
        self.count += persons


def _unheard(_done: int) -> None:
    """Nobody asked how far it has come."""


async def plan(house: House, *, told: Callable[[int], None] = _unheard) -> list[Lapse]:
    """What a run would end if the clock is right, compartment by compartment, the longest due first. Changes nothing.

    Raises:
        LockhouseError: why the first person who could not be looked at could not.
    """
    now, faults = house.clock.now_ms(), _Faults()
    persons: dict[int, int] = {}
    due: dict[int, int] = {}
    async for one in _idle(house, now=now, faults=faults, told=told):
        persons[one.compartment] = persons.get(one.compartment, 0) + len(one.persons)
        due[one.compartment] = min(one.due_at, due.get(one.compartment, one.due_at))
    if faults.first is not None:
        raise faults.first
    found = []
    for number, many in persons.items():
        part = compartment_of(house, number)
        if part is not None:
            found.append(
                Lapse(
                    compartment=number, name=part.name, class_=part.class_, purposes=part.purposes, persons=many,
                    due_at=due[number],
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: (one.due_at, one.compartment))


async def apply(
    house: House, *, by: str, journal: Journal, most: int = MOST, told: Callable[[int], None] = _unheard
) -> Run:
    """The keys of at most so many due persons are shut; they are destroyed once the cooling time has passed.

    Whoever cannot go holds up no other: they are counted.

    Raises:
        Unavailable: the clock is in doubt, or nobody has watched it; or a store is away: call again.
    """
    now, faults = await watched_now(house), _Faults()
    later = destroy_at(now, cause="policy", regulations=house.live().policy.controller.regulations)
    cases: list[Case] = []
    waiting, left, every = dict[int, list[list[bytes]]](), most, _Keys()
    async for one in _idle(house, now=now, faults=faults, told=told):
        every |= {(one.compartment, person) for person in one.persons}
        if left <= 0:  # looked at all the same: a run is weighed by all that is due
            continue
        chunks = waiting.setdefault(one.compartment, [[]])
        if len(chunks[-1]) >= CHUNK:
            chunks.append([])
        chunks[-1].extend(one.persons)
        left -= len(one.persons)
    taken = {(number, one) for number, chunks in waiting.items() for persons in chunks for one in persons}
    run = await extent_of(house, Ends(run=_ends(taken), due=_ends(every))) if waiting else msgspec.UNSET

    async def end(number: int, persons: list[bytes]) -> None:
        try:
            case = await begin_lapse(house, number, persons, by=by, destroy_at=later, run=run)
            cases.append((await carry_on(house, case, journal=journal)).case)
        except (Conflict, NotFound):  # something came for one of them: the next run looks again
            return
        except Unavailable:
            raise
        except LockhouseError as error:
            faults.add(error, len(persons))

    for number, chunks in waiting.items():
        for persons in chunks:
            await end(number, persons)
    return Run(cases=tuple(cases), faults=faults.count, first=faults.first, is_full=left <= 0)


def _ends(keys: _Keys) -> Callable[[Record, SealedBox], bool]:
    return lambda row, box: (box.compartment, row.person) in keys


async def _idle(
    house: House, *, now: int, faults: _Faults, told: Callable[[int], None]
) -> AsyncIterator[Idle]:  # fmt: skip
    """What is due of everybody; a group once, however many chunks its persons lie in."""
    seen = set[tuple[int, bytes]]()
    days, pace = dict[int, bool](), Pace()
    parts = lapsing(house)
    async for rows in house.reads.scan(Person):
        for day in {row.active_at for row in rows} - days.keys():
            days[day] = any(over_at(house.live().policy, part, day) <= now for part in parts)
        ripe = [row.id for row in rows if days[row.active_at]]
        for at in range(0, len(ripe), CHUNK):
            for one in await _looked(house, ripe[at : at + CHUNK], now=now, faults=faults):
                if (one.compartment, one.persons[0]) not in seen:
                    seen.add((one.compartment, one.persons[0]))
                    yield one
        await pace.step(len(rows))
        told(len(rows))


async def _looked(house: House, persons: list[bytes], *, now: int, faults: _Faults) -> list[Idle]:
    """What is due of these; if one of them cannot be looked at, each for itself."""
    try:
        return await idle_of(house, persons, now=now)
    except Unavailable:
        raise
    except LockhouseError as error:
        if len(persons) == 1:
            faults.add(error, 1)
            return []
    halves = persons[: len(persons) // 2], persons[len(persons) // 2 :]
    return [one for half in halves for one in await _looked(house, half, now=now, faults=faults)]
