"""A served house's console in a real browser, with an authenticator that the browser believes to be built in."""

from __future__ import annotations

import asyncio
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from lockhouse.flows import staff
from lockhouse.gates.staff.called import Called
from lockhouse.gates.staff.deed import Deed
from lockhouse.model.rows import StaffRole
from lockhouse.wiring import opened
from tests.faces.public_clients import NODE_MODULES, ROOT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, CDPSession, Page

    from lockhouse.gates.house import House
    from tests.faces.serve_world import Place

AXE = NODE_MODULES / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (360, 1200)
NARROWEST = 320
PICTURES = ROOT / "docs" / "console"
MAKE_PICTURES = "MAKE_PICTURES"
"""Set, it has the pages' pictures in the documentation made anew."""
_ACROSS = """() => [...document.querySelectorAll("*")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll, .code, .rail"))
  .map((one) => one.outerHTML.slice(0, 80))"""
_AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Desk:
    """Somebody's browser on their desk: one page, one authenticator.

    Attributes:
        said: what the page complained of to its console, as of a script or style that its policy forbids.
    """

    page: Page
    url: str
    session: CDPSession
    authenticator: str
    said: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page of the console."""
        self.page.goto(self.url + path)

    def click(self, words: str) -> None:
        """Press the button or follow the link of these words."""
        self.page.get_by_role("main").get_by_text(words, exact=True).first.click()

    def verified(self, *, is_verified: bool) -> None:
        """Whether the authenticator finds that it is its owner who asks."""
        self.session.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self.authenticator, "isUserVerified": is_verified}
        )  # fmt: skip

    def another_key(self) -> None:
        """Another authenticator is put in place of the first; it holds no passkey."""
        self.session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.authenticator})
        self.authenticator = _plugged(self.session)

    def look(self, *, picture: str = "") -> None:
        """The page is looked at in both themes and at two widths, for what somebody would miss who does not see it."""
        assert self.said == []
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            for width in WIDTHS:
                self.page.set_viewport_size({"width": width, "height": 800})
                self.page.evaluate("scrollTo(0, 0)")  # what lies half under the bar is reached by scrolling
                found = self.page.evaluate("(rules) => axe.run(document, { runOnly: rules })", RULES)
                wrong = [(one["id"], [node["html"][:90] for node in one["nodes"]]) for one in found["violations"]]
                assert wrong == [], f"{wrong} at {self.page.url} {scheme} {width}"
        self.fits()
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": 1280, "height": 800})
        if picture and os.environ.get(MAKE_PICTURES):
            PICTURES.mkdir(exist_ok=True)
            self.page.screenshot(path=PICTURES / f"{picture}.png", full_page=False)

    def fits(self) -> None:
        """Nothing of the page is wider than the narrowest screen."""
        self.page.set_viewport_size({"width": NARROWEST, "height": 800})
        wide = self.page.evaluate("document.documentElement.scrollWidth") > NARROWEST
        assert not wide, f"{self.page.url}: {self.page.evaluate(_ACROSS)}"


def _plugged(session: CDPSession) -> str:
    told: dict[str, Any] = session.send("WebAuthn.addVirtualAuthenticator", {"options": _AUTHENTICATOR})
    return str(told["authenticatorId"])


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "the console's pages need chromium, which script/setup installs"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-proxy-server"]
        )  # fmt: skip
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def desk(browser: Browser, place: Place, *, language: str = "en-GB", script: bool = True) -> Iterator[Desk]:
    """A browser of somebody's own, for as long as the block runs."""
    context = browser.new_context(locale=language, reduced_motion="reduce", java_script_enabled=script)
    if script:
        context.add_init_script(path=AXE)
    page = context.new_page()
    page.set_default_timeout(15_000)
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = Desk(page=page, url=place.settings.console_url, session=session, authenticator=_plugged(session))
    page.on("console", lambda one: made.said.append(one.text) if "Content Security Policy" in one.text else None)
    page.on("pageerror", lambda one: made.said.append(str(one)))
    try:
        yield made
    finally:
        context.close()


def beside(folder: Path, act: Callable[[House], Awaitable[Any]]) -> Any:
    """Do something beside the house that is served, in a thread: the browser's driver has this one's event loop."""

    async def acted() -> Any:
        async with opened(folder, role="console") as one:
            return await act(one.house)

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, acted()).result(60)


def invited(place: Place, name: str, *, language: str = "en", role: str = "") -> str:
    """The address by which somebody enrols who was just invited from the machine, and given a role."""

    async def invite(house: House) -> str:
        who = Called(f"{name.lower().replace(' ', '.')}@shop.example", name)
        link = await staff.invite(house, who, by="os-user:0", language=language)
        if role:
            deed, now, by = Deed(house), house.clock.now_ms(), "os-user:0"
            deed.put(StaffRole(link.staff, role, 1, by, by, now, 0, house.ids.new(), b""), was=None)
            await deed.done()
        return link.token

    return f"{place.settings.console_url}/enrol#{beside(place.folder, invite)}"
