"""Whatever comes in, the parser answers with events and faults, and no fault says what came in."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.channels.inflate import inflate
from lockhouse.channels.pieces import UnbalancedError, elements, members
from lockhouse.channels.segment import CALLS, ParsedRequest, body_key, buried_key, parse_batch, pixel_body
from lockhouse.model.event import Event, Fault

CANARY = "canary-7f3a"
# Lone surrogates too: `st.text()` alone never draws one.
texts = st.one_of(st.text(max_size=10), st.just(CANARY), st.text(st.characters(categories=["Cs"]), max_size=3))
words = st.sampled_from(
    ["type", "event", "messageId", "userId", "anonymousId", "context", "consent", "categoryPreferences", "timestamp",
     "consentManagement", "allowedConsentIds", "deniedConsentIds", "sentAt", "gpc", "traits", "writeKey", "batch",
     CANARY]
)  # fmt: skip
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    texts,
    st.sampled_from(["track", "page", "2026-01-01T00:00:00Z"]),
)
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | texts, inner, max_size=5), max_leaves=20
)
items = st.fixed_dictionaries(
    {}, optional={"type": st.sampled_from([*CALLS.values(), CANARY, 3]), "event": leaves}
).flatmap(lambda head: st.dictionaries(words, trees, max_size=6).map(lambda rest: rest | head))
paths = st.sampled_from(["batch", "b", *CALLS])
AT = 1_800_000_000_000


def _parse(raw: bytes, path: str) -> ParsedRequest | Fault:
    return parse_batch(raw, path=path, received_at=AT, remote_network=None)


def _faults(parsed: ParsedRequest | Fault) -> list[Fault]:
    """What is wrong, without the message ids that the gate hashes."""
    found = [parsed] if isinstance(parsed, Fault) else [item for item in parsed.items if isinstance(item, Fault)]
    return [msgspec.structs.replace(fault, message_id=None) for fault in found]


@given(body=trees | st.fixed_dictionaries({"batch": st.lists(items | trees, max_size=5)}), path=paths)
def test_any_json_is_events_and_faults_and_no_fault_repeats_it(body: Any, path: str) -> None:
    raw = json.dumps(body).encode()  # writes NaN and lone surrogates, as careless clients do
    parsed = _parse(raw, path)
    assert CANARY not in repr(_faults(parsed))
    if isinstance(parsed, ParsedRequest) and path in {"batch", "b"}:
        assert len(parsed.items) == len(body["batch"])


@given(raw=st.binary(max_size=200), path=paths)
def test_any_bytes_are_answered(raw: bytes, path: str) -> None:
    parsed = _parse(raw, path)
    assert isinstance(parsed, ParsedRequest | Fault)
    assert (body_key(raw) or buried_key(raw) or "") in raw.decode("latin-1")


@given(bodies=st.lists(items, min_size=1, max_size=6), bad=st.integers(0, 5))
def test_what_is_read_of_an_item_does_not_depend_on_its_neighbours(bodies: list[dict[str, Any]], bad: int) -> None:
    alone = [_first(_parse(_batch([json.dumps(body).encode()]), "batch")) for body in bodies]
    raws = [json.dumps(body).encode() for body in bodies]
    raws.insert(bad % (len(raws) + 1), b"NaN")  # sends the whole batch the slow way
    parsed = _parse(_batch(raws), "batch")
    assert isinstance(parsed, ParsedRequest)
    del parsed.items[bad % len(raws)]
    assert parsed.items == alone


def _batch(raws: list[bytes]) -> bytes:
    return b'{"batch":[' + b",".join(raws) + b"]}"


def _first(parsed: ParsedRequest | Fault) -> Event | Fault:
    assert isinstance(parsed, ParsedRequest)
    return parsed.items[0]


@given(query=st.binary(max_size=200) | st.text("abc.&=%+-_{}0123456789", max_size=120).map(str.encode))
def test_any_address_of_an_image_is_answered(query: bytes) -> None:
    body = pixel_body(query)
    assert isinstance(body, Fault) or isinstance(json.loads(body), dict)


parameters = st.dictionaries(
    st.sampled_from(
        ["event", "context.consent.categoryPreferences.Ads", "context.consent.categoryPreferences.Stats",
         "context.consentManagement.deniedConsentIds", "context.gpc", "context.globalPrivacyControl",
         "context.a", CANARY]
    ),
    st.sampled_from(["true", "false", "", "1", CANARY]), max_size=6,
)  # fmt: skip
answers = st.sampled_from([True, False, None, "true", 1, [], ["Ads"]])
said_of_consent = st.fixed_dictionaries(
    {},
    optional={
        "consent": answers
        | st.fixed_dictionaries({"categoryPreferences": st.dictionaries(words, answers, max_size=3)}),
        "consentManagement": st.fixed_dictionaries({"allowedConsentIds": answers, "deniedConsentIds": answers}),
        "gpc": answers,
    },
)


@given(said=parameters | st.fixed_dictionaries({"context": said_of_consent | trees}))
def test_an_image_never_says_a_no_that_is_kept_and_no_fault_repeats_it(said: dict[str, Any]) -> None:
    flat = all(isinstance(value, str) for value in said.values())
    query = urlencode(said, errors="surrogatepass") if flat else "data=" + quote(json.dumps(said).encode())
    body = pixel_body(query.encode())
    if isinstance(body, Fault):
        assert CANARY not in repr(body)
        return
    parsed = _parse(body, "page")
    assert CANARY not in repr(_faults(parsed))
    for event in parsed.items if isinstance(parsed, ParsedRequest) else []:
        if isinstance(event, Event):
            assert all((event.consent or {}).values())
            assert event.signals == frozenset()


@given(tree=st.dictionaries(st.text(max_size=5), trees, max_size=4))
def test_cutting_gives_back_what_was_joined(tree: dict[str, Any]) -> None:
    raw = json.dumps(tree).encode()
    assert {key: _text(value) for key, value in members(raw).items()} == {
        json.dumps(key).encode()[1:-1]: json.dumps(value) for key, value in tree.items()
    }
    assert [_text(piece) for piece in elements(json.dumps(list(tree.values())).encode(), most=4)] == [
        json.dumps(value) for value in tree.values()
    ]


def _text(piece: bytes) -> str:
    return piece.decode()


@given(raw=st.text('{}[],:"\\a 1', max_size=40).map(str.encode))
def test_cutting_anything_ends_in_pieces_or_in_its_own_error(raw: bytes) -> None:
    try:
        pieces = elements(raw, most=3)
    except UnbalancedError:
        return
    assert raw.strip().startswith(b"[")
    assert sum(len(piece) for piece in pieces) <= len(raw)
    assert len(pieces) <= 4


@given(raw=st.binary(max_size=100), cap=st.integers(1, 50))
def test_unpacking_anything_stays_below_its_cap(raw: bytes, cap: int) -> None:
    for packed in (raw, b"\x1f\x8b\x08\x00" + raw):
        result = inflate(packed, cap=cap)
        assert isinstance(result, Fault) or len(result) <= cap
