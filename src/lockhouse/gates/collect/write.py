"""The two commits of collecting: who is who first, durable and read back; then what happened, sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.crypto.canonical import pack_fields
from lockhouse.crypto.keyring import Plain
from lockhouse.crypto.seal import encode_boxes
from lockhouse.gates.authority import bound, bound_all
from lockhouse.gates.collect.again import unreceived
from lockhouse.gates.collect.overtaken import unsuppressed_since
from lockhouse.gates.collect.words import moves_seal, words_to_store
from lockhouse.gates.collect.work import evidence_of, unread_class
from lockhouse.gates.epochs import epoch_at
from lockhouse.gates.lookups import lookup_rows
from lockhouse.gates.pulse import pulse
from lockhouse.gates.rings import admit_rings, extend_rings_of
from lockhouse.gates.told import consent_draft, link_draft
from lockhouse.ledger.record import record_leaf_of
from lockhouse.model import codes
from lockhouse.model.change import Change, Conflict, Count, Draft, Expect, Leaf, Put
from lockhouse.model.event import Fault
from lockhouse.model.rows import House as HouseRow
from lockhouse.model.rows import (
    Identifier,
    Import,
    Imported,
    KeyRing,
    LedgerEntry,
    Link,
    Outbox,
    Person,
    Receipt,
    Record,
    Seal,
    Suppression,
)  # fmt: skip
from lockhouse.model.scale import PersonState, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.collect.work import Work
    from lockhouse.gates.house import House, LivePolicy
    from lockhouse.model.event import Batch
    from lockhouse.policy.reduce import Reduced

SPECIAL_FLOOR = 256
"""Plaintext length that boxes of special data are padded to at least, so that length tells nothing (bytes)."""
LEASE_MS = 5_000
"""What was decided and sealed must be durable within this; later, an ending may have answered without it."""
SERVICE = "service:collect"
"""Who the ledger says makes and ends the links that events bring."""
_ENCODE = msgspec.msgpack.Encoder().encode


async def settle_persons(house: House, works: Sequence[Work], *, deadline: int) -> list[Work]:
    """New persons, indexes, links and words are durable by the deadline (ms); returns the works of which they are not.

    A process seals only with a ring it has read back committed: the rings of the group's new persons, and of known
    persons that are not in the keyring, are read from the store before this returns.
    """
    minted = {work.person for work in works if work.is_new}
    ends = {end for work in works for row in (*work.new_links, *work.untold_links) for end in (row.a, row.b)}
    await admit_rings(house, ({work.person for work in works} | ends) - minted)
    failed: set[bytes] = set()
    lost = [work for work in works if work.person not in minted and house.keyring.version_of(work.person) is None]
    for work in lost:  # the person ended between the look-up and now
        work.new_words = work.new_links = ()
        house.facts.drop(work.person)
    gone = {id(work) for work in lost}
    here = [work for work in works if id(work) not in gone]
    made = _make(house, here)
    changing = [(work, change) for work in here if (change := _who(house, work, made, deadline)) is not None]
    if changing:
        answers = await house.commits.commit_each([change for _, change in changing])
        for (work, _), answer in zip(changing, answers, strict=True):
            if isinstance(answer, Conflict):
                lost.append(work)
                work.new_words = work.new_links = ()
                house.facts.drop(work.person)
                house.suppressions |= answer.table == Suppression.TABLE  # the first, perhaps, and not told of yet
                if work.is_new:
                    failed.add(work.person)
    again = {id(work) for work in lost}
    lost.extend(work for work in works if work.person in failed and id(work) not in again)
    again = {id(work) for work in lost}
    kept = [work for work in works if id(work) not in again]
    for work in kept:
        if work.moved or work.new_words or work.untold:
            house.facts.drop(work.person)
    await admit_rings(house, {work.person for work in kept} | ends)
    return lost + await extend_rings(house, kept, deadline=deadline)


class _Made(NamedTuple):
    """What a group's items bring into the identity store: rows of new persons, their rings, rows of new indexes.

    `moved` gathers how the group's items move known persons, one after the other. An index is known by its person and
    its key: what two items fought over is for the store to decide, and neither brings the other's row.
    """

    persons: dict[bytes, Person]
    rings: dict[bytes, KeyRing]
    indexes: dict[tuple[bytes, tuple[int, int, bytes, int]], Identifier]
    moved: dict[bytes, Person]


def _make(house: House, works: Sequence[Work]) -> _Made:
    """Rings and rows with their MACs: each step for all of them before the next, as in `crypto.boxkeys`."""
    new = [work for work in works if work.is_new]
    rings = house.keyring.mint_all([(work.person, _ring_for(work)) for work in new])
    persons = [
        Person(work.person, PersonState.NONE, evidence_of(work), 1, work.batch.received_at, work.active_on, b"")
        for work in new
    ]
    indexes = [
        Identifier(kind, generation, tag, proof, work.person, work.batch.received_at, b"")
        for work in works
        for kind, generation, tag, proof in work.indexes
    ]
    return _Made(
        {row.id: row for row in bound_all(persons, house.row_macs)},
        {ring.person: KeyRing(ring.person, ring.generation, ring.version, ring.blob) for ring in rings},
        {
            (row.person, (row.kind, row.generation, row.tag, row.proof)): row
            for row in bound_all(indexes, house.row_macs)
        },
        {},
    )


def _ring_for(work: Work) -> set[int]:
    """The compartments that the ring of a new person has keys of."""
    return {*work.live.ring_for(frozenset([kind for kind, _, _, _ in work.indexes])), *work.reduced.boxes}


def _who(house: House, work: Work, made: _Made, deadline: int) -> Change | None:
    """What the identity store must hold before this item can be sealed; None when nothing is new.

    Nothing is added to a known person whose ring has moved: an index that an ending did not see would outlive it.
    """
    person = work.person
    puts: list[Put] = []
    expects: list[Expect] = []
    if not work.is_new:
        version = 1 if person in made.rings else house.keyring.version_of(person)
        expects.append(Expect(KeyRing.TABLE, (person,), {"version": version}, False, "ring-moved"))  # noqa: FBT003
    else:
        puts.append(Put(Person.TABLE, made.persons[person]))
        puts.append(Put(KeyRing.TABLE, made.rings[person]))
    for key in work.indexes:
        expects.append(Expect(Identifier.TABLE, key, None, False, "index-taken"))  # noqa: FBT003  # positional Struct
        puts.append(Put(Identifier.TABLE, made.indexes[person, key]))
    if work.reduced.lookups:
        found = lookup_rows(house, work.live, person, work.reduced.lookups, belief=work.belief)
        puts += [Put(row.TABLE, row) for row in found]
    work.new_words = words_to_store(house, work)
    expects += unsuppressed_since(house, work)
    if work.new_words or work.new_links:
        puts += [Put(row.TABLE, row) for row in (*work.new_links, *work.new_words)]
        # A link to somebody who has ended would shut everything of the other: nothing may be read across it.
        expects += [
            Expect(KeyRing.TABLE, (row.b,), {"person": row.b}, or_absent=False, because="ring-moved")
            for row in work.new_links
        ]
        # Nor is an older link of the device written again whose person's erasure has just taken it.
        expects += [Expect(Link.TABLE, (old.id,), {"mac": old.mac}, False, "link-moved") for old in work.ended_links]  # noqa: FBT003
    further = None if work.is_new else activity(work, made.moved.get(person))
    work.moved = further is not None
    if further is not None:
        made.moved[person] = further
        puts.append(Put(Person.TABLE, bound(further, house.row_macs)))
        was = {"version": further.version - 1}
        expects.append(Expect(Person.TABLE, (person,), was, False, "person-moved"))  # noqa: FBT003
    return Change("identity", puts=tuple(puts), expects=tuple(expects), deadline=deadline) if puts else None


def activity(work: Work, moved: Person | None) -> Person | None:
    """A known person's last activity, moved at most once a day; on from how the group moved them already.

    Still without its MAC.
    """
    facts, today = work.own, work.active_on
    was = moved or facts
    if not work.is_activity or was is None or was.active_at >= today:
        return None
    state, created_at = facts.state & ~PersonState.ENDING, facts.created_at
    return Person(work.person, state, facts.came_with, was.version + 1, created_at, today, b"")


async def extend_rings(house: House, works: Sequence[Work], *, deadline: int) -> list[Work]:
    """Known persons get keys for compartments their rings lack: the policy has new ones, or theirs was erased before.

    Returns the works whose ring moved meanwhile.
    """
    lacking: dict[bytes, set[int]] = {}
    for work in works:
        if house.keyring.version_of(work.person) is not None:
            missing = house.keyring.lacks(work.person, work.reduced.boxes)
            if missing:
                lacking.setdefault(work.person, set()).update(missing)
    if not lacking:
        return []
    moved = await extend_rings_of(house, lacking, deadline=deadline)
    return [work for work in works if work.person in moved]


def seal_records(house: House, works: Sequence[Work], *, deadline: int) -> list[Change | None]:
    """Each item as one all-or-nothing write: boxes, receipt, what it expects of the world.

    None for an item to be decided again: a key of its person ended meanwhile, the ring is not at hand, or the lease
    has run out.

    Args:
        house: whose keys seal.
        works: decided, their persons' rings in use.
        deadline: ms; not durable by then, they are not to be written.
    """
    sealed = house.keyring.seal_group([plain_of(work) for work in works])
    brought = _imported(house, works)
    return [
        _stored(house, work, boxes, deadline=deadline, brought=brought) if isinstance(boxes, list) else None
        for work, boxes in zip(works, sealed, strict=True)
    ]


def plain_of(work: Work) -> Plain:
    """What is to be sealed of an item: a part a compartment, in the epoch it came in."""
    now, parts = work.batch.received_at, []
    month = epoch_at(now, daily=False)
    for compartment, values in work.reduced.boxes.items():
        part = work.live.compartments[compartment]
        plain = pack_fields(values, floor=SPECIAL_FLOOR) if part.special else pack_fields(values)
        parts.append((compartment, month if part.epoch == "month" else epoch_at(now, daily=True), plain))
    return Plain(work.person, work.record, parts)


def _stored(
    house: House, work: Work, boxes: Sequence[SealedBox], *, deadline: int, brought: Mapping[bytes, Imported]
) -> Change:
    batch, reduced = work.batch, work.reduced
    row = record_of(house, work, boxes)
    code = codes.TRIMMED if reduced.dropped else codes.STORED
    return Change(
        "record",
        puts=(
            Put("record", row), *receipt_of(house, work, row.channel, code), *outbox_of(house, work), *moved_seal(work),
            *(() if batch.origin is None else (Put(Imported.TABLE, brought[work.record]),)),
        ),
        expects=_expects(work, row.channel),
        entries=_told(house, work) + _untold(house, work),
        leaves=(leaf_of(house, row),),
        counts=_counts(row.channel, work),
        deadline=deadline,
    )  # fmt: skip


def record_of(house: House, work: Work, boxes: Sequence[SealedBox]) -> Record:
    """The row of an item that was decided and sealed."""
    live, batch, clear = work.live, work.batch, work.reduced.clear
    return Record(
        work.record, work.person, live.policy.channels[batch.channel].id, live.policy.events[work.event.name].id,
        work.event.occurred_at, batch.received_at, batch.assurance, work.proof, live.version, house.ids.random(16),
        _ENCODE(dict(sorted(clear.items()))) if clear else b"", encode_boxes(boxes),
    )  # fmt: skip


def leaf_of(house: House, row: Record) -> Leaf:
    """What the ledger will know of the row."""
    return Leaf(house.lane, row.id, record_leaf_of(row))


def detail_of(reduced: Reduced) -> bytes:
    """What a receipt tells of an item: how many fields were kept, and which paths were not."""
    return _ENCODE((reduced.kept, reduced.dropped))


def _imported(house: House, works: Sequence[Work]) -> dict[bytes, Imported]:
    """That records came with an import, each to be in the one commit with it: an undo then finds all, and no other."""
    rows = [
        Imported(work.batch.origin.batch, work.record, work.message, b"")
        for work in works
        if work.batch.origin is not None
    ]
    return {row.record: row for row in bound_all(rows, house.row_macs)} if rows else {}


def refusal(house: House, work: Work) -> Change:
    """A receipt for an item of which nothing is stored, so that `why` can say so; and its counts."""
    assert work.reply is not None  # noqa: S101  # only refused works come here
    channel = work.live.policy.channels[work.batch.channel].id
    if work.reply.code == codes.OBSERVED:
        return Change("record", counts=_counts(channel, work))
    puts = receipt_of(house, work, channel, work.reply.code)
    new = unreceived(channel, work.message, code=work.reply.code)
    return Change("record", puts=puts, expects=(new,), counts=_counts(channel, work))


def receipt_of(house: House, work: Work, channel: int, code: str) -> tuple[Put, ...]:
    """The receipt of an item, stored or refused, with the list of dropped paths if that may not be there yet."""
    refused, at = work.reply is not None, work.batch.received_at
    kept, dropped = (0, work.reply.dropped) if work.reply is not None else (work.reduced.kept, work.reduced.dropped)
    detail, work.listed = house.drop_lists.detail(kept, dropped, at=at)
    record, kept_as = None if refused else work.record, codes.brief(code)
    receipt = Receipt(channel, work.message, work.body, record, at, kept_as, detail)
    if work.listed is None:
        return (Put("receipt", receipt),)
    return Put("receipt", receipt), Put("drop_list", work.listed)


def unread(house: House, live: LivePolicy, batch: Batch) -> list[Change]:
    """A receipt for each item that could not be read but whose message id could, so that `why` can say so."""
    channel = live.policy.channels.get(batch.channel)
    faults = [item for item in batch.items if isinstance(item, Fault) and item.message_id is not None]
    if channel is None or channel.stage == Stage.OBSERVE or not faults:
        return []
    tag, known_as, now = house.message_tags.tag, unread_class(batch.credential), batch.received_at
    changes = []
    for fault in faults:
        message = tag(fault.message_id or "", credential_class=known_as)
        detail = _ENCODE((0, ((fault.where, fault.expected),)))
        receipt = Receipt(channel.id, message, b"", None, now, codes.brief(fault.code), detail)
        counts = pulse(channel.id, "refused", now)
        changes.append(Change("record", puts=(Put(Receipt.TABLE, receipt),), counts=counts))
    return changes


def _told(house: House, work: Work) -> tuple[Draft, ...]:
    """The entries of what the item says of persons: their words on consent, and links."""
    if not (work.new_words or work.new_links):
        return ()
    words = [consent_draft(house, row) for row in work.new_words]
    return (*words, *(link_draft(house, row, by=SERVICE) for row in work.new_links))


def _untold(house: House, work: Work) -> tuple[Draft, ...]:
    """Entries that are missing for what stands: a store went away, or a process ended, between the two commits."""
    if not (work.untold or work.untold_links):
        return ()
    words = [consent_draft(house, row) for row in work.untold]
    return (*words, *(link_draft(house, row, by=SERVICE) for row in work.untold_links))


def moved_seal(work: Work) -> tuple[Put, ...]:
    """A known person's new word moves their seal, so that no process decides by the word before it."""
    if not moves_seal(work):
        return ()
    return (Put(Seal.TABLE, Seal(work.person, work.seal_version + 1, 0)),)


def _expects(work: Work, channel: int) -> tuple[Expect, ...]:
    """What must still be so when the record becomes durable; each is shown by a test under `tests/attack/`."""
    seal = work.seal_version
    expects: tuple[Expect, ...] = (
        unreceived(channel, work.message),
        Expect(Seal.TABLE, (work.person,), {"version": seal, "state": 0}, seal == 0, "seal-moved"),
        Expect(HouseRow.TABLE, (1,), {"policy_epoch": work.live.epoch}, False, "policy-moved"),  # noqa: FBT003
    )
    origin = work.batch.origin
    if origin is not None:  # an import that was taken over, or is being taken back, stores nothing more
        fence = {"state": 0, "fence": origin.fence}
        expects = (*expects, Expect(Import.TABLE, (origin.batch,), fence, False, "import-moved"))  # noqa: FBT003
    if not (work.untold or work.untold_links):
        return expects
    entries = [*[row.entry for row in work.untold], *[row.entry for row in work.untold_links]]
    return (*expects, *[Expect(LedgerEntry.TABLE, (entry,), None, False, "told") for entry in entries])  # noqa: FBT003


def outbox_of(house: House, work: Work) -> list[Put]:
    """What waits to be sent of it, to each recipient that may receive some field of its event."""
    rows = []
    for recipient in work.live.recipients_of(work.event.name):
        row = Outbox(house.ids.new(), recipient, work.person, work.record, 0, 0, work.batch.received_at, None)
        rows.append(Put(Outbox.TABLE, row))
    return rows


def _counts(channel: int, work: Work) -> tuple[Count, ...]:
    dropped = work.reply.dropped if work.reply is not None else work.reduced.dropped
    at = work.batch.received_at
    became = work.reply.outcome if work.reply is not None else "trimmed" if work.reduced.dropped else "stored"
    drops = [Count(channel, path, reason, 1, at) for path, reason in (*dropped, *work.observed)]
    return (*drops, *pulse(channel, became, at))
