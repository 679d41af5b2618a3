"""Five ways in which clients show a write key."""

from __future__ import annotations

import base64

import pytest

from lockhouse.channels.segment import body_key, buried_key, head_key


def _basic(text: str) -> dict[bytes, bytes]:
    return {b"authorization": b"Basic " + base64.b64encode(text.encode())}


@pytest.mark.parametrize("text", ["WK:", "WK", "WK:ignored", " WK :"])
def test_basic_with_and_without_colon(text: str) -> None:
    assert head_key(_basic(text), b"") == "WK"


def test_the_scheme_is_read_in_any_case() -> None:
    assert head_key({b"authorization": b"bAsIc V0s6"}, b"") == "WK"


def test_the_first_match_wins() -> None:
    query = b"a=1&writeKey=Q"
    assert head_key(_basic("B:"), query) == "B"
    assert head_key({}, query) == "Q"
    assert head_key({}, b"a=1") is None


@pytest.mark.parametrize(
    "header",
    [
        b"Basic",
        b"Basic ",
        b"Basic !!!!",
        b"Basic /////w==",
        b"Bearer abc",
        b"Basic Og==",
        b"",
        b"Basic " + b"QUFB" * 90,
    ],
)
def test_a_header_without_a_usable_key_shows_none(header: bytes) -> None:
    assert head_key({b"authorization": header}, b"") is None


@pytest.mark.parametrize("query", [b"writeKey=", b"writeKey=%0a", b"writeKey=\xff", b"writeKey=" + b"x" * 201])
def test_a_query_without_a_usable_key_shows_none(query: bytes) -> None:
    assert head_key({}, query) is None


@pytest.mark.parametrize("text", [b"WK", b"WK:", b"WK:secret", b" WK :x"])
def test_jitsus_header_with_and_without_what_its_form_asks_for(text: bytes) -> None:
    assert head_key({b"x-write-key": text}, b"writeKey=Q") == "WK"
    assert head_key({b"x-write-key": text} | _basic("B:"), b"") == "B"


@pytest.mark.parametrize("text", [b"", b":", b"\xff:x", b"x" * 201])
def test_jitsus_header_without_a_usable_key_shows_none(text: bytes) -> None:
    assert head_key({b"x-write-key": text}, b"") is None
    assert head_key({b"x-write-key": text}, b"writeKey=Q") == "Q"


def test_the_body_is_asked_for_its_key_alone() -> None:
    assert body_key(b'{"batch":[{"writeKey":"inner"}],"writeKey":"WK"}') == "WK"


def test_a_body_that_is_not_wholly_json_is_searched_for_its_key() -> None:
    assert body_key(b'{"batch":[NaN],"writeKey":"WK"}') is None
    assert buried_key(b'{"batch":[NaN],"writeKey":"WK"}') == "WK"
    assert buried_key(b'{"batch":[' + b"[" * 3_000 + b"]" * 3_000 + b'],"writeKey":"WK"}') == "WK"


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b'{"writeKey":3}', b'{"writeKey":""}', b"[NaN]", b'{"writeKey":NaN}', b"{"]
)
def test_a_body_without_a_usable_key_shows_none(raw: bytes) -> None:
    assert body_key(raw) is None
    assert buried_key(raw) is None
