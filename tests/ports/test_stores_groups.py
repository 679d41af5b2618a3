"""The law of group commit: a group does what its Changes would do one after the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from lockhouse.adapters.memory import MemoryStore
from lockhouse.model.change import Change, Conflict, Count, Delete, Draft, Expect, Leaf, Put
from lockhouse.model.rows import LedgerEntry, Seal
from tests.ports.stores import Store, found
from tests.ports.writer_entry import make_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.adapters.tables import Values
    from lockhouse.model.change import KeyTuple

_PEOPLE = st.sampled_from([b"a" * 16, b"b" * 16, b"c" * 16])
_VERSIONS = st.integers(0, 2)
_PUTS = st.builds(lambda person, version: Put("seal", Seal(person, version, 0)), _PEOPLE, _VERSIONS)
_DELETES = st.builds(lambda person: Delete("seal", (person,)), _PEOPLE)
_COLUMNS = st.one_of(st.none(), st.fixed_dictionaries({"version": _VERSIONS}))
_EXPECTS = st.builds(
    lambda person, columns, or_absent: Expect("seal", (person,), columns, or_absent, "moved"),
    _PEOPLE,
    _COLUMNS,
    st.booleans(),
)
_DRAFTS = st.builds(
    lambda number, lane: Draft(number.to_bytes(16), lane, "refusal", {}), st.integers(0, 9), st.sampled_from(["a", "b"])
)
_LEAVES = st.builds(lambda lane: Leaf(lane, b"r" * 16, b"h" * 32), st.sampled_from(["a", "collect"]))
_COUNTS = st.builds(lambda path, by: Count(1, path, "r", by, by), st.sampled_from(["p", "q"]), st.integers(1, 3))
_CHANGES = st.builds(
    lambda puts, deletes, expects, entries, rest: Change("record", puts, deletes, expects, entries, *rest),
    st.lists(_PUTS, max_size=2).map(tuple),
    st.lists(_DELETES, max_size=1).map(tuple),
    st.lists(_EXPECTS, max_size=2).map(tuple),
    st.lists(_DRAFTS, max_size=2, unique_by=lambda draft: draft.id).map(tuple),
    st.tuples(st.lists(_LEAVES, max_size=1).map(tuple), st.lists(_COUNTS, max_size=1).map(tuple)),
)


async def _store() -> tuple[Store, MemoryStore]:
    memory = MemoryStore(make_parts())
    store = Store(memory, memory)
    await found(store)
    return store, memory


def _rows(memory: MemoryStore, table: str) -> dict[KeyTuple, Values]:
    return memory.shelf.tables[table]


def _outcomes(answers: Sequence[object]) -> list[str]:
    return [answer.because if isinstance(answer, Conflict) else "stands" for answer in answers]


async def _check(changes: list[Change]) -> None:
    together, both = await _store()
    apart, each = await _store()
    grouped = await together.writer.commit_each(changes)
    one_by_one = [await apart.writer.commit(change) for change in changes]
    assert _outcomes(grouped) == _outcomes(one_by_one)
    for table in ("seal", "drop_count"):
        assert _rows(both, table) == _rows(each, table)
    noted = [
        [(entry.id, entry.kind) for entry in _entries(memory) if entry.kind != "intake"] for memory in (both, each)
    ]
    assert sorted(noted[0]) == sorted(noted[1])
    for memory in (both, each):
        _chains(memory)


def _entries(memory: MemoryStore) -> list[LedgerEntry]:
    return [LedgerEntry(*values) for values in _rows(memory, "ledger_entry").values()]


def _chains(memory: MemoryStore) -> None:
    """Every lane counts up from one, and every entry has one place in the tree."""
    entries = _entries(memory)
    for lane in {entry.lane for entry in entries}:
        mine = sorted(entry.counter for entry in entries if entry.lane == lane)
        assert mine == list(range(1, len(mine) + 1))
    assert sorted(entry.position for entry in entries if entry.position is not None) == list(range(len(entries)))


@given(changes=st.lists(_CHANGES, max_size=8))
def test_a_group_does_what_its_changes_would_do_one_after_the_other(changes: list[Change]) -> None:
    asyncio.run(_check(changes))
