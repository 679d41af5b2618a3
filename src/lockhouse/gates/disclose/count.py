"""Counting without opening: clear columns only, and nobody in the counts who must not be.

Each person is decided over as for any look: who objected to the purpose, said no to it, is restricted, is ending or has
ended is left out. So is each record that was not collected for the purpose, or whose keep for it has passed. The look
itself is noted, and so is its refusal.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

import msgspec

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Refused, Unavailable
from lockhouse.gates.authority import sound
from lockhouse.gates.corrections import is_correction
from lockhouse.gates.disclose.decided import decided, with_facts
from lockhouse.gates.disclose.kept import Moment, kept_for
from lockhouse.gates.disclose.noting import commit_note, common, note_nothing
from lockhouse.gates.pace import Footing, Pace
from lockhouse.insight.counts import Cell, cells
from lockhouse.ledger.entry import Refusal
from lockhouse.model.change import Change
from lockhouse.model.rows import Person, Record
from lockhouse.model.scale import PersonState
from lockhouse.policy.decide import decide

if TYPE_CHECKING:
    from lockhouse.gates.disclose.decided import Group
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask

By = Literal["channel", "event"]
CHUNK = 1_000
"""Persons decided over at once."""
PAGE = 500
"""Records of a person read at once."""
TRIES = 5
_OF_THE_ROLE = frozenset({"class-not-seen", "no-role", "not-for-this-purpose"})


async def count(house: House, ask: Ask, *, by: By) -> tuple[Cell, ...]:
    """Events and canonical persons by channel or by event; cells of few persons are withheld.

    It goes person by person, so what it holds in memory grows with the cells and not with the house.

    Raises:
        Refused: the actor may not count for this purpose: no role of theirs sees anything in the aggregate, or a
            condition of it, such as a course, does not hold. That is noted.
        Unavailable: the look could not be noted, the lease is lost or the clock is in doubt; then nothing is counted.
    """
    for _ in range(TRIES):
        footing = await Footing.of(house)
        try:
            return await _counted(house, ask, footing, by=by)
        except Moved:
            continue
    raise Unavailable("counts: expected the policy and the keys to hold still", retry_after_s=1.0)


async def _counted(house: House, ask: Ask, footing: Footing, *, by: By) -> tuple[Cell, ...]:
    """The same, once.

    Raises:
        Moved: the policy or the keys moved: somebody may have ended who is counted already.
    """
    await _require(house, ask)
    await note_nothing(house, ask)
    events, persons = Counter[int](), Counter[int]()
    async for rows in house.reads.scan(Person, chunk=CHUNK):
        here = sorted(row.id for row in rows)
        for known in await with_facts(house, here):
            await footing.step()
            group = decided(house, ask, known)
            if min(known) in here and _counts(group):  # of persons who are one, the first brings the others along
                seen = await _records(house, ask.purpose, group, by=by, pace=footing)
                events.update(seen)
                persons.update(seen.keys())
    await footing.hold()
    names = house.live().names
    named = {number: names.name(by, number) or f"#{number}" for number in events}
    return cells({named[one]: events[one] for one in events}, {named[one]: persons[one] for one in persons})


def _counts(group: Group) -> bool:
    """Whether a person is in the counts. Who is restricted never is, whatever the purpose may do with their data."""
    return bool(group.fields) and not any(facts.state & PersonState.RESTRICTED for facts in group.facts)


async def _records(house: House, purpose: str, group: Group, *, by: By, pace: Pace) -> Counter[int]:
    """How many records of this person each cell has: those that are still held for the purpose, as for any look.

    What staff put right is no event of theirs.
    """
    seen: Counter[int] = Counter()
    at = Moment(house.clock.now_ms(), max((one.active_at for one in group.facts), default=0))
    for person in group.persons:
        behind = None
        while rows := await house.reads.find(Record, ("person",), [(person,)], after=behind, limit=PAGE):
            came = (row for row in sound(rows) if not is_correction(row))
            kept = (row for row in came if kept_for(house.live(), purpose, row, at=at))
            seen.update(row.channel if by == "channel" else row.event for row in kept)
            await pace.step(len(rows))
            if len(rows) < PAGE:
                break
            behind = (rows[-1].id,)
    return seen


async def _require(house: House, ask: Ask) -> None:
    """The actor may count whoever said yes to the purpose.

    Raises:
        Refused: they may not.
    """
    live = house.live()
    willing = msgspec.structs.replace(ask.facts, consents={ask.purpose: True})
    decision = decide(live.policy, msgspec.structs.replace(ask, facts=willing))
    if decision.open:
        return
    because = sorted({word for words in decision.because.values() for word in words})
    refused = Refusal(**common(live.policy, ask, house.ids.new()), fields=[], because=because, count=0)
    draft = refused.draft(id=house.ids.new(), lane=house.lane, urgent=True)
    await commit_note(house, Change("record", entries=(draft,)))
    # A class that is not seen is told only when no class is: what is missing for one that is seen helps more.
    lacking = [word for word in because if word not in _OF_THE_ROLE] or because
    raise Refused(
        "counts: expected a role that sees counts for this purpose", reasons=tuple(lacking),
        hint="lockhouse policy show tells which role sees what",
    )  # fmt: skip
