"""The public browser libraries, unmodified, on a shop's page in a real browser, against a listener on another host.

The page is https://shop.example, the listener https://collect.shop.example: every request crosses origins, and the
browser holds both to the rules for that. Each library is told of nothing but the listener's address; what else it would
have asked for is known, because the page tells every address it tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from lockhouse.faces.collect import Limited
from lockhouse.model.event import Event
from tests.faces.browser import Site, Told, browsing
from tests.faces.collect_world import NOW, SHOP, Certificate, Wire, World, served
from tests.faces.public_clients import SAID
from tests.faces.serve_world import until

if TYPE_CHECKING:
    from pathlib import Path

OWN = "collect.shop.example"
WAIT_S, POSTED_S = 4.0, 30.0
BATCHING = {"strategy": "batching", "config": {"size": 10, "timeout": 500}}
PIXEL = f"https://{OWN}/pixel/v1/track?writeKey=PUB&anonymousId=d-1&event=Seen"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.make(tmp_path_factory.mktemp("tls"))


class Shop(NamedTuple):
    """A shop whose page has not been looked at yet."""

    world: World
    wire: Wire
    folder: Path
    certificate: Certificate

    def visit(self, page: str, *, posts: int, name: str = "shop.example", **asked: Any) -> Told:
        """Somebody looks at the page until it is done and so much was posted; what the page told."""
        site = Site(page, {"key": "PUB", "calls": "all", "settle_ms": 1_500, **asked})
        with served(self.wire, tls=self.certificate) as own, served(site, tls=self.certificate) as theirs:
            names = {OWN: own, name: theirs}
            with browsing(f"https://{name}/", folder=self.folder, certificate=self.certificate, names=names):
                told = site.told()
                until(lambda: len(self.wire.posts) >= posts, POSTED_S)
                return told

    @property
    def by_name(self) -> dict[str, Event]:
        """What arrived."""
        return {event.name: event for event in self.world.house.events}

    @property
    def paths(self) -> set[str]:
        """Where it was posted to."""
        return {request.path for request in self.wire.posts}


@pytest.fixture
def shop(tmp_path: Path, certificate: Certificate) -> Shop:
    world = World()
    return Shop(world, Wire(world), tmp_path, certificate)


def test_segments_library_needs_our_address_alone_and_sends_every_call_there(shop: Shop) -> None:
    told = shop.visit("segment", posts=6)
    assert told == Told(errors=[], hosts={"shop.example", OWN})
    assert shop.paths == {f"/v1/{call}" for call in "itpsga"}
    events = shop.by_name
    assert set(events) == {"identify", "Order Completed", "page", "screen", "group", "alias"}
    assert events["identify"].source["traits"] == {"email": "jane@shop.example"}
    assert events["Order Completed"].source["properties"] == {"order_id": "o-1", "total": 12.5}
    assert events["page"].source["properties"]["shown"] == "3 items"
    assert events["page"].source["context"]["page"]["url"] == f"{SHOP}/"
    assert events["group"].source["traits"] == {"plan": "gold"}
    assert all(event.source["anonymousId"] for event in events.values())
    assert all(str(event.message_id).startswith("ajs-next-") for event in events.values())
    assert events["identify"].consent == SAID
    assert events["page"].consent is None
    assert 5_000 <= NOW - events["Order Completed"].occurred_at < 35_000
    assert 0 <= NOW - events["page"].occurred_at < 30_000


def test_segments_library_batches(shop: Shop) -> None:
    assert shop.visit("segment", posts=1, delivery=BATCHING).errors == []
    assert shop.paths == {"/v1/b"}
    assert len(shop.by_name) == 6
    assert len(shop.world.house.batches) == 1


def test_segments_library_waits_as_long_as_it_was_told_and_sends_the_same_again(shop: Shop) -> None:
    shop.world.house.troubles = [None, Limited(channel="web", retry_after_s=WAIT_S)]
    assert shop.visit("segment", posts=2, calls="one").errors == []
    first, again = shop.wire.posts
    assert again.at_s - first.at_s >= WAIT_S - 0.1
    assert again.headers["x-retry-count"] == "1"
    assert list(shop.by_name) == ["Order Completed"]


def test_rudderstacks_library_needs_our_address_alone_and_sends_every_call_there(shop: Shop) -> None:
    told = shop.visit("rudder", posts=5)
    assert told == Told(errors=[], hosts={"shop.example", OWN})
    assert shop.paths == {f"/v1/{call}" for call in ("identify", "track", "page", "group", "alias")}
    events = shop.by_name
    assert set(events) == {"identify", "Order Completed", "page", "group", "alias"}
    assert events["identify"].source["context"]["traits"] == {"email": "jane@shop.example"}
    assert events["Order Completed"].source["properties"] == {"order_id": "o-1", "total": 12.5}
    assert events["page"].source["properties"]["shown"] == "3 items"
    assert {event.consent == SAID for event in events.values()} == {True}
    assert all(event.source["anonymousId"] for event in events.values())
    assert all(0 <= NOW - event.occurred_at < 30_000 for event in events.values())
    asked = [one.headers for one in shop.wire.requests if one.method == "OPTIONS" and one.path == "/v1/track"]
    assert asked[0]["access-control-request-headers"] == "anonymousid,authorization,content-type,sentat"


def test_rudderstacks_library_leaves_its_events_behind_when_the_page_is_left(shop: Shop) -> None:
    assert shop.visit("rudder", posts=1, beacon=True, leave=True).errors == []
    assert shop.paths == {"/beacon/v1/batch"}
    [beacon] = shop.wire.posts
    assert (beacon.query, beacon.headers["content-type"]) == ("writeKey=PUB", "text/plain")
    assert set(shop.by_name) == {"identify", "Order Completed", "page", "group", "alias"}
    # The browser sends the shop's cookies along, which hold what the library remembers; they are not read.
    assert "rl_trait" in beacon.headers["cookie"]
    assert not any("cookie" in str(event.source).lower() for event in shop.by_name.values())


@pytest.mark.parametrize("trouble", [Limited(channel="web", retry_after_s=1.0), ValueError()], ids=["wait", "error"])
def test_rudderstacks_library_sends_the_same_again(shop: Shop, trouble: Limited | Exception) -> None:
    shop.world.house.troubles = [None, trouble]
    assert shop.visit("rudder", posts=2, calls="one").errors == []
    _, again = shop.wire.posts
    assert again.headers["rsa-retry-attempt"] == "1"
    assert list(shop.by_name) == ["Order Completed"]


@pytest.mark.parametrize("page", ["segment", "rudder"])
def test_on_a_page_of_another_site_neither_library_starts(shop: Shop, page: str) -> None:
    told = shop.visit(page, posts=0, name="evil.example")
    assert told.errors
    assert shop.wire.posts == []
    assert shop.world.house.events == []


def test_jitsus_library_sends_every_call_and_its_visitors_network_is_not_noted(shop: Shop) -> None:
    told = shop.visit("jitsu", posts=4)
    assert told == Told(errors=[], hosts={"shop.example", OWN})
    assert shop.paths == {f"/api/s/{call}" for call in ("identify", "track", "page", "group")}
    events = shop.by_name
    assert set(events) == {"identify", "Order Completed", "page", "group"}
    assert events["identify"].source["traits"] == {"email": "jane@shop.example"}
    assert {event.consent == SAID for event in events.values()} == {True}
    # The page asked for `ipPolicy: "remove"`.
    assert not any("receivedFrom" in event.source for event in events.values())


def test_an_image_is_shown_on_the_shops_page(shop: Shop) -> None:
    assert shop.visit("image", posts=0, src=PIXEL).errors == []
    assert list(shop.by_name) == ["Seen"]


def test_an_image_on_a_page_of_another_site_is_shown_and_tells_nothing(shop: Shop) -> None:
    assert shop.visit("image", posts=0, name="evil.example", src=PIXEL).errors == []
    assert shop.world.house.events == []
