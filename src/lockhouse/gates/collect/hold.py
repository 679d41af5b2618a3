"""Of channels in stage `trial`: what the policy lacked of an item is sealed for replay, once the item was decided.

It becomes durable behind the item's own commit and says nothing of anybody: no person is made by it, no word is heard
and no identifier is indexed. What cannot be kept is counted, as on any channel: rows of files, who is not known, whom
a suppression, a restriction or their age shuts out, what came before their erasure.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

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
from lockhouse.gates.quarantine import KEEP_MS, Held, ensure_days, has_room, may_be_held, packed
from lockhouse.gates.rings import admit_rings
from lockhouse.model import codes
from lockhouse.model.change import Change, Expect, Put
from lockhouse.model.rows import Quarantined, Seal
from lockhouse.policy.lacking import WIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.collect.overtaken import Since
    from lockhouse.gates.collect.settle import Known
    from lockhouse.gates.house import House
    from lockhouse.policy.lacking import Sieve

_STORED = frozenset({codes.STORED, codes.TRIMMED})
_REFUSED = frozenset({codes.NO_SUCH_EVENT, codes.NO_FIELD_LEFT})
"""Of which nothing was stored, so that no commit has said whether they were decided by what is known now."""


class _Kept(NamedTuple):
    id: bytes
    person: bytes
    work: Work
    held: Held
    plain: bytes
    seal: int | None
    """The version of the person's seal that it was decided at; None of what was stored: its own commit expected it."""


async def hold(house: House, works: Sequence[Work], since: Since) -> None:
    """What the policy lacks of these items, which are answered, is sealed for replay as far as it may be.

    A store that is away, or a row that is not this house's, leaves it unkept: nobody's event waits for that. So does a
    suppression that came or went since the group began.
    """
    trials, before = house.live().trials, house.clock.now_ms() - KEEP_MS
    trying = [work for work in works if work.batch.channel in trials and work.batch.origin is None]
    trying = [work for work in trying if work.batch.received_at > before]  # of what waited elsewhere it is over
    if not trying:
        return
    with suppress(Unavailable, Tampered):
        found = [one for work in trying if (one := _of_stored(house, work)) is not None]
        found += await _of_refused(house, trying)
        if found:
            await _commit(house, found, since)


def _of_stored(house: House, work: Work) -> _Kept | None:
    """What is lacking of an item of which something is stored."""
    assert work.reply is not None  # noqa: S101  # only answered works come here
    if work.reply.code not in _STORED or not work.reduced.dropped:
        return None
    return _kept(house, work, _lacking(work), record=work.record)


def _lacking(work: Work) -> dict[str, Any]:
    """Of an item that was decided: fields in excess, on no list of the event's, or of no type."""
    reduced, live = work.reduced, work.live
    sieve: Sieve = live.sieve(work.batch.channel)
    if work.reducer is sieve.wide:
        return sieve.lacking(work.event.source, work.mask)
    slots = [*reduced.clear, *(slot for values in reduced.boxes.values() for slot in values)]
    kept = [live.slot(slot).field for slot in slots]
    return sieve.lacking(work.event.source, work.mask, fields=live.policy.events[work.event.name].fields, kept=kept)


async def _of_refused(house: House, works: Sequence[Work]) -> list[_Kept]:
    """What may be kept of events of which nothing is stored, decided again by what is known now, each for itself.

    No commit has said whether this process knew the newest word of theirs. Of one that the policy does not name it is
    decided as if it named each, with all the fields there are.
    """
    again = [(work, one) for work in works if (one := _undecided(work)) is not None]
    found: list[_Kept] = []
    if not again:
        return found
    find_identifiers(house, [one for _, one in again])
    known = await look_up(house, [one for _, one in again], Turns(), fresh=True)
    for work, one in again:
        if one.reply is None:  # else it is from before their erasure
            take_in(house, one, _alone(known, one))
            if not _is_shut(one):
                source = _lacking(one)
                one.event = work.event
                kept = _kept(house, one, source, record=None)
                found += [] if kept is None else [kept]
    return found


def _undecided(work: Work) -> Work | None:
    """The item as it came, where nothing of it was stored and the policy may be why."""
    assert work.reply is not None  # noqa: S101  # only answered works come here
    if work.reply.code not in _REFUSED or not work.live.takes(work.batch.channel):
        return None
    event, reducer = work.event, work.reducer
    if work.reply.code == codes.NO_SUCH_EVENT:
        event, reducer = msgspec.structs.replace(event, name=WIDE), work.live.sieve(work.batch.channel).wide
    elif not work.reduced.dropped:
        return None
    return Work(work.batch, event, work.live, reducer, work.record, message=work.message, seen=reducer.look(event))


def _alone(known: Known, work: Work) -> Known:
    """What is known for one item: what others beside it say and make is heard of nobody here."""
    keys = {(one.kind, one.generation, one.tag) for one in work.found} & known.owners.keys()
    owners = {key: list(known.owners[key]) for key in keys}
    persons = {person for owned in owners.values() for _, person, _ in owned}
    return known._replace(owners=owners, facts={one: known.facts[one] for one in persons}, told={})


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
    seal = None if record is not None else work.seal_version
    return None if plain is None else _Kept(house.ids.new(), work.person, work, held, plain, seal)


async def _commit(house: House, found: Sequence[_Kept], since: Since) -> None:
    """Sealed and durable, each if its person's seal is open and as it was read: nobody who ends leaves any behind."""
    facts = await facts_of_persons(house, {one.person for one in found}, fresh=True)
    days = {one.id: epoch_at(one.held.received_at, daily=True) for one in found}
    await ensure_days(house, set(days.values()))
    allowed = [
        one
        for one in found
        if may_be_held(facts.get(one.person)) and await has_room(house, one.held.channel, len(one.plain))
    ]
    deadline = house.clock.now_ms() + LEASE_MS
    await admit_rings(house, {one.person for one in allowed})
    lost = {id(work) for work in await since.overtaken(house, [one.work for one in allowed])}
    allowed = [one for one in allowed if id(one.work) not in lost]
    # From here to the last box nothing is awaited, as in the gate: no ring can make room for others.
    sealed = house.keyring.seal_group(
        [Plain(one.person, one.id, [(WHOLE, days[one.id], one.plain)]) for one in allowed]
    )
    changes = []
    for one, boxes in zip(allowed, sealed, strict=True):
        if isinstance(boxes, list):
            row = Quarantined(one.id, one.held.channel, one.person, one.held.received_at, encode_boxes(boxes))
            version = facts[one.person].seal if one.seal is None else one.seal
            seal = Expect(Seal.TABLE, (one.person,), {"version": version, "state": 0}, version == 0, "seal-moved")
            changes.append(Change("record", puts=(Put(row.TABLE, row),), expects=(seal,), deadline=deadline))
    if changes:
        await house.commits.commit_each(changes)
