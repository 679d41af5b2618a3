"""The console in Chromium: passkeys as browsers make them, both themes, two widths, the keyboard, and no script.

One house is served and one browser runs for all of it; each test has a desk of its own.
"""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from lockhouse.crypto.otp import STEP_S, code_at, read_seed
from lockhouse.wiring import SystemClock
from tests.faces.console.browsing import Desk, desk, invited
from tests.faces.console.world import POLICY
from tests.faces.serve_world import Place, make_place, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from lockhouse.secret import Secret

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("console-browser")]
PASSWORD = "seven owls knit quietly"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A house whose console is served; its first account, which is an admin's, waits for Jonas to enrol."""
    with ThreadPoolExecutor(1) as pool:
        made: Place = pool.submit(asyncio.run, make_place(tmp_path_factory.mktemp("console"), policy=None)).result(60)
        pool.submit(asyncio.run, made.approve(POLICY)).result(60)
    made.set(name="Northwind Outfitters")
    with served(made, only="console"):
        invited(made, "Jonas Weber")
        yield made


def _enrol(at: Desk, place: Place, name: str) -> None:
    at.page.goto(invited(place, name))
    at.page.wait_for_selector("h1:has-text('Welcome')")
    at.page.get_by_role("button", name="Make a passkey").click()
    at.page.wait_for_url("**/account")


def _sign_in(at: Desk) -> None:
    at.go("/sign-in")
    at.page.get_by_role("button", name="Use a passkey").click()
    at.page.wait_for_selector("h1:has-text('Overview')")


def _sign_out(at: Desk) -> None:
    at.go("/")
    at.page.get_by_role("button", name="Sign out").click()
    at.page.wait_for_url("**/signed-out")


def test_an_admin_enrols_signs_in_invites_adds_a_passkey_and_signs_out(at: Desk, place: Place) -> None:
    at.go("/enrol")
    at.look()
    at.page.goto(invited(place, "Mara Lindqvist", role="admin"))
    at.page.wait_for_selector("h1:has-text('Welcome, Mara Lindqvist')")
    assert "#" not in at.page.url  # the link's secret stands in no address any more
    at.look(picture="enrol")
    at.page.get_by_role("button", name="Make a passkey").click()
    at.page.wait_for_url("**/account")
    assert at.page.evaluate("document.cookie") == ""
    _sign_out(at)
    at.look()
    _sign_in(at)
    at.look()
    _add_a_passkey(at)
    at.look(picture="account")
    _invite(at)
    _sees_to_colleagues(at)
    at.go("/components")
    at.look()
    at.go("/nowhere")
    at.look()
    _sign_out(at)
    _sign_in(at)


def _add_a_passkey(at: Desk) -> None:
    """The first one confirms; another authenticator, all that this desk has from then on, makes the second."""
    at.go("/account")
    at.page.get_by_label("What you call it").fill("key in the drawer")
    at.page.get_by_role("button", name="Add a passkey").click()
    at.page.wait_for_selector("[data-passkey=get]")
    at.look()
    at.page.get_by_role("main").get_by_role("button", name="Add a passkey").click()
    at.page.wait_for_selector("[data-passkey=create]")
    at.look()
    at.another_key()
    at.page.get_by_role("button", name="Make it").click()
    at.page.wait_for_selector("text=Added. It opens the same account.")
    assert at.page.get_by_role("row", name="key in the drawer").is_visible()


def _invite(at: Desk) -> None:
    at.go("/staff")
    at.page.get_by_role("textbox", name="Work e-mail").fill("tom.ridley@shop.example")
    at.page.get_by_role("textbox", name="Name", exact=True).fill("Tom Ridley")
    at.page.get_by_role("button", name="Make the link").click()
    at.page.wait_for_selector("h1:has-text('Invite Tom Ridley')")
    at.page.get_by_role("main").get_by_role("button", name="Invite Tom Ridley").click()
    at.page.wait_for_selector("h1:has-text('A link for Tom Ridley')")
    assert "/enrol#" in at.page.locator("#link").inner_text()
    at.look()


def _sees_to_colleagues(at: Desk) -> None:
    at.go("/staff")
    at.look(picture="staff")
    at.page.get_by_role("link", name="Tom Ridley").click()
    at.page.get_by_label("support").check()
    at.page.get_by_role("button", name="Give the role").click()
    at.page.get_by_role("button", name="Give Tom Ridley the role support").click()
    at.page.wait_for_selector("text=support is noted")
    at.look()
    at.page.get_by_role("button", name="Disable").click()
    at.page.get_by_role("button", name="Disable Tom Ridley").click()
    at.page.get_by_role("button", name="Undo").click()
    at.page.get_by_role("button", name="Let Tom Ridley sign in again").click()
    at.page.wait_for_selector("text=They can sign in again.")


@pytest.mark.asvs("6.2.7", "6.3.3")
def test_somebody_enrols_and_signs_in_by_a_password_and_an_apps_codes(at: Desk, place: Place) -> None:
    at.page.goto(invited(place, "Ines Duarte"))
    at.page.get_by_text("Use a password and an app's codes instead").click()
    at.page.get_by_label("Password").fill(PASSWORD)
    at.look()
    at.page.get_by_role("button", name="Go on to the app").click()
    seed = read_seed(at.page.locator("#seed").inner_text().replace(" ", ""))
    at.look()
    enrolled_at = _now_step()
    at.page.get_by_label("Six digits from your app").fill(code_at(seed, enrolled_at))
    at.page.get_by_role("button", name="Confirm").click()
    at.page.wait_for_selector("h1:has-text('Your recovery codes')")
    assert at.page.locator(".codes li").count() == 10
    at.look()
    at.go("/staff")
    assert "LH-3011" in at.page.content()
    at.go("/account")
    at.page.get_by_label("What you call it").fill("phone")
    at.page.get_by_role("button", name="Add a passkey").click()
    at.page.wait_for_selector("text=You have no passkey yet")
    at.look()
    _sign_out(at)
    _types(at, _a_later_code(seed, enrolled_at))
    at.page.wait_for_selector("h1:has-text('Overview')")


def _now_step() -> int:
    return SystemClock().now_ms() // 1_000 // STEP_S


def _a_later_code(seed: Secret, used: int) -> str:
    """A code that counts now and was not used: the next one is taken half a minute early."""
    return code_at(seed, max(_now_step(), used) + 1 if _now_step() <= used else _now_step())


def _types(at: Desk, code: str) -> None:
    at.go("/sign-in")
    at.page.get_by_text("Use a password and a code instead").click()
    at.page.get_by_label("Work e-mail").fill("ines.duarte@shop.example")
    at.page.get_by_label("Password", exact=True).fill(PASSWORD)
    at.page.get_by_label("Six digits from your app").fill(code)
    at.look()
    at.page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.asvs("6.3.3")
def test_a_passkey_whose_owner_is_not_there_opens_nothing(at: Desk, place: Place) -> None:
    _enrol(at, place, "Ada Falk")
    _sign_out(at)
    at.verified(is_verified=False)
    at.go("/sign-in")
    at.page.get_by_role("button", name="Use a passkey").click()
    at.page.wait_for_selector("text=No passkey answered")
    at.look()
    assert at.page.url.endswith("/sign-in")
    at.verified(is_verified=True)
    _sign_in(at)


@pytest.mark.asvs("6.3.3")
def test_an_answer_that_another_address_was_given_opens_nothing(at: Desk, place: Place) -> None:
    """The same host name at another port is another origin, though a passkey answers there as well."""
    _enrol(at, place, "Priya Nair")
    _sign_out(at)
    at.go("/sign-in")
    form = at.page.locator("form[data-passkey]")
    options = json.loads(form.get_attribute("data-options") or "")
    ceremony = form.locator("[name=ceremony]").get_attribute("value")
    port = place.settings.listen_metrics.rpartition(":")[2]
    at.page.goto(f"http://localhost:{port}/metrics")
    answer = at.page.evaluate(
        """async (options) => JSON.stringify((await navigator.credentials.get({
             publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })).toJSON())""",
        options,
    )
    at.go("/sign-in")
    at.page.evaluate(
        """([ceremony, answer]) => { const form = document.querySelector("form[data-passkey]");
             form.elements.ceremony.value = ceremony; form.elements.answer.value = answer; form.submit(); }""",
        [ceremony, answer],
    )
    at.page.wait_for_selector("text=Not signed in")
    assert "LH-3008" in at.page.content()


def test_signing_in_takes_the_keyboard_alone(at: Desk, place: Place) -> None:
    _enrol(at, place, "Olu Adeyemi")
    _sign_out(at)
    at.go("/sign-in")
    at.look(picture="sign-in")
    at.page.keyboard.press("Tab")
    assert at.page.evaluate("document.activeElement.className") == "skip"
    at.page.keyboard.press("Enter")
    at.page.keyboard.press("Tab")
    assert "Use a passkey" in at.page.evaluate("document.activeElement.innerText")
    ring = at.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert ring == "2px"
    at.page.keyboard.press("Enter")
    at.page.wait_for_selector("h1:has-text('Overview')")


def test_without_script_pages_are_whole_and_say_what_needs_it(browser: Browser, place: Place) -> None:
    with desk(browser, place, script=False) as at:
        at.go("/sign-in")
        assert at.page.locator("noscript p").is_visible()
        at.page.get_by_text("Use a password and a code instead").click()
        assert at.page.get_by_label("Password", exact=True).is_visible()
        at.page.get_by_text("Lost your passkey?").click()
        assert at.page.get_by_role("heading", name="Two colleagues").is_visible()
        link = invited(place, "Sam Okafor")
        at.page.goto(link)
        at.page.get_by_label("Your link's code").fill(link.partition("#")[2])
        at.page.get_by_role("button", name="Go on").click()
        assert at.page.get_by_role("heading", name="Welcome, Sam Okafor").is_visible()


def test_german_is_longer_and_fits(browser: Browser, place: Place) -> None:
    with desk(browser, place, language="de-DE") as at:
        at.go("/sign-in")
        assert at.page.get_by_role("heading", name="Anmelden").is_visible()
        at.look()
        at.go("/lost")
        at.look()
        at.page.goto(invited(place, "Jutta Großmann", language="de"))
        at.page.get_by_role("button", name="Passkey anlegen").click()
        at.page.wait_for_url("**/account")
        at.fits()
        at.go("/")
        at.fits()
