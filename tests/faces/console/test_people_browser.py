"""Support work in Chromium: found, verified, answered and corrected in half a minute; both themes, two widths, keys."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Literal

import pytest

from tests.faces.console.agents import ORDER, PEOPLE, PHONE, send, two_annas
from tests.faces.console.browsing import Desk, beside, desk, invited
from tests.faces.serve_world import Place, make_place, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from lockhouse.gates.house import House

RIGHT = "+4915197531246"
KEY_MS = 120
"""Between two keys: about a hundred signs in twelve seconds, as somebody types who looks at the telephone."""
_AGENTS = iter(("Mara Lindqvist", "Tom Ridley", "Ines Duarte", "Olu Adeyemi"))
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("console-people")]


async def _history(house: House) -> None:
    await two_annas(house)
    now, day = house.clock.now_ms(), 86_400_000
    for ago, order, total in ((40, "NW-103117", "24.00"), (11, "NW-104110", "61.90")):
        await send(
            house, "backend", "Order Completed", email="anna.schmidt@example.com", order_id=order, order_total=total,
            at=now - ago * day,
        )  # fmt: skip
    await send(house, "backend", "identify", email="anna.schmidt@example.com", loyalty_id="NW-2231-4471", at=now - day)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A house that knows two people of one name; its admin waits to enrol."""
    with ThreadPoolExecutor(1) as pool:
        made: Place = pool.submit(asyncio.run, make_place(tmp_path_factory.mktemp("people"), policy=None)).result(60)
        pool.submit(asyncio.run, made.approve(PEOPLE.replace("persons_per_hour: 4", "persons_per_hour: 60"))).result(60)
    made.set(name="Northwind Outfitters")
    with served(made, only="console"):
        beside(made.folder, _history)
        invited(made, "Jonas Weber")
        yield made


@pytest.fixture
def at(browser: Browser, place: Place) -> Iterator[Desk]:
    """The desk of an agent who has just enrolled."""
    with desk(browser, place) as made:
        _enrols(made, place, next(_AGENTS))
        yield made


def _enrols(at: Desk, place: Place, name: str, *, role: str = "support") -> None:
    at.page.goto(invited(place, name, role=role))
    at.page.get_by_role("button", name="Make a passkey").click()
    at.page.wait_for_url("**/account")


def test_every_page_of_a_person_is_looked_at(at: Desk) -> None:
    at.go("/find")
    at.look()
    at.page.keyboard.press("/")
    at.page.keyboard.type("Anna Schmidt")
    at.page.keyboard.press("Enter")
    at.page.wait_for_selector("text=Nobody who can be shown was found")
    at.look()
    at.page.get_by_label("Value").fill("Schmidt")
    at.page.get_by_label("Name (surname)").check()
    at.page.get_by_role("main").get_by_role("button", name="Find").click()
    at.page.wait_for_selector("text=Several people fit")
    at.look(picture="find")
    at.page.get_by_role("link", name="Open 1").click()
    at.page.wait_for_selector("text=What we hold")
    at.look()
    at.go("/find")
    at.page.get_by_role("searchbox").fill(ORDER)
    at.page.keyboard.press("Enter")
    at.page.wait_for_selector("text=Found by: Order number")
    assert "Anna" not in at.page.title() + at.page.url
    at.page.get_by_role("link", name="Check Phone").click()
    at.look()
    at.page.keyboard.type("0151 12345678")
    at.page.keyboard.press("Enter")
    at.page.get_by_role("button", name="Check: Phone").click()
    at.page.wait_for_selector("text=Matches what the caller said")
    at.page.get_by_role("button", name="Reveal Phone").click()
    at.page.get_by_label("Call back").check()
    at.page.get_by_label("Ticket").fill("NW-48291")
    at.look()
    at.page.get_by_role("button", name="Reveal and note").click()
    at.page.get_by_role("button", name="Reveal and note: Phone").click()
    at.page.wait_for_selector(f"text={PHONE}")
    at.look(picture="person")
    at.page.get_by_role("link", name="Mask now").click()
    at.page.wait_for_selector("text=•••5678")
    assert PHONE not in at.page.content()


@dataclass(slots=True)
class Hand:
    """Somebody's hands on a desk: each press of a button or a link, and each thing typed and sent, is an act."""

    page: Page
    acts: list[str] = field(default_factory=list)

    def press(self, kind: Literal["button", "link"], words: str) -> None:
        """Press what says these words in the page itself."""
        self.acts.append(f"press {words}")
        self.page.get_by_role("main").get_by_role(kind, name=words, exact=True).click()

    def send(self, text: str, *, key: str = "") -> None:
        """Type as fast as people do, and send it; `key` goes to the finder first."""
        self.acts.append(f"send {len(text)} signs")
        if key:
            self.page.keyboard.press(key)
        self.page.keyboard.type(text, delay=KEY_MS)
        self.page.keyboard.press("Enter")


def test_an_order_is_found_the_caller_verified_and_answered_and_the_phone_corrected_in_half_a_minute(at: Desk) -> None:
    """The bounds: thirty seconds, six acts, one passkey a shift. A robot reads nothing, and types as people do."""
    hand, began = Hand(at.page), perf_counter()
    asked = 0
    hand.send(ORDER, key="/")
    at.page.wait_for_selector("text=What we hold")
    hand.press("link", "Check Phone")
    hand.send("0151 12345678")
    at.page.wait_for_selector("[data-passkey]")
    asked += 1
    hand.press("button", "Check: Phone")
    at.page.wait_for_selector("text=Matches what the caller said")
    assert at.page.get_by_role("row", name=f"Order number {ORDER}").first.is_visible()
    assert at.page.get_by_role("row", name="Order total 128.4").first.is_visible()
    hand.press("link", "Change Phone")
    hand.send(RIGHT)
    at.page.wait_for_selector("text=Phone corrected.")
    assert perf_counter() - began <= 30
    assert len(hand.acts) <= 6
    assert asked <= 1
    assert "•••1246" in at.page.inner_text("main")
    assert PHONE not in at.page.content()
    assert RIGHT not in at.page.content()
    at.look()
    hand.press("button", "Undo Phone")
    at.page.wait_for_selector("text=•••5678")
