"""Persons' seals as endings move them: whatever was decided at the version before cannot become durable any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Conflict as Moved
from lockhouse.gates.cases import Case, moved, sound_cases, step
from lockhouse.gates.facts import SEAL_OPEN
from lockhouse.model.change import Expect, Put
from lockhouse.model.rows import Intent, KeyRing, Seal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.change import Draft

TRIES = 5


async def seals_of(house: House, persons: Sequence[bytes]) -> list[Seal]:
    """Their seals as they stand, in the order of `persons`."""
    seals = await house.reads.get(Seal, [(person,) for person in persons])
    return [seals.get((person,)) or Seal(person, 0, SEAL_OPEN) for person in persons]


def move(seals: Sequence[Seal], states: Sequence[int]) -> tuple[list[Put], list[Expect]]:
    """These seals one further, in these states; and that they stand as they were read.

    The state is expected beside the version: it is what another ending has set.
    """
    puts = [Put(Seal.TABLE, Seal(one.person, one.version + 1, to)) for one, to in zip(seals, states, strict=True)]
    expects = [
        Expect(Seal.TABLE, (one.person,), {"version": one.version, "state": one.state}, or_absent=one.version == 0,
               because="seal-moved")
        for one in seals
    ]  # fmt: skip
    return puts, expects


async def advance_sealing(
    house: House, case: Case, *, was: Case, state: int, entries: Sequence[Draft] = ()
) -> None:  # fmt: skip
    """The case one step further, and its persons' seals with it.

    Raises:
        Moved: another process carries the case on, or the persons' seals keep moving.
    """
    for _ in range(TRIES):
        seals = await seals_of(house, case.persons)
        states = await states_of(house, case, seals, state)
        puts, expects = move(seals, states)
        against = await step(house, case, was=was, puts=puts, expects=expects, entries=entries)
        if against is None:
            return
        if against.table == Intent.TABLE:
            raise moved()
    raise Moved("ending: expected the persons' seals to hold still", hint="try again")


async def states_of(house: House, case: Case, seals: Sequence[Seal], state: int) -> list[int]:
    """What each seal becomes: opened is only who has a ring, and whom no other open case keeps closed."""
    if state != SEAL_OPEN:
        return [state] * len(seals)
    rings = await house.reads.get(KeyRing, [(one.person,) for one in seals])
    others = [one for one in (await sound_cases(house))[0] if one.id != case.id]
    closed = _kept_closed(others)
    return [state if (one.person,) in rings and one.person not in closed else one.state for one in seals]


def _kept_closed(cases: Sequence[Case]) -> set[bytes]:
    """All of a person's case does that, from its intent until it is called off; a compartment's until it is shut."""
    return {person for one in cases if not one.compartment or one.step == "begun" for person in one.persons}


async def closed_by_none(house: House) -> list[bytes]:
    """Persons with a ring whose seal is not open though no open case keeps it closed: their events are refused.

    A seal has no MAC. Nobody opens it unasked all the same: it may be all that is left of a request that somebody took
    away.
    """
    closed: list[Seal] = []
    async for seals in house.reads.scan(Seal):
        shut = [one for one in seals if one.state != SEAL_OPEN]
        rings = await house.reads.get(KeyRing, [(one.person,) for one in shut])
        closed += [one for one in shut if (one.person,) in rings]
    kept = _kept_closed((await sound_cases(house))[0])  # behind the seals: an intent moves them in its own commit
    lone = [one for one in closed if one.person not in kept]
    again = await house.reads.get(Seal, [(one.person,) for one in lone])
    return [one.person for one in lone if again.get((one.person,)) == one]  # else an ending was just called off
