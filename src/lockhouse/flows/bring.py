"""Bring: rows of a file or a query come in through a channel, by the ordinary gate; and go again, all of a batch.

A row passes the collect gate like any event: the channel's stage and assurance, the live policy and what the person has
said decide, and the ledger notes what was stored. Its message id is made of the file and its line, so that whoever
stops in the midst brings it again, and each row is stored once.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from lockhouse.errors import Invalid, NotFound, Unavailable
from lockhouse.gates.collect import Foresight, Intake
from lockhouse.gates.ending.undo import begin_undo, take_back
from lockhouse.gates.imports import (
    DONE,
    STAFF_CHANNEL,
    UNDONE,
    among,
    batch_id,
    batch_of,
    came_with,
    existing,
    move,
    moved,
    take_up,
)
from lockhouse.ledger.entry import Import as ImportEntry
from lockhouse.model import codes
from lockhouse.model.event import Batch, Event, Origin
from lockhouse.model.scale import Assurance
from lockhouse.model.table import Reject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.event import Reply
    from lockhouse.model.policy import Channel
    from lockhouse.model.rows import Import
    from lockhouse.model.table import Row

CHUNK = 500
"""Rows that go through the gate together: a group of its own."""
UNDER_WAY = 3
"""Chunks at the gate at once: one commits, one is decided, one waits."""
FOR_WANT_OF_A_YES = frozenset({"no-consent", "region"})
"""Why a field is not kept that a yes of its person would open."""
MAX_REJECTS = 10_000
"""Rejects that are remembered one by one; all are counted."""
_ASSURANCES = {"public": Assurance.PUBLIC, "secret": Assurance.SECRET}


class Source(Protocol):
    """The rows of one file or one query, read from their beginning."""

    def rows(self) -> Iterator[Row | Reject] | AsyncIterator[list[Row | Reject]]:
        """Every row, in order; of a database in groups of at most `CHUNK`, as they were fetched."""
        ...

    def require_same(self, *, whole: bool = False) -> None:
        """The file is as it was opened; with `whole`, all of it was read.

        Raises:
            Conflict: somebody wrote into it.
        """
        ...


class Assembles(Protocol):
    """How a row becomes an event."""

    @property
    def dated(self) -> bool:
        """Whether rows say when they happened."""
        ...

    def event(self, row: Row, *, now: int) -> Event | Reject:
        """The event, or what was expected."""
        ...


class Brought(NamedTuple):
    """What became of a file.

    Attributes:
        again: it had been brought in before, and nothing was done now.
        rejects: the first rows that could not be read, by line and what was expected there.
        dropped: (path, reason) -> how often, of rows that came now.
        codes: outcome code -> how many rows were refused for it now.
    """

    row: Import
    again: bool
    rejects: tuple[Reject, ...]
    dropped: Counter[tuple[str, str]]
    codes: Counter[str]


class Outlook(msgspec.Struct, kw_only=True):
    """What an import would do.

    Attributes:
        outcomes: `stored` (`trimmed` ones too), `trimmed`, `duplicate`, `refused` -> rows.
        kept: field -> how often it would be kept; `dropped`: (path, reason) -> how often not.
        codes: as in `Brought`.
        rejects: as in `Brought`; `rejected`: all of them.
        unasked: rows of which something would be kept, had its person agreed.
    """

    rows: int = 0
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)
    kept: Counter[str] = msgspec.field(default_factory=Counter)
    dropped: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    codes: Counter[str] = msgspec.field(default_factory=Counter)
    rejects: list[Reject] = msgspec.field(default_factory=list)
    rejected: int = 0
    unasked: int = 0


def channel_of(house: House, name: str) -> Channel:
    """The channel that rows come in through.

    Raises:
        NotFound: the live policy has none of this name.
        Invalid: this version does not serve its kind, or its senders sign what they send, which no file is.
    """
    channel = house.live().policy.channels.get(name)
    if channel is None:
        raise NotFound("channel: expected a channel of the live policy, got another", hint="lockhouse channel list")
    if not channel.served or channel.assurance_key is None:
        raise Invalid(
            "channel", "one with a public or secret key that this version serves", got=f"one of kind {channel.kind}",
            hint="rows of files take the way of a sender: give a channel `kind: segment` and `key: secret`, approve it",
        )  # fmt: skip
    return channel


class Bring:
    """One file on its way through one channel."""

    def __init__(self, house: House, channel: Channel, source: Source, assembler: Assembles) -> None:
        self._house = house
        self._channel = channel
        self._source = source
        self._assembler = assembler
        assurance = _ASSURANCES[channel.assurance_key or "public"]
        self._assurance, self._credential = assurance, f"{channel.id}/{int(assurance)}"

    async def foresee(self, *, told: Callable[[int], None]) -> Outlook:
        """What would be stored of the whole file, and what not and why; nothing is.

        Raises:
            Conflict: the file changed while it was read.
        """
        outlook, gate = Outlook(), Foresight(self._house)
        async for rows in _chunks(self._source.rows(), CHUNK):
            events, rejects, _ = self._events(rows)
            outlook.rows += len(rows)
            outlook.rejects += rejects[: MAX_REJECTS - len(outlook.rejects)]
            outlook.rejected += len(rejects)
            for reply, fields in await gate.foresee(self._batch(events, None)):
                outlook.outcomes[reply.outcome] += 1
                outlook.outcomes["stored"] += reply.outcome == "trimmed"
                outlook.kept.update(fields)
                outlook.dropped.update(reply.dropped)
                if reply.outcome == "refused":
                    outlook.codes[reply.code] += 1
                outlook.unasked += any(reason in FOR_WANT_OF_A_YES for _, reason in reply.dropped)
            told(len(rows))
            self._source.require_same()
        await asyncio.to_thread(self._source.require_same, whole=True)
        return outlook

    async def bring(self, content: bytes, mapping: bytes, *, by: str, told: Callable[[int], None]) -> Brought:
        """Every row of the file has passed the gate, once; what was cut off is carried on.

        Args:
            content: hash of the file. mapping: its canonical bytes.
            by: who imports.
            told: is called with how many rows have been answered for.

        Raises:
            Conflict: the file changed while it was read, or another process took the batch over or takes it back.
            Unavailable: as of the gate.
        """
        house, number = self._house, self._channel.id
        batch = batch_id(house, content, channel=number, mapping=mapping)
        was = await batch_of(house, batch)
        if was is not None and was.state == DONE:
            return Brought(was, True, (), Counter(), Counter())  # noqa: FBT003
        row = await take_up(house, batch, channel=number, by=by)
        passage = _Passage(house, row, uncounted=await came_with(house, batch) - row.stored)
        gate, waiting = Intake(house), deque[_Chunk]()
        try:
            async for chunk in _chunks(self._source.rows(), CHUNK):
                rows = [row for row in chunk if row.line > passage.row.line]
                if not rows:  # all of it was answered for; the house's own beats need the loop meanwhile
                    await asyncio.sleep(0)
                    continue
                events, rejects, last = self._events(rows)
                self._source.require_same()
                origin = Origin(batch, passage.row.fence)
                task = asyncio.ensure_future(gate.collect(self._batch(events, origin)))
                waiting.append(_Chunk(task, rejects, last))
                if len(waiting) == UNDER_WAY:
                    told(await passage.take(waiting.popleft()))
            while waiting:
                told(await passage.take(waiting.popleft()))
            await asyncio.to_thread(self._source.require_same, whole=True)
        finally:
            for one in waiting:
                one.replies.cancel()
            await asyncio.gather(*(one.replies for one in waiting), return_exceptions=True)
        return await passage.end(by=by)

    def _events(self, rows: Sequence[Row | Reject]) -> tuple[list[Event], list[Reject], int]:
        """The rows as events, those that are none, and the last line of them."""
        now, events, rejects = self._house.clock.now_ms(), list[Event](), list[Reject]()
        for row in rows:
            made = row if isinstance(row, Reject) else self._assembler.event(row, now=now)
            if isinstance(made, Reject):
                rejects.append(made)
            else:
                events.append(made)
        return events, rejects, max(rows[-1].line, rejects[-1].last if rejects else 0)

    def _batch(self, events: list[Event], origin: Origin | None) -> Batch:
        return Batch(
            channel=self._channel.name, assurance=self._assurance, credential=self._credential,
            received_at=self._house.clock.now_ms(), items=events, origin=origin,
            dated=self._assembler.dated,
        )  # fmt: skip


class _Chunk(NamedTuple):
    replies: asyncio.Future[list[Reply]]
    rejects: list[Reject]
    last: int


class _Passage:
    """A batch on its way: what was answered, counted once, and its row moved behind each chunk."""

    def __init__(self, house: House, row: Import, *, uncounted: int) -> None:
        self._house = house
        self.row = row
        self._uncounted = uncounted
        self._rejects: list[Reject] = []
        self._dropped: Counter[tuple[str, str]] = Counter()
        self._codes: Counter[str] = Counter()

    async def take(self, chunk: _Chunk) -> int:
        """A chunk is answered for; how many rows it had.

        Raises:
            Conflict: the batch is in other hands.
            Unavailable: a row did not settle.
        """
        replies = await chunk.replies
        if any(reply.code == codes.UNSETTLED for reply in replies):
            await self._require_ours()
        own = await self._stored_before(replies)
        outcomes = Counter(reply.outcome for reply in replies)
        for reply in replies:
            if reply.dropped:
                self._dropped.update(reply.dropped)
            if reply.outcome == "refused":
                self._codes[reply.code] += 1
        self._rejects += chunk.rejects[: MAX_REJECTS - len(self._rejects)]
        was = self.row
        row = msgspec.structs.replace(
            was, line=max(was.line, chunk.last), stored=was.stored + outcomes["stored"] + outcomes["trimmed"] + own,
            trimmed=was.trimmed + outcomes["trimmed"], duplicate=was.duplicate + outcomes["duplicate"] - own,
            refused=was.refused + outcomes["refused"], rejected=was.rejected + len(chunk.rejects),
            moved_at=self._house.clock.now_ms(),
        )  # fmt: skip
        self.row = await move(self._house, row, was=was)
        return len(replies) + len(chunk.rejects)

    async def _require_ours(self) -> None:
        """Some row did not settle: either the batch has moved on without us, or the row is being fought over."""
        now = await existing(self._house, self.row.id)
        if (now.state, now.fence) != (self.row.state, self.row.fence):
            raise moved()
        raise Unavailable(
            "import: expected every row to settle, got one that others change all the time",
            hint="type the same again: it goes on where it stopped", retry_after_s=1.0,
        )  # fmt: skip

    async def _stored_before(self, replies: Iterable[Reply]) -> int:
        """Rows that were stored with this very batch before it was cut off, behind the last line that it knew."""
        records = [reply.record for reply in replies if reply.outcome == "duplicate" and reply.record is not None]
        if not records or self._uncounted <= 0:
            return 0  # a row that stands twice in the file meets its own batch too, and was counted there
        own = min(self._uncounted, len(await among(self._house, self.row.id, records)))
        self._uncounted -= own
        return own

    async def end(self, *, by: str) -> Brought:
        """The batch is done, and the ledger says so."""
        row = msgspec.structs.replace(self.row, state=DONE, moved_at=self._house.clock.now_ms())
        said = ImportEntry(step="done", batch=row.id.hex(), channel=row.channel, by=by, stored=row.stored)
        row = await move(self._house, row, was=self.row, said=said)
        return Brought(row, False, tuple(self._rejects), self._dropped, self._codes)  # noqa: FBT003


async def _chunks(
    rows: Iterator[Row | Reject] | AsyncIterator[list[Row | Reject]], size: int
) -> AsyncIterator[list[Row | Reject]]:
    if isinstance(rows, AsyncIterator):
        async for some in rows:
            yield some
        return
    chunk: list[Row | Reject] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class Undone(NamedTuple):
    """A batch that was taken back: records that left now, and copies of them that recipients have.

    What `row.stored` still counts was stored with the batch, but nothing says any more which records that were.
    """

    row: Import
    records: int
    sent: int


async def standing(house: House, batch: bytes) -> Import:
    """A batch that was not taken back to its end.

    Raises:
        NotFound: there is no such batch, it was, or it is one of consents.
    """
    row = await existing(house, batch)
    if row.channel == STAFF_CHANNEL:
        raise NotFound(
            "batch: expected one of events, got one of consents", hint=f"lockhouse consent undo {batch.hex()}"
        )
    if row.state == UNDONE:
        raise NotFound("batch: expected one that stands, got one that was taken back", hint="lockhouse import list")
    return row


async def undo(house: House, batch: bytes, *, by: str, told: Callable[[int], None]) -> Undone:
    """Everything that a batch stored is gone, and the ledger covers each absence.

    Raises:
        NotFound: there is no such batch, or it was taken back before.
        Refused: a legal hold keeps something of it; then nothing of it has gone, unless the hold came meanwhile.
        Conflict: another process moved it meanwhile.
        Tampered: a row that says what came with it, or a hold, is not this house's.
    """
    row = await standing(house, batch)
    row = await begin_undo(house, row, by=by)
    await house.epochs.announce(key=True)  # whoever became a customer by the batch alone is none any more
    records = sent = 0
    async for step in take_back(house, row):
        records, sent = records + step.records, sent + step.sent
        told(step.records)
    return Undone(await existing(house, batch), records, sent)
