"""Who sends: keys remembered for a moment, guesses held up, and the line around the listener."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import Unavailable
from lockhouse.faces.collect import Limited, Sender
from lockhouse.faces.metrics import Tally
from lockhouse.faces.serve.around import Around
from lockhouse.faces.serve.collector import AWAY_S, CACHED_S, NETWORK, HouseCollector, reasons
from lockhouse.faces.serve.desk import Answers
from lockhouse.faces.serve.misses import AT_ONCE
from lockhouse.flows.channel import make_credential
from lockhouse.gates.refresh import drop, refresh
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Credential
from lockhouse.settings import Settings
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

UNKNOWN = "lhs_000000000000000000000000000000_000000"


async def world_with_key(tmp_path: Path, channel: str = "backend") -> tuple[World, HouseCollector, str]:
    world = await World.make(tmp_path)
    made = await make_credential(world.house, channel, by="os-user:0")
    key = made.reveal().decode()  # house: allow no-reveal: the test is the one it is shown to
    return world, HouseCollector(world.house, Answers()), key


async def test_a_key_says_who_sends(tmp_path: Path) -> None:
    world, collector, key = await world_with_key(tmp_path, "web")
    sender = await collector.authenticate(key)
    number = world.house.live().policy.channels["web"].id
    assert isinstance(sender, Sender)
    assert (sender.channel, sender.credential, sender.origins) == ("web", f"{number}/1", ("https://shop.example",))
    assert collector.origins() == {"https://shop.example"}
    assert await collector.authenticate(UNKNOWN) is None


async def test_an_ended_key_is_taken_for_five_seconds_at_most(tmp_path: Path) -> None:
    world, collector, key = await world_with_key(tmp_path)
    assert await collector.authenticate(key) is not None
    [row] = await world.rows(Credential)
    world.drop(row)
    world.clock.run += CACHED_S - 0.1
    assert await collector.authenticate(key) is not None
    world.clock.run += 0.2
    assert await collector.authenticate(key) is None


async def test_an_epochs_move_drops_remembered_keys_at_once(tmp_path: Path) -> None:
    world, collector, key = await world_with_key(tmp_path)
    assert await collector.authenticate(key) is not None
    [row] = await world.rows(Credential)
    world.drop(row)
    drop(world.house, policy=world.house.seen_policy, key=world.house.seen_key + 1)
    assert await collector.authenticate(key) is None


async def test_guesses_of_one_network_are_held_up_and_good_keys_are_not(tmp_path: Path) -> None:
    world, collector, key = await world_with_key(tmp_path)
    NETWORK.set("203.0.113.0")
    assert await collector.authenticate(key) is not None
    for _ in range(AT_ONCE):
        assert await collector.authenticate(UNKNOWN) is None
    held = await collector.authenticate(UNKNOWN)
    assert isinstance(held, Limited)
    assert held.retry_after_s > 0
    world.clock.run += CACHED_S + 0.1  # the good key is looked up again, and is not held up
    for _ in range(AT_ONCE):
        await collector.authenticate(UNKNOWN)
    assert isinstance(await collector.authenticate(UNKNOWN), Limited)
    assert isinstance(await collector.authenticate(key), Sender)
    NETWORK.set("198.51.100.0")
    assert await collector.authenticate(UNKNOWN) is None


async def test_requests_without_a_key_are_held_up_like_guesses(tmp_path: Path) -> None:
    _, collector, key = await world_with_key(tmp_path)
    NETWORK.set("203.0.113.0")
    for _ in range(AT_ONCE):
        assert collector.held() is None
        assert await collector.authenticate(None) is None
    assert isinstance(await collector.authenticate(None), Limited)
    assert isinstance(collector.held(), Limited)
    assert isinstance(await collector.authenticate(UNKNOWN), Limited)
    assert isinstance(await collector.authenticate(key), Limited), "it was not good a moment ago"
    NETWORK.set("198.51.100.0")
    assert isinstance(await collector.authenticate(key), Sender)


async def test_without_a_policy_nobody_is_known_and_the_reason_is_plain(tmp_path: Path) -> None:
    world, collector, key = await world_with_key(tmp_path)
    await refresh(world.house)
    world.house.live_policy = None
    with pytest.raises(Unavailable, match="expected an approved policy, got none"):
        await collector.authenticate(key)
    assert collector.origins() == frozenset()
    assert reasons(world.house) == [
        "no policy was ever approved: lockhouse policy check, then lockhouse policy approve"
    ]


class Inner:
    """An application that notes which network it was called from."""

    def __init__(self) -> None:
        self.networks: list[str] = []

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        self.networks.append(NETWORK.get())
        await send({"type": "http.response.start", "status": 200, "headers": []})


async def answer(settings: Settings, peer: str | None, *, path: str = "/v1/track", via: tuple[bytes, ...] = ()) -> Any:
    inner, tally = Inner(), Tally("collect-0")
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    class Still:
        def now_ms(self) -> int:
            return 0

        def monotonic_s(self) -> float:
            return 0.0

    around = Around(inner, settings=settings, tally=tally, clock=Still())
    headers = [(b"x-forwarded-for", line) for line in via]
    scope = {"type": "http", "path": path, "client": None if peer is None else (peer, 1), "headers": headers}
    await around(scope, None, send)  # type: ignore[arg-type]  # nothing is received
    return sent[0]["status"], inner.networks, sum(tally.counts(alive=True).seconds)


PROXY = Settings(tls="proxy", trusted_proxies=("10.0.0.0/8", "fd00::/8"))


@pytest.mark.parametrize(
    ("settings", "peer", "status"),
    [
        (PROXY, "10.1.2.3", 200),
        (PROXY, "127.0.0.1", 200),
        (PROXY, "::1", 200),
        (PROXY, "::ffff:10.1.2.3", 200),
        (PROXY, "fd00::1", 200),
        (PROXY, "203.0.113.7", 403),
        (PROXY, "2001:db8::1", 403),
        (PROXY, None, 403),
        (Settings(), "127.0.0.1", 200),
        (Settings(tls="files"), "203.0.113.7", 200),
    ],
)
async def test_behind_a_proxy_only_the_proxy_and_this_machine_are_heard(
    settings: Settings, peer: str | None, status: int
) -> None:
    assert (await answer(settings, peer))[0] == status


async def test_the_network_is_the_senders_behind_a_trusted_proxy_alone() -> None:
    assert (await answer(PROXY, "10.1.2.3", via=(b"203.0.113.77",)))[1] == ["203.0.113.0"]
    assert (await answer(Settings(), "127.0.0.1", via=(b"203.0.113.77",)))[1] == ["127.0.0.0"]


@pytest.mark.parametrize("lines", [(b"1.2.3.4", b"203.0.113.77"), (b"1.2.3.4, 203.0.113.77", b"10.9.9.9")])
async def test_a_line_that_the_sender_wrote_does_not_hide_where_it_is(lines: tuple[bytes, ...]) -> None:
    assert (await answer(PROXY, "10.1.2.3", via=lines))[1] == ["203.0.113.0"]


async def test_only_calls_of_the_protocol_are_timed() -> None:
    assert (await answer(Settings(), "127.0.0.1"))[2] == 1
    assert (await answer(Settings(), "127.0.0.1", path="/readyz"))[2] == 0


async def test_a_process_that_has_just_refused_is_not_ready_for_a_moment_and_says_why(tmp_path: Path) -> None:
    world, collector, _ = await world_with_key(tmp_path)
    batch = world.batch("backend", "Order Completed", {"email": "anna@example.com"})
    assert collector.ready() == []
    world.clock.at += 70 * 365 * DAY_MS
    with pytest.raises(Unavailable):
        await collector.collect(batch)
    [why] = collector.ready()
    assert why.startswith("the newest request was refused: ")
    world.clock.at -= 70 * 365 * DAY_MS
    world.clock.run += AWAY_S
    assert collector.ready() == []
    await collector.collect(batch)
    assert collector.ready() == []
