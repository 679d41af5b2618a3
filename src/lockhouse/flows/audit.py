"""Audit: the house's own rows read as an export and held against the ledger, and single entries proven.

The verifier is the auditor's own (`lockhouse.ledger.verify`): it believes nothing of ours but the verifier key. What
is read here streams; only two leaves a record (some 250 bytes) and one row a deleted record are held in memory.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from lockhouse.crypto.checkpoint import format_proof
from lockhouse.crypto.merkle import Frontier
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, NotFound, Tampered
from lockhouse.gates.disclose import kept_beside
from lockhouse.gates.exported import chunks
from lockhouse.gates.leaves import newest_leaves
from lockhouse.gates.notes_beside import changed_notes
from lockhouse.gates.one_at_a_time import LEDGER
from lockhouse.gates.tail import read_tail, told_by
from lockhouse.gates.tree import growth_from, place_of, placed_back
from lockhouse.gates.unexported import changed_columns, stray_checkpoints
from lockhouse.ledger.append import is_lane
from lockhouse.ledger.export import end_line, head_line, pieces
from lockhouse.ledger.record import LeafRows, record_leaf_of
from lockhouse.ledger.verify import Finding, Report, verify_export, verify_tiles
from lockhouse.ledger.verify.anchors import opened_anchors
from lockhouse.ledger.verify.findings import Findings
from lockhouse.ledger.verify.lines import CHECKPOINT, ENTRY
from lockhouse.ledger.verify.witness import Request, format_request
from lockhouse.model.rows import Checkpoint, LedgerEntry, Record
from lockhouse.model.rows import House as HouseRow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence

    from lockhouse.crypto.checkpoint import Checkpoint as Signed
    from lockhouse.gates.disclose import Kept
    from lockhouse.gates.house import House
    from lockhouse.gates.tail import Tail
    from lockhouse.ledger.verify.tiles import Read
    from lockhouse.model.ports import Sequencer
    from lockhouse.secret import Secret

STEP = 1_000
"""Records, and checkpoints, read at once."""
MAX_NUMBER = 2**53 - 1
"""The largest that an export can say (canonical JSON); a larger size in the store is none that its entries have."""
UNREADABLE = bytes(32)
"""The leaf of a row that has none because an id or salt lost its length: equal to no leaf, so it is found as edited."""
Leaves = list[tuple[bytes, bytes]]
"""Id and leaf of record rows."""
Item = TypeVar("Item")


class Anchors(Protocol):
    """Signed checkpoints kept outside of the stores."""

    def read(self) -> dict[str, list[str]]:
        """Their texts by place, in order, unverified.

        Raises:
            Unavailable: a place cannot be read.
        """
        ...


class Trusted(NamedTuple):
    """What a verification believes.

    Attributes:
        vkeys: verifier keys of the log; best ones that were noted down elsewhere.
        lane_key: that heads of lanes are known by.
        held: checkpoints from elsewhere; with the anchors they show a log that was cut off or written anew.
        anchors: the house's own checkpoints outside of the stores; None for a house in memory.
    """

    vkeys: Sequence[str]
    lane_key: Secret
    held: Sequence[str] = ()
    anchors: Anchors | None = None


class Proven(NamedTuple):
    """An entry with its proof: its bytes, its position and the text of a `.tlog-proof`."""

    body: bytes
    position: int
    proof: str


def quiet(_done: int) -> None:
    """Tell nobody how far a long reading is."""


def _pass(_rows: Sequence[LedgerEntry]) -> None:
    """These were looked at before."""


async def export(house: House, *, sequencer: Sequencer, done: Callable[[int], None] = quiet) -> AsyncIterator[bytes]:
    """Lines of an export of the whole log as it stands now, a run of entries at a time, under a fresh checkpoint.

    Raises:
        Unavailable: the store is away, or nothing was ever noted.
        Invalid: an entry has no position though the tree counts it.
    """
    async for lines in _lines(house, (await sequencer.seal_ledger()).size, seen=lambda rows: done(len(rows))):
        yield lines


async def _lines(house: House, size: int, *, seen: Callable[[Sequence[LedgerEntry]], None]) -> AsyncIterator[bytes]:
    entries = checkpoints = 0
    yield head_line(house=house.id, log=house.log, size=max(0, min(size, MAX_NUMBER)))
    async for chunk in chunks(house, 0, size):
        for lines in pieces(chunk):
            entries += sum(line.startswith(ENTRY) for line in lines)
            checkpoints += sum(line.startswith(CHECKPOINT) for line in lines)
            yield b"".join(lines)
        seen(chunk.entries)
    yield end_line(entries=entries, checkpoints=checkpoints)


async def verify(house: House, *, sequencer: Sequencer, trusted: Trusted, records: bool = False) -> Report:
    """What the auditor's verifier says of this house's own rows.

    They are read twice: first as they stand, so that nothing is signed which differs from what was signed before; if
    nothing is found, the tail is sealed, and all of it is read again, now with the records. What a house at work takes
    in and deletes meanwhile is no finding.

    Args:
        house: as it stands.
        sequencer: seals the tail, once nothing was found before it.
        trusted: what is believed.
        records: hold every record row against its leaf too, and every note against its disclosure.

    Raises:
        Tampered: a held checkpoint is not signed by these keys, or the writer has halted.
        Unavailable: the store is away.
    """
    # The anchors first: one that is made meanwhile must not look like a log that was cut off.
    anchored = await asyncio.to_thread(trusted.anchors.read) if trusted.anchors else {}
    rows = await house.reads.get(HouseRow, [(1,)])
    size, frontier = next(((row.tree_size, row.frontier) for row in rows.values()), (0, b""))
    points, wrong = opened_anchors(anchored, trusted.vkeys, size=size)
    found = Findings()
    found.extend([*wrong, *await _deleted(house, points, size=size)])
    found.extend(await stray_checkpoints(house, size=size, vkeys=trusted.vkeys))
    held = [*trusted.held, *points]
    signed = max((point.size for point in points.values()), default=0 if trusted.anchors else size)
    tail = await read_tail(house, signed, key=trusted.lane_key)
    found.extend(_planted(tail))
    found.extend([one async for one in changed_notes(house)] if records else [])
    found.extend(changed_columns(entry for entry in (*tail.own, *tail.planted) if entry.position is None))
    lines = _lines(house, size, seen=lambda rows: found.extend(changed_columns(rows)))
    before = _without_tail(await _read(lines, trusted.vkeys, held))
    found.extend(_forged(name) for name in before.lanes if name not in tail.lanes)
    if size and not _is_frontier(frontier, before.root, size):
        found.add("rewritten-tree", "frontier of the house", "The next checkpoint would sign another tree.")
    if found.count or before.found:
        if records:
            rows_then = await _as_signed(house, await _rows(house), size=size, signed=signed, key=trusted.lane_key)
            lines = _lines(house, size, seen=_pass)
            before = _without_tail(await _read(lines, trusted.vkeys, held, rows=rows_then, since=size))
        found.extend(before.findings)
        return before._replace(findings=tuple(found.kept), found=found.count + before.found - len(before.findings))
    # Everything that is noted by now is in the tree: from here on is meanwhile.
    lines = export(house, sequencer=sequencer)
    if not records:
        return await _read(lines, trusted.vkeys, held)
    since = (await sequencer.seal_ledger()).size
    return await _read(lines, trusted.vkeys, held, rows=await _rows(house), since=since)


async def _read(
    source: AsyncIterator[bytes],
    vkeys: Sequence[str],
    held: Sequence[str],
    *,
    rows: Iterable[tuple[bytes, bytes]] | None = None,
    since: int | None = None,
) -> Report:
    """Read an export, and hold record rows against it that were read when the tree was of size `since`."""
    lines = _split(_pulled(source, asyncio.get_running_loop()))
    records = None if rows is None else (lambda: rows)
    return await asyncio.to_thread(verify_export, lines, vkeys=vkeys, held=held, records=records, since=since)


async def _rows(house: House) -> LeafRows:
    rows = LeafRows()
    async for part in _leaves(house):
        rows.add(part)
    return rows


async def _as_signed(house: House, rows: LeafRows, *, size: int, signed: int, key: Secret) -> Leaves:
    """The rows as the tree of this size should know them: without those stored since, and with those removed since.

    Only entries that are the house's own say so; and they say it of a record with its leaf, not of whatever stands
    under its id now.
    """
    tail = await read_tail(house, signed, key=key)
    since = [entry for entry in tail.own if entry.position is None or entry.position >= size]
    told = await told_by(house, since)
    # Sealed again since and since then as it is: the tree knows the leaf that it had before.
    again = {record for record, leaf in rows if told.resealed.get(record) == leaf}
    former = await newest_leaves(house, again, without=told.by)
    then = [(record, former.get(record, leaf)) for record, leaf in rows if told.stored.get(record) != leaf]
    there = {record for record, _ in rows} | told.stored.keys()
    return then + [row for row in told.removed if row.record not in there]


def _planted(tail: Tail) -> list[Finding]:
    found = [
        Finding(
            "planted-entry", f"entry {entry.id.hex()}", "No writer of this house noted it, or what followed it is gone."
        )
        for entry in tail.planted
    ]
    return found + [_forged(name) for name in tail.forged]


def _forged(lane: str) -> Finding:
    name = lane if is_lane(lane) else "of another name than a lane has"
    return Finding("forged-lane", f"lane {name}", "Its head does not lead back to what was signed, or is not there.")


def _without_tail(report: Report) -> Report:
    """What the next checkpoint will cover is no finding: there are always a minute's entries behind the newest."""
    kept = tuple(one for one in report.findings if one.kind != "unsigned-tail")
    return report._replace(findings=kept, found=report.found - len(report.findings) + len(kept))


def _is_frontier(raw: bytes, root: bytes, size: int) -> bool:
    try:
        tree = Frontier.from_bytes(raw)
    except Tampered:
        return False
    return tree.size == size and equal(tree.root(), root)


async def _deleted(house: House, points: Mapping[str, Signed], *, size: int) -> list[Finding]:
    """Checkpoints that were signed and do not stand in the store any more; a tree cut off before them is told alone."""
    found = []
    texts = [text for text, point in points.items() if point.size <= size]
    for start in range(0, len(texts), STEP):
        part = texts[start : start + STEP]
        rows = await house.reads.get(Checkpoint, [(points[text].size,) for text in part])
        there = {row.text for row in rows.values()}
        found += [
            Finding("deleted-checkpoint", f"checkpoint of size {points[text].size}", "It was signed; it is not there.")
            for text in part
            if text not in there
        ]
    return found


async def verify_file(
    lines: Iterable[bytes], *, vkeys: Sequence[str], held: Sequence[str] = (), house: House | None = None
) -> Report:
    """The same for an export that was written earlier; with a house, its record rows are held against it.

    Raises:
        Invalid: it is no export at all.
        Tampered: a held checkpoint is not signed by these keys.
    """
    loop = asyncio.get_running_loop()
    leaves = None if house is None else (lambda: _flat(_pulled(_leaves(house), loop)))
    return await asyncio.to_thread(verify_export, lines, vkeys=vkeys, held=held, records=leaves)


async def verify_folder(
    read: Read, *, vkeys: Sequence[str], held: Sequence[str] = (), house: House | None = None
) -> Report:  # fmt: skip
    """As `verify_file`, for the log as tiles.

    Raises:
        Invalid: there is no checkpoint.
        Tampered: a held checkpoint is not signed by these keys.
    """
    loop = asyncio.get_running_loop()
    leaves = None if house is None else (lambda: _flat(_pulled(_leaves(house), loop)))
    return await asyncio.to_thread(verify_tiles, read, vkeys=vkeys, held=held, records=leaves)


async def _leaves(house: House) -> AsyncIterator[Leaves]:
    async for rows in house.reads.scan(Record, chunk=STEP):
        yield [(row.id, _leaf(row)) for row in rows]


def _leaf(row: Record) -> bytes:
    try:
        return record_leaf_of(row)
    except Invalid:
        return UNREADABLE


def _pulled(source: AsyncIterator[Item], loop: asyncio.AbstractEventLoop) -> Iterator[Item]:
    """The items of an asynchronous source, for a reader in another thread; the source stays in its own loop."""

    async def following() -> list[Item]:
        # A list, because StopAsyncIteration cannot leave a coroutine.
        try:
            return [await anext(source)]
        except StopAsyncIteration:
            return []

    while item := asyncio.run_coroutine_threadsafe(following(), loop).result():
        yield item[0]


def _split(runs: Iterator[bytes]) -> Iterator[bytes]:
    for run in runs:
        yield from run.splitlines(keepends=True)


def _flat(parts: Iterator[Leaves]) -> Iterator[tuple[bytes, bytes]]:
    for part in parts:
        yield from part


async def entries_back(house: House, size: int) -> AsyncIterator[list[LedgerEntry]]:
    """Entries that have a position, the newest first, a run at a time.

    Args:
        house: as it stands.
        size: of the tree.
    """
    async for rows in placed_back(house, size):
        yield rows


async def read_entry(house: House, entry: bytes, *, sequencer: Sequencer) -> tuple[LedgerEntry, list[Kept]]:
    """An entry with its position, and what is still kept beside it: of a look, its ticket and the fields open to it.

    Raises:
        NotFound: there is no such entry.
        Tampered: what lies beside it is not as a look left it.
    """
    await sequencer.seal_ledger()
    return await _entry(house, entry), await kept_beside(house, entry)


async def _entry(house: House, entry: bytes) -> LedgerEntry:
    row = (await house.reads.get(LedgerEntry, [(entry,)])).get((entry,))
    if row is None:
        raise NotFound("entry: expected the id of a ledger entry", hint="lockhouse ledger log prints ids")
    return row


async def prove(house: House, entry: bytes, *, sequencer: Sequencer) -> Proven:
    """An entry with its place in the tree, under a fresh checkpoint. Every entry is read: one proof at a time.

    Args:
        house: as it stands.
        entry: its id, 16 bytes.
        sequencer: signs the checkpoint.

    Raises:
        NotFound: there is no such entry.
        Tampered: the stored tree does not hold it.
        Unavailable: several wait for such work already.
    """
    async with LEDGER.turn():
        point = await sequencer.seal_ledger()
        row = await _entry(house, entry)
        place = await place_of(house, row, point.text)
    return Proven(row.body, place.position, format_proof(place.position, place.path, place.checkpoint))


async def growth(house: House, since: int, checkpoint: str) -> str:
    """A checkpoint with the proof that it has grown from its first `since` entries, as a witness takes it.

    Raises:
        Invalid: no such size.
        Tampered: the stored tree is not the one that was signed.
    """
    size = int(checkpoint.split("\n", 2)[1])
    if not 0 <= since <= size:
        raise Invalid("--since", f"a size of at most {size}", got="another")
    proof = await growth_from(house, since, checkpoint) if 0 < since < size else []
    return format_request(Request(since, tuple(proof), checkpoint))
