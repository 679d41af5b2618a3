"""The ledger's unsigned tail as a reader finds it beside a writer at work: what is the house's own, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.crypto.merkle import Frontier, leaf_hash
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, Tampered
from lockhouse.gates.leaves import beside
from lockhouse.gates.tree import placed
from lockhouse.ledger.entry import Deletion as DeletionEntry
from lockhouse.ledger.entry import Gone, Reseal, deletion_of, parse_entry
from lockhouse.ledger.entry import Intake as IntakeEntry
from lockhouse.ledger.tail import back, before, is_own, meets
from lockhouse.model.rows import Deletion, Intake, Lane, LedgerEntry
from lockhouse.model.rows import House as HouseRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockhouse.gates.house import House
    from lockhouse.secret import Secret

_HINT = "lockhouse ledger verify names all that was changed"


class Tail(NamedTuple):
    """Entries that are not signed yet.

    Attributes:
        own: what the house's writer wrote.
        planted: what it did not write, or what nothing leads back to any more.
        forged: names of lanes whose head is not as the writer left it, or does not lead back to what was signed.
        lanes: names of all lanes that have a row.
    """

    own: list[LedgerEntry]
    planted: list[LedgerEntry]
    forged: list[str]
    lanes: set[str]


async def read_tail(house: House, start: int, *, key: Secret | None) -> Tail:
    """Every entry from a position on, and those without one.

    The entries are read before the lanes and again behind them: what was there before must be led to by the lanes, what
    came since is looked at next time.

    Args:
        house: as it stands.
        start: the size of the newest tree that is known to be signed.
        key: of the lanes' heads; None for whoever has none and believes a running writer, which checks them.
    """
    seen = {entry.id for entry in await _entries(house, start)}
    lanes = [row async for rows in house.reads.scan(Lane) for row in rows]
    tail = await _entries(house, start)
    by_place: dict[tuple[str, int], list[LedgerEntry]] = {}
    for entry in tail:
        by_place.setdefault((entry.lane, entry.counter), []).append(entry)
    own: dict[bytes, LedgerEntry] = {}
    forged = []
    for lane in lanes:
        is_ours = key is None or is_own(lane, key)
        passed = _passed(lane, by_place) if is_ours else []
        own |= {entry.id: entry for entry in passed}
        end = before(passed[-1]) if passed else (lane.counter, lane.head)
        if not is_ours or not await _meets(house, lane.name, end, start):
            forged.append(lane.name)
    return Tail(
        own=list(own.values()),
        planted=[entry for entry in tail if entry.id in seen and entry.id not in own],
        forged=forged,
        lanes={lane.name for lane in lanes},
    )


async def require_whole(house: House) -> None:
    """No entry that was noted was changed or taken away, as far as the tree and the lanes tell.

    For whoever decides by what the ledger does not say. Every entry is read.

    Raises:
        Tampered: one was.
    """
    row = (await house.reads.get(HouseRow, [(1,)])).get((1,))
    if row is None:
        raise Tampered("house: expected its row, got none", hint=_HINT)
    tree = Frontier()
    async for entries in placed(house, 0, row.tree_size):
        for entry in entries:
            tree.append(leaf_hash(entry.body))
    is_tree = equal(tree.to_bytes(), row.frontier) if row.tree_size else True
    if not is_tree or (await read_tail(house, row.tree_size, key=None)).forged:
        raise Tampered("ledger: expected every entry that was noted, got another or less", hint=_HINT)


def _passed(lane: Lane, by_place: Mapping[tuple[str, int], Sequence[LedgerEntry]]) -> list[LedgerEntry]:
    return list(back(lane, lambda number: by_place.get((lane.name, number), ())))


async def _meets(house: House, lane: str, end: tuple[int, bytes], start: int) -> bool:
    places = [(lane, end[0]), (lane, end[0] + 1)]
    rows = await house.reads.find(LedgerEntry, ("lane", "counter"), places)
    signed = [row for row in rows if row.position is not None and 0 <= row.position < start]
    here, above = ([row for row in signed if row.counter == number] for _, number in places)
    return meets(end, here=here, above=above)


async def _entries(house: House, start: int) -> list[LedgerEntry]:
    """Those without a position first: one that gets its position meanwhile is read twice, and never not at all."""
    found = {entry.id: entry for entry in await house.reads.find(LedgerEntry, ("position",), [(None,)])}
    size = max((row.tree_size for row in (await house.reads.get(HouseRow, [(1,)])).values()), default=0)
    async for rows in placed(house, start, size):
        found |= {entry.id: entry for entry in rows}
    return list(found.values())


class Told(NamedTuple):
    """What entries say of records.

    Attributes:
        stored: the leaf of each record that was taken in.
        resealed: the new leaf of each that was sealed again; `by` the entries that say so.
        removed: each record that was removed, with its leaf.
    """

    stored: dict[bytes, bytes]
    resealed: dict[bytes, bytes]
    by: set[bytes]
    removed: list[Gone]


async def told_by(house: House, entries: Sequence[LedgerEntry]) -> Told:
    """Which records these entries say were stored or sealed again, with their leaves, and which were removed.

    What lies beside an entry counts only if it is what the entry commits to.
    """
    told = Told({}, {}, set(), [])
    kinds = {IntakeEntry.KIND, Reseal.KIND}
    intakes = await house.reads.get(Intake, [(entry.id,) for entry in entries if entry.kind in kinds])
    deletions = {entry.id for entry in entries if entry.kind == DeletionEntry.KIND}
    gone: dict[bytes, list[Gone]] = {}
    if deletions:
        async for rows in house.reads.scan(Deletion):
            for row in rows:
                if row.entry in deletions:
                    gone.setdefault(row.entry, []).append(Gone(row.record, row.leaf))
    for entry in entries:
        try:
            said = parse_entry(entry.body).body
        except Invalid:
            continue
        if isinstance(said, DeletionEntry) and entry.id in gone:
            claimed = deletion_of(gone[entry.id], cause=said.cause, by=bytes.fromhex(said.by))
            told.removed.extend(gone[entry.id] if claimed == said else [])
        elif leaves := beside(said, intakes.get((entry.id,))):
            (told.resealed if isinstance(said, Reseal) else told.stored).update(leaves)
            told.by.update({entry.id} if isinstance(said, Reseal) else ())
    return told
