"""The collect listener, request by request."""

from __future__ import annotations

import base64
import gzip
import json
import random
from typing import Any

import pytest

from lockhouse.channels.segment import CALLS
from lockhouse.errors import Refused, Tampered, Unavailable
from lockhouse.faces.collect import Limited
from lockhouse.faces.collect.app import POSTS
from lockhouse.model.event import Event, Fault, Reply
from tests.faces.collect_world import NOW, SHOP, Heard, World

PAGE = {"type": "page", "messageId": "m-1", "anonymousId": "d-1"}
CANARY = "canary-91c2@shop.example"


def _key(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def _batch(*items: Any, **beside: Any) -> bytes:
    return json.dumps({"batch": list(items), **beside}).encode()


def _refusal(heard: Heard) -> tuple[int, str]:
    body = json.loads(heard.body)
    assert set(body) == {"code", "message"}
    return heard.status, body["code"]


@pytest.fixture
def world() -> World:
    return World()


class TestWhatIsAccepted:
    def test_a_batch_is_answered_with_exactly_success(self, world: World) -> None:
        heard = world.call("/v1/batch", _batch(PAGE, PAGE), headers=_key("WK"))
        assert (heard.status, heard.body) == (200, b'{"success":true}')
        [batch] = world.house.batches
        assert (batch.channel, batch.credential, batch.received_at) == ("backend", "backend.secret", NOW)
        assert world.counts.answers == {("backend", "trimmed", "LH-0001"): 2}

    @pytest.mark.parametrize("path", sorted(path for path, call in POSTS.items() if call in CALLS))
    def test_every_path_of_a_single_call_is_served(self, world: World, path: str) -> None:
        body = json.dumps({"messageId": "m", "event": "Seen", "writeKey": "WK"}).encode()
        assert world.call(path, body).status == 200
        short = {"i": "identify", "t": "Seen", "p": "page", "s": "screen", "g": "group", "a": "alias", "track": "Seen"}
        last = path.rpartition("/")[2]
        assert world.house.events[0].name == short.get(last, last)

    def test_gzip_is_known_by_its_first_bytes_whatever_the_headers_say(self, world: World) -> None:
        headers = _key("WK") | {"Content-Type": "application/x-www-form-urlencoded"}
        assert world.call("/v1/batch", gzip.compress(_batch(PAGE)), headers=headers).status == 200
        assert world.house.events[0].message_id == "m-1"

    def test_a_body_in_pieces_is_one_body(self, world: World) -> None:
        body = _batch(PAGE)
        assert world.call("/v1/b", body[:5], b"", body[5:], headers=_key("WK")).status == 200
        assert len(world.house.events) == 1

    def test_an_empty_batch_is_accepted(self, world: World) -> None:
        assert world.call("/v1/batch", _batch(), headers=_key("WK")).body == b'{"success":true}'

    @pytest.mark.parametrize(
        ("path", "headers", "beside"),
        [
            ("/v1/batch", {"Authorization": "Basic " + base64.b64encode(b"WK").decode()}, {}),
            ("/v1/batch", {}, {"writeKey": "WK"}),
            ("/v1/batch", {"Authorization": "Bearer token"}, {"writeKey": "WK"}),
            ("/v1/batch?writeKey=WK", {}, {}),
        ],
    )
    def test_every_way_to_show_a_key(
        self, world: World, path: str, headers: dict[str, str], beside: dict[str, str]
    ) -> None:
        assert world.call(path, _batch(PAGE, **beside), headers=headers).status == 200
        assert world.house.batches[0].channel == "backend"

    def test_a_bad_item_does_not_fail_its_batch(self, world: World) -> None:
        body = b'{"batch":[{"type":"page"},{"type":NaN},{"type":"page"}]}'
        assert world.call("/v1/batch", body, headers=_key("WK")).status == 200
        assert [type(item) for item in world.house.batches[0].items] == [Event, Fault, Event]
        assert world.counts.answers["backend", "refused", "LH-1001"] == 1

    def test_a_single_bad_event_is_told_so_and_counted(self, world: World) -> None:
        heard = world.call("/v1/track", b"{}", headers=_key("WK"))
        assert _refusal(heard) == (400, "LH-1003")
        assert "/event" in json.loads(heard.body)["message"]
        assert world.counts.answers["backend", "refused", "LH-1003"] == 1

    def test_a_refusal_of_the_policy_is_a_success_for_the_client(self, world: World) -> None:
        world.house.replies = [Reply(outcome="refused", code="LH-2107")]
        assert world.call("/v1/page", b"{}", headers=_key("WK")).body == b'{"success":true}'

    def test_a_secret_key_hears_what_became_of_each_event_if_it_asks(self, world: World) -> None:
        headers = _key("WK") | {"Prefer": "respond-async, return = representation"}
        heard = world.call("/v1/batch", _batch(PAGE, 3), headers=headers)
        assert heard.headers["preference-applied"] == "return=representation"
        assert json.loads(heard.body) == {
            "success": True,
            "items": [
                {"outcome": "trimmed", "code": "LH-0001", "kept": 2, "dropped": [["traits.*", "undeclared"]]},
                {"outcome": "refused", "code": "LH-1001", "kept": 0, "dropped": []},
            ],
        }

    def test_a_public_key_does_not_learn_who_is_known_or_forgotten(self, world: World) -> None:
        world.house.replies = [Reply(outcome="refused", code="LH-2101")]
        headers = _key("PUB") | {"Prefer": "return=representation"}
        assert world.call("/v1/batch", _batch(PAGE), headers=headers).body == b'{"success":true}'


class TestWhoSends:
    @pytest.mark.parametrize("headers", [{}, _key("nobody"), {"Authorization": "Basic !"}])
    def test_an_unknown_key_is_refused_and_counted(self, world: World, headers: dict[str, str]) -> None:
        heard = world.call("/v1/batch", _batch(PAGE), headers=headers)
        assert _refusal(heard) == (401, "LH-1101")
        assert heard.headers["www-authenticate"].startswith("Basic")
        assert world.counts.answers == {("", "rejected", "LH-1101"): 1}
        assert world.house.batches == []

    def test_with_an_unknown_key_in_the_header_the_body_is_not_read(self, world: World) -> None:
        assert _refusal(world.call("/v1/batch", b"\x1f\x8bbroken", headers=_key("nobody"))) == (401, "LH-1101")

    def test_a_request_without_any_key_is_counted_like_one_with_a_key_that_nobody_has(self, world: World) -> None:
        for body in (_batch(PAGE), b'{"batch":[' + b"," * 1_000 + b"NaN]}", b""):
            assert _refusal(world.call("/v1/batch", body)) == (401, "LH-1101")
        assert world.house.asked == [None, None, None]

    def test_a_network_that_must_wait_has_nothing_searched_for_a_key(self, world: World) -> None:
        world.house.holds = Limited(channel="", retry_after_s=2.4)
        heard = world.call("/v1/batch", b'{"batch":[' + b"," * 1_000 + b'NaN],"writeKey":"WK"}')
        assert _refusal(heard) == (429, "LH-1106")
        assert heard.headers["retry-after"] == "3"
        assert world.house.asked == []

    def test_a_good_key_in_a_readable_body_is_heard_from_a_network_that_must_wait(self, world: World) -> None:
        world.house.holds = Limited(channel="", retry_after_s=2.4)
        assert world.call("/v1/batch", _batch(PAGE, writeKey="WK")).status == 200

    def test_the_query_is_looked_at_before_the_body(self, world: World) -> None:
        assert world.call("/v1/batch?writeKey=WK", _batch(PAGE, writeKey="PUB")).status == 200
        assert world.house.asked == ["WK"]
        assert _refusal(world.call("/v1/batch?writeKey=nobody", b"\x1f\x8bbroken")) == (401, "LH-1101")

    def test_a_paused_channel_makes_its_clients_wait(self, world: World) -> None:
        heard = world.call("/v1/batch", _batch(PAGE), headers=_key("OFF"))
        assert _refusal(heard) == (503, "LH-1102")
        assert heard.headers["retry-after"] == "60"

    def test_a_sender_that_is_too_fast_is_told_how_long_to_wait(self, world: World) -> None:
        heard = world.call("/v1/batch", _batch(PAGE), headers=_key("FAST"))
        assert _refusal(heard) == (429, "LH-1106")
        assert heard.headers["retry-after"] == "3"


class TestWebSites:
    def test_a_listed_site_gets_leave_to_send(self, world: World) -> None:
        ask = {"Origin": SHOP, "Access-Control-Request-Headers": "authorization"}
        heard = world.call("/v1/t", method="OPTIONS", headers=ask)
        assert (heard.status, heard.body) == (204, b"")
        assert heard.headers["access-control-allow-origin"] == SHOP
        assert "authorization" in heard.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in heard.headers

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "https://shop.example.evil.example"])
    def test_another_site_does_not(self, world: World, origin: str) -> None:
        heard = world.call("/v1/t", method="OPTIONS", headers={"Origin": origin})
        assert _refusal(heard) == (403, "LH-1103")
        assert "access-control-allow-origin" not in heard.headers

    def test_a_page_of_a_listed_site_can_read_its_answer(self, world: World) -> None:
        heard = world.call("/v1/p", json.dumps(PAGE).encode(), headers=_key("PUB") | {"Origin": SHOP})
        assert heard.status == 200
        assert (heard.headers["access-control-allow-origin"], heard.headers["vary"]) == (SHOP, "Origin")

    def test_a_page_of_another_site_cannot_use_a_public_key(self, world: World) -> None:
        heard = world.call("/v1/p", json.dumps(PAGE).encode(), headers=_key("PUB") | {"Origin": "https://evil.example"})
        assert _refusal(heard) == (403, "LH-1103")
        assert world.house.batches == []

    def test_global_privacy_control_reaches_each_event(self, world: World) -> None:
        world.call("/v1/batch", _batch(PAGE), headers=_key("PUB") | {"Sec-GPC": "1"})
        assert world.house.events[0].signals == {"gpc"}


class TestWhereItCameFrom:
    @pytest.mark.parametrize(
        ("peer", "network"),
        [
            ("203.0.113.77", "203.0.113.0"),
            ("2001:db8:1:2:3::4", "2001:db8:1::"),
            ("::ffff:203.0.113.77", "203.0.113.0"),
            ("testclient", None),
            ("", None),
            (None, None),
        ],
    )
    def test_only_the_network_is_passed_on(self, world: World, peer: str | None, network: str | None) -> None:
        world.call("/v1/batch", _batch(PAGE), headers=_key("PUB"), peer=peer)
        [batch] = world.house.batches
        assert batch.network == network
        assert world.house.events[0].source.get("receivedFrom") == network
        assert "113.77" not in repr(batch)

    def test_a_sender_that_wants_no_network_noted_has_none(self, world: World) -> None:
        world.call("/v1/batch", _batch(PAGE), headers=_key("PUB") | {"X-IP-Policy": "remove"})
        world.call("/v1/batch", _batch(PAGE), headers=_key("PUB") | {"X-IP-Policy": "keep"})
        assert [event.source.get("receivedFrom") for event in world.house.events] == [None, "203.0.113.0"]

    def test_a_servers_own_network_is_not_taken_for_its_customers(self, world: World) -> None:
        world.call("/v1/batch", _batch(PAGE), headers=_key("WK"))
        assert "receivedFrom" not in world.house.events[0].source

    def test_a_forwarded_address_from_a_stranger_is_not_believed(self, world: World) -> None:
        world.call("/v1/batch", _batch(PAGE), headers=_key("PUB") | {"X-Forwarded-For": "198.51.100.9"})
        assert world.house.batches[0].network == "203.0.113.0"

    @pytest.mark.parametrize(
        ("forwarded", "network"),
        [
            ("198.51.100.9", "198.51.100.0"),
            ("192.0.2.1, 198.51.100.9, 10.1.2.3", "198.51.100.0"),
            ("192.0.2.1,2001:db8::9", "2001:db8::"),
            ("10.9.9.9", "10.9.9.0"),
            ("spoofed, 10.1.2.3", "10.1.2.0"),
            ("junk", "10.0.0.0"),
            ("", "10.0.0.0"),
        ],
    )
    def test_behind_a_trusted_proxy_the_last_stranger_counts(self, forwarded: str, network: str) -> None:
        world = World(trusted_proxies=["10.0.0.0/8"])
        headers = _key("PUB") | {"X-Forwarded-For": forwarded}
        world.call("/v1/batch", _batch(PAGE), headers=headers, peer="10.0.0.5")
        assert world.house.batches[0].network == network

    def test_a_stranger_beside_a_trusted_proxy_is_not_believed(self) -> None:
        world = World(trusted_proxies=["10.0.0.0/8"])
        world.call("/v1/batch", _batch(PAGE), headers=_key("PUB") | {"X-Forwarded-For": "198.51.100.9"})
        assert world.house.batches[0].network == "203.0.113.0"


class TestLimits:
    def test_500_kib_and_a_byte_are_too_large(self, world: World) -> None:
        fits = b'{"batch":[]}'.ljust(500 * 1024)
        assert world.call("/v1/batch", fits, headers=_key("PUB")).status == 200
        assert _refusal(world.call("/v1/batch", fits + b" ", headers=_key("PUB"))) == (413, "LH-1011")
        assert _refusal(world.call("/v1/batch", fits, b" ", headers=_key("PUB"))) == (413, "LH-1011")

    def test_with_a_secret_key_in_its_head_a_request_may_have_4000_kib_and_no_byte_more(self, world: World) -> None:
        fits = b'{"batch":[]}'.ljust(4_000 * 1024)
        assert world.call("/v1/batch", fits, headers=_key("WK")).status == 200
        assert world.call("/v1/batch?writeKey=WK", gzip.compress(fits)).status == 200
        assert _refusal(world.call("/v1/batch", fits + b" ", headers=_key("WK"))) == (413, "LH-1011")
        assert _refusal(world.call("/v1/batch", gzip.compress(fits + b" "), headers=_key("WK"))) == (413, "LH-1011")

    def test_a_secret_key_in_the_body_comes_too_late_for_that(self, world: World) -> None:
        late = b'{"batch":[],"writeKey":"WK"}'.ljust(500 * 1024)
        assert world.call("/v1/batch", late).status == 200
        assert _refusal(world.call("/v1/batch", late + b" ")) == (413, "LH-1011")

    def test_bytes_that_gzip_cannot_make_shorter_are_taken(self, world: World) -> None:
        for key, most in (("PUB", 500 * 1024), ("WK", 4_000 * 1024)):
            packed = gzip.compress(random.Random(1).randbytes(most), compresslevel=9)  # noqa: S311  # no secret
            assert len(packed) > most
            assert _refusal(world.call("/v1/batch", packed, headers=_key(key))) == (400, "LH-1010")

    def test_a_body_without_an_end_is_cut_off(self, world: World) -> None:
        pieces = [b"x" * 65_536] * 200
        assert _refusal(world.call("/v1/batch", *pieces, headers=_key("WK"))) == (413, "LH-1011")

    @pytest.mark.parametrize("length", ["9999999", "9" * 400, "-5", "1e3"])
    def test_a_length_that_is_too_long_is_refused_unread(self, world: World, length: str) -> None:
        heard = world.call("/v1/batch", headers=_key("WK") | {"Content-Length": length})
        assert _refusal(heard) == (413, "LH-1011")

    def test_a_gzip_bomb_is_too_large(self, world: World) -> None:
        bomb = gzip.compress(bytes(20_000_000))
        assert _refusal(world.call("/v1/batch", bomb, headers=_key("WK"))) == (413, "LH-1011")

    def test_half_a_gzip_body_is_refused(self, world: World) -> None:
        assert _refusal(world.call("/v1/batch", gzip.compress(b"x" * 99)[:-3], headers=_key("WK"))) == (400, "LH-1013")

    def test_2501_events_are_too_many(self, world: World) -> None:
        assert _refusal(world.call("/v1/batch", _batch(*[{}] * 2_501), headers=_key("WK"))) == (413, "LH-1012")

    @pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"batch":3}'])
    def test_what_is_not_the_protocol_is_refused(self, world: World, body: bytes) -> None:
        assert _refusal(world.call("/v1/batch", body, headers=_key("WK"))) == (400, "LH-1010")

    def test_a_depth_bomb_costs_itself_only(self, world: World) -> None:
        bomb = b'{"batch":[{"type":"page"},{"type":"page","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}"
        assert world.call("/v1/batch", bomb, headers=_key("WK")).status == 200
        assert [type(item) for item in world.house.batches[0].items] == [Event, Fault]

    @pytest.mark.parametrize("messages", [[], [{"type": "http.request", "body": b"{", "more_body": True}]])
    def test_a_client_that_hangs_up_is_not_answered(self, world: World, messages: list[dict[str, Any]]) -> None:
        scope = {"type": "http", "method": "POST", "path": "/v1/batch", "query_string": b"", "headers": []}
        assert world.exchange(scope, messages) == []
        assert world.house.batches == []

    def test_a_web_socket_is_closed(self, world: World) -> None:
        assert world.exchange({"type": "websocket"}, []) == [{"type": "websocket.close", "code": 1008}]


class TestWhenSomethingIsWrong:
    def test_a_house_that_is_away_makes_its_clients_wait(self, world: World) -> None:
        world.house.error = Unavailable("record store: expected an answer, got none", retry_after_s=7)
        heard = world.call("/v1/batch", _batch(PAGE), headers=_key("WK"))
        assert _refusal(heard) == (503, "LH-5001")
        assert heard.headers["retry-after"] == "7"

    def test_an_item_that_could_not_be_settled_makes_its_client_repeat(self, world: World) -> None:
        world.house.replies = [Reply(outcome="stored", code="LH-0000"), Reply(outcome="refused", code="LH-5001")]
        heard = world.call("/v1/batch", _batch(PAGE, PAGE), headers=_key("WK"))
        assert _refusal(heard) == (503, "LH-5001")
        assert heard.headers["retry-after"] == "1"

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (KeyError(CANARY), "LH-5000"),
            (Refused(CANARY), "LH-5000"),
            (Tampered(CANARY), "LH-5002"),
            (RecursionError(CANARY), "LH-5000"),
        ],
    )
    def test_an_error_of_ours_is_a_number_and_no_traceback(self, world: World, error: Exception, code: str) -> None:
        world.house.error = error
        heard = world.call("/v1/batch", _batch(PAGE), headers=_key("WK"))
        assert _refusal(heard) == (500, code)
        assert b"0123abcd" in heard.body
        assert CANARY.encode() not in heard.body
        assert world.counts.incidents == [("0123abcd", error)]

    @pytest.mark.parametrize(
        "body",
        [
            _batch({"type": CANARY}),
            json.dumps({CANARY: 1, "type": CANARY, "messageId": CANARY * 9}).encode(),
            CANARY.encode(),
            _batch(CANARY, writeKey=CANARY),
        ],
    )
    def test_no_answer_repeats_what_was_sent(self, world: World, body: bytes) -> None:
        headers = {"X-Mail": CANARY, "Origin": CANARY, "Prefer": "return=representation"}
        for path in ("/v1/batch", "/v1/track", f"/v1/{CANARY}", f"/v1/batch?writeKey={CANARY}"):
            for key in ({}, _key("WK"), _key(CANARY)):
                heard = world.call(path, body, headers=headers | key)
                assert CANARY not in repr(heard)
                assert CANARY not in repr(world.counts.answers)


class TestBeside:
    def test_it_says_that_it_runs_and_whether_it_can_collect(self, world: World) -> None:
        assert world.call("/healthz", method="GET").body == b'{"status":"ok"}'
        assert world.call("/readyz", method="GET").body == b'{"status":"ok"}'
        world.house.reasons = ["no approved policy"]
        heard = world.call("/readyz", method="GET")
        assert (heard.status, json.loads(heard.body)["reasons"]) == (503, ["no approved policy"])
        assert world.call("/healthz", method="GET").status == 200

    @pytest.mark.parametrize("path", ["/", "/v1", "/v1/", "/v1/batch/", "/v2/batch", "/V1/batch", "/v1/x", "/console"])
    def test_nothing_else_is_there(self, world: World, path: str) -> None:
        assert _refusal(world.call(path, _batch(PAGE), headers=_key("WK"))) == (404, "LH-1104")

    @pytest.mark.parametrize(("path", "allowed"), [("/v1/batch", "POST, OPTIONS"), ("/healthz", "GET, HEAD")])
    def test_a_wrong_method_is_told_the_right_one(self, world: World, path: str, allowed: str) -> None:
        heard = world.call(path, method="DELETE")
        assert _refusal(heard) == (405, "LH-1105")
        assert heard.headers["allow"] == allowed

    def test_every_answer_carries_the_security_headers(self, world: World) -> None:
        for heard in (world.call("/v1/batch", _batch(PAGE), headers=_key("WK")), world.call("/nowhere")):
            assert heard.headers["content-type"] == "application/json"
            assert heard.headers["cache-control"] == "no-store"
            assert heard.headers["x-content-type-options"] == "nosniff"
            assert heard.headers["content-security-policy"].startswith("default-src 'none'")
            assert "strict-transport-security" not in heard.headers
        assert "strict-transport-security" in world.call("/healthz", method="GET", scheme="https").headers
