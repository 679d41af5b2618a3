"""The collect gate: items of many requests go through together, and each is answered once it is durable.

    begin     every item's message and identifiers are hashed
    look up   who owns them, what was said, set-wise for the whole group
    decide    which purposes are live, what of the item is kept: group after group
    settle    new persons durable and read back: group after group, while the next is decided
    seal      one box a compartment
    commit    records, receipts, notes and ledger leaves in one durable group
    retry     what moved meanwhile is decided again, at most three times

While one group commits, the next is decided, if it is worth a commit of its own. A smaller group waits while further
requests keep coming in, turn of the loop after turn; no timer lingers for more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Tampered, Unavailable
from lockhouse.gates.collect.again import received
from lockhouse.gates.collect.hold import hold
from lockhouse.gates.collect.observe import observe
from lockhouse.gates.collect.overtaken import Since
from lockhouse.gates.collect.settle import flight_of, look_up, settle_activity, settle_links, take_in
from lockhouse.gates.collect.turns import Turns
from lockhouse.gates.collect.words import words_to_store
from lockhouse.gates.collect.work import Work, begin_all
from lockhouse.gates.collect.write import LEASE_MS, SERVICE, refusal, seal_records, settle_persons, unread
from lockhouse.gates.refresh import refresh
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.told import consent_draft, tell, tell_late
from lockhouse.gates.trusted_time import trusted_now
from lockhouse.model import codes
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.event import Outcome, Reply
from lockhouse.model.rows import KeyRing, Receipt
from lockhouse.model.scale import ConsentState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Sequence

    from lockhouse.gates.collect.turns import Flight
    from lockhouse.gates.house import House
    from lockhouse.model.change import Draft
    from lockhouse.model.event import Batch

MAX_TRIES = 4
"""One try and three again: what conflicts oftener is being fought over."""
PAUSE_S = 0.02
"""Between tries: an ending that is under way needs a moment to free its identifiers."""
MAX_GROUP = 500
UNDER_WAY = 2
WORTH_A_GROUP = 250
"""Items that begin a group at once, also beside the one under way; fewer wait for its end, and for whoever comes in the
same turns of the loop. A commit writes a dozen pages whatever its size, so that many small ones cost more than they
gain by overlapping."""

_Waiting = tuple["Batch", asyncio.Future[list[Reply]]]


class Intake:
    """The gate of one process. `collect` may be called by any number of requests at once."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._waiting: deque[_Waiting] = deque()
        self._size = 0
        self._turns = Turns()
        self._tasks: dict[asyncio.Task[None], list[_Waiting]] = {}
        self._is_called = False
        self._seen = 0

    async def collect(self, batch: Batch) -> list[Reply]:
        """Store what the live policy allows of a batch; answer per item, once it is durable.

        Raises:
            Unavailable: a store, the keys or the lease are away; what was stored already is known by its message id,
                so the sender may send the batch again.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Reply]] = loop.create_future()
        self._waiting.append((batch, answer))
        self._size += len(batch.items)
        self._call()
        return await answer

    def give_up(self) -> None:
        """Whoever waits is `Unavailable`: the writer stands still. What is under way may yet be stored."""
        error = Unavailable("collect: expected a writer within its lease, got one that stands still", retry_after_s=1.0)
        for group in (*self._tasks.values(), self._waiting):
            _fail(group, error)
        self._waiting.clear()
        self._size = self._seen = 0

    def _call(self) -> None:
        """Look at what waits in the next turn of the loop, once for all requests of this one."""
        if not self._is_called:
            self._is_called = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        """Begin what waits, unless it is little and grew in this turn: who was just answered asks again at once."""
        self._is_called = False
        grew, self._seen = self._size > self._seen, self._size
        if grew and not self._tasks and self._size < WORTH_A_GROUP:
            self._call()
        else:
            self._begin()

    def _begin(self) -> None:
        """Begin groups of what waits, as far as they may be under way."""
        while self._waiting and (not self._tasks or (len(self._tasks) < UNDER_WAY and self._size >= WORTH_A_GROUP)):
            group = self._take()
            task = asyncio.create_task(self._through(group))
            self._tasks[task] = group
            task.add_done_callback(partial(self._finished, group))

    def _finished(self, group: list[_Waiting], task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        if task.cancelled():  # before its first step; later, `_through` says so itself
            _fail(group, Unavailable("collect: expected to go on, got the end of the process", retry_after_s=1.0))
        self._seen = 0
        self._call()

    def _take(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        size = 0
        while self._waiting and (not group or _fits(self._waiting[0][0], group[0][0], size)):
            taken = self._waiting.popleft()
            size += len(taken[0].items)
            group.append(taken)
        self._size -= size
        self._seen = 0
        return group

    async def _through(self, group: list[_Waiting]) -> None:
        try:
            answers = await collect_group(self._house, [batch for batch, _ in group], turns=self._turns)
        except Tampered as err:
            if len(group) == 1:
                _fail(group, err)
                return
            # A row of one person's does not verify: whoever else shares the group is served without them. In halves,
            # so that one such person costs a few passages and not one for every request.
            middle = len(group) // 2
            await self._through(group[:middle])
            await self._through(group[middle:])
            return
        except BaseException as err:  # noqa: BLE001  # every waiting request gets it; the face answers or re-raises
            _fail(group, err)
            return
        for (_, answer), replies in zip(group, answers, strict=True):
            if not answer.done():
                answer.set_result(replies)


def _fits(batch: Batch, first: Batch, size: int) -> bool:
    """Whether a batch passes with a group. What was set aside passes by itself: others would part it into two."""
    return size + len(batch.items) <= MAX_GROUP and bool(batch.late_at) is bool(first.late_at)


def _fail(group: Iterable[_Waiting], err: BaseException) -> None:
    for _, answer in group:
        if not answer.done():
            answer.set_exception(err)


async def collect_group(house: House, batches: Sequence[Batch], *, turns: Turns | None = None) -> list[list[Reply]]:
    """The whole passage of several batches; replies in their order.

    An item that stayed contested is answered `UNSETTLED` in its own slot: its neighbours are stored, or not, as they
    are, and those of other batches have nothing to do with it.

    Raises:
        Unavailable: as `Intake.collect`; or the clock is in doubt.
    """
    await trusted_now(house)
    await refresh(house)
    live, key = house.live(), (began := house.epochs.key())
    started = begin_all(house, live, batches)
    open_works = [work for batch in started for work in batch if isinstance(work, Work)]
    if len(open_works) < sum(map(len, started)) and (
        receipts := [change for batch in batches for change in unread(house, live, batch)]
    ):
        await house.commits.commit_each(receipts)
    await observe(house, open_works)
    turns = turns or Turns()
    for attempt in range(MAX_TRIES):
        if not open_works:
            break
        if attempt:
            await asyncio.sleep(PAUSE_S * attempt)
            await refresh(house)
            live, key = house.live(), house.epochs.key()
        open_works = [work for work in open_works if work.under(live)]
        lost, changes = await _decide_group(house, open_works, turns, Since(key))
        lost += await _commit(house, changes)
        await _tell_lost(house, lost)
        open_works = lost
    for work in open_works:
        work.refuse(codes.UNSETTLED)
    if live.trials:
        await hold(house, [work for batch in started for work in batch if isinstance(work, Work)], Since(began))
    return [[one.reply or _unanswered() if isinstance(one, Work) else one for one in batch] for batch in started]


def _unanswered() -> Reply:
    raise AssertionError("an item left the gate without an answer")


async def _decide_group(
    house: House, works: list[Work], turns: Turns, since: Since
) -> tuple[list[Work], list[tuple[Work, Change]]]:
    """From look-ups to sealed Changes; the works that must be tried again, and the Changes of the others."""
    _require_lease(house)
    async with turns.deciding:
        passing, flight = await _decided(house, works, turns)
        turns.take_off(flight)
    try:
        async with turns.settling:
            await settle_activity(house, passing)
            await settle_links(house, passing)
            await _stop_known(house, passing)
            lost = await _settled_since(house, [work for work in passing if work.reply is None], since)
            await _hear(house, [work for work in works if work.person and work.reply is not None])
            lost += await since.overtaken(house, _but(works, lost))
    finally:
        turns.land(flight)
    # From here to the last box nothing is awaited: no ring that was just read back can make room for others.
    return lost, _sealed(house, works, lost)


def _require_lease(house: House) -> None:
    if not house.epochs.alive():
        raise Unavailable("collect: expected a confirmed lease", retry_after_s=1.0)


async def _settled_since(house: House, works: list[Work], since: Since) -> list[Work]:
    """The persons of all works are durable but of those that it returns, which must be tried again."""
    deadline = house.clock.now_ms() + LEASE_MS  # of this commit alone: a slow store must do one in time, not two
    _require_lease(house)
    lost = await since.overtaken(house, works)
    for work in lost:  # nothing that it says stands yet
        work.new_words = work.new_links = ()
    return lost + await settle_persons(house, _but(works, lost), deadline=deadline)


def _but(works: Sequence[Work], lost: Sequence[Work]) -> list[Work]:
    again = {id(work) for work in lost}
    return [work for work in works if id(work) not in again and work.reply is None]


async def _decided(house: House, works: list[Work], turns: Turns) -> tuple[list[Work], Flight]:
    """The works of which something is kept, each with whose it will be; and what they will make."""
    passing = [work for work in works if work.reply is None]
    known = await look_up(house, passing, turns)
    for work in passing:
        if work.reply is None:  # a replay from before an erasure was refused already
            take_in(house, work, known)
    passing = [work for work in passing if work.reply is None]
    return passing, flight_of(passing, known)


async def _hear(house: House, works: list[Work]) -> None:
    """What an item refuses counts, also when nothing of the item is kept; a message that came before says nothing."""
    telling = [work for work in works if work.new_words == () and any(not said.granted for said in work.said)]
    if not telling:
        return
    known = await received(house, [_receipt_key(work) for work in telling])
    await admit_rings(house, {work.person for work in telling})
    for work in telling:
        version = house.keyring.version_of(work.person)
        rows = [row for row in words_to_store(house, work) if row.state == ConsentState.DENIED]
        if _receipt_key(work) in known or version is None:
            continue
        ring = Expect(KeyRing.TABLE, (work.person,), {"version": version}, or_absent=False, because="ring-moved")
        change = Change("identity", puts=tuple(Put(row.TABLE, row) for row in rows), expects=(ring,))
        if not isinstance(await house.commits.commit(change), Conflict):
            house.facts.drop(work.person)
            await _tell(house, {work.person}, [consent_draft(house, row) for row in rows])


def _receipt_key(work: Work) -> tuple[int, bytes]:
    return work.live.policy.channels[work.batch.channel].id, work.message


async def _tell(house: House, persons: set[bytes], drafts: Sequence[Draft]) -> None:
    await _settled(tell(house, persons, drafts))


async def _settled(telling: Awaitable[object]) -> None:
    try:
        await telling
    except Moved as err:
        raise Unavailable("collect: expected the stores to settle", retry_after_s=1.0) from err


def _sealed(house: House, works: list[Work], lost: list[Work]) -> list[tuple[Work, Change]]:
    """The Changes of all works but those that are lost, which more may be found to be."""
    again = {id(work) for work in lost}
    sealed = iter(seal_records(house, _but(works, lost), deadline=house.clock.now_ms() + LEASE_MS))
    changes = []
    for work in works:  # in their order: of two with one message id the first is the one that is kept
        if id(work) in again:
            continue
        change = refusal(house, work) if work.reply is not None else next(sealed)
        if change is not None:
            changes.append((work, change))
        else:  # an ending came between; or the lease ran out, which the next try says
            house.facts.drop(work.person)
            lost.append(work)
    return changes


async def _stop_known(house: House, works: list[Work]) -> None:
    """A message that came before says nothing new about anybody.

    Its record would be turned away at the commit, but by then its word on consent, its link or its identifier would
    stand in the identity store, and no ledger entry would name them. Asked only of the few that carry such a thing.
    """
    telling = [work for work in works if work.new_links or (work.indexes and not work.is_new) or work.said]
    if not telling:
        return
    keys = [_receipt_key(work) for work in telling]
    known = await received(house, keys)
    for work, key in zip(telling, keys, strict=True):
        if key in known:
            work.refuse(codes.DUPLICATE)  # the commit finds the receipt and says which it is


async def _commit(house: House, changes: list[tuple[Work, Change]]) -> list[Work]:
    """The durable group; the works whose world had moved."""
    if not changes:
        return []
    answers = await house.commits.commit_each([change for _, change in changes])
    lost: list[Work] = []
    repeats: list[Work] = []
    for (work, _), answer in zip(changes, answers, strict=True):
        if not isinstance(answer, Conflict):
            _answer(work)
            if work.listed is not None and work.reply is not None:
                house.drop_lists.keep(work.reply.dropped, work.listed)
        elif answer.because == "received":
            repeats.append(work)
        else:
            house.facts.drop(work.person)
            house.keyring.forget(work.person)
            work.reply = None
            lost.append(work)
    if repeats:
        await _tell_lost(house, repeats)
        await _answer_received(house, repeats)
    return lost


async def _tell_lost(house: House, works: list[Work]) -> None:
    """What these items say of persons stands in the identity store, but their records do not: the ledger hears of it.

    The next try would find it said already and say nothing, so nobody would ever have said it.
    """
    for work in works:
        ends = {row.person for row in work.new_words} | {end for row in work.new_links for end in (row.a, row.b)}
        if not ends:
            continue
        await admit_rings(house, ends)
        ended = {one for one in ends if house.keyring.version_of(one) is None}  # what they said went with them
        work.new_words = [row for row in work.new_words if row.person not in ended]
        work.new_links = [row for row in work.new_links if ended.isdisjoint((row.a, row.b))]
        if work.new_words:
            words = [consent_draft(house, row) for row in work.new_words]
            await _tell(house, {row.person for row in work.new_words}, words)
        for link in work.new_links:
            await _settled(tell_late(house, [link], by=SERVICE))
        work.new_words = work.new_links = ()


def _answer(work: Work) -> None:
    if work.reply is None:
        reduced = work.reduced
        outcome: Outcome = "trimmed" if reduced.dropped else "stored"
        code = codes.TRIMMED if reduced.dropped else codes.STORED
        work.reply = Reply(outcome=outcome, code=code, kept=reduced.kept, dropped=reduced.dropped, record=work.record)


async def _answer_received(house: House, works: list[Work]) -> None:
    """A message id seen before: the same item again is a duplicate, another item under it is a conflict."""
    keys = [_receipt_key(work) for work in works]
    receipts = await house.reads.get(Receipt, keys)
    for work, key in zip(works, keys, strict=True):
        receipt = receipts.get(key)
        if receipt is not None and work.is_again(receipt.body):
            work.reply = Reply(outcome="duplicate", code=codes.DUPLICATE, record=receipt.record)
        else:
            work.reply = Reply(outcome="refused", code=codes.MESSAGE_ID_CONFLICT)
