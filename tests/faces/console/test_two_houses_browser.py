"""Two houses on one `localhost`, each on a port of its own, in one browser: neither takes the other's cookies away."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from lockhouse.faces.console.cookies import BEFORE, SESSION, WORK, name_of
from tests.faces.console.browsing import chromium, desk, invited
from tests.faces.serve_world import make_place, run, served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faces.console.browsing import Desk
    from tests.faces.serve_world import Place

_SIGNED_IN = "h1:has-text('Overview')"


def _enrol(at: Desk, place: Place, name: str) -> None:
    at.page.goto(invited(place, name))
    at.page.get_by_role("button", name="Make a passkey").click()
    at.page.wait_for_url(f"{place.settings.console_url}/account")


@pytest.mark.parametrize("cookie", [SESSION, BEFORE, WORK])
def test_a_cookie_has_the_port_that_the_address_says_behind_a_prefix_that_browsers_hold_to(cookie: object) -> None:
    assert isinstance(cookie, type(SESSION))
    names = {name_of(cookie, url=f"http://localhost{port}") for port in ("", ":8443", ":8444")}
    assert names == {cookie.name, f"{cookie.name}-8443", f"{cookie.name}-8444"}
    assert all(one.startswith("__Host-") for one in names)


@pytest.mark.slow
@pytest.mark.xdist_group("console-browser")
def test_whoever_is_signed_in_at_two_houses_on_one_machine_stays_signed_in_at_both(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("north", "south")]
    for folder in folders:
        folder.mkdir()
    north, south = [run(make_place(folder)) for folder in folders]
    with ExitStack() as stack:
        for place in (north, south):
            stack.enter_context(served(place, only="console"))
        at = stack.enter_context(desk(stack.enter_context(chromium()), north))
        _enrol(at, north, "Mara Lindqvist")
        _enrol(at, south, "Jonas Weber")
        for place in (north, south, north):
            at.page.goto(f"{place.settings.console_url}/")
            at.page.wait_for_selector(_SIGNED_IN)
        assert at.page.evaluate("document.cookie") == ""
        at.page.get_by_role("button", name="Sign out").click()
        at.page.wait_for_url("**/signed-out")
        at.page.goto(f"{south.settings.console_url}/")
        at.page.wait_for_selector(_SIGNED_IN)
        kept = {one["name"] for one in at.page.context.cookies() if one["name"].startswith("__Host-lh")}
        assert name_of(SESSION, url=north.settings.console_url) not in kept
        assert name_of(SESSION, url=south.settings.console_url) in kept
