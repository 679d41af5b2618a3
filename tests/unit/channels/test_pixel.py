"""An event in the address of an image becomes the body that a client would have posted."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from lockhouse.channels.segment import parse_batch, pixel_body
from lockhouse.channels.segment.pixel import MAX_PARAMETERS, MAX_QUERY_BYTES
from lockhouse.model.event import Event, Fault

RECEIVED = 1_795_440_630_000
OPENED = {
    "writeKey": "WK",
    "userId": "u-1",
    "event": "Email Opened",
    "properties": {"subject": "Grüße", "email": "jane@shop.example"},
}


def _read(query: str) -> dict[str, Any]:
    body = pixel_body(query.encode())
    assert isinstance(body, bytes), body
    item: dict[str, Any] = json.loads(body)
    return item


def _fault(query: bytes) -> str:
    body = pixel_body(query)
    assert isinstance(body, Fault)
    return body.code


def _event(query: str) -> Event:
    body = pixel_body(query.encode())
    assert isinstance(body, bytes)
    parsed = parse_batch(body, path="track", received_at=RECEIVED, remote_network=None)
    assert not isinstance(parsed, Fault)
    [event] = parsed.items
    assert isinstance(event, Event)
    return event


class TestOfData:
    RAW = json.dumps(OPENED).encode()

    @pytest.mark.parametrize(
        "text",
        [
            quote(base64.b64encode(RAW).decode(), safe=""),
            base64.b64encode(RAW).decode(),
            base64.b64encode(RAW).decode().rstrip("="),
            base64.urlsafe_b64encode(RAW).decode().rstrip("="),
            quote(RAW.decode()),
        ],
    )
    def test_base64_of_either_alphabet_and_json_as_it_is_are_read(self, text: str) -> None:
        assert _read(f"data={text}") == OPENED

    def test_a_plus_that_the_address_made_a_space_is_a_plus(self) -> None:
        item = {"event": "~~~~>>>>????"}
        text = base64.b64encode(json.dumps(item).encode()).decode()
        assert "+" in text
        assert _read(f"data={text}") == item

    @pytest.mark.parametrize("text", ["", "%00", "e30", "W10=", "bm90IGpzb24", "{", "[1]", "Zg=a", "/w==", "é"])
    def test_what_is_no_event_is_a_fault_or_an_empty_one(self, text: str) -> None:
        body = pixel_body(f"data={text}".encode("latin-1"))
        assert body == b"{}" if text == "e30" else isinstance(body, Fault)

    @pytest.mark.parametrize(
        "query",
        [
            "data=e30&data=e30",
            'data={"context":{"consent":{"categoryPreferences":{"Ads":false}}},"context":{},"event":"Seen"}',
            'data={"event":"Seen","properties":{"email":"a@x.example","email":"b@x.example"}}',
        ],
    )
    def test_what_stands_twice_is_a_fault_as_where_it_is_posted(self, query: str) -> None:
        assert _fault(query.encode()) == "LH-1002"

    def test_what_could_not_be_posted_is_a_fault(self) -> None:
        assert _fault(b'data={"x":18446744073709551616}') == "LH-1007"
        assert _fault(b'data={"x":' + b"[" * 40 + b"]" * 40 + b"}") == "LH-1006"


class TestOfParameters:
    def test_each_value_stands_at_its_path(self) -> None:
        said = "writeKey=WK&userId=u-1&event=Email+Opened"
        own = "properties.subject=Gr%C3%BC%C3%9Fe&properties.email=jane%40shop.example"
        assert _read(f"{said}&{own}") == OPENED

    def test_amps_quotes_around_the_device_are_taken_off(self) -> None:
        assert _read("anonymousId=%22amp-1%22")["anonymousId"] == "amp-1"
        assert _read("anonymousId=%22")["anonymousId"] == '"'

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            (b"event=a&event=b", "LH-1002"),
            (b"properties=a&properties.b=c", "LH-1002"),
            (b"properties.b=c&properties=a", "LH-1002"),
            (b".".join([b"a"] * 33) + b"=1", "LH-1006"),
            (b"event=%ff", "LH-1001"),
            (b"event=".ljust(MAX_QUERY_BYTES + 1, b"x"), "LH-1011"),
            (b"event=\xff", "LH-1001"),
            (b"&".join(b"k%d=1" % n for n in range(MAX_PARAMETERS + 1)), "LH-1001"),
        ],
    )
    def test_what_cannot_be_told_apart_is_a_fault(self, query: bytes, code: str) -> None:
        assert _fault(query) == code

    def test_the_deepest_and_the_most_that_are_taken(self) -> None:
        assert _read(".".join(["a"] * 32) + "=1")
        assert _read("event=".ljust(MAX_QUERY_BYTES, "x"))
        assert len(_read("&".join(f"k{n}=1" for n in range(MAX_PARAMETERS)))) == MAX_PARAMETERS

    def test_an_empty_query_is_an_empty_event(self) -> None:
        assert _read("") == {}


class TestWhatItSaysOfConsent:
    """A mail program that loads an image has asked nobody."""

    def test_a_yes_counts_for_its_own_event_as_a_posted_one_does(self) -> None:
        event = _event("event=Seen&context.consent.categoryPreferences.Ads=true")
        assert event.consent == {"Ads": True}

    @pytest.mark.parametrize(
        "query",
        [
            "context.consent.categoryPreferences.Ads=false&context.consent.categoryPreferences.Stats=true",
            "context.consent.categoryPreferences.Ads=maybe",
            "context.consentManagement.deniedConsentIds=C1",
            "context.gpc=1",
            "data="
            + quote(json.dumps({"event": "Seen", "context": {"consentManagement": {"deniedConsentIds": ["C1"]}}})),
            "data=" + quote(json.dumps({"event": "Seen", "context": {"globalPrivacyControl": True}})),
        ],
    )
    def test_a_no_closes_its_own_event_and_is_nobodys_word(self, query: str) -> None:
        event = _event(query if query.startswith("data=") else f"event=Seen&{query}")
        assert event.consent == {}
        assert event.signals == frozenset()

    def test_no_word_is_no_consent_object(self) -> None:
        assert _event(urlencode({"event": "Seen", "context.page.path": "/a"})).consent is None
