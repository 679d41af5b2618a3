"""What the public clients send, in the shapes they really send it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lockhouse.channels.segment import KIND, MAX_LONG_BYTES, PEER_NETWORK, ParsedRequest, parse_batch
from lockhouse.model.event import Event, Fault

RECEIVED = int(datetime(2026, 11, 23, 13, 30, 30, tzinfo=UTC).timestamp() * 1000)


def _parse(body: Any, path: str = "batch", **options: Any) -> ParsedRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    parsed = parse_batch(raw, path=path, received_at=RECEIVED, remote_network=options.pop("network", None), **options)
    assert isinstance(parsed, ParsedRequest), parsed
    return parsed


def _whole(raw: bytes, path: str = "batch") -> Fault:
    parsed = parse_batch(raw, path=path, received_at=RECEIVED, remote_network=None)
    assert isinstance(parsed, Fault)
    return parsed


def _event(item: dict[str, Any], **options: Any) -> Event:
    [event] = _parse({"batch": [item], **options.pop("beside", {})}, **options).items
    assert isinstance(event, Event), event
    return event


def _fault(item: Any) -> Fault:
    raw = item if isinstance(item, bytes) else json.dumps(item).encode()
    good = b'{"type":"page","messageId":"good"}'
    first, bad, last = _parse(b'{"batch":[' + good + b"," + raw + b"," + good + b'],"writeKey":"WK"}').items
    assert isinstance(first, Event)
    assert isinstance(last, Event)
    assert isinstance(bad, Fault)
    return bad


PYTHON_CLIENT = {
    "batch": [
        {
            "integrations": {},
            "anonymousId": None,
            "timestamp": "2026-11-23T13:30:26.235+00:00",
            "context": {
                "consent": {"categoryPreferences": {"Advertising": False}},
                "library": {"name": "analytics-python", "version": "2.4.0"},
            },
            "type": "identify",
            "userId": "u1",
            "traits": {"email": "a@b.example"},
            "messageId": "661f6ba5-0000-4000-8000-000000000000",
        }
    ],
    "sentAt": "2026-11-23T13:30:26.735384+00:00",
    "writeKey": "WK",
}


def test_the_python_client_is_read_as_it_sends() -> None:
    parsed = _parse(PYTHON_CLIENT)
    [event] = parsed.items
    assert isinstance(event, Event)
    assert parsed.write_key == "WK"
    assert (event.name, event.message_id) == ("identify", "661f6ba5-0000-4000-8000-000000000000")
    assert event.consent == {"Advertising": False}
    assert event.source["traits"] == {"email": "a@b.example"}
    assert "anonymousId" not in event.source
    assert event.occurred_at == RECEIVED - 500


def test_an_unknown_user_of_rudderstack_is_no_user() -> None:
    assert "userId" not in _event({"type": "page", "userId": "", "anonymousId": "d1"}).source


def test_a_track_call_is_named_by_its_event() -> None:
    assert _event({"type": "track", "event": "Order Completed"}).name == "Order Completed"


@pytest.mark.parametrize("call", ["identify", "page", "screen", "group", "alias"])
def test_every_other_call_is_named_by_its_type(call: str) -> None:
    assert _event({"type": call, "name": "Home", "event": "x"}).name == call


@pytest.mark.parametrize(("path", "name"), [("i", "identify"), ("p", "page"), ("alias", "alias")])
def test_a_single_call_is_named_by_its_path(path: str, name: str) -> None:
    [event] = _parse({"messageId": "m", "writeKey": "WK"}, path=path).items
    assert isinstance(event, Event)
    assert event.name == name


def test_a_missing_message_id_is_left_to_the_house() -> None:
    assert _event({"type": "page"}).message_id is None


def test_the_context_of_a_batch_reaches_each_event_and_the_events_own_wins() -> None:
    beside = {"context": {"locale": "de-DE", "timezone": "Europe/Berlin"}}
    event = _event({"type": "page", "context": {"locale": "fr-FR"}}, beside=beside)
    assert event.source["context"] == {"locale": "fr-FR", "timezone": "Europe/Berlin"}
    assert _event({"type": "page"}, beside=beside).source["context"] == beside["context"]


class TestConsent:
    def test_no_object_says_nothing_and_an_empty_one_says_no(self) -> None:
        assert _event({"type": "page", "context": {}}).consent is None
        assert _event({"type": "page", "context": {"consent": {"categoryPreferences": {}}}}).consent == {}
        assert _event({"type": "page", "context": {"consent": {}}}).consent == {}

    def test_only_true_is_a_yes(self) -> None:
        said = {"a": True, "b": "true", "c": 1, "d": None, "e": False}
        consent = _event({"type": "page", "context": {"consent": {"categoryPreferences": said}}}).consent
        assert consent == {"a": True, "b": False, "c": False, "d": False, "e": False}

    def test_rudderstacks_shape_is_read_and_a_denial_wins(self) -> None:
        said = {"provider": "oneTrust", "allowedConsentIds": ["C1", "C2"], "deniedConsentIds": ["C2", "C4"]}
        consent = _event({"type": "page", "context": {"consentManagement": said}}).consent
        assert consent == {"C1": True, "C2": False, "C4": False}

    def test_of_two_shapes_that_differ_the_denial_wins(self) -> None:
        context = {
            "consent": {"categoryPreferences": {"C1": False, "C2": True}},
            "consentManagement": {"allowedConsentIds": ["C1"], "deniedConsentIds": ["C2"]},
        }
        assert _event({"type": "page", "context": context}).consent == {"C1": False, "C2": False}

    def test_rudderstacks_grouped_ids_are_read(self) -> None:
        said = {"allowedConsentIds": {"a": ["C1"], "b": "C9"}, "deniedConsentIds": ["C2", 3]}
        consent = _event({"type": "page", "context": {"consentManagement": said}}).consent
        assert consent == {"C1": True, "C2": False}

    @pytest.mark.parametrize("broken", [[], "yes", 1, {"categoryPreferences": ["a"]}])
    def test_a_broken_object_grants_nothing(self, broken: Any) -> None:
        assert _event({"type": "page", "context": {"consent": broken}}).consent == {}


class TestGlobalPrivacyControl:
    def test_the_request_header_reaches_each_event(self) -> None:
        assert _event({"type": "page"}, gpc=True).signals == {"gpc"}

    @pytest.mark.parametrize("context", [{"gpc": True}, {"gpc": "1"}, {"globalPrivacyControl": True}])
    def test_the_events_own_context_counts_too(self, context: dict[str, Any]) -> None:
        assert _event({"type": "page", "context": context}).signals == {"gpc"}

    @pytest.mark.parametrize("context", [{"gpc": False}, {"gpc": []}, {}])
    def test_without_it_there_is_no_signal(self, context: dict[str, Any]) -> None:
        assert _event({"type": "page", "context": context}).signals == frozenset()


class TestClocks:
    def test_a_wrong_clock_is_put_right_by_the_time_of_sending(self) -> None:
        item = {"type": "page", "timestamp": "2020-01-01T00:00:10Z"}
        assert _event(item, beside={"sentAt": "2020-01-01T00:00:15Z"}).occurred_at == RECEIVED - 5_000

    def test_an_items_own_sending_time_counts_before_the_batchs(self) -> None:
        item = {"type": "page", "originalTimestamp": "2020-01-01T00:00:10Z", "sentAt": "2020-01-01T00:00:11Z"}
        assert _event(item, beside={"sentAt": "2020-01-01T00:00:15Z"}).occurred_at == RECEIVED - 1_000

    def test_a_time_that_rudderstacks_caller_says_counts_before_the_one_its_client_notes(self) -> None:
        item = {
            "type": "page",
            "timestamp": "2026-01-01T00:00:00Z",
            "originalTimestamp": "2026-11-23T13:30:20Z",
            "sentAt": "2026-11-23T13:30:20Z",
        }
        months_back = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
        assert _event(item).occurred_at == months_back + 10_000

    def test_an_unreadable_time_leaves_the_clients_own(self) -> None:
        item = {"type": "page", "timestamp": "soon", "originalTimestamp": "2026-11-23T13:30:10Z"}
        assert _event(item).occurred_at == RECEIVED - 20_000

    def test_what_another_server_passes_on_months_later_keeps_the_time_that_it_put_right(self) -> None:
        item = {
            "type": "page",
            "timestamp": "2026-01-01T00:00:00Z",
            "originalTimestamp": "2020-05-05T00:00:00Z",
            "sentAt": "2020-05-05T00:00:01Z",
            "receivedAt": "2026-01-01T00:00:01Z",
        }
        assert _event(item).occurred_at == int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
        ahead = _event(item | {"timestamp": "2090-01-01T00:00:00Z"}).occurred_at
        assert ahead == RECEIVED + 86_400_000

    def test_without_a_sending_time_the_events_own_is_taken(self) -> None:
        assert _event({"type": "page", "timestamp": "2026-11-20T00:00:00Z"}).occurred_at == RECEIVED - 307_830_000

    def test_a_time_without_an_offset_is_utc(self) -> None:
        assert _event({"type": "page", "timestamp": "2026-11-23T13:30:29"}).occurred_at == RECEIVED - 1_000

    @pytest.mark.parametrize("stamp", ["yesterday", 5, None, "2026-13-01T00:00:00Z", "9" * 50, {}])
    def test_an_unreadable_time_is_the_time_of_receiving(self, stamp: Any) -> None:
        assert _event({"type": "page", "timestamp": stamp}).occurred_at == RECEIVED

    def test_nobody_dates_an_event_ahead_by_more_than_a_day(self) -> None:
        assert _event({"type": "page", "timestamp": "2090-01-01T00:00:00Z"}).occurred_at == RECEIVED + 86_400_000

    def test_a_forged_sending_time_does_not_reach_the_future_either(self) -> None:
        item = {"type": "page", "timestamp": "2020-01-01T00:00:00Z"}
        assert _event(item, beside={"sentAt": "1970-01-01T00:00:00Z"}).occurred_at == RECEIVED + 86_400_000

    def test_no_event_is_older_than_the_epoch(self) -> None:
        assert _event({"type": "page", "timestamp": "0001-01-01T00:00:00+23:59"}).occurred_at == 0


class TestPeerNetwork:
    def test_it_stands_apart_from_what_the_client_says(self) -> None:
        event = _event({"type": "page", "context": {"ip": "198.51.100.7"}}, network="203.0.113.0")
        assert event.source[PEER_NETWORK] == "203.0.113.0"
        assert event.source["context"] == {"ip": "198.51.100.7"}

    def test_a_client_cannot_set_it(self) -> None:
        assert PEER_NETWORK not in _event({"type": "page", PEER_NETWORK: "1.2.3.4"}).source

    def test_it_is_where_an_ip_is_looked_for_last(self) -> None:
        assert KIND.defaults["ip"] == ("context.ip", PEER_NETWORK)
        assert PEER_NETWORK in KIND.envelope


class TestFaults:
    """A bad item fails in its own slot; each of these stands between two good ones that are read."""

    @pytest.mark.parametrize("item", [3, "x", None, [], [{}], True, 1.5])
    def test_what_is_no_object(self, item: Any) -> None:
        assert _fault(item).code == "LH-1001"

    @pytest.mark.parametrize(
        "raw",
        [
            rb'{"type":"page","a":"\ud800"}',
            rb'{"type":"page","a":"\udfff\ud800"}',
            b'{"type":"page","a":NaN}',
            b'{"type":"page","a":-Infinity}',
            b'{"type":"page","a":"\xff"}',
            b'{"type":"page","a" 1}',
            b'{"type":"page","a":1e999}',
            b'{"type":"page","a":' + b"9" * 5_000 + b"}",
        ],
    )
    def test_what_is_no_json(self, raw: bytes) -> None:
        assert _fault(raw).code == "LH-1001"

    @pytest.mark.parametrize(
        "raw",
        [
            b'{"type":"page","type":"track"}',
            b'{"type":"page","traits":{"email":1,"email":2}}',
            rb'{"type":"page","a\u003a":1,"b":1,"b":2}',
            rb'{"type":"page","b":":","b":"\\u003a\u003A"}',
        ],
    )
    def test_a_key_that_stands_twice(self, raw: bytes) -> None:
        assert _fault(raw).code == "LH-1002"

    def test_escaped_colons_alone_are_no_fault(self) -> None:
        [event] = _parse(rb'{"batch":[{"type":"page","a":"\u003a \\u003a \\\u003A :"}]}').items
        assert isinstance(event, Event)
        assert event.source["a"] == ": \\u003a \\: :"

    @pytest.mark.parametrize("item", [{}, {"type": "pagé"}, {"type": 3}, {"type": ["page"]}, {"type": "trackx"}])
    def test_a_type_that_is_none(self, item: dict[str, Any]) -> None:
        assert (_fault(item).code, _fault(item).where) == ("LH-1003", "/type")

    @pytest.mark.parametrize("name", [None, "", 5, "x" * 201, {}])
    def test_a_track_call_without_a_name(self, name: Any) -> None:
        assert (_fault({"type": "track", "event": name}).where) == "/event"

    @pytest.mark.parametrize("message_id", ["", "x" * 100, 5, {}, ["a"]])
    def test_a_message_id_that_is_none(self, message_id: Any) -> None:
        assert _fault({"type": "page", "messageId": message_id}).code == "LH-1004"

    def test_the_longest_message_id_passes(self) -> None:
        assert _event({"type": "page", "messageId": "x" * 99}).message_id == "x" * 99

    def test_an_event_of_one_byte_too_many(self) -> None:
        shell = len('{"type":"page","a":""}')
        fits = b'{"type":"page","a":"' + b"x" * (32_768 - shell) + b'"}'
        assert isinstance(_parse(b'{"batch":[' + fits + b"]}").items[0], Event)
        assert _fault(fits.replace(b"xx", b"xxx", 1)).code == "LH-1005"

    @pytest.mark.parametrize("depth", [33, 900, 1_500, 8_000])
    def test_an_event_that_nests_too_deep(self, depth: int) -> None:
        inner = depth - 1
        raw = b'{"type":"page","a":' + b"[" * inner + b"]" * inner + b"}"
        assert _fault(raw).code == "LH-1006"

    def test_the_deepest_event_that_passes_and_a_wide_one(self) -> None:
        deep: Any = []
        for _ in range(30):
            deep = [deep]
        assert isinstance(_parse({"batch": [{"type": "page", "a": deep}]}).items[0], Event)
        assert isinstance(_parse({"batch": [{"type": "page", "a": [{}] * 500}]}).items[0], Event)

    @pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**40])
    def test_an_integer_beyond_64_bits(self, number: int) -> None:
        assert _fault({"type": "page", "a": number}).code == "LH-1007"


class TestWholeRequests:
    @pytest.mark.parametrize(
        "raw",
        [
            b"", b"x", b"[]", b"3", b"{}", b'{"batch":{}}', b'{"batch":[', b'{"batch":[}]}', b'{"batch":["x]}', b"\xff",
            b"<xml/>", b'{"batch":null}', b'{"batch":[{}]} x', b"\x00" * 50, b'{"batch":[{"a":NaN}]', b'"batch"',
        ],
    )  # fmt: skip
    def test_what_is_no_batch_is_one_fault(self, raw: bytes) -> None:
        assert _whole(raw).code == "LH-1010"

    @pytest.mark.parametrize("raw", [b"", b"x", b"[]", b"3", b'"x"'])
    def test_what_is_no_single_call_is_one_fault(self, raw: bytes) -> None:
        assert _whole(raw, "track").code == "LH-1010"

    def test_a_path_that_is_no_call_is_a_fault(self) -> None:
        assert _whole(b'{"batch":[]}', "../batch").code == "LH-1010"

    def test_an_empty_batch_is_read(self) -> None:
        assert _parse({"batch": []}).items == []

    def test_the_2501st_event_is_too_many(self) -> None:
        assert len(_parse({"batch": [{"type": "page"}] * 2_500}).items) == 2_500
        assert _whole(json.dumps({"batch": [{}] * 2_501}).encode()).code == "LH-1012"

    def test_the_last_byte_of_4000_kib_passes_and_one_more_does_not(self) -> None:
        raw = b'{"batch":[]}'.ljust(MAX_LONG_BYTES)
        assert _parse(raw).items == []
        assert _whole(raw + b" ").code == "LH-1011"

    def test_a_context_of_a_batch_cannot_be_multiplied(self) -> None:
        context = {f"k{n}": n for n in range(300)}
        assert _whole(json.dumps({"batch": [{}] * 2_500, "context": context}).encode()).where == "/context"

    @pytest.mark.parametrize("context", [b"[]", b'{"a":1,"a":2}', b'{"a":NaN}', b"[" * 900 + b"]" * 900])
    def test_a_context_that_is_unsound_is_one_fault(self, context: bytes) -> None:
        assert _whole(b'{"batch":[{"type":"page"}],"context":' + context + b"}").code == "LH-1010"

    def test_the_slow_way_finds_the_key_and_the_time_too(self) -> None:
        raw = b' {"x":"\\"]}" , "sentAt" : "2026-11-23T13:30:26Z","batch":[ NaN , {"type":"page"} ],"writeKey":"WK"} '
        parsed = _parse(raw)
        assert (parsed.write_key, parsed.sent_at) == ("WK", RECEIVED - 4_000)
        assert [type(item) for item in parsed.items] == [Fault, Event]

    def test_on_the_slow_way_a_broken_key_is_no_key(self) -> None:
        parsed = _parse(b'{"batch":[NaN,{"type":"page"}],"writeKey":NaN,"sentAt":Infinity}')
        assert (parsed.write_key, parsed.sent_at, len(parsed.items)) == (None, None, 2)

    @pytest.mark.parametrize("raw", [b'{"batch":[NaN],x}', b'{"batch":[NaN],"x"}', b'{"batch":[NaN],"batch":3}'])
    def test_on_the_slow_way_too_what_is_no_object_is_one_fault(self, raw: bytes) -> None:
        assert _whole(raw).code == "LH-1010"


def test_what_is_the_protocols_own_is_not_called_dropped() -> None:
    assert {"messageId", "writeKey", "integrations", "context.library", "context.consent"} <= KIND.envelope


def test_every_segment_of_a_known_path_may_be_shown_by_name() -> None:
    paths = [path for sources in KIND.defaults.values() for path in sources] + list(KIND.roots) + list(KIND.envelope)
    segments = {segment for path in paths for segment in path.split(".")}
    assert segments - KIND.vocabulary == {
        "orderId",
        "gpc",
        "globalPrivacyControl",
        "direct",
        "sessionStart",
    }
