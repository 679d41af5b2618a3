"""The same gate without a lock: what sealing is measured against. It exists for the bench alone.

It is the honest other side of each pair: the same server, parser, policy decisions, reduction, matching, look-ups,
words on consent, activity, stores, transactions, counts, and expectations (that a known person who gets something new
is still there is expected of the person's row, not of the ring's). A replay is told from another item under the same
message id by an unkeyed hash. Left out is what protects: blind indexes (identifiers and look-ups stand as their own
bytes), keyed message tags (the message id stands as it is), persons' rings and their rows, MACs of rows, epoch keys,
boxes (the kept fields stand as msgpack), salts, leaves, intake entries. So it writes one row less for each new person
(the ring) and three less for each group (the intake, its entry and the lane's).
"""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.crypto.signatures import RowMacs
from lockhouse.gates.collect import Intake
from lockhouse.gates.collect.settle import flight_of, look_up, settle_activity, settle_links, take_in
from lockhouse.gates.collect.turns import Turns
from lockhouse.gates.collect.words import moves_seal, words_to_store
from lockhouse.gates.collect.work import Found, Work, belief_in, evidence_of
from lockhouse.gates.collect.write import activity, moved_seal, receipt_of
from lockhouse.gates.pulse import pulse
from lockhouse.gates.refresh import refresh
from lockhouse.identity.normalise import lookup, normal
from lockhouse.model import codes
from lockhouse.model.change import Change, Conflict, Count, Expect, Leaf, Put
from lockhouse.model.event import Batch, Event, Fault, Reply
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import House as HouseRow
from lockhouse.model.rows import Identifier, Lookup, Person, Receipt, Record, Seal
from lockhouse.model.scale import Belief, PersonState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House, LivePolicy

LEASE_MS = 5_000
_ENCODE = msgspec.msgpack.Encoder().encode
_ORDERED = msgspec.msgpack.Encoder(order="deterministic").encode
_TRIES = 4


class NoMacs(RowMacs):
    """Rows of persons and identifiers stand as they are."""

    def __init__(self) -> None:
        """There is no key to take in."""

    def of(self, table: str, content: bytes) -> bytes:  # noqa: ARG002  # as `RowMacs` has it
        """Nothing is bound to anything."""
        return b""

    def check(self, mac: bytes, *, table: str, content: bytes) -> None:
        """Whatever stands is taken."""


class UnsealedIntake(Intake):
    """`Intake` whose groups are stored as they are."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        house.row_macs = NoMacs()

    async def _through(self, group: list[tuple[Batch, asyncio.Future[list[Reply]]]]) -> None:
        try:
            answers = await _collect_group(self._house, [batch for batch, _ in group], self._turns)
        except BaseException as err:  # noqa: BLE001  # as the gate does: every waiting request gets it
            for _, answer in group:
                if not answer.done():
                    answer.set_exception(err)
            return
        for (_, answer), replies in zip(group, answers, strict=True):
            if not answer.done():
                answer.set_result(replies)


async def _collect_group(house: House, batches: Sequence[Batch], turns: Turns) -> list[list[Reply]]:
    await refresh(house)
    live = house.live()
    started = [[_begin(house, live, batch, item) for item in batch.items] for batch in batches]
    waiting = [work for batch in started for work in batch if isinstance(work, Work)]
    for _ in range(_TRIES):
        lost, changes = await _decide_group(house, waiting, turns)
        lost += await _commit(house, changes)
        waiting = lost
        if not waiting:
            break
    return [[one if isinstance(one, Reply) else _answered(one) for one in batch] for batch in started]


def _answered(work: Work) -> Reply:
    if work.reply is None:
        raise AssertionError("an item left the gate without an answer")
    return work.reply


def _begin(house: House, live: LivePolicy, batch: Batch, item: Event | Fault) -> Work | Reply:
    if isinstance(item, Fault):
        return Reply(outcome="refused", code=item.code, dropped=((item.where, item.expected),))
    reducer = live.reducer(batch.channel)
    record = house.ids.new()
    message = item.message_id.encode() if item.message_id else record
    work = Work(batch, item, live, reducer, record, message, sha256(_ORDERED(item.source)).digest()[:16], [])
    work.seen = reducer.look(item)
    if work.seen.plan is None:
        work.refuse(codes.NO_SUCH_EVENT)
        return work
    channel = live.policy.channels[batch.channel]
    for field, value in reducer.identifiers(item, seen=work.seen):
        kind = live.kind(field)
        plain = normal(kind.type, value)
        if plain is not None:
            belief = belief_in(batch, proven=field in channel.proves, is_person=kind.is_person)
            work.found.append(Found(field, kind.number, kind.generation, plain.encode(), kind.is_person, belief))
    return work


async def _decide_group(house: House, works: list[Work], turns: Turns) -> tuple[list[Work], list[tuple[Work, Change]]]:
    async with turns.deciding:
        passing = [work for work in works if work.reply is None]
        known = await look_up(house, passing, turns)
        for work in passing:
            take_in(house, work, known)
        passing = [work for work in passing if work.reply is None]
        flight = flight_of(passing, known)
        turns.take_off(flight)
    try:
        async with turns.settling:
            await settle_activity(house, passing)
            await settle_links(house, passing)
            lost = await _settle_persons(house, passing)
    finally:
        turns.land(flight)
    again, deadline = {id(work) for work in lost}, house.clock.now_ms() + LEASE_MS
    return lost, [
        (work, _record(house, work, deadline=deadline))
        for work in works
        if id(work) not in again and work.reply is None
    ]


async def _settle_persons(house: House, works: Sequence[Work]) -> list[Work]:
    changing = [(work, change) for work in works if (change := _who(house, work)) is not None]
    if not changing:
        return []
    answers = await house.commits.commit_each([change for _, change in changing])
    failed = {work.person for (work, _), answer in zip(changing, answers, strict=True) if isinstance(answer, Conflict)}
    for person in failed | {work.person for work in works if moves_seal(work)}:
        house.facts.drop(person)
    return [work for work in works if work.person in failed]


def _who(house: House, work: Work) -> Change | None:
    now, person = work.batch.received_at, work.person
    puts: list[Put] = []
    expects: list[Expect] = []
    if work.is_new:
        row = Person(person, PersonState.NONE, evidence_of(work), 1, now, now - now % DAY_MS, b"")
        puts.append(Put(Person.TABLE, row))
    else:
        expects.append(Expect(Person.TABLE, (person,), {"id": person}, False, "person-gone"))  # noqa: FBT003
        moved = activity(work, None)
        if moved is not None:
            puts.append(Put(Person.TABLE, moved))
    puts += [Put(word.TABLE, word) for word in words_to_store(house, work)]
    for kind, generation, tag, proof in work.indexes:
        expects.append(Expect(Identifier.TABLE, (kind, generation, tag, proof), None, False, "index-taken"))  # noqa: FBT003
        puts.append(Put(Identifier.TABLE, Identifier(kind, generation, tag, proof, person, now, b"")))
    for field, how, value in work.reduced.lookups:
        plain = lookup(how, value)
        if plain is not None:
            number = work.live.policy.identifiers[f"{field}#{how}"]
            puts.append(Put(Lookup.TABLE, Lookup(number, 1, plain.encode(), Belief.PROVEN - work.belief, person)))
    return Change("identity", puts=tuple(puts), expects=tuple(expects)) if puts else None


def _record(house: House, work: Work, *, deadline: int) -> Change:
    live, batch, reduced, now = work.live, work.batch, work.reduced, work.batch.received_at
    row = Record(
        work.record, work.person, live.policy.channels[batch.channel].id, live.policy.events[work.event.name].id,
        work.event.occurred_at, now, batch.assurance, work.proof, live.version, b"",
        _ENCODE(reduced.clear) if reduced.clear else b"", _ENCODE(reduced.boxes),
    )  # fmt: skip
    code = codes.TRIMMED if reduced.dropped else codes.STORED
    seal = work.seal_version
    return Change(
        "record",
        puts=(
            Put(Record.TABLE, row),
            *receipt_of(house, work, row.channel, code),
            *moved_seal(work),
        ),
        expects=(
            Expect(Receipt.TABLE, (row.channel, work.message), None, False, "received"),  # noqa: FBT003
            Expect(Seal.TABLE, (work.person,), {"version": seal, "state": 0}, seal == 0, "seal-moved"),
            Expect(HouseRow.TABLE, (1,), {"policy_epoch": live.epoch}, False, "policy-moved"),  # noqa: FBT003
        ),
        leaves=_NO_LEAVES,
        counts=(
            *(Count(row.channel, path, reason, 1, now) for path, reason in reduced.dropped),
            *pulse(row.channel, "trimmed" if reduced.dropped else "stored", now),
        ),
        deadline=deadline,
    )


_NO_LEAVES: tuple[Leaf, ...] = ()


async def _commit(house: House, changes: list[tuple[Work, Change]]) -> list[Work]:
    if not changes:
        return []
    answers = await house.commits.commit_each([change for _, change in changes])
    lost: list[Work] = []
    for (work, _), answer in zip(changes, answers, strict=True):
        if isinstance(answer, Conflict):
            lost.append(work)
            continue
        reduced: Any = work.reduced
        code = codes.TRIMMED if reduced.dropped else codes.STORED
        outcome: Any = "trimmed" if reduced.dropped else "stored"
        work.reply = Reply(outcome=outcome, code=code, kept=reduced.kept, dropped=reduced.dropped, record=work.record)
        if work.listed is not None:
            house.drop_lists.keep(reduced.dropped, work.listed)
    return lost
