"""What kinds of webhooks need from their provider's host: asked for once, seldom, and only in public."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import Refused, Unavailable
from lockhouse.faces.serve.fetched import AGAIN_S, AT_MOST, KEPT_S, MOST_A_MINUTE, MOST_KNOWN, Fetched
from lockhouse.wiring_hooks import hook_http

if TYPE_CHECKING:
    from lockhouse.model.ports import Clock

URL = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem"


class Ticking:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic_s(self) -> float:
        return self.now

    def now_ms(self) -> int:
        return int(self.now * 1000)


class Host:
    """Answers as it is told to, and remembers what it was asked."""

    def __init__(self, *answers: tuple[int, bytes] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, url: str, *, body: bytes | None, headers: Any, at_most: int) -> tuple[int, bytes]:
        assert (body, dict(headers), at_most) == (None, {}, AT_MOST)
        self.asked.append(url)
        await asyncio.sleep(0)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def _fetched(host: Host) -> tuple[Fetched, Ticking]:
    clock = Ticking()
    made: Clock = clock
    return Fetched(host, clock=made), clock


async def test_what_was_had_is_asked_for_once_a_day_however_many_wait_for_it() -> None:
    host = Host((200, b"certificate"))
    fetched, clock = _fetched(host)
    assert await asyncio.gather(*(fetched.fetch(URL) for _ in range(20))) == [b"certificate"] * 20
    clock.now += KEPT_S - 1
    assert await fetched.fetch(URL) == b"certificate"
    assert len(host.asked) == 1
    clock.now += 2
    await fetched.fetch(URL)
    assert len(host.asked) == 2


@pytest.mark.parametrize("answer", [Unavailable("x: expected an answer"), Refused("x"), (500, b"x"), (302, b"x")])
async def test_what_could_not_be_had_is_not_asked_for_twice_in_a_minute(answer: Any) -> None:
    host = Host(answer, (200, b"certificate"))
    fetched, clock = _fetched(host)
    for _ in range(3):
        with pytest.raises(Unavailable, match="expected what proves a delivery"):
            await fetched.fetch(URL)
    assert len(host.asked) == 1
    clock.now += AGAIN_S + 1
    assert await fetched.fetch(URL) == b"certificate"


async def test_where_its_host_has_nothing_there_is_nothing_for_a_minute() -> None:
    host = Host((404, b"not found"), (403, b"no"))
    fetched, _ = _fetched(host)
    assert [await fetched.fetch(URL), await fetched.fetch(URL), fetched.known(URL)] == [b"", b"", b""]
    assert len(host.asked) == 1


async def test_whoever_names_many_addresses_makes_the_house_ask_for_few_and_forget_nothing() -> None:
    host = Host((200, b"certificate"), (404, b""))
    fetched, clock = _fetched(host)
    await fetched.fetch(URL)
    outcomes: list[str] = []
    for number in range(200):
        try:
            await fetched.fetch(f"{URL}{number}")
            outcomes.append("asked")
        except Unavailable:
            outcomes.append("away")
        clock.now += 1
    assert len(host.asked) <= 1 + MOST_A_MINUTE * 4
    assert outcomes.count("away") > 150
    assert fetched.known(URL) == b"certificate"
    assert len(fetched._lacking) <= MOST_KNOWN


async def test_without_a_way_out_nothing_can_be_had() -> None:
    clock: Clock = Ticking()
    with pytest.raises(Unavailable):
        await Fetched(None, clock=clock).fetch(URL)


@pytest.mark.parametrize("url", ["https://127.0.0.1/x.pem", "https://[::1]/x.pem", "https://169.254.169.254/x.pem"])
async def test_the_way_out_leads_to_no_private_address(url: str) -> None:
    http = hook_http()
    with pytest.raises(Refused):
        await http.ask(url, body=None, headers={}, at_most=AT_MOST)
    await http.close()
