"""One page of a replay: decided, sealed and durable, each event for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.keyring import Plain
from lockhouse.crypto.ring import WHOLE
from lockhouse.crypto.seal import encode_boxes
from lockhouse.errors import Conflict as Moved
from lockhouse.gates.collect.overtaken import Since
from lockhouse.gates.collect.write import LEASE_MS, detail_of, extend_rings, leaf_of, outbox_of, plain_of, record_of
from lockhouse.gates.epochs import mint_epochs
from lockhouse.gates.lookups import lookup_rows
from lockhouse.gates.quarantine import packed
from lockhouse.gates.replay.deciding import decided
from lockhouse.gates.replay.opening import open_page
from lockhouse.gates.rings import admit_rings
from lockhouse.model import codes
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.rows import House as HouseRow
from lockhouse.model.rows import KeyRing, Lookup, Quarantined, Receipt, Seal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import House
    from lockhouse.gates.replay.deciding import Trial
    from lockhouse.gates.replay.opening import Sorted

TRIES = 4


class Replaying(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one page, by events.

    Attributes:
        stored: of which nothing was stored before. `added`: of whose record more is stored now.
        fields: (event, field) of each field that is stored.
        left: of which the policy still lacks something.
        waiting: whose person is being erased, or a part of them, is restricted, or a minor.
        ended: that nothing brings back: their keys, or their 72 hours, are over, or they came again and are stored.
        moved: whose world moved while they were being stored; another call takes them up.
    """

    stored: int = 0
    added: int = 0
    fields: tuple[tuple[str, str], ...] = ()
    left: int = 0
    waiting: int = 0
    ended: int = 0
    moved: int = 0


async def replay_page(house: House, rows: Sequence[Quarantined], *, channel: str, by: str, dry: bool) -> Replaying:
    """What the policy now allows of these events is stored; `dry`: it is only told.

    Raises:
        Unavailable: the lease is lost, the clock is in doubt, the house is shut for reading, or a store is away.
        Conflict: the policy or the keys keep moving.
        Tampered: a row was edited, or one that gives authority is not this house's own.
    """
    for _ in range(TRIES):
        try:
            found = await open_page(house, rows, by=by, action="replay-dry" if dry else "replay")
        except Moved:
            continue
        since = Since(house.epochs.key())
        trials = await decided(house, found.opened, channel=channel)
        if dry:
            return _told(found, trials, moved=0)
        if (done := await _store(house, found, trials, since)) is not None:
            return done
    raise Moved("replay: expected the policy and the keys to hold still", hint="try again")


def _told(found: Sorted, trials: Sequence[Trial], *, moved: int) -> Replaying:
    stored = [one for one in trials if one.is_stored]
    return Replaying(
        stored=sum(one.opened.held.record is None for one in stored),
        added=sum(one.opened.held.record is not None for one in stored),
        fields=tuple((one.work.event.name, field) for one in stored for field in one.fields),
        left=sum(bool(one.left) and not one.gone for one in trials), waiting=len(found.waiting),
        ended=len(found.ended) + sum(one.gone for one in trials), moved=moved,
    )  # fmt: skip


async def _store(house: House, found: Sorted, trials: Sequence[Trial], since: Since) -> Replaying | None:
    """The page as decided becomes durable; None where it has to be decided again."""
    storing, deadline = [one for one in trials if one.is_stored], house.clock.now_ms() + LEASE_MS
    if not await _prepare(house, storing, deadline=deadline):
        return None
    receipts = await house.reads.get(Receipt, [(one.opened.held.channel, one.opened.held.message) for one in trials])
    await admit_rings(house, {one.opened.row.person for one in trials})
    if await since.overtaken(house, [one.work for one in trials if not one.gone]):
        return None
    # From here to the last box nothing is awaited: no ring can make room for others.
    changes = _changes(house, trials, receipts, deadline=deadline)
    gone = [*found.ended, *(one.opened.row for one in trials if one.gone)]
    ends = [Change("record", deletes=(Delete(row.TABLE, (row.id,)),), expects=(_as_read(row),)) for row in gone]
    answers = await house.commits.commit_each([*(change for _, change in changes), *ends])
    lost = {
        id(one)
        for (one, _), answer in zip(changes, answers[: len(changes)], strict=True)
        if isinstance(answer, Conflict)
    }
    kept = [one for one in trials if id(one) not in lost]
    missing = {id(one) for one in storing} - {id(one) for one, _ in changes} - lost
    kept = [one for one in kept if id(one) not in missing]
    return _told(found, kept, moved=len(lost) + len(missing))


async def _prepare(house: House, storing: Sequence[Trial], *, deadline: int) -> bool:
    """Keys and look-ups are durable before anything is sealed; False where a ring moved meanwhile."""
    works = [one.work for one in storing]
    if await extend_rings(house, works, deadline=deadline):
        return False
    places = {(compartment, epoch) for work in works for compartment, epoch, _ in plain_of(work).parts}
    if lacking := sorted(place for place in places if not house.keyring.has_epoch(*place)):
        await mint_epochs(house, lacking)
    changes = []
    for work in works:
        found = lookup_rows(house, work.live, work.person, work.reduced.lookups, belief=work.belief)
        version = house.keyring.version_of(work.person)
        if found:
            ring = Expect(KeyRing.TABLE, (work.person,), {"version": version}, or_absent=False, because="ring-moved")
            puts = tuple(Put(Lookup.TABLE, row) for row in found)
            changes.append(Change("identity", puts=puts, expects=(ring,), deadline=deadline))
    answers = await house.commits.commit_each(changes) if changes else []
    return not any(isinstance(answer, Conflict) for answer in answers)


def _changes(
    house: House, trials: Sequence[Trial], receipts: dict[tuple[object, ...], Receipt], *, deadline: int
) -> list[tuple[Trial, Change]]:
    """One Change an event that is stored, or of which less is lacking than was kept; none where a key has ended."""
    moving = [one for one in trials if one.is_stored or (not one.gone and one.left != one.opened.held.source)]
    storing = [one for one in moving if one.is_stored]
    sealed = iter(house.keyring.seal_group([plain_of(one.work) for one in storing]))
    changes = []
    for one in moving:
        held, boxes = one.opened.held, next(sealed) if one.is_stored else ()
        if not isinstance(boxes, list | tuple):
            continue
        rest = _rest(house, one)
        change = Change("record", puts=rest, deletes=() if rest else (Delete(Quarantined.TABLE, (one.opened.row.id,)),))
        if one.is_stored:
            change = _with_record(house, one, change, boxes, receipts.get((held.channel, held.message)))
        expects = (*change.expects, _as_read(one.opened.row), *_of_person(one))
        changes.append((one, msgspec.structs.replace(change, expects=expects, deadline=deadline)))
    return changes


def _rest(house: House, one: Trial) -> tuple[Put, ...]:
    """What is still lacking, sealed again under the day it came on, so that it ends no later."""
    row, box, held = one.opened
    record = held.record or (one.work.record if one.is_stored else None)
    plain = packed(msgspec.structs.replace(held, source=one.left, record=record)) if one.left else None
    if plain is None:
        return ()
    [sealed] = house.keyring.seal_group([Plain(row.person, row.id, [(WHOLE, box.epoch, plain)])], seal=box.seal + 1)
    if not isinstance(sealed, list):
        return ()
    return (Put(row.TABLE, msgspec.structs.replace(row, boxes=encode_boxes(sealed))),)


def _with_record(
    house: House, one: Trial, change: Change, boxes: Sequence[SealedBox], receipt: Receipt | None
) -> Change:
    """The record beside it. Of an event that was refused the receipt names it from now on, and it is sent on.

    To a record that was stored before nothing is sent after: recipients would count its event twice.
    """
    work, puts, expects = one.work, change.puts, change.expects
    row = record_of(house, work, boxes)
    if one.opened.held.record is None:
        puts = (*puts, *outbox_of(house, work))
        if receipt is not None:
            code = codes.TRIMMED if work.reduced.dropped or one.left else codes.STORED
            puts = (*puts, Put(Receipt.TABLE, msgspec.structs.replace(
                receipt, record=row.id, code=codes.brief(code), detail=detail_of(work.reduced)
            )))  # fmt: skip
            refused = {"record": None, "body": receipt.body}
            expects = (*expects, Expect(
                Receipt.TABLE, (receipt.channel, receipt.message), refused, or_absent=False, because="received"
            ))  # fmt: skip
    return msgspec.structs.replace(
        change, puts=(Put(row.TABLE, row), *puts), expects=expects, leaves=(leaf_of(house, row),)
    )


def _as_read(row: Quarantined) -> Expect:
    return Expect(row.TABLE, (row.id,), {"boxes": row.boxes}, or_absent=False, because="held-moved")


def _of_person(one: Trial) -> tuple[Expect, ...]:
    """Whose it is has neither ended nor said anything since, and the policy is the one it was decided by."""
    seal, live = one.work.seal_version, one.work.live
    return (
        Expect(Seal.TABLE, (one.work.person,), {"version": seal, "state": 0}, seal == 0, "seal-moved"),
        Expect(HouseRow.TABLE, (1,), {"policy_epoch": live.epoch}, or_absent=False, because="policy-moved"),
    )
