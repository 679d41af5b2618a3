"""Cutting what is no JSON costs a bounded number of steps, whatever was sent and whoever sent it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.channels import pieces
from lockhouse.channels.codes import NOT_JSON, TOO_MANY_ITEMS
from lockhouse.channels.segment import MAX_BATCH_BYTES, ParsedRequest, buried_key, parse_batch
from lockhouse.model.event import Event, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

ROOM = MAX_BATCH_BYTES - 100


def filled(run: bytes, *, before: bytes = b'{"batch":[', end: bytes = b"NaN]}") -> bytes:
    """A body of the largest size that repeats one thing."""
    return before + run * (ROOM // len(run)) + end


def steps(work: Callable[[], object]) -> int:
    """How often the cutter looked for its next bracket or comma."""
    looked = 0

    def count(frame: Any, event: str, called: Any) -> None:
        nonlocal looked
        looked += event == "c_call" and frame.f_code is pieces._cut.__code__ and called.__name__ == "match"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return looked


def parse(raw: bytes) -> ParsedRequest | Fault:
    return parse_batch(raw, path="batch", received_at=1_800_000_000_000, remote_network=None)


BODIES = {
    "commas": filled(b","),
    "numbers": filled(b"0,"),
    "strings": filled(b'""'),
    "escapes": filled(b'\\"'),
    "brackets": filled(b"["),
    "empty lists": filled(b"[]"),
    "empty objects": filled(b"{},"),
    "closings": filled(b"}"),
    "members": filled(b'"":0,', before=b"{", end=b'"a":NaN}'),
    "nested": filled(b'[{"":', before=b'{"batch":'),
}


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_looking_for_a_key_in_what_is_no_json_ends_soon(kind: str) -> None:
    assert steps(lambda: buried_key(BODIES[kind])) <= 100_000


def test_what_stands_inside_an_event_is_passed_over_but_for_its_brackets() -> None:
    inside = b'{"a":"' + b"x, [" * 1_000 + b'","b":[1' + b",1" * 1_000 + b"]}"
    assert steps(lambda: buried_key(b'{"batch":[' + inside + b",NaN]}")) == 8


@pytest.mark.parametrize("kind", ["commas", "numbers", "empty objects"])
def test_a_batch_is_cut_no_further_than_events_may_be_in_it(kind: str) -> None:
    raw = BODIES[kind]
    fault = parse(raw)
    assert isinstance(fault, Fault)
    assert fault.code in {TOO_MANY_ITEMS, NOT_JSON}
    assert steps(lambda: pieces.elements(raw[len(b'{"batch":') : -1], most=2_500)) <= 1 + 3 * 2_501
    assert len(pieces.elements(raw[len(b'{"batch":') : -1], most=2_500)) == 2_501


def test_a_full_batch_with_one_bad_event_is_read_but_for_it() -> None:
    event = b'{"type":"page","context":{"page":{"path":"/"},"ids":[[{}],[{}],{}]}}'
    assert len(event) * 2_500 < MAX_BATCH_BYTES
    parsed = parse(b'{"batch":[' + b",".join([event] * 2_499) + b',{"type":NaN}]}')
    assert isinstance(parsed, ParsedRequest)
    assert [type(item) for item in parsed.items] == [Event] * 2_499 + [Fault]
