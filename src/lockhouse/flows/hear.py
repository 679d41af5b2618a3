"""Hear: what a file says of consent stands from when it was said; and goes again, all of a batch.

Lines are taken in order, five hundred at a time, and the batch's row moves behind each chunk: whoever is stopped types
the same again, and a word that stands already is not stored twice. A file that is brought later and speaks of earlier
changes nothing that was said since.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from lockhouse.errors import Conflict, NotFound
from lockhouse.gates.authority import checked
from lockhouse.gates.hear import hear, take_back_words, words_of
from lockhouse.gates.heard import SAME, STORED, Ahead, Origin, resolve, weigh
from lockhouse.gates.imports import DONE, STAFF_CHANNEL, UNDOING, UNDONE, batch_id, batch_of, existing, move, take_up
from lockhouse.gates.refresh import refresh
from lockhouse.ledger.entry import Import as ImportEntry
from lockhouse.ledger.entry import Undo
from lockhouse.model.consents import Silent
from lockhouse.model.rows import Consent
from lockhouse.model.scale import ConsentState
from lockhouse.model.table import Reject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lockhouse.gates.heard import Resolved
    from lockhouse.gates.house import House
    from lockhouse.model.consents import Statement
    from lockhouse.model.policy import Channel
    from lockhouse.model.rows import Import
    from lockhouse.model.table import Row

CHUNK = 500
MAX_REJECTS = 10_000
"""Rejects that are remembered one by one; all are counted."""


class Source(Protocol):
    """The rows of one file, read from its beginning."""

    def rows(self) -> Iterator[Row | Reject]:
        """Every row, in order."""
        ...

    def require_same(self, *, whole: bool = False) -> None:
        """See `flows.bring`."""
        ...


class Reads(Protocol):
    """How a row becomes words."""

    def read(self, row: Row) -> Sequence[Statement] | Silent | Reject:
        """The words, that it says nothing, or what was expected."""
        ...


class Heard(msgspec.Struct, kw_only=True):
    """What became of a file, or would.

    Attributes:
        rows: that were read now. `silent`: why a row says nothing -> how many.
        words: outcome -> words: `stored`, `same`, or why one does not stand.
        said: (purpose, granted) -> words that are stored.
        rejects: the first rows that could not be read; `rejected`: all of them.
    """

    rows: int = 0
    silent: Counter[str] = msgspec.field(default_factory=Counter)
    words: Counter[str] = msgspec.field(default_factory=Counter)
    said: Counter[tuple[str, bool]] = msgspec.field(default_factory=Counter)
    rejects: list[Reject] = msgspec.field(default_factory=list)
    rejected: int = 0


class Done(NamedTuple):
    """A file that was brought. `again`: it had been before, and nothing was done now."""

    row: Import
    heard: Heard
    again: bool


class Hear:
    """One file of consents on its way."""

    def __init__(self, house: House, source: Source, reader: Reads, channel: Channel | None) -> None:
        self._house = house
        self._source = source
        self._reader = reader
        self._origin = Origin.of(channel)

    def batch(self, content: bytes, form: str) -> bytes:
        """The id of the batch that this file makes, read in this form, in this channel's name."""
        read_as = f"consents/{form}/{self._origin.channel}".encode()
        return batch_id(self._house, content, channel=STAFF_CHANNEL, mapping=read_as)

    async def foresee(self, batch: bytes, *, told: Callable[[int], None]) -> Heard:
        """What would stand of the whole file, as this batch, and what not and why; nothing does.

        Raises:
            Conflict: the file changed while it was read.
        """
        heard, ahead = Heard(), Ahead()
        for chunk in _chunks(self._source.rows()):
            await refresh(self._house)
            words = self._words(chunk, heard)
            weighed = await weigh(self._house, self._origin, words, ahead, batch=batch)
            _count(heard, words, [one.outcome for one in weighed])
            told(len(chunk))
            self._source.require_same()
        await asyncio.to_thread(self._source.require_same, whole=True)
        return heard

    async def bring(self, batch: bytes, *, by: str, told: Callable[[int], None]) -> Done:
        """Every word of the file that may stand stands; what was cut off is carried on.

        Raises:
            Conflict: the file changed while it was read, or another process took the batch over or takes it back.
            Unavailable: persons keep moving, or the clock is in doubt; type the same again.
        """
        house, heard = self._house, Heard()
        was = await batch_of(house, batch)
        if was is not None and was.state == DONE:
            return Done(was, heard, again=True)
        row = await take_up(house, batch, channel=STAFF_CHANNEL, by=by)
        for chunk in _chunks(self._source.rows()):
            rest = [one for one in chunk if one.line > row.line]
            if not rest:
                await asyncio.sleep(0)
                continue
            self._source.require_same()
            row = await self._chunk(row, rest, heard)
            told(len(rest))
        await asyncio.to_thread(self._source.require_same, whole=True)
        said = ImportEntry(step="done", batch=batch.hex(), channel=STAFF_CHANNEL, by=by, stored=row.stored)
        done = msgspec.structs.replace(row, state=DONE, moved_at=house.clock.now_ms())
        return Done(await move(house, done, was=row, said=said), heard, again=False)

    async def _chunk(self, row: Import, chunk: Sequence[Row | Reject], heard: Heard) -> Import:
        """The chunk's words stand and the batch's row is behind it, unless the batch is in other hands.

        Whoever finds it so has to take back what they have just stored: it may have been looked for already.
        """
        before = heard.rejected
        words = self._words(chunk, heard)
        outcomes = await hear(self._house, self._origin, words, batch=row.id)
        _count(heard, words, outcomes)
        counts = Counter(outcomes)
        other = len(words) - counts[STORED] - counts[SAME]
        last = max([chunk[-1].line, *(one.last for one in chunk if isinstance(one, Reject))])
        now = msgspec.structs.replace(
            row, line=max(row.line, last), stored=row.stored + counts[STORED], duplicate=row.duplicate + counts[SAME],
            refused=row.refused + other, rejected=row.rejected + heard.rejected - before,
            moved_at=self._house.clock.now_ms(),
        )  # fmt: skip
        try:
            return await move(self._house, now, was=row)
        except Conflict:
            stands = await batch_of(self._house, row.id)
            if stands is not None and stands.state in {UNDOING, UNDONE}:
                await _take_back(self._house, row.id, told=lambda _words: None)
            raise

    def _words(self, chunk: Sequence[Row | Reject], heard: Heard) -> list[Resolved]:
        """The words of a chunk whose identifier and purpose are known; the rest is counted."""
        words: list[Resolved] = []
        heard.rows += len(chunk)
        for row in chunk:
            read = row if isinstance(row, Reject) else self._reader.read(row)
            if isinstance(read, Silent):
                heard.silent[read.why] += 1
                continue
            found = [read] if isinstance(read, Reject) else [resolve(self._house, self._origin, one) for one in read]
            faults = [one for one in found if isinstance(one, Reject)]
            if faults:  # of a row all or nothing counts
                heard.rejects += faults[: min(1, MAX_REJECTS - len(heard.rejects))]
                heard.rejected += 1
            else:
                words += [one for one in found if not isinstance(one, Reject)]
        return words


def _count(heard: Heard, words: Sequence[Resolved], outcomes: Sequence[str]) -> None:
    heard.words.update(outcomes)
    heard.said.update(
        (word.purpose, word.said.granted)
        for word, outcome in zip(words, outcomes, strict=True)
        if outcome == STORED
    )  # fmt: skip


def _chunks(rows: Iterator[Row | Reject]) -> Iterator[list[Row | Reject]]:
    chunk: list[Row | Reject] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


async def batch_of_consents(house: House, batch: bytes) -> Import:
    """A batch of consents, whether it was taken back before or not.

    Raises:
        NotFound: there never was one, or it is one of profiles and events.
    """
    row = await existing(house, batch)
    if row.channel != STAFF_CHANNEL:
        raise NotFound(
            "batch: expected one of consents, got one of events", hint=f"lockhouse import undo {batch.hex()}"
        )
    return row


async def undo(house: House, batch: bytes, *, by: str, told: Callable[[int], None]) -> int:
    """No word of the batch counts any more, and the ledger says so of each; what stood before counts again. How many.

    A batch that was taken back is looked through again: a process that was stopped then may have stored more since.

    Raises:
        NotFound: as `batch_of_consents`.
        Conflict: another process moved it meanwhile.
        Tampered: a word of it was not said to by this house.
    """
    row = await batch_of_consents(house, batch)
    if row.state != UNDOING:
        begun = msgspec.structs.replace(row, state=UNDOING, fence=row.fence + 1, moved_at=house.clock.now_ms())
        row = await move(house, begun, was=row, said=Undo(batch=batch.hex(), channel=STAFF_CHANNEL, by=by))
    count = await _take_back(house, batch, told=told)
    done = msgspec.structs.replace(row, state=UNDONE, stored=0, moved_at=house.clock.now_ms())
    await move(house, done, was=row)
    return count


async def _take_back(house: House, batch: bytes, *, told: Callable[[int], None]) -> int:
    count = 0
    async for rows in words_of(house, batch):
        await refresh(house)
        count += await take_back_words(house, rows)
        told(len(rows))
    return count


async def unspoken(house: House) -> list[str]:
    """Purposes that rest on consent, somewhere or everywhere, on which nobody has said anything yet.

    Every word is read until each of these purposes was spoken of.

    Raises:
        Tampered: a word was not said to by this house.
    """
    live = house.live()
    left = {one.id: one.name for one in live.policy.purposes if "consent" in one.basis.values()}
    async for rows in house.reads.scan(Consent):
        for row in checked(rows, house.integrity_key):
            if row.state < ConsentState.TAKEN_BACK:
                left.pop(row.purpose, None)
        if not left:
            break
    return list(left.values())
