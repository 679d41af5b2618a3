"""Laws of the ledger: any change is found, folds do not depend on how they are cut, entries read back as written."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from lockhouse.crypto.merkle import leaf_hash
from lockhouse.errors import Invalid
from lockhouse.ledger.append import LaneState, append, fold
from lockhouse.ledger.entry import deletion_of
from lockhouse.ledger.entry.storing import Gone
from lockhouse.ledger.record import record_leaf_of
from lockhouse.ledger.verify import verify_export, verify_records
from lockhouse.ledger.verify.lines import WORDS
from lockhouse.ledger.verify.records import Meanwhile
from lockhouse.model.rows import Record
from tests.unit.ledger.logs import ORIGIN, Log, busy, some

if TYPE_CHECKING:
    from collections.abc import Sequence

WHOLE = busy()
WHOLE.store(1)
WHOLE.seal()
LINES = [line.removesuffix(b"\n") for line in WHOLE.lines()]
# A checkpoint's signature has bits that base64 does not use, and its lines are text of their own: forged ones stand in
# the attack tests.
PLAIN = [at for at, line in enumerate(LINES) if not line.startswith(b'{"checkpoint"')]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def _clean(lines: Sequence[bytes]) -> bool:
    return verify_export(lines, vkeys=WHOLE.vkeys, records=WHOLE.rows).clean


def test_the_lines_that_are_changed_below_are_clean_before() -> None:
    assert _clean(LINES)


@given(at=st.sampled_from(PLAIN), where=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_bit_that_flips_is_found(at: int, where: int, bit: int) -> None:
    changed = bytearray(LINES[at])
    changed[where % len(changed)] ^= 1 << bit
    assert not _clean([*LINES[:at], bytes(changed), *LINES[at + 1 :]])


@given(at=st.sampled_from(PLAIN))
def test_any_line_that_goes_is_found(at: int) -> None:
    assert not _clean([*LINES[:at], *LINES[at + 1 :]])


@given(one=st.sampled_from(PLAIN), two=st.sampled_from(PLAIN))
def test_any_two_lines_that_change_places_are_found(one: int, two: int) -> None:
    changed = list(LINES)
    changed[one], changed[two] = changed[two], changed[one]
    assert _clean(changed) == (one == two)


@given(at=st.sampled_from(range(1, len(LINES) - 1)), before=st.integers(0, len(LINES)))
def test_any_entry_or_leaves_that_stand_twice_are_found(at: int, before: int) -> None:
    if LINES[at].startswith((b'{"entry"', b'{"leaves"')):
        assert not _clean([*LINES[:before], LINES[at], *LINES[before:]])


@given(lines=st.lists(st.binary(max_size=80) | st.sampled_from(LINES), max_size=30))
def test_no_bytes_whatever_crash_the_audit(lines: list[bytes]) -> None:
    if lines and not any(line.startswith(WORDS) for line in lines):
        with pytest.raises(Invalid, match="expected an export of a ledger"):
            verify_export(lines, vkeys=WHOLE.vkeys, records=WHOLE.rows)
        return
    report = verify_export(lines, vkeys=WHOLE.vkeys, records=WHOLE.rows)
    assert report.clean is (lines == LINES)


@given(body=st.dictionaries(st.text(), json_values, max_size=5), at=st.integers(0, 2**53 - 1))
def test_an_entry_is_what_an_independent_writer_of_rfc_8785_writes(body: dict[str, Any], at: int) -> None:
    entry, lane = append(
        LaneState("console"), house=some("house"), log=ORIGIN, id=some("id"), kind="doctor", body=body, at=at
    )
    told: dict[str, Any] = {
        "at": at,
        "body": body,
        "house": some("house").hex(),
        "id": some("id").hex(),
        "kind": "doctor",
        "lane": "console",
        "log": ORIGIN,
        "n": 1,
        "prev": "00" * 32,
        "v": 1,
    }
    assert entry.body == rfc8785.dumps(told)
    leaf = sha256(b"\x00" + entry.body).digest()
    assert lane.head == leaf


@given(body=st.dictionaries(st.text(), json_values, max_size=5))
@settings(max_examples=50)
def test_any_body_that_can_be_appended_verifies(body: dict[str, Any]) -> None:
    log = Log()
    log._append("console", "doctor", body)
    log.seal()
    assert verify_export(log.lines(), vkeys=log.vkeys).findings == ()


@given(lanes=st.lists(st.sampled_from(["console", "privacy", "work"]), max_size=30), cuts=st.sets(st.integers(0, 30)))
def test_a_tree_folded_in_pieces_has_the_root_of_the_naive_definition(lanes: list[str], cuts: set[int]) -> None:
    log = Log()
    for lane in lanes:
        log.look(lane=lane)
    edges = sorted({0, len(lanes), *(cut for cut in cuts if cut < len(lanes))})
    frontier, size, leaves = b"", 0, []
    for start, stop in pairwise(edges):
        piece = log.waiting[start:stop]
        folded = fold(piece, frontier=frontier, size=size)
        by_id = {entry.id: entry.leaf for entry in piece}
        assert [at for _, at in folded.positions] == list(range(size, size + len(piece)))
        leaves += [by_id[one] for one, _ in folded.positions]
        frontier, size = folded.frontier, folded.size
    assert fold([], frontier=frontier, size=size).root == _naive(leaves)


def _naive(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + _naive(leaves[:split]) + _naive(leaves[split:])).digest()


@given(
    stored=st.sets(st.integers(0, 20)),
    deleted=st.sets(st.integers(0, 20)),
    there=st.dictionaries(st.integers(0, 25), st.booleans()),
)
def test_records_are_judged_as_sets_would_judge_them(
    stored: set[int], deleted: set[int], there: dict[int, bool]
) -> None:
    def leaf(one: int) -> bytes:
        return some(f"leaf {one}", 32)

    def own(one: int) -> bytes:
        return some(f"record {one}")

    taken = (b"".join(own(one) for one in sorted(stored)), b"".join(leaf(one) for one in sorted(stored)), False)
    rows = [(own(one), leaf(one) if true else some("other", 32)) for one, true in there.items()]
    found = {(one.kind, one.where) for one in verify_records([taken], rows, [(own(one), leaf(one)) for one in deleted])}
    covered = stored & deleted
    live = stored - covered
    expected = {
        "missing-record": live - set(there),
        "not-deleted": covered & set(there),
        "unknown-record": set(there) - stored,
        "edited-record": {one for one in live & set(there) if not there[one]},
        "unfounded-deletion": deleted - stored,
    }
    assert found == {(kind, f"record {own(one).hex()}") for kind, which in expected.items() for one in which}


@given(data=st.data())
def test_what_came_meanwhile_excuses_what_it_would_if_the_ledger_were_remembered_as_it_was(data: st.DataObject) -> None:
    """The house keeps of what was before only what changed; here all of it is kept."""
    ids = st.integers(0, 6)
    takes = st.lists(st.tuples(ids, st.integers(0, 2), st.booleans()), max_size=8)
    ends = st.lists(st.tuples(ids, st.integers(0, 2)), max_size=4)
    before, after = (data.draw(takes) for _ in range(2))
    gone, leaving = (data.draw(ends) for _ in range(2))
    rows = [
        (_own(one), _leaf(leaf)) for one, leaf in data.draw(st.lists(st.tuples(ids, st.integers(0, 3)), max_size=8))
    ]
    pairs = [[(_own(one), _leaf(leaf)) for one, leaf in part] for part in (gone, leaving)]
    told = [[(_own(one), _leaf(leaf), again) for one, leaf, again in part] for part in (before, after)]

    found = verify_records(told[0], rows, pairs[0], meanwhile=Meanwhile(told[1], pairs[1]))
    judged = [(one.kind, one.where) for one in found if one.kind not in {"repeated-record", "unfounded-deletion"}]
    assert sorted(judged) == sorted(_judged(told, rows, pairs))


def _own(one: int) -> bytes:
    return some(f"record {one}")


def _leaf(one: int) -> bytes:
    return some(f"leaf {one}", 32)


def _judged(
    told: list[list[tuple[bytes, bytes, bool]]], rows: list[tuple[bytes, bytes]], pairs: list[list[tuple[bytes, bytes]]]
) -> list[tuple[str, str]]:
    known: dict[bytes, bytes] = {one: leaf for one, leaf, _ in told[0]}
    ended = [{one: known.pop(one) for one, leaf in pairs[0] if known.get(one) == leaf}]
    before = dict(known)
    known |= {one: leaf for one, leaf, _ in told[1]}
    ended.append({one: known.pop(one) for one, leaf in pairs[1] if known.get(one) == leaf})
    found, seen = list[tuple[str, str]](), set[bytes]()
    for one, leaf in rows:
        if one in seen:
            continue
        seen.add(one)
        now = known.get(one, ended[1].get(one))
        if one in ended[0]:
            found.append(("not-deleted", f"record {one.hex()}"))
        elif now is None:
            found.append(("unknown-record", f"record {one.hex()}"))
        elif leaf not in (now, before.get(one)):
            found.append(("edited-record", f"record {one.hex()}"))
    missing = (known.keys() & before.keys()) - seen
    return found + [("missing-record", f"record {one.hex()}") for one in missing]


records = st.builds(
    Record,
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=16, max_size=16),
    *[st.integers(-(2**63), 2**63 - 1)] * 7,
    st.binary(min_size=16, max_size=16),
    st.binary(max_size=8),
    st.binary(max_size=8),
)


@given(one=records, two=records)
def test_two_rows_share_a_leaf_only_if_they_are_one(one: Record, two: Record) -> None:
    assert (record_leaf_of(one) == record_leaf_of(two)) == (one == two)
    moved = msgspec.structs.replace(one, clear=one.clear + one.boxes, boxes=b"")
    assert (record_leaf_of(moved) == record_leaf_of(one)) == (moved == one)


@given(rows=st.dictionaries(st.binary(min_size=16, max_size=16), st.binary(max_size=4), min_size=1))
def test_a_deletion_is_bound_to_the_set_it_covers(rows: dict[bytes, bytes]) -> None:
    gone = [Gone(record, leaf_hash(record + leaf)) for record, leaf in rows.items()]
    made = deletion_of(gone, cause="epoch", by=some("by"))
    assert made.count == len(rows)
    assert made.root == _naive([one.leaf for one in sorted(gone)]).hex()
