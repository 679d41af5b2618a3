"""The public server-side clients, unmodified, send over TLS to a real listener; what arrives is looked at.

Of each client those behaviours are shown that the listener must bear: how it makes batches and packs them, where it
puts traits, consent and its clock, and what it does when it is told to wait, when the house is away, and when its key
is no good. The listener's clock stands a week before the clients', so every time that is right was put right.
"""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from lockhouse.errors import Unavailable
from lockhouse.faces.collect import Limited
from tests.faces import public_clients as clients
from tests.faces.collect_world import NOW, Certificate, Request, Wire, World, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ALL = [clients.segment_python, clients.segment_node, clients.rudder_python, clients.rudder_node]
WAIT_S = 2.0
AWAY = Unavailable("record store: expected an answer, got none", retry_after_s=1.0)


class Line(NamedTuple):
    """A listener under TLS, and what came over the wire."""

    world: World
    wire: Wire
    url: str
    authority: Path

    def send(self, client: Callable[..., list[str]], key: str = "WK", *, retries: int = 0) -> list[str]:
        """What the client says went wrong."""
        return client(self.url, key, self.authority, retries=retries)

    @property
    def names(self) -> set[str]:
        """Of the events that arrived."""
        return {event.name for event in self.world.house.events}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def line(certificate: Certificate) -> Iterator[Line]:
    world = World()
    wire = Wire(world)
    with served(wire, tls=certificate) as port:
        yield Line(world, wire, f"https://127.0.0.1:{port}", certificate.authority)


def _plain(request: Request) -> dict[str, Any]:
    body = gzip.decompress(request.body) if request.body.startswith(b"\x1f\x8b") else request.body
    said: dict[str, Any] = json.loads(body)
    return said


def _ids(request: Request) -> list[str]:
    return [item["messageId"] for item in _plain(request)["batch"]]


@pytest.mark.parametrize("client", ALL)
class TestEveryClient:
    def test_each_of_the_six_calls_arrives_whole(self, line: Line, client: Callable[..., list[str]]) -> None:
        assert line.send(client) == []
        calls = ["identify", "Order Completed", "page", "screen", "group", "alias"]
        events = sorted(line.world.house.events, key=lambda event: calls.index(event.name))
        assert [event.name for event in events] == calls
        identify, order, page, screen, group, alias = (event.source for event in events)
        assert identify["userId"] == "u-1"
        traits = identify.get("traits") or identify["context"]["traits"]
        assert traits == {"email": "jane@shop.example"}
        assert order["properties"] == {"order_id": "o-1", "total": 12.5}
        assert page["anonymousId"] == "d-1"
        assert "userId" not in page
        assert (screen["name"], screen["properties"]["shown"]) == ("Basket", "3 items")
        assert (group["groupId"], group["traits"]) == ("g-1", {"plan": "gold"})
        assert (alias["previousId"], alias["userId"]) == ("u-1", "u-2")

    def test_what_the_banner_said_is_read_in_the_clients_own_shape(
        self, line: Line, client: Callable[..., list[str]]
    ) -> None:
        line.send(client)
        said = {event.name: event.consent for event in line.world.house.events}
        assert said.pop("identify") == clients.SAID
        assert set(said.values()) == {None}

    def test_a_clock_that_is_a_week_ahead_is_put_right_by_the_time_of_sending(
        self, line: Line, client: Callable[..., list[str]]
    ) -> None:
        line.send(client)
        stamps = [_plain(request)["sentAt"] for request in line.wire.posts]
        ahead = [datetime.fromisoformat(stamp).timestamp() * 1000 - NOW for stamp in stamps]
        assert min(ahead) > 86_400_000
        since = {event.name: NOW - event.occurred_at for event in line.world.house.events}
        assert 5_000 <= since.pop("Order Completed") < 35_000, "this one was dated back by five seconds"
        assert all(0 <= ms < 30_000 for ms in since.values())

    def test_it_sends_again_after_it_was_told_to_wait_and_after_the_house_was_away(
        self, line: Line, client: Callable[..., list[str]]
    ) -> None:
        line.world.house.troubles = [Limited(channel="backend", retry_after_s=WAIT_S), AWAY, ValueError()]
        assert line.send(client, retries=6) == []
        assert len(line.names) == len(line.world.house.events) == 6
        ids = [event.message_id for event in line.world.house.events]
        assert all(ids)
        assert len(set(ids)) == 6

    def test_it_hears_that_its_key_is_no_good_and_nothing_is_stored(
        self, line: Line, client: Callable[..., list[str]]
    ) -> None:
        errors = line.send(client, "nobody")
        assert errors
        assert all("401" in error for error in errors)
        assert line.world.house.batches == []


class TestSegmentsPythonClient:
    def test_it_makes_batches_packs_them_and_shows_its_key_twice(self, line: Line) -> None:
        line.send(clients.segment_python)
        assert [len(_plain(request)["batch"]) for request in line.wire.posts] == [3, 3]
        for request in line.wire.posts:
            assert (request.scheme, request.path) == ("https", "/v1/batch")
            assert request.headers["content-encoding"] == "gzip"
            assert request.headers["authorization"] == "Basic V0s6"
            assert _plain(request)["writeKey"] == "WK"

    def test_told_to_wait_it_waits_as_long_as_it_was_told(self, line: Line) -> None:
        line.world.house.troubles = [Limited(channel="backend", retry_after_s=WAIT_S)]
        assert line.send(clients.segment_python, retries=3) == []
        first, second, *_ = line.wire.posts
        assert second.at_s - first.at_s >= WAIT_S - 0.1

    def test_after_an_error_of_ours_it_counts_its_attempts_and_keeps_the_message_ids(self, line: Line) -> None:
        line.world.house.error = ValueError()
        assert len(line.send(clients.segment_python, retries=1)) == 2
        first, again, *_ = line.wire.posts
        assert "x-retry-count" not in first.headers
        assert again.headers["x-retry-count"] == "1"
        assert _ids(first) == _ids(again)

    def test_it_hears_the_code_of_a_refusal(self, line: Line) -> None:
        heard = line.send(clients.segment_python, "nobody")
        assert len(heard) == len(line.wire.posts) == 2
        assert all("LH-1101" in error and "401" in error for error in heard)


class TestRudderStacksPythonClient:
    def test_it_makes_batches_packs_them_by_itself_and_shows_its_key_once(self, line: Line) -> None:
        line.send(clients.rudder_python)
        assert [len(_plain(request)["batch"]) for request in line.wire.posts] == [3, 3]
        for request in line.wire.posts:
            assert (request.scheme, request.path) == ("https", "/v1/batch")
            assert request.body.startswith(b"\x1f\x8b")
            assert request.headers["authorization"] == "Basic V0s6"
            assert "writeKey" not in _plain(request)

    def test_it_fills_batches_far_beyond_segments_limit_and_they_are_taken(self, line: Line) -> None:
        assert line.send(clients.rudder_python_in_one_batch) == []
        [request] = line.wire.posts
        assert len(gzip.decompress(request.body)) > 1_800_000
        assert len(line.world.house.events) == clients.LARGE

    def test_anything_but_a_200_is_an_error_to_it(self, line: Line) -> None:
        """So a batch of which the policy keeps nothing is a 200 as well."""
        assert line.send(clients.rudder_python) == []
        heard = line.send(clients.rudder_python, "nobody")
        assert all("LH-1101" in error and "401" in error for error in heard)

    def test_it_repeats_with_the_same_message_ids(self, line: Line) -> None:
        line.world.house.error = ValueError()
        assert len(line.send(clients.rudder_python, retries=1)) == 2
        first, again, *_ = line.wire.posts
        assert _ids(first) == _ids(again)


class TestSegmentsNodeClient:
    def test_it_makes_batches_leaves_them_plain_and_shows_its_key_in_the_body(self, line: Line) -> None:
        line.send(clients.segment_node)
        assert sorted(len(_plain(request)["batch"]) for request in line.wire.posts) == [3, 3]
        for request in line.wire.posts:
            assert (request.scheme, request.path) == ("https", "/v1/batch")
            assert "content-encoding" not in request.headers
            assert "authorization" not in request.headers
            assert _plain(request)["writeKey"] == "WK"
            assert all(name.startswith("node-next-") for name in _ids(request))

    def test_it_repeats_with_the_same_message_ids(self, line: Line) -> None:
        line.world.house.error = ValueError()
        assert len(line.send(clients.segment_node, retries=1)) >= 1
        sent = sorted(_ids(request) for request in line.wire.posts)
        assert len(sent) == 4
        assert sent[0] == sent[1]
        assert sent[2] == sent[3]


class TestRudderStacksNodeClient:
    def test_it_makes_batches_and_packs_them_under_a_type_that_is_not_theirs(self, line: Line) -> None:
        line.send(clients.rudder_node)
        assert sum(len(_plain(request)["batch"]) for request in line.wire.posts) == 6
        for request in line.wire.posts:
            assert (request.scheme, request.path) == ("https", "/v1/batch")
            assert request.body.startswith(b"\x1f\x8b")
            assert request.headers["content-type"] == "application/x-www-form-urlencoded"
            assert request.headers["authorization"] == "Basic V0s6"

    def test_each_event_says_when_it_was_sent(self, line: Line) -> None:
        line.send(clients.rudder_node)
        items = [item for request in line.wire.posts for item in _plain(request)["batch"]]
        assert all({"originalTimestamp", "sentAt"} <= set(item) for item in items)

    def test_told_to_wait_it_waits_as_long_as_it_was_told(self, line: Line) -> None:
        line.world.house.troubles = [Limited(channel="backend", retry_after_s=WAIT_S)]
        assert line.send(clients.rudder_node, retries=3) == []
        first, second, *_ = line.wire.posts
        assert second.at_s - first.at_s >= WAIT_S - 0.1


class TestJitsusClientOnAServer:
    def test_each_call_goes_to_its_own_address_with_the_key_in_a_header(self, line: Line) -> None:
        assert clients.jitsu_node(line.url, "WK", line.authority) == []
        paths = [request.path for request in line.wire.posts]
        assert paths == [f"/api/s/s2s/{call}" for call in ("identify", "track", "page", "group")]
        assert {request.headers["x-write-key"] for request in line.wire.posts} == {"WK:any"}
        identify, order, page, group = line.world.house.events
        assert identify.source["traits"] == {"email": "jane@shop.example"}
        assert (order.name, order.source["properties"]) == ("Order Completed", {"order_id": "o-1", "total": 12.5})
        assert page.source["properties"]["shown"] == "3 items"
        assert group.source["groupId"] == "g-1"
        assert all(event.consent == clients.SAID for event in line.world.house.events)
        assert all(0 <= NOW - event.occurred_at < 30_000 for event in line.world.house.events)

    def test_it_hears_that_its_key_is_no_good(self, line: Line) -> None:
        heard = clients.jitsu_node(line.url, "nobody", line.authority)
        assert len(heard) == 4
        assert all("LH-1101" in error for error in heard)
