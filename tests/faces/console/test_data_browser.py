"""Channels, recipients, ledger and overview in Chromium over a served house: looked at, worked, without script too."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from lockhouse.gates.pulse import BECAME, HOUR_MS
from lockhouse.model.change import Change, Count
from tests.faces.console.browsing import MAKE_PICTURES, PICTURES, Desk, beside, chromium, desk, invited
from tests.faces.console.channels_world import RICH
from tests.faces.serve_world import Place, make_place, order, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from lockhouse.gates.house import House
    from tests.faces.serve_world import Served

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("console-data-browser")]
ROLE = "keeper"
DAY = (9, 7, 5, 4, 4, 6, 11, 20, 34, 48, 61, 70, 72, 66, 60, 63, 58, 66, 74, 71, 52, 38, 24, 14)
"""How many hundredths of a day's busiest hours each hour has, from midnight on."""


@dataclass(frozen=True)
class Shop:
    """A served house that has been at work for a week."""

    place: Place
    running: Served
    mara: Desk


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A house whose console is served, with a week's counts; Mara, who sees to it, is signed in."""
    with ThreadPoolExecutor(1) as pool:
        made: Place = pool.submit(asyncio.run, make_place(tmp_path_factory.mktemp("data"), policy=None)).result(60)
        pool.submit(asyncio.run, made.approve(RICH)).result(60)
        made.key = pool.submit(asyncio.run, made.make_key("backend")).result(60)
    made.set(name="Northwind Outfitters")
    with served(made, only="console,collect,work") as running, chromium() as browser, desk(browser, made) as mara:
        beside(made.folder, _a_week)
        running.post(*[order(number, country="DE", coupon="SPRING") for number in range(6)], {**order(9), "event": "X"})
        mara.page.goto(invited(made, "Mara Lindqvist", role=ROLE))
        mara.page.get_by_role("button", name="Make a passkey").click()
        mara.page.wait_for_url("**/account")
        yield Shop(made, running, mara)


async def _a_week(house: House) -> None:
    """What a channel of a shop is counted for in a week, and what one that went silent an hour ago was."""
    now, counts = house.clock.now_ms(), []
    policy = house.live().policy
    for name, share, silent in (("web", 10, 0), ("backend", 3, 0), ("tills", 1, 4)):
        for back in range(silent, 8 * 24):
            at = now - back * HOUR_MS
            many = DAY[at // HOUR_MS % 24] * share
            parts = {"trimmed": many // 9, "refused": many // 90, "stored": many}
            if name == "tills":
                parts = {"observed": many}
            for became, number in parts.items():
                channel, reason = policy.channels[name].id, f"{BECAME}{became}"
                counts += [Count(channel, place, reason, number, at) for place in (str(at // HOUR_MS), "*")]
    web = policy.channels["web"].id
    counts.append(Count(web, "properties.*", "undeclared", 4_120, now))
    counts.append(Count(web, "properties.country", "not-on-this-event", 391, now))
    seen = ("Order Completed|properties.coupon_code", "Order Completed|properties.total")
    counts += [Count(policy.channels["tills"].id, path, "seen.text", 60, now) for path in seen]
    await house.commits.commit(Change("record", counts=tuple(counts)))


def test_the_overview_and_the_pages_of_channels_are_looked_at(shop: Shop) -> None:
    at = shop.mara
    at.go("/")
    assert at.page.get_by_role("heading", name="tills has sent nothing lately").is_visible()
    at.look(picture="overview")
    _whole(at, "overview")
    at.go("/channels")
    at.look(picture="channels")
    at.page.get_by_role("link", name="web", exact=True).click()
    assert at.page.get_by_role("img", name="Events of web in the last 24 hours").is_visible()
    at.look(picture="channel")
    _whole(at, "channel")
    at.go("/channels/tills")
    assert "coupon_code: {type: text" in at.page.locator("#lack").inner_text()
    at.look()
    at.go("/recipients")
    at.look(picture="recipients")
    at.go("/recipients/courier")
    at.look(picture="recipient")


def _whole(at: Desk, name: str) -> None:
    """For whoever makes the pictures: the whole page, beside the documentation's own."""
    if os.environ.get(MAKE_PICTURES) and (folder := os.environ.get("WHOLE_PICTURES")):
        at.page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    assert PICTURES.name == "console"


def test_a_key_is_made_shown_once_and_the_old_one_ended(shop: Shop) -> None:
    at = shop.mara
    at.go("/channels/backend")
    at.page.get_by_role("button", name="Make a new key").click()
    at.look()
    at.page.get_by_role("main").get_by_role("button", name="Make a new key for backend").click()
    at.page.wait_for_selector("h1:has-text('A new key for backend')")
    key = at.page.locator("#key").inner_text()
    at.look()
    assert shop.running.post(order(20), key=key).status_code == 200
    at.go("/channels/backend")
    assert key not in at.page.content()
    assert shop.running.post(order(21)).status_code == 200  # the old one goes on
    at.page.get_by_role("button", name=f"End the key {shop.place.key[:8]}").first.click()
    at.page.get_by_role("main").get_by_role("button", name="End the key").click()
    at.page.wait_for_selector("text=Ended. Nobody sends with it any more.")
    shop.place.key = key


def test_the_live_view_shows_shapes_as_they_come_and_is_paused_by_a_button(shop: Shop) -> None:
    at = shop.mara
    shop.running.post(order(30, country="DE", note="call Anna Schmidt"))
    at.go("/channels/backend/live")
    rows = at.page.locator("ol.live li")
    before = rows.count()
    assert before >= 1
    assert "Anna" not in at.page.content()
    shop.running.post(order(31, country="DE", note="call Anna Schmidt"))
    at.page.wait_for_function("(n) => document.querySelectorAll('ol.live li').length > n", arg=before)
    at.page.get_by_role("button", name="Pause the view").click()
    assert at.page.get_by_role("button", name="Go on").is_visible()
    assert "Anna" not in at.page.content()
    assert "person-31" not in at.page.content()
    at.look(picture="live")


def test_the_ledger_is_browsed_filtered_verified_and_proven(shop: Shop) -> None:
    at = shop.mara
    at.go("/ledger")
    at.look(picture="ledger")
    at.page.get_by_label("What", exact=True).select_option("credential")
    at.page.get_by_role("button", name="Show", exact=True).click()
    at.page.get_by_role("link", name="A write key was made or ended").first.click()
    at.page.get_by_text("Its bytes, as they were signed").click()
    at.look(picture="entry")
    with at.page.expect_download() as got:
        at.page.get_by_role("button", name="Download the proof").click()
    proof = got.value.path().read_text("utf-8")
    assert proof.startswith("c2sp.org/tlog-proof@v1\nindex ")
    assert got.value.suggested_filename.endswith(".tlog-proof")
    at.go("/ledger")
    at.page.get_by_role("button", name="Verify the newest entries").click()
    at.page.wait_for_selector("h1:has-text('As it was signed')")
    at.look(picture="verified")


def test_without_script_and_by_the_keyboard_the_pages_are_whole(shop: Shop) -> None:
    state = shop.mara.page.context.storage_state()
    browser: Browser | None = shop.mara.page.context.browser
    assert browser is not None
    context = browser.new_context(storage_state=state, java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(f"{shop.place.settings.console_url}/channels/backend/live")
        assert page.locator("ol.live li").count() >= 1
        assert not page.get_by_role("button", name="Pause the view").is_visible()
        page.get_by_role("link", name="Read anew").click()
        assert page.locator("ol.live li").count() >= 1
    finally:
        context.close()
    at = shop.mara
    at.go("/channels")
    at.page.keyboard.press("Tab")
    assert at.page.evaluate("document.activeElement.className") == "skip"
    at.page.get_by_role("region", name="Channels").focus()
    assert at.page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "2px"
