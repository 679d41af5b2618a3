"""What of an opened event may be stored now: decided by the gate's own decision, and by no word that is older."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.gates.collect.again import received
from lockhouse.gates.collect.settle import decide, look_up
from lockhouse.gates.collect.turns import Turns
from lockhouse.gates.collect.work import Work, find_identifiers
from lockhouse.gates.facts import facts_of_persons
from lockhouse.gates.quarantine import may_be_held
from lockhouse.gates.replay.opening import Opened  # a Struct reads its hints
from lockhouse.model import codes
from lockhouse.model.event import Batch, Event
from lockhouse.model.scale import Assurance
from lockhouse.policy.live import map_consent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.collect.settle import Known
    from lockhouse.gates.house import House, LivePolicy, PersonFacts
    from lockhouse.gates.quarantine import Held


class Trial(msgspec.Struct):
    """One opened event and what was decided of it.

    Attributes:
        work: as the gate has it; answered where nothing of it may be stored.
        left: what the policy still lacks of it.
        gone: nothing of it may ever be stored any more: somebody it led to was erased, or is ending; or its sender
            sent it again, and it is stored since.
    """

    opened: Opened
    work: Work
    left: dict[str, Any]
    gone: bool = False

    @property
    def is_stored(self) -> bool:
        """Whether anything of it is to be stored."""
        return not self.gone and self.work.reply is None

    @property
    def fields(self) -> list[str]:
        """The fields of it that are to be stored."""
        reduced, live = self.work.reduced, self.work.live
        slots = [*reduced.clear, *(slot for values in reduced.boxes.values() for slot in values)]
        return sorted(live.slot(slot).field for slot in slots)


async def decided(house: House, opened: Sequence[Opened], *, channel: str) -> list[Trial]:
    """Each opened event with what may be stored of it, whose it was when it came."""
    works = [_work(house, one, channel) for one in opened]
    find_identifiers(house, works)
    known = await look_up(house, works, Turns())
    persons = {one.row.person for one in opened} | {person for one in opened for person in one.held.others}
    facts = {**known.facts, **await facts_of_persons(house, persons, fresh=True)}
    came = await received(house, [(one.held.channel, one.held.message) for one in opened])
    trials = [_trial(one, work, known, facts) for one, work in zip(opened, works, strict=True)]
    for trial in trials:
        held = trial.opened.held
        receipt = came.get((held.channel, held.message))
        trial.gone |= held.record is None and receipt is not None and receipt.record is not None
    return trials


def _work(house: House, one: Opened, channel: str) -> Work:
    live, held = house.live(), one.held
    event = Event(
        name=held.event, message_id=None, occurred_at=held.occurred_at, source=held.source,
        signals=frozenset(held.signals),
    )  # fmt: skip
    batch = Batch(
        channel=channel, assurance=Assurance(held.assurance), credential="", received_at=held.received_at, items=[event]
    )
    reducer, now = live.reducer(channel), house.clock.now_ms()
    work = Work(batch, event, live, reducer, house.ids.new(), message=held.message, proof=held.proof)
    work.seen = reducer.look(event)
    shut = sum(live.bits[name] for name in {*held.shut, *_refused(live, held)} & live.bits.keys())
    work.closed = shut | live.overdue(min(held.occurred_at, held.received_at), now)
    return work


def _refused(live: LivePolicy, held: Held) -> list[str]:
    """What the event itself said no to, as its words read now.

    Its yes counts no longer: it was for its own moment, and what was refused later is not always stored. Only a yes
    that stands among the person's words opens anything.
    """
    said, _ = map_consent(live.policy, held.consent)
    refused = {name for name, granted in (said or {}).items() if not granted}
    return [one.name for one in live.policy.purposes if one.refusable and one.name in refused]


def _trial(one: Opened, work: Work, known: Known, facts: dict[bytes, PersonFacts]) -> Trial:
    person, live = one.row.person, work.live
    concerned = {person, *one.held.others}
    if work.reply is not None or any(who not in facts or facts[who].ending for who in concerned):
        return Trial(one, work, {}, gone=True)
    owned = {key: {owner for _, owner, _ in owners} for key, owners in known.owners.items()}
    for found in work.found:
        concerned |= owned.get((found.kind, found.generation, found.tag), set()) & facts.keys()
    work.facts_of = tuple(sorted(concerned))
    work.facts = [facts[who] for who in work.facts_of]
    work.belongs_to(person)
    if work.seen.plan is None or not may_be_held(facts[person]):  # since the page was sorted
        work.refuse(codes.NO_SUCH_EVENT)
        return Trial(one, work, one.held.source)
    decide(work, known.owners)
    own = {found.field for found in work.found if person in owned.get((found.kind, found.generation, found.tag), ())}
    _without_others(work, own)
    fields = live.policy.events[work.event.name].fields
    return Trial(one, work, live.sieve(work.batch.channel).lacking(one.held.source, work.mask, fields=fields))


def _without_others(work: Work, own: set[str]) -> None:
    """A replay names nobody and joins nobody: an identifier that is not its person's already is left out."""
    if work.reply is not None:
        return
    reduced, slot = work.reduced, work.live.slot
    foreign = {name for name, _ in reduced.identifiers} - own
    if not foreign:
        return
    boxes = {
        number: kept
        for number, values in reduced.boxes.items()
        if (kept := {at: value for at, value in values.items() if slot(at).field not in foreign})
    }
    clear = {at: value for at, value in reduced.clear.items() if slot(at).field not in foreign}
    work.reduced = msgspec.structs.replace(
        reduced, boxes=boxes, clear=clear, kept=len(clear) + sum(map(len, boxes.values())),
        identifiers=tuple(one for one in reduced.identifiers if one[0] in own),
        lookups=tuple(one for one in reduced.lookups if one[0] not in foreign),
    )  # fmt: skip
    if not work.reduced.kept:
        work.refuse(codes.NO_FIELD_LEFT)
