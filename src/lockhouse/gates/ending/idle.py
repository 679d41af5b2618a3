"""Ending by last activity: persons' keys of a compartment, once everything that lies under them is old enough.

Nothing ends that a look would still show. So beside the day of the last activity counts the newest record that holds a
box of the compartment, and everybody who is joined to the person: a look counts them as one. A day that somebody put
back by SQL to a former row, whose MAC verifies, therefore ends nothing early.

A lapse goes the way of every ending. Its seals move before anything is shut, and what became durable just before is
asked for once the keys wait in limbo: if something is newer than the lapse believed, all of its persons are put back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import NotFound
from lockhouse.gates.authority import checked_bound, sound
from lockhouse.gates.cases import LAPSE, Case, Extent, gives_way, moved, sound_cases, step
from lockhouse.gates.disclose.group import groups_of
from lockhouse.gates.ending.epoch import compartment_of
from lockhouse.gates.ending.person import intents_of
from lockhouse.gates.ending.seals import move, seals_of
from lockhouse.gates.facts import SEAL_ENDING
from lockhouse.gates.pace import Pace
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.trusted_time import watched_now
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Person, Record
from lockhouse.model.scale import PersonState
from lockhouse.policy.life import ends_at

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.policy import Compartment, Policy

KEPT = PersonState.RESTRICTED | PersonState.HELD
"""Who asked for restriction instead of erasure, or needs the data for a claim, keeps it (GDPR Art. 18(1)(b), (c))."""
PAGE = 1_000


class Idle(msgspec.Struct, frozen=True, kw_only=True):
    """Source persons of one group whose keys of one compartment are to end, and when (ms) they were due to."""

    compartment: int
    persons: tuple[bytes, ...]
    due_at: int


def lapsing(house: House) -> list[Compartment]:
    """Every compartment, of the live policy or a former one, that ends person by person."""
    numbers = [number for kind, number, _ in house.live().names if kind == "compartment"]
    parts = [compartment_of(house, number) for number in numbers]
    return [part for part in parts if part is not None and part.ends_by == "person"]


async def idle_of(house: House, persons: Sequence[bytes], *, now: int) -> list[Idle]:
    """What is due by `now` of these persons and of whoever is joined to them, group by group.

    What an open case ends already is left to it: what came behind a lapse that waits has keys of its own. Data of
    somebody who is restricted, or under a hold, is never due.

    Raises:
        Tampered: a person's row, a link, a ring or a record is not as this house made it.
    """
    groups = await groups_of(house, persons)
    everyone = sorted({one for group in groups for one in group})
    rows = await _rows_of(house, everyone)
    await admit_rings(house, everyone, again=True)
    cases = [one for one in (await sound_cases(house))[0] if not gives_way(one, compartment=one.compartment)]
    taken = {(case.compartment, one) for case in cases for one in case.persons}
    parts, found, ends = lapsing(house), [], _Ends(house.live().policy)
    for group in groups:
        known = [rows[one] for one in group if one in rows]
        if not known or any(row.state & KEPT for row in known):
            continue
        active_at = max(row.active_at for row in known)
        over = [part for part in parts if ends.of(part, active_at) <= now]
        held = _held(house, group, taken)
        newest = await _newest(house, group) if any(part.id in one for part in over for one in held.values()) else {}
        for part in over:
            having = tuple(one for one in group if part.id in held[one])
            due = ends.of(part, max([active_at, *[newest.get((one, part.id), 0) for one in having]]))
            if having and due <= now:
                found.append(Idle(compartment=part.id, persons=having, due_at=due))
    return found


def _held(house: House, group: Sequence[bytes], taken: Collection[tuple[int, bytes]]) -> dict[bytes, set[int]]:
    """Compartments of which each of the group has a key that no open case is to end."""
    living = {one for one in group if house.keyring.version_of(one) is not None and (0, one) not in taken}
    return {
        one: {part for part in house.keyring.serials(one) if (part, one) not in taken} if one in living else set()
        for one in group
    }


async def _rows_of(house: House, persons: Sequence[bytes]) -> dict[bytes, Person]:
    rows = (await house.reads.get(Person, [(one,) for one in persons])).values()
    return {row.id: row for row in checked_bound(rows, house.row_macs)}


class _Ends:
    """As `over_at`, reckoned once a compartment and day: most persons of a page share their days."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._known: dict[tuple[int, int], int] = {}

    def of(self, part: Compartment, active_at: int) -> int:
        place = part.id, active_at
        end = self._known.get(place)
        if end is None:
            end = self._known[place] = over_at(self._policy, part, active_at)
        return end


def over_at(policy: Policy, part: Compartment, active_at: int) -> int:
    """When by a policy a compartment of somebody who was last active then ends, in ms."""
    return ends_at(policy, part, epoch_end=active_at, last_activity=active_at)


async def _newest(
    house: House, persons: Sequence[bytes], *, serials: Collection[bytes] | None = None
) -> dict[tuple[bytes, int], int]:
    """Person and compartment -> when their newest record with such a box happened, or came in if that is earlier.

    With `serials` only boxes under these keys count. Records are read only where the day of the last activity alone
    would end something.
    """
    newest, pace = dict[tuple[bytes, int], int](), Pace()
    for person in persons:
        after = None
        while rows := await house.reads.find(Record, ("person",), [(person,)], after=after, limit=PAGE):
            for row in sound(rows):
                at = min(row.occurred_at, row.received_at)
                for box in decode_boxes(row.boxes):
                    if serials is None or box.serial in serials:
                        place = person, box.compartment
                        newest[place] = max(at, newest.get(place, 0))
                await pace.step()
            after = (rows[-1].id,)
    return newest


async def begin_lapse(  # noqa: PLR0913  (what a case is made of)
    house: House, compartment: int, persons: Collection[bytes], *, by: str, destroy_at: int,
    run: Extent | msgspec.UnsetType = msgspec.UNSET,
) -> Case:  # fmt: skip
    """The intent to end these persons' keys of a compartment is durable, of those who are still due.

    Raises:
        NotFound: none of them is due.
        Moved: something has come for one of them.
        Unavailable: the clock is in doubt, or nobody has watched it.
    """
    now, wanted = await watched_now(house), sorted(persons)
    seals = await seals_of(house, wanted)  # first: whoever begins an ending of theirs after this moves one
    due = [one for one in await idle_of(house, wanted, now=now) if one.compartment == compartment]
    ending = tuple(sorted({person for one in due for person in one.persons}.intersection(wanted)))
    if not ending:
        raise NotFound("compartment: expected persons who are due, got none", hint="lockhouse retention idle")
    case = Case(
        id=house.ids.new(), what="compartment", by=by, reason=LAPSE, entries=tuple(house.ids.new() for _ in ending),
        asked_at=now, destroy_at=destroy_at, salt=house.ids.random(16), persons=ending, compartment=compartment,
        scope=(house.live().names.name("compartment", compartment) or "",), run=run,
    )  # fmt: skip
    puts, expects = move([one for one in seals if one.person in ending], [SEAL_ENDING] * len(ending))
    if await step(house, case, was=None, puts=puts, expects=expects, entries=intents_of(house, case)) is not None:
        raise moved()
    return case


async def is_fresh(house: House, case: Case, policy: Policy) -> bool:
    """Whether something that a lapse has shut was not old enough when it was asked for, by a policy of now.

    So a keep that was shortened by mistake and is put right brings back what waits; and so does a restriction. What
    came since, under newer keys, counts for nothing: nor does a day of activity that may have begun after the asking.
    """
    part = compartment_of(house, case.compartment)
    held = dict(zip(case.persons, case.held, strict=True))
    for group in await groups_of(house, case.persons):
        rows = (await _rows_of(house, group)).values()
        if part is None or any(row.state & KEPT for row in rows):
            return True
        ending = [one for one in group if one in held]
        serials = {serial for one in ending for serial in held[one]}
        days = [row.active_at for row in rows if row.active_at <= case.asked_at - DAY_MS]
        newest = await _newest(house, ending, serials=serials)
        if over_at(policy, part, max([0, *newest.values(), *days])) > case.asked_at:
            return True
    return False
