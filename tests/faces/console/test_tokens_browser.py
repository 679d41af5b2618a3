"""A token is made, rotated and revoked in Chromium, and a colleague's sign-in is ended."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from lockhouse.flows import session, token
from tests.faces.console.browsing import beside, desk, invited
from tests.faces.console.world import POLICY
from tests.faces.serve_world import Place, make_place, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from lockhouse.gates.house import House
    from tests.faces.console.browsing import Desk

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("console-browser")]
RULES = POLICY.replace(
    "admin: {may: [policy.*, key.*, staff.*]}", "admin: {may: [policy.*, ledger.*, staff.*, token.*]}"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A house whose console is served; its first account waits for somebody to enrol."""
    with ThreadPoolExecutor(1) as pool:
        made: Place = pool.submit(asyncio.run, make_place(tmp_path_factory.mktemp("tokens"), policy=None)).result(60)
        pool.submit(asyncio.run, made.approve(RULES)).result(60)
    made.set(name="Northwind Outfitters")
    with served(made, only="console"):
        invited(made, "Ines Duarte")  # the first account is the admin's by itself
        yield made


def _enrol(at: Desk, place: Place, name: str, *, language: str = "en") -> None:
    at.page.goto(invited(place, name, language=language, role="admin"))
    at.page.get_by_role("button", name="Make a passkey").click()
    at.page.wait_for_url("**/account")


async def _states(house: House) -> list[int]:
    return [row.state for row, _ in (await token.listed(house)).tokens]


async def _signed_in(house: House) -> int:
    return len(await session.list_of(house))


def _make(at: Desk, name: str, may: str) -> None:
    at.go("/tokens")
    at.page.get_by_label("Name", exact=True).fill(name)
    at.page.get_by_label("admin").check()
    at.page.get_by_label("What it may").fill(may)
    at.page.get_by_role("button", name="Make the token").click()
    at.page.wait_for_selector("[data-passkey=get]")


def test_a_token_is_made_shown_once_rotated_and_revoked(at: Desk, place: Place) -> None:
    _enrol(at, place, "Mara Lindqvist")
    at.go("/tokens")
    at.look()
    at.page.get_by_label("Name", exact=True).fill("Ware house")
    at.page.get_by_role("button", name="Make the token").click()
    at.page.wait_for_selector("text=One thing to put right")
    at.look()
    for name, may in (("warehouse", "policy.show"), ("siem", "ledger.read")):
        _make(at, name, may)
        at.look()
        at.page.get_by_role("main").get_by_role("button", name=f"Make a token for {name}").click()
        at.page.wait_for_selector(f"h1:has-text('A token for {name}')")
        assert at.page.locator("#text").inner_text().startswith("lh_")
    at.look()
    at.go("/tokens")
    at.look(picture="tokens")
    at.page.get_by_role("link", name="siem").click()
    at.page.wait_for_selector("h1:has-text('Token of siem')")
    at.look(picture="token")
    at.page.get_by_role("button", name="Rotate the token").click()
    at.page.get_by_role("main").get_by_role("button", name="Rotate the token of siem").click()
    at.page.wait_for_selector("text=The old one is taken until")
    at.look()
    at.go("/tokens")
    at.page.get_by_role("link", name="warehouse").click()
    at.page.get_by_role("button", name="Revoke the token").click()
    at.page.wait_for_selector("[data-passkey=get]")
    at.verified(is_verified=False)
    at.page.get_by_role("main").get_by_role("button", name="Revoke the token of warehouse").click()
    at.page.wait_for_selector("[data-said]:visible, .note.stop:visible")
    assert beside(place.folder, _states) == [0, 2, 0]
    at.verified(is_verified=True)
    at.page.get_by_role("main").get_by_role("button", name="Revoke the token of warehouse").click()
    at.page.wait_for_selector("text=Revoked. Nobody calls with it any more.")
    at.look()
    assert beside(place.folder, _states) == [1, 2, 0]


def test_a_colleagues_sign_in_is_ended_and_their_browser_opens_nothing(
    at: Desk, browser: Browser, place: Place
) -> None:
    _enrol(at, place, "Priya Nair", language="de")
    with desk(browser, place) as other:
        _enrol(other, place, "Jonas Weber")
        at.go("/sessions")
        at.look()
        other.go("/sessions")
        other.look(picture="sessions")
        before = beside(place.folder, _signed_in)
        at.page.get_by_role("button", name="Diese Anmeldung von Jonas Weber beenden").click()
        at.page.get_by_role("main").get_by_role("button", name="Diese Anmeldung von Jonas Weber beenden").click()
        at.page.wait_for_selector("text=Dieser Browser ist abgemeldet.")
        assert beside(place.folder, _signed_in) == before - 1
        other.go("/account")
        assert other.page.url.endswith("/sign-in")
