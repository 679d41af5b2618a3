"""Heads of requests, times, typed values, rows and YAML of strangers: read, or refused in the parser's own words."""

from __future__ import annotations

import asyncio
import base64
import functools
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lockhouse.adapters.postgres.link import checked_address
from lockhouse.channels.consents import Klaviyo, Of, Plain, Reader, Shopify, Sorts
from lockhouse.channels.segment.times import millis
from lockhouse.channels.segment.write_key import body_key, buried_key, head_key
from lockhouse.channels.table import csv_rows, json_heads, json_rows
from lockhouse.errors import Invalid
from lockhouse.faces.cli.times import since_of
from lockhouse.faces.collect.documents import own_address
from lockhouse.faces.collect.peer import networks, sender_network
from lockhouse.model.consents import Silent
from lockhouse.model.policy import Field, Policy
from lockhouse.model.table import Mapping, Reject, Row
from lockhouse.policy.cases import Cases, parse_cases
from lockhouse.policy.mapping import parse_mapping
from lockhouse.policy.types import UnfitError, parser
from lockhouse.policy.words import ITEM_TYPES
from tests.property.spoilt import CANARY, DEEP, read_or_refused, spoilt
from tests.world import World

BODY = b'{"writeKey":"abc","batch":[{"type":"track","event":"a"}]}'
MAPPING = b"""import: 1
event: Order Completed
time: {column: when}
fields: {email: mail, order_id: number}
consent: {Advertising: {column: ads, yes: [ja], no: [nein]}}
"""
CASES = b"""tests: 1
decisions:
- {name: a, ask: {role: support, purpose: fulfilment}, shows: [email]}
collects:
- {name: b, event: identify, keeps: [email]}
"""
GOOD = {
    "date": "2026-02-28", "decimal": "12.50", "email": "anna@example.com", "ip": "2001:db8::1", "money": "12.50",
    "phone": "+49 30 123456", "url": "https://shop.example/a?b=c#d",
}  # fmt: skip
JSON_LINE = b'{"email":"anna@example.com","n":1,"deep":{"a":[1,2.5,null]}}\n'
HEADS = ["email", "purpose", "state", "time", "source"]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


@given(raw=spoilt(b"Basic " + base64.b64encode(b"key:")) | spoilt(b"writeKey=abc&x=1"))
def test_any_head_shows_a_key_that_can_be_one_or_none(raw: bytes) -> None:
    seen = head_key({b"authorization": raw, b"x-write-key": raw[::-1]}, raw)
    assert seen is None or (seen.isascii() and seen.isprintable() and 0 < len(seen) <= 200)


@given(raw=spoilt(BODY))
@example(raw=BODY.replace(b'{"type', b"[" * DEEP + b'{"type'))
def test_any_body_shows_a_key_that_can_be_one_or_none(raw: bytes) -> None:
    for seen in (body_key(raw), buried_key(raw)):
        assert seen is None or (seen.isascii() and seen.isprintable())


@given(raw=spoilt(b"10.0.0.1, 2001:db8::1, 203.0.113.7:80", [b"fe80::1%eth0", b"::ffff:1.2.3.4", b"[::1]"]))
def test_any_forwarded_address_is_a_network_of_the_known_widths(raw: bytes) -> None:
    seen = sender_network("10.0.0.9", raw, networks(["10.0.0.0/8"]))
    assert seen is not None
    assert networks([f"{seen}/{48 if ':' in seen else 24}"])[0].network_address.compressed == seen


@given(raw=spoilt(b"shop.example:443"))
def test_any_host_is_an_address_without_anything_of_a_page_or_none(raw: bytes) -> None:
    seen = own_address("", scheme="https", host=raw)
    assert seen is None or not set(seen) & set("<>\"'\\ \n\r\0&")


@given(raw=spoilt(b"2026-11-01T10:00:00.000+01:00", [b"0001-01-01", b"9999-12-31", b"+23:59", b"24:00"]))
@example(raw=b"0001-01-01T00:00:00+23:59")
def test_any_text_is_a_time_or_none(raw: bytes) -> None:
    at = millis(_text(raw))
    assert at is None or -(2**47) < at < 2**48
    seen = read_or_refused(lambda raw: since_of(_text(raw), now=0), raw)
    assert isinstance(seen, int | Invalid)


@example(raw=b"postgresql://[::1/name")
@given(raw=spoilt(b"postgresql://u@db.example:5432/name?sslmode=verify-full", [b"%00", b"@", b"host=", b"[::1]"]))
def test_any_text_is_an_address_of_one_database_or_invalid(raw: bytes) -> None:
    seen = read_or_refused(lambda raw: checked_address(_text(raw), "record store"), raw)
    assert seen == _text(raw) or isinstance(seen, Invalid)


def _json(raw: bytes) -> list[Any]:
    try:
        return [msgspec.json.decode(raw)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []


@pytest.mark.parametrize("kind", ITEM_TYPES)
def test_any_value_is_one_of_its_type_or_unfit(kind: str) -> None:
    parse = parser(Field(id=1, name="f", type=kind, class_="c", purposes=()), country="DE")

    @given(raw=spoilt(GOOD.get(kind, "12").encode(), [b"2026-02-30", b"00.0.0.1", b"1e30", b"+49"]))
    @example(raw=b"2026-02-30")
    def spoil(raw: bytes) -> None:
        for value in (_text(raw), raw.decode("latin-1"), *_json(raw)):
            assert _is_packed(parse, value)

    spoil()


def _is_packed(parse: Callable[[Any], Any], value: Any) -> bool:
    """Whether a value is unfit, or one that a box can hold."""
    try:
        return bool(msgspec.msgpack.encode(parse(value)))
    except UnfitError:
        return True


@given(raw=spoilt(JSON_LINE * 3), ahead=st.booleans())
@example(raw=b'{"a":1,"a":2}\n' + JSON_LINE, ahead=False)
@example(raw=b'{"email":' + b"[" * DEEP + b"\n" + JSON_LINE, ahead=False)
def test_any_lines_are_rows_or_rejects_and_no_reject_says_what_stood_there(raw: bytes, *, ahead: bool) -> None:
    text = io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8", errors="surrogateescape", newline="")
    if ahead:
        assert all(isinstance(name, str) for name in json_heads(text.readline))
        return
    for row in json_rows(text.readline, wanted=["email", "deep.a", "n"]):
        assert isinstance(row, Row | Reject)
        assert isinstance(row, Row) or CANARY not in row.expected


SORTS = Sorts(email=Of("email", "Advertising"), sms=Of("phone", "Advertising"), as_of=1)
EXPORTED = ["Email", "Email Marketing Consent", "Email Marketing Consent Timestamp"]
FORMS: dict[str, tuple[Reader, tuple[int, ...], str]] = {
    "plain": (Plain(HEADS, identifying=["email"]), (1, 2, 3, 4, 0), "granted"),
    "klaviyo": (Klaviyo(EXPORTED, SORTS), (0, 2, 3), "SUBSCRIBED"),
    "shopify": (Shopify(["Email", "Accepts Email Marketing"], SORTS), (0, 2), "yes"),
}
CONSENT = b"anna@example.com,Advertising,granted,2026-11-01T10:00:00Z,checkout\n"


@given(form=st.sampled_from(sorted(FORMS)), raw=spoilt(CONSENT))
@example(form="plain", raw=CONSENT)
@example(form="plain", raw=CONSENT.replace(b"2026-11", b"2026-13"))
@example(form="klaviyo", raw=CONSENT.replace(b"2026-", b"0001-"))
def test_any_row_of_consents_says_words_nothing_or_is_rejected(form: str, raw: bytes) -> None:
    reader, places, yes = FORMS[form]
    text = io.TextIOWrapper(io.BytesIO(b"1,2,3,4,5\n" + raw), encoding="utf-8", errors="surrogateescape", newline="")
    for row in csv_rows(text.readline, delimiter=",", wanted=list(range(5)), width=5):
        if isinstance(row, Reject):
            continue
        cells = tuple(yes if row.cells[at] == "granted" else row.cells[at] for at in places)
        said = reader.read(Row(row.line, cells))
        if isinstance(said, Silent | Reject):
            assert CANARY not in getattr(said, "expected", "")
        else:
            assert [one.granted for one in said if one.at >= 0] == [True] * len(said) != []


@functools.cache
def _policy() -> Policy:
    async def made(folder: Path) -> Policy:
        return (await World.make(folder)).house.live().policy

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(made(Path(folder)))


YAML = [b"&a [*a]", b"<<: *a", b"!!python/object:os.system", b"? [a]", b"|", b"- ", b": ", b"{", b"]", b"on", b"0o17"]


@given(raw=spoilt(MAPPING, YAML))
@example(raw=MAPPING)
@example(raw=b'import: 1\nfields: {"\\ud800": "\\ud800"}\n')
def test_any_text_is_a_mapping_or_every_problem_has_its_place(raw: bytes) -> None:
    policy = _policy()
    channel = policy.channels["backend"]
    text = raw.decode(errors="replace").replace(CANARY, "x")
    seen = read_or_refused(lambda _: parse_mapping("m.yaml", text, policy=policy, channel=channel), raw)
    assert isinstance(seen, Mapping) or (isinstance(seen, Invalid) and seen.text.startswith("m.yaml:"))


@given(raw=spoilt(CASES, YAML))
def test_any_text_is_tests_of_a_policy_or_every_problem_has_its_place(raw: bytes) -> None:
    text = raw.decode(errors="replace").replace(CANARY, "x")
    seen = read_or_refused(lambda _: parse_cases("t.yaml", text, _policy()), raw)
    assert isinstance(seen, Cases) or (isinstance(seen, Invalid) and seen.text.startswith("t.yaml:"))
