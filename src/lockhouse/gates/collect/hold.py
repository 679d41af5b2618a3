"""Of channels in stage `trial`: what the policy lacked of an item is sealed for replay, once the item was decided.

It becomes durable behind the item's own commit and says nothing of anybody: no person is made by it, no word is heard
and no identifier is indexed. What cannot be kept is counted, as on any channel: rows of files, who is not known, whom
a suppression, a restriction or their age shuts out, what came before their erasure.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.crypto.keyring import Plain
from lockhouse.crypto.ring import WHOLE
from lockhouse.crypto.seal import encode_boxes
from lockhouse.errors import Tampered, Unavailable
from lockhouse.gates.collect.settle import look_up, take_in
from lockhouse.gates.collect.turns import Turns
from lockhouse.gates.collect.work import Work, find_identifiers
from lockhouse.gates.collect.write import LEASE_MS
from lockhouse.gates.epochs import epoch_at
from lockhouse.gates.facts import facts_of_persons
from lockhouse.gates.quarantine import Held, ensure_days, has_room, packed
from lockhouse.gates.rings import admit_rings
from lockhouse.model import codes
from lockhouse.model.change import Change, Expect, Put
from lockhouse.model.rows import Quarantined, Seal
from lockhouse.model.scale import PersonState
from lockhouse.policy.lacking import WIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House, PersonFacts

_STORED = frozenset({codes.STORED, codes.TRIMMED})
_DECIDED = _STORED | {codes.NO_FIELD_LEFT}
_SHUT_STATES = PersonState.ENDING | PersonState.ERASED | PersonState.RESTRICTED | PersonState.MINOR


class _Kept(NamedTuple):
    id: bytes
    person: bytes
    held: Held
    plain: bytes


async def hold(house: House, works: Sequence[Work]) -> None:
    """What the policy lacks of these items, which are answered, is sealed for replay as far as it may be.

    A store that is away, or a row that is not this house's, leaves it unkept: nobody's event waits for that.
    """
    trials = house.live().trials
    trying = [work for work in works if work.batch.channel in trials and work.batch.origin is None]
    if not trying:
        return
    with suppress(Unavailable, Tampered):
        found = [one for work in trying if (one := _of_decided(house, work)) is not None]
        found += await _of_unnamed(house, trying)
        if found:
            await _commit(house, found)


def _of_decided(house: House, work: Work) -> _Kept | None:
    """What is lacking of an item that was decided: fields in excess, on no list of the event's, or of no type."""
    assert work.reply is not None  # noqa: S101  # only answered works come here
    if work.reply.code not in _DECIDED or not work.reduced.dropped:
        return None
    reduced, live = work.reduced, work.live
    slots = [*reduced.clear, *(slot for values in reduced.boxes.values() for slot in values)]
    source = live.sieve(work.batch.channel).lacking(
        work.event.source, work.mask, fields=live.policy.events[work.event.name].fields,
        kept=[live.slot(slot).field for slot in slots],
    )  # fmt: skip
    return _kept(house, work, source, record=work.record if work.reply.code in _STORED else None)


async def _of_unnamed(house: House, works: Sequence[Work]) -> list[_Kept]:
    """What may be kept of events that the policy does not name: as if it named each, with all the fields there are."""
    wide = []
    for work in works:
        if work.reply is None or work.reply.code != codes.NO_SUCH_EVENT or not work.live.takes(work.batch.channel):
            continue
        reducer = work.live.sieve(work.batch.channel).wide
        event = msgspec.structs.replace(work.event, name=WIDE)
        one = Work(work.batch, event, work.live, reducer, work.record, message=work.message, seen=reducer.look(event))
        wide.append((work, one))
    found: list[_Kept] = []
    if not wide:
        return found
    find_identifiers(house, [one for _, one in wide])
    known = await look_up(house, [one for _, one in wide], Turns())
    for work, one in wide:
        if one.reply is None:  # else it is from before their erasure
            take_in(house, one, known)
            if not _is_shut(one):
                source = work.live.sieve(work.batch.channel).lacking(work.event.source, one.mask)
                one.event = work.event
                kept = _kept(house, one, source, record=None)
                found += [] if kept is None else [kept]
    return found


def _is_shut(one: Work) -> bool:
    return one.reply is not None and one.reply.code != codes.NO_FIELD_LEFT


def _kept(house: House, work: Work, source: dict[str, object], *, record: bytes | None) -> _Kept | None:
    """One item's box in the making; None where nothing may be kept. Who is not known yet has no facts to be kept by."""
    if not source or not work.person or work.suppressed:
        return None
    policy, event = work.live.policy, work.event
    held = Held(
        channel=policy.channels[work.batch.channel].id, event=event.name, source=source,
        occurred_at=event.occurred_at, received_at=work.batch.received_at, assurance=work.batch.assurance,
        proof=work.proof, consent=None if event.consent is None else dict(event.consent),
        signals=sorted(event.signals), message=work.message, record=record,
        shut=[one.name for at, one in enumerate(policy.purposes) if not work.mask >> at & 1],
        others=[one for one in work.facts_of if one != work.person],
    )  # fmt: skip
    plain = packed(held)
    return None if plain is None else _Kept(house.ids.new(), work.person, held, plain)


async def _commit(house: House, found: Sequence[_Kept]) -> None:
    """Sealed and durable, each if its person's seal is open and as it was read: nobody who ends leaves any behind."""
    facts = await facts_of_persons(house, {one.person for one in found}, fresh=True)
    days = {one.id: epoch_at(one.held.received_at, daily=True) for one in found}
    await ensure_days(house, set(days.values()))
    allowed = [
        one
        for one in found
        if _may_be_kept(facts.get(one.person)) and await has_room(house, one.held.channel, len(one.plain))
    ]
    deadline = house.clock.now_ms() + LEASE_MS
    await admit_rings(house, {one.person for one in allowed})
    # From here to the last box nothing is awaited, as in the gate: no ring can make room for others.
    sealed = house.keyring.seal_group(
        [Plain(one.person, one.id, [(WHOLE, days[one.id], one.plain)]) for one in allowed]
    )
    changes = []
    for one, boxes in zip(allowed, sealed, strict=True):
        if isinstance(boxes, list):
            row = Quarantined(one.id, one.held.channel, one.person, one.held.received_at, encode_boxes(boxes))
            version = facts[one.person].seal
            seal = Expect(Seal.TABLE, (one.person,), {"version": version, "state": 0}, version == 0, "seal-moved")
            changes.append(Change("record", puts=(Put(row.TABLE, row),), expects=(seal,), deadline=deadline))
    if changes:
        await house.commits.commit_each(changes)


def _may_be_kept(facts: PersonFacts | None) -> bool:
    return facts is not None and not facts.ending and not facts.state & _SHUT_STATES
