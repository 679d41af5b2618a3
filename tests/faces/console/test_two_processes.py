"""A console of two real processes: each knows what was done at the other, and no limit is two limits."""

from __future__ import annotations

import os
import signal
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from lockhouse.faces.console.cookies import SESSION, name_of
from lockhouse.flows import staff
from lockhouse.gates.staff.called import Called
from lockhouse.model.rows import Session
from lockhouse.wiring import opened
from tests.authenticator import Authenticator
from tests.faces.console.world import HOST, Browser
from tests.faces.serve_world import POLICY, Place, make_place, run, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.faces.serve_world import Served

BOTH = ("console-0", "console-1")
WRONG = {"login": "nobody@shop.example", "password": "not the right one", "code": "000000"}
MOST_TRIES = 40
STRANGER = 60
"""Requests a minute that the API takes of a network without a token."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made: Place = run(make_place(tmp_path, policy=POLICY + "  admin: {may: [staff.*]}\n"))
    made.set(console_processes=2)
    return made


class _Local(httpx.AsyncHTTPTransport):
    """As a browser treats `localhost`: its cookies are secure ones, though it is asked in plain."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url.copy_with(scheme="http", host="127.0.0.1")
        plain = httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )
        return await super().handle_async_request(plain)


@asynccontextmanager
async def _browser(place: Place) -> AsyncIterator[Browser]:
    """A browser that makes a connection for each request, so that whoever is not stopped answers it."""
    url = place.settings.console_url
    local = _Local(limits=httpx.Limits(max_keepalive_connections=0))
    async with httpx.AsyncClient(transport=local, base_url=url.replace("http:", "https:"), timeout=20) as client:
        yield Browser(client=client, passkeys=Authenticator(origin=url))


@contextmanager
def _only(house: Served, name: str) -> Iterator[None]:
    """This process alone answers meanwhile."""
    [other] = [pid for one, pid in house.pids().items() if one in BOTH and one != name]
    os.kill(other, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(other, signal.SIGCONT)


async def _link(place: Place) -> str:
    async with opened(place.folder, role="console") as house:
        return (await staff.invite(house.house, Called("mia@shop.example", "Mia"), by=HOST)).token


def _answered(place: Place, page: str, process: str) -> bool:
    """Whether this process answered this page, as the metrics have it."""
    counted = httpx.get(place.metrics, timeout=20, trust_env=False).text
    return f'lockhouse_console_answers_total{{page="{page}",process="{process}"' in counted


@pytest.mark.asvs("7.4.1")
def test_who_enrolled_by_way_of_both_is_signed_in_at_both_and_signed_out_at_one_at_none(place: Place) -> None:
    async def stages(house: Served) -> list[int]:
        async with _browser(place) as browser:
            link = await _link(place)
            with _only(house, "console-0"):
                page = await browser.post("/enrol", {"link": link}, on=await browser.get("/enrol"))
            with _only(house, "console-1"):
                fields = browser.answer(page) | {"link": link, "name": "laptop"}
                done = await browser.post("/enrol/passkey", fields, on=page)
                there = await browser.get("/account")
            with _only(house, "console-0"):
                here = await browser.get("/account")
            name = name_of(SESSION, url=place.settings.console_url)
            cookie = {"cookie": f"{name}={browser.client.cookies[name]}"}
            with _only(house, "console-1"):
                out = await browser.post("/sign-out", {}, on=here)
            browser.client.cookies.clear()
            with _only(house, "console-0"):
                shut = await browser.get("/account", **cookie)
        return [one.status_code for one in (page, done, there, here, out, shut)]

    with served(place, only="console") as house:
        assert set(house.pids()) == {"writer", *BOTH}
        assert run(stages(house)) == [200, 303, 200, 200, 303, 303]
        assert _answered(place, "enrol-passkey", "console-1")
        assert not _answered(place, "enrol-passkey", "console-0")
        assert all(_answered(place, "account", name) for name in BOTH)
        assert run(place.rows(Session)) == []
        assert len(house.lines("no staff yet: lockhouse staff invite")) == 1


@pytest.mark.asvs("6.3.1")
def test_who_guesses_at_one_waits_at_the_other(place: Place) -> None:
    async def guess(browser: Browser) -> int:
        return (await browser.post("/sign-in/password", WRONG, on=await browser.get("/sign-in"))).status_code

    async def tries(house: Served) -> tuple[list[int], int]:
        async with _browser(place) as browser:
            with _only(house, "console-0"):
                here = [await guess(browser)]
                while here[-1] == 403 and len(here) < MOST_TRIES:
                    here.append(await guess(browser))
            with _only(house, "console-1"):
                return here, await guess(browser)

    with served(place, only="console") as house:
        here, there = run(tries(house))
        assert (here[0], here[-1], there) == (403, 429, 429)
        assert _answered(place, "sign-in-password", "console-1")


def test_two_processes_let_no_more_requests_of_a_stranger_through_than_one(place: Place) -> None:
    async def asked(house: Served) -> list[int]:
        found = []
        async with _browser(place) as browser:
            for name in BOTH:
                with _only(house, name):
                    found += [(await browser.get("/api/v1/channel")).status_code for _ in range(STRANGER)]
        return found

    with served(place, only="console") as house:
        found = run(asked(house))
        assert set(found) == {401, 429}
        assert found.count(401) == STRANGER
