"""Canonical persons with what stands about them, and what the policy says of a look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import NotFound
from lockhouse.gates.customers import customer_of
from lockhouse.gates.disclose.covered import Covered
from lockhouse.gates.disclose.group import circles_of
from lockhouse.gates.disclose.hour import Spent
from lockhouse.gates.facts import facts_of_persons, merge_facts, narrowed
from lockhouse.gates.house import PersonFacts
from lockhouse.gates.regions import region_of
from lockhouse.model.decision import Decision, Facts
from lockhouse.model.rows import Record
from lockhouse.model.scale import PersonState
from lockhouse.policy.decide import decide, sees_nothing
from lockhouse.policy.lending import special

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.gates.disclose.hour import Ended, Hour
    from lockhouse.gates.disclose.hours import Hours
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask


class Group(msgspec.Struct):
    """A canonical person on the way through one chunk."""

    persons: tuple[bytes, ...]
    facts: list[PersonFacts]
    decision: Decision
    rows: list[Record]
    marks: tuple[str, ...] = ()
    """`colleague`, `flagged`: what they are besides."""
    total: int = 0
    truncated: bool = False
    spoilt: int = 0
    """Snapshots that are passed over, since they are not as this house made them."""
    noted: frozenset[bytes] = frozenset()
    """Those of the persons whom the look's entry names: a ring was there for each when it was made."""
    spent: Spent | None = None
    """That the person is beyond the actor's limit, which refused them or only observes."""
    tries_left: int | None = None
    """How often what is checked may be checked again this hour."""
    covered: Covered | None = None
    """What snapshots cover of more records than are opened."""

    @property
    def fields(self) -> frozenset[str]:
        """What may be seen at all, open or masked."""
        return self.decision.open | self.decision.masked

    @property
    def grants(self) -> frozenset[str]:
        """The grants without which less of what may be seen would be seen."""
        return frozenset(self.decision.grants[name] for name in self.fields if name in self.decision.grants)


async def with_facts(house: House, persons: Sequence[bytes]) -> list[dict[bytes, PersonFacts]]:
    """The canonical persons, each as its source persons with their facts.

    What was refused by those whom only the brake holds apart is among these facts; nothing else of theirs is.
    """
    circles = await circles_of(house, persons)
    facts = await facts_of_persons(house, {person for one in circles for part in one for person in part}, fresh=True)
    known = []
    for one in circles:
        refusing = [facts[person] for person in one.apart if person in facts]
        group = {person: facts[person] for person in one.group if person in facts}
        known.append({person: narrowed(own, refusing) for person, own in group.items()} if refusing else group)
    return [group for group in known if group]


async def stands_of(house: House, person: bytes) -> Facts:
    """What stands of a canonical person by itself, with nothing of whoever asks: words, objections, state and region.

    Raises:
        NotFound: nobody is there who lives.
        Tampered: a row was not made by this house.
    """
    for group in await with_facts(house, [person]):
        living = {one: facts for one, facts in group.items() if not facts.ending}
        if living:
            parts = list(living.values())
            customer = customer_of(house.live(), parts, now=house.clock.now_ms())
            return _facts(Facts(), living, parts, customer=customer)
    raise NotFound("person: expected a living person", hint="lockhouse person find KIND looks one up")


def decided(house: House, ask: Ask, group: dict[bytes, PersonFacts]) -> Group:
    """What may be seen of one canonical person; source persons that ended, or are ending, are not looked at."""
    living = {person: facts for person, facts in group.items() if not facts.ending}
    parts = list((living or group).values())
    policy = house.live().policy
    customer = customer_of(house.live(), parts, now=house.clock.now_ms())
    facts = _facts(ask.facts, group, parts, customer=customer)
    asked = msgspec.structs.replace(ask, facts=msgspec.structs.replace(facts, persons=frozenset(living or group)))
    decision = decide(policy, asked)
    if not living and not sees_nothing(policy, asked):
        word = "erased" if all(facts.state & PersonState.ERASED for facts in parts) else "being-erased"
        nothing = dict.fromkeys(decision.open | decision.masked | decision.shut, (word,))
        decision = Decision(open=frozenset(), masked=frozenset(), shut=frozenset(nothing), because=nothing)
    return Group(tuple(living or group), parts, decision, [], marks=special(asked))


async def placed(house: House, ask: Ask, group: dict[bytes, PersonFacts], hours: Hours, *, takes: bool) -> Group:
    """The same within the hours: who has no place in the actor's is refused, and nothing that stands of them is told.

    Args:
        house, ask, group: as of `decided`.
        hours: of the look. takes: whether they are counted now; else who is shown is counted later (`settled`).
    """
    living = [person for person, facts in group.items() if not facts.ending]
    person = living[0] if living else None
    found = decided(house, ask, group) if hours.own is None else _in_own(house, ask, group, hours.own)
    if not takes or (found.spent is not None and found.spent.refused):
        return found
    if hours.own is not None and hours.own.take(_counted_as(group, hours.own)):
        found.spent = hours.own.spent()
    of_all = await hours.tried_of(person) if person is not None and found.fields else None
    if hours.own is not None and of_all is not None and person is not None:
        _try(house, person, found, (hours.own, of_all))
    if person is not None:
        _shut(found, hours.beyond(person, found.fields), "ceiling")
    return found


def _counted_as(group: dict[bytes, PersonFacts], hour: Hour) -> bytes | Ended:
    """Who has ended is as who never was: counted at each look."""
    living = [person for person, facts in group.items() if not facts.ending]
    return living[0] if living else hour.ended(min(group))


def _in_own(house: House, ask: Ask, group: dict[bytes, PersonFacts], hour: Hour) -> Group:
    has_place = hour.has_place(_counted_as(group, hour))
    left = msgspec.structs.replace(ask.facts, quota_left=int(has_place))
    if not has_place and hour.limit.refuses:  # another lender may have no limit: no grant reaches beyond the hour
        left = msgspec.structs.replace(left, grants=())
    found = decided(house, msgspec.structs.replace(ask, facts=left), group)
    if not has_place and hour.limit.refuses and not found.fields:
        nothing = dict.fromkeys(found.decision.shut, ("quota",))
        found.decision = Decision(open=frozenset(), masked=frozenset(), shut=frozenset(nothing), because=nothing)
        found.spent = hour.spent()
    return found


def _try(house: House, person: bytes, found: Group, hours: tuple[Hour, ...]) -> None:
    """A check or a change takes a try of its field in each hour; without one left it is shut, as by their word."""
    for name in sorted(found.fields):
        number = house.live().policy.fields[name].id
        out = next((hour for hour in hours if hour.tries_left(person, number) <= 0), None)
        if all(hour.has_tried(person, number) for hour in hours):
            found.tries_left = min(hour.tries_left(person, number) for hour in hours)
        elif out is None:
            found.tries_left = min([hour.try_(person, number) for hour in hours])
        else:
            found.spent = out.spent()
            _shut(found, frozenset({name}), "tries")


def _shut(found: Group, names: frozenset[str], code: str) -> None:
    if names:
        decision = found.decision
        found.decision = msgspec.structs.replace(
            decision, open=decision.open - names, masked=decision.masked - names, shut=decision.shut | names,
            because={**decision.because, **dict.fromkeys(names, (code,))},
        )  # fmt: skip


def _facts(
    of_actor: Facts, persons: Collection[bytes], parts: Sequence[PersonFacts], *, customer: frozenset[str]
) -> Facts:
    """The actor's facts with the person's: of several source persons the narrowest word counts."""
    consents, objected, state = merge_facts(parts)
    region, regions = region_of(parts)
    return msgspec.structs.replace(
        of_actor, state=PersonState(state), consents=consents, objected=objected, region=region, regions=regions,
        customer=customer,
        own_record=of_actor.own_record or not of_actor.own.isdisjoint(persons),
    )  # fmt: skip
