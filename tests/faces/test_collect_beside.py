"""Beside the posted calls: beacon, pixels, the documents that browser libraries fetch, and leave for web sites."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from lockhouse.errors import Unavailable
from lockhouse.faces.collect.answers import DOCUMENT, GIF
from lockhouse.faces.collect.app import POSTS
from lockhouse.faces.collect.beside import PIXELS
from lockhouse.faces.collect.documents import SOURCE_CONFIG, own_address
from lockhouse.model.event import Reply
from tests.faces.collect_world import SHOP, Heard, World

SPEC = (Path(__file__).parents[2] / "docs/spec/event.md").read_text()
EVIL = "https://evil.example"
SETTINGS = "/v1/projects/PUB/settings"
CONFIG = "/sourceConfig/?p=npm&v=3.34.1&build=modern&writeKey=PUB&lockIntegrationsVersion=false"
HOST = {"Host": "collect.shop.example"}


@pytest.fixture
def world() -> World:
    return World()


def _get(world: World, path: str, **headers: str) -> Heard:
    sent = HOST | {name.replace("_", "-"): text for name, text in headers.items()}
    return world.call(path, method="GET", headers=sent, scheme="https")


def _code(heard: Heard) -> tuple[int, str]:
    return heard.status, json.loads(heard.body)["code"]


def _basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


class TestBeacon:
    def test_a_beacon_is_a_batch_with_its_key_in_the_address(self, world: World) -> None:
        body = json.dumps({"batch": [{"type": "page", "messageId": "m-1", "sentAt": None}]}).encode()
        sent = {"Content-Type": "text/plain;charset=UTF-8", "Origin": SHOP, "Cookie": "rl_anonymous_id=x"}
        heard = world.call("/beacon/v1/batch?writeKey=PUB", body, headers=sent)
        assert (heard.status, heard.body) == (200, b'{"success":true}')
        assert heard.headers["access-control-allow-origin"] == SHOP
        assert [event.message_id for event in world.house.events] == ["m-1"]


class TestPixels:
    @pytest.mark.parametrize("path", sorted(PIXELS))
    def test_an_image_is_shown_and_its_event_is_taken(self, world: World, path: str) -> None:
        heard = _get(world, f"{path}?writeKey=PUB&anonymousId=d-1&event=Email+Opened&properties.subject=News")
        assert (heard.status, heard.headers["content-type"], heard.body) == (200, "image/gif", GIF)
        assert heard.headers["cache-control"] == "no-store"
        assert "lockhouse-code" not in heard.headers
        [event] = world.house.events
        call = path.rpartition("/")[2]
        assert event.name == ("Email Opened" if call == "track" else call)
        assert event.source["properties"] == {"subject": "News"}
        assert event.source["receivedFrom"] == "203.0.113.0"
        assert world.house.batches[0].credential == "web.public"

    def test_segments_form_carries_everything_in_data(self, world: World) -> None:
        item = {"writeKey": "PUB", "userId": "u-1", "event": "Email Opened"}
        data = base64.b64encode(json.dumps(item).encode()).decode()
        assert _get(world, f"/v1/pixel/track?data={quote(data)}").body == GIF
        assert [event.source["userId"] for event in world.house.events] == ["u-1"]

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("event=Seen", "LH-1101"),
            ("writeKey=nobody&event=Seen", "LH-1101"),
            ("writeKey=FAST&event=Seen", "LH-1106"),
            ("writeKey=WK&event=Seen", "LH-1107"),
            ("writeKey=PUB", "LH-1003"),
            ("writeKey=PUB&event=a&event=b", "LH-1002"),
            ("data=%7B", "LH-1001"),
        ],
    )
    def test_what_is_refused_is_an_image_too_and_says_why_in_a_header(
        self, world: World, query: str, code: str
    ) -> None:
        heard = _get(world, f"/pixel/v1/track?{query}")
        assert (heard.status, heard.body, heard.headers["lockhouse-code"]) == (200, GIF, code)
        assert world.house.events == []

    def test_what_goes_wrong_in_the_house_is_an_image_too(self, world: World) -> None:
        world.house.error = Unavailable("record store: expected an answer, got none", retry_after_s=7)
        heard = _get(world, "/pixel/v1/track?writeKey=PUB&event=Seen")
        assert (heard.status, heard.body, heard.headers["lockhouse-code"]) == (200, GIF, "LH-5001")

    def test_a_refusal_of_the_policy_is_not_told(self, world: World) -> None:
        world.house.replies = [Reply(outcome="refused", code="LH-2101")]
        heard = _get(world, "/pixel/v1/track?writeKey=PUB&event=Seen")
        assert "lockhouse-code" not in heard.headers

    @pytest.mark.parametrize(
        ("headers", "code"),
        [
            ({}, None),
            ({"Referer": f"{SHOP}/basket?x=1"}, None),
            ({"Origin": SHOP, "Referer": f"{EVIL}/"}, None),
            ({"Referer": f"{EVIL}/"}, "LH-1103"),
            ({"Origin": EVIL}, "LH-1103"),
            ({"Referer": "https://[broken"}, "LH-1103"),
            ({"Referer": f"{SHOP}@evil.example/"}, "LH-1103"),
        ],
    )
    def test_a_page_shows_it_only_on_a_listed_web_site(
        self, world: World, headers: dict[str, str], code: str | None
    ) -> None:
        heard = _get(world, "/pixel/v1/page?writeKey=PUB", **headers)
        assert heard.headers.get("lockhouse-code") == code
        assert len(world.house.events) == (code is None)

    @pytest.mark.parametrize(
        ("path", "headers"),
        [
            ("/pixel/v1/page?writeKey=PUB", {"Authorization": _basic("WK")}),
            ("/pixel/v1/page?writeKey=PUB", {"X-Write-Key": "WK:x"}),
            ("/v1/pixel/page?data=%7B%22writeKey%22%3A%22PUB%22%7D&writeKey=WK", {}),
        ],
    )
    def test_another_key_beside_the_one_that_was_looked_at_does_not_count(
        self, world: World, path: str, headers: dict[str, str]
    ) -> None:
        assert _get(world, path, **headers).body == GIF
        assert [batch.credential for batch in world.house.batches] == ["web.public"]

    def test_the_visitors_own_signal_counts(self, world: World) -> None:
        _get(world, "/pixel/v1/page?writeKey=PUB", Sec_GPC="1")
        assert world.house.events[0].signals == {"gpc"}


class TestDocuments:
    def test_segments_browser_library_is_told_to_send_here_and_nothing_to_its_vendor(self, world: World) -> None:
        heard = _get(world, SETTINGS, Origin=SHOP)
        assert heard.status == 200
        assert heard.headers["access-control-allow-origin"] == SHOP
        document = json.loads(heard.body)
        assert list(document["integrations"]) == ["Segment.io"]
        own = document["integrations"]["Segment.io"]
        assert (own["apiKey"], own["apiHost"], own["protocol"]) == ("PUB", "collect.shop.example/v1", "https")
        assert document["metrics"] == {"sampleRate": 0}
        assert document["remotePlugins"] == []

    def test_the_address_that_is_set_counts_before_the_one_that_was_asked(self, world: World) -> None:
        world.house.public_url = "https://in.shop.example/lockhouse/"
        own = json.loads(_get(world, SETTINGS).body)["integrations"]["Segment.io"]
        assert (own["apiHost"], own["protocol"]) == ("in.shop.example/lockhouse/v1", "https")

    @pytest.mark.parametrize("host", [b"", b"a b", b'x"y', b"x/../y", b"[::1", b"x:123456", b"\xff"])
    def test_a_host_that_is_none_is_not_repeated(self, host: bytes) -> None:
        assert own_address("", scheme="https", host=host) is None

    @pytest.mark.parametrize("host", [b"127.0.0.1:4747", b"[::1]:80", b"shop.example"])
    def test_a_host_that_is_one_is_the_address(self, host: bytes) -> None:
        assert own_address("", scheme="http", host=host) == f"http://{host.decode()}"

    def test_without_any_address_there_is_no_document(self, world: World) -> None:
        assert _code(world.call(SETTINGS, method="GET", headers={"Host": "a b"})) == (404, "LH-1104")

    @pytest.mark.parametrize("path", [CONFIG, CONFIG.replace("Config/", "Config")])
    def test_rudderstacks_browser_library_is_told_of_a_source_without_destinations(
        self, world: World, path: str
    ) -> None:
        source = json.loads(_get(world, path, Origin=SHOP, Authorization=_basic("PUB")).body)["source"]
        assert (source["writeKey"], source["enabled"], source["destinations"]) == ("PUB", True, [])
        silent = source["config"]["statsCollection"]
        assert [silent[what]["enabled"] for what in ("errors", "metrics")] == [False, False]

    def test_the_key_may_stand_in_the_header_alone(self, world: World) -> None:
        assert _get(world, "/sourceConfig/", Authorization=_basic("PUB")).status == 200

    @pytest.mark.parametrize("path", ["/v1/projects/{}/settings", "/sourceConfig/?writeKey={}"])
    @pytest.mark.parametrize(
        ("key", "answer"),
        [("nobody", (401, "LH-1101")), ("WK", (403, "LH-1107")), ("FAST", (429, "LH-1106")), ("OFF", (403, "LH-1107"))],
    )
    def test_only_a_public_key_has_documents(self, world: World, path: str, key: str, answer: tuple[int, str]) -> None:
        assert _code(_get(world, path.format(key))) == answer

    @pytest.mark.parametrize("path", [SETTINGS, CONFIG])
    def test_a_page_of_another_site_has_none(self, world: World, path: str) -> None:
        heard = _get(world, path, Origin=EVIL)
        assert _code(heard) == (403, "LH-1103")
        assert "access-control-allow-origin" not in heard.headers

    @pytest.mark.parametrize("path", [SETTINGS, CONFIG])
    def test_a_browser_keeps_it_for_five_minutes_and_for_that_site_alone(self, world: World, path: str) -> None:
        for headers in ({}, {"Origin": SHOP}):
            heard = _get(world, path, **headers)
            assert heard.headers["cache-control"] == "private, max-age=300"
            assert heard.headers["vary"] == "Origin"

    def test_it_is_served_while_the_channel_is_paused(self, world: World) -> None:
        paused: Any = world.house.senders["PUB"]
        world.house.senders["PUB"] = type(paused)(
            channel="web", assurance=paused.assurance, credential="web.public", origins=(SHOP,), paused=True
        )
        assert _get(world, SETTINGS).status == 200


class TestLeave:
    @pytest.mark.parametrize("path", [SETTINGS, "/sourceConfig/"])
    def test_a_listed_site_gets_leave_to_fetch(self, world: World, path: str) -> None:
        asked = {"Origin": SHOP, "Access-Control-Request-Headers": "authorization"}
        heard = world.call(path, method="OPTIONS", headers=asked)
        assert (heard.status, heard.headers["access-control-allow-methods"]) == (204, "GET")
        assert heard.headers["access-control-allow-origin"] == SHOP
        assert _code(world.call(path, method="OPTIONS", headers={"Origin": EVIL})) == (403, "LH-1103")

    def test_the_beacon_is_posted_to(self, world: World) -> None:
        heard = world.call("/beacon/v1/batch", method="OPTIONS", headers={"Origin": SHOP})
        assert (heard.status, heard.headers["access-control-allow-methods"]) == (204, "POST")

    def test_a_page_may_read_how_long_to_wait(self, world: World) -> None:
        heard = world.call("/v1/t", b"{}", headers={"Origin": SHOP, "Authorization": _basic("FAST")})
        assert heard.status == 429
        assert heard.headers["access-control-expose-headers"] == "retry-after"

    @pytest.mark.parametrize(
        ("path", "method", "allowed"),
        [
            (SETTINGS, "POST", "GET, HEAD, OPTIONS"),
            ("/sourceConfig", "DELETE", "GET, HEAD, OPTIONS"),
            ("/pixel/v1/page", "POST", "GET"),
            ("/pixel/v1/page", "HEAD", "GET"),
            ("/beacon/v1/batch", "GET", "POST, OPTIONS"),
        ],
    )
    def test_a_wrong_method_is_told_the_right_one(self, world: World, path: str, method: str, allowed: str) -> None:
        heard = world.call(path, method=method)
        assert _code(heard) == (405, "LH-1105")
        assert heard.headers["allow"] == allowed

    @pytest.mark.parametrize(
        "path",
        ["/v1/projects//settings", "/v1/projects/a/b/settings", "/pixel/v1/identify", "/v1/pixel/", "/sourceConfig/x"],
    )
    def test_nothing_else_is_there(self, world: World, path: str) -> None:
        assert _code(_get(world, path)) == (404, "LH-1104")


@pytest.mark.parametrize("path", sorted({*PIXELS, *POSTS, *SOURCE_CONFIG, "/v1/projects/KEY/settings"}))
def test_every_address_stands_in_the_specification(path: str) -> None:
    assert f"{path}`" in SPEC


def test_the_specification_says_how_long_a_document_is_kept() -> None:
    assert f"keep them for {dict(DOCUMENT)[b'cache-control'].rpartition(b'=')[2].decode()} s" in SPEC
