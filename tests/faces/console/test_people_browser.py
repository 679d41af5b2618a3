"""Support work in Chromium: found, verified, answered and corrected in half a minute; both themes, two widths, keys."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Literal

import pytest

from lockhouse.flows import consent
from lockhouse.model.rows import Identifier
from lockhouse.model.scale import Proof
from tests.faces.console.agents import EMAIL, ORDER, PEOPLE, PHONE, send, two_annas
from tests.faces.console.browsing import Desk, beside, desk, invited
from tests.faces.console.pictures import pictured
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


POLICY = (
    PEOPLE.replace("persons_per_hour: 4", "persons_per_hour: 60")
    .replace(
        "  analyst:",
        """  privacy_officer:
    for: [requests]
    see: {contact: masked, identity: masked, transactions: masked}
    may: [consent.*, request.*, ledger.read]
  analyst:""",
    )
    .replace(
        "roles:",
        """  shop-berlin: {kind: segment, key: secret, proves: [email], country: DE}
  mailer: {kind: segment, key: secret, country: DE}
recipients:
  post: {kind: webhook, role: processor, region: eu, for: [marketing], fields: [email], contract: DPA,
    review: 2099-01-01, erase: task, url: https://post.example/in}
roles:""",
        1,
    )
)
_BOUGHT = (
    (330, "web", "NW-98120", "18.50"), (301, "shop-berlin", "NW-98703", "42.00"), (232, "web", "NW-100021", "9.90"),
    (160, "shop-berlin", "NW-101544", "77.00"), (40, "backend", "NW-103117", "24.00"),
    (11, "backend", "NW-104110", "61.90"),
)  # fmt: skip
_READ = (395, 350, 329, 290, 231, 200, 170, 121, 90, 61, 41, 30, 12, 9, 4, 2)


async def _history(house: House) -> None:
    """Two of one name; one of them has come by four channels for a year, and said no to what she had agreed to."""
    now, day = house.clock.now_ms(), 86_400_000
    events = [
        (400, "backend", "identify", {"loyalty_id": "NW-2231-4471"}),
        *((ago, channel, "Order Completed", {"order_id": order, "order_total": total})
          for ago, channel, order, total in _BOUGHT),
        *((ago, "web", "page", {"page_path": "/lamps"}) for ago in _READ),
        (212, "mailer", "page", {"page_path": "/newsletter"}),
    ]  # fmt: skip
    for ago, channel, event, values in sorted(events, key=lambda one: -one[0]):
        await send(house, channel, event, email=EMAIL, at=now - ago * day, **values)
    await two_annas(house)
    rows = [row async for some in house.reads.scan(Identifier) for row in some]
    for person in {row.person for row in rows if row.proof == Proof.PROVEN}:
        await consent.record(house, person, "marketing", granted=True, by="os-user:1000")
        await consent.record(house, person, "marketing", granted=False, by="os-user:1000")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A house that knows two people of one name; its admin waits to enrol."""
    with ThreadPoolExecutor(1) as pool:
        made: Place = pool.submit(asyncio.run, make_place(tmp_path_factory.mktemp("people"), policy=None)).result(60)
        pool.submit(asyncio.run, made.approve(POLICY)).result(60)
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


def _enrols(at: Desk, place: Place, name: str, *, role: str = "support", language: str = "en") -> None:
    at.page.goto(invited(place, name, role=role, language=language))
    at.page.locator("form[data-passkey] button").first.click()
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
    at.look()
    pictured(at, "person")
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


def _finds(at: Desk, value: str) -> None:
    at.go("/find")
    at.page.get_by_role("searchbox").fill(value)
    at.page.keyboard.press("Enter")
    at.page.wait_for_selector(".lanes")


def test_an_officer_reads_what_a_person_chose_and_records_a_refusal_on_the_spot(browser: Browser, place: Place) -> None:
    with desk(browser, place) as at:
        _enrols(at, place, "Ada Brandt", role="privacy_officer")
        _finds(at, EMAIL)
        at.page.get_by_text("One word before it").click()
        at.look()
        assert at.page.locator(".lanes svg").count() == 4
        pictured(at, "choices")
        at.page.get_by_role("link", name="Record a refusal Analytics").click()
        at.look()
        at.page.get_by_role("button", name="Record it: refused").click()
        at.page.get_by_role("button", name="Record a refusal: Analytics").click()
        at.page.wait_for_selector("text=Refusal recorded: Analytics.")
        at.look()
        at.page.reload()
        assert at.page.get_by_text("objected").is_visible(), "a reload is the page, and records nothing"


HOSTILE = (
    "<script>alert(1)</script>", '" onmouseover="alert(2)', "<img src=x onerror=alert(3)>", "Tarnkappen" * 50,
    "NW\u202e4711\u2066-X", "\u0627\u0644\u0633\u0644\u0627\u0645" * 20, "{{ 7*7 }}", "a\u0300" * 150,
)  # fmt: skip


async def _hostile(house: House) -> None:
    for word in HOSTILE:
        said = {"name": word, "order_id": word, "loyalty_id": word}
        await send(house, "web", "Order Completed", email="eve@other.example", **said)


def test_a_page_of_hostile_texts_in_german_runs_nothing_and_fits_the_narrowest_screen(
    browser: Browser, place: Place
) -> None:
    beside(place.folder, _hostile)
    opened: list[str] = []
    with desk(browser, place, language="de-DE") as at:
        at.page.on("dialog", lambda one: opened.append(one.message))
        at.page.on("dialog", lambda one: one.dismiss())
        _enrols(at, place, "Kai Sommer", language="de")
        _finds(at, "eve@other.example")
        at.look()
        main = at.page.inner_text("main")
        assert "<script>alert(1)</script>" in main
        assert not {"\u202e", "\u2066"} & set(at.page.content())
        assert "last twelve months" not in main
        assert at.page.evaluate("document.querySelectorAll('main img, main script').length") == 0
    assert opened == []
