"""An entry's bytes, its lane, and the tree that lanes are folded into."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import msgspec
import pytest
import rfc8785

from lockhouse.crypto.merkle import EMPTY_ROOT, leaf_hash, root
from lockhouse.errors import Invalid, Tampered
from lockhouse.ledger.append import GENESIS, MAX_ENTRY_BYTES, LaneState, append, fold, intake_body
from lockhouse.model.rows import LedgerEntry
from tests.unit.ledger.logs import ORIGIN, START, Log, some

LANE = LaneState("console")


def _append(lane: LaneState = LANE, **other: object) -> tuple[LedgerEntry, LaneState]:
    given = {"house": some("house"), "log": ORIGIN, "id": some("id"), "kind": "doctor", "body": {}, "at": START}
    return append(lane, **(given | other))  # type: ignore[arg-type]  # tests hand in what is wrong, too


def test_an_entry_is_the_canonical_json_of_its_parts() -> None:
    body: dict[str, Any] = {"é": [1, None, True], "a": {"\n": -5}}
    entry, _ = _append(body=body)
    assert entry.body == rfc8785.dumps(
        {
            "v": 1,
            "house": some("house").hex(),
            "log": ORIGIN,
            "lane": "console",
            "n": 1,
            "prev": GENESIS.hex(),
            "id": some("id").hex(),
            "at": START,
            "kind": "doctor",
            "body": body,
        }
    )
    leaf = sha256(b"\x00" + entry.body).digest()
    assert entry.leaf == leaf
    assert entry.position is None


def test_each_entry_names_the_one_before_it_in_its_lane() -> None:
    first, lane = _append()
    second, after = _append(lane)
    assert json.loads(second.body)["prev"] == first.leaf.hex()
    assert (second.counter, after) == (2, LaneState("console", 2, second.leaf))


@pytest.mark.parametrize(
    "wrong",
    [
        {"house": b"short"},
        {"id": b"short"},
        {"kind": "Not A Word"},
        {"lane": LaneState('quoted"')},
        {"body": {"half": 0.5}},
        {"body": {"text": "x" * MAX_ENTRY_BYTES}},
        {"log": "\ud800"},
    ],
)
def test_an_entry_that_cannot_be_kept_is_invalid(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        _append(**wrong)


def test_the_largest_entry_fits_a_bundle_with_a_length_of_16_bits() -> None:
    small, _ = _append(body={"text": ""})
    room = MAX_ENTRY_BYTES - len(small.body)
    assert len(_append(body={"text": "x" * room})[0].body) == 65_535
    with pytest.raises(Invalid, match="at most 65535 bytes"):
        _append(body={"text": "x" * (room + 1)})


def test_an_intake_commits_to_its_leaves_in_their_order() -> None:
    leaves = [some("a", 32), some("b", 32)]
    assert intake_body(leaves) == {"count": 2, "root": root(leaves).hex()}
    assert intake_body(leaves[::-1])["root"] != root(leaves).hex()


@pytest.mark.parametrize("leaves", [[], [b"short"]])
def test_an_intake_of_nothing_or_of_no_hashes_is_invalid(leaves: list[bytes]) -> None:
    with pytest.raises(Invalid):
        intake_body(leaves)


def test_a_fold_orders_by_lane_and_counter_however_the_store_lists_them() -> None:
    log = Log()
    for lane in ("privacy", "console", "privacy", "console"):
        log.look(lane=lane)
    forwards = fold(log.waiting, frontier=b"", size=0)
    backwards = fold(log.waiting[::-1], frontier=b"", size=0)
    assert forwards == backwards
    places = {entry.id: (entry.lane, entry.counter) for entry in log.waiting}
    assert [places[one] for one, _ in forwards.positions] == sorted(places.values())
    assert [at for _, at in forwards.positions] == [0, 1, 2, 3]


def test_an_empty_fold_leaves_the_tree_as_it_is() -> None:
    assert fold([], frontier=b"", size=0).root == EMPTY_ROOT
    log = Log()
    log.look()
    once = fold(log.waiting, frontier=b"", size=0)
    assert fold([], frontier=once.frontier, size=1) == msgspec.structs.replace(once, positions=[])


def test_a_fold_believes_neither_the_leaf_column_nor_the_frontier() -> None:
    log = Log()
    entry = log.look()
    for wrong in (
        msgspec.structs.replace(entry, body=entry.body.replace(b"staff:7f3a", b"staff:beef")),
        msgspec.structs.replace(entry, leaf=leaf_hash(b"another")),
        msgspec.structs.replace(entry, position=0),
    ):
        with pytest.raises(Tampered):
            fold([wrong], frontier=b"", size=0)
    with pytest.raises(Tampered):
        fold([entry, entry], frontier=b"", size=0)
    with pytest.raises(Tampered):
        fold([], frontier=fold([entry], frontier=b"", size=0).frontier, size=2)
