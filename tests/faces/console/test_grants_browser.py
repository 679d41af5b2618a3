"""Grants in Chromium over a served house: asked for, taken at once, offered for review; both themes, two widths."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from lockhouse.model.rows import Identifier
from tests.faces.console.agents import PEOPLE, rows_of, two_annas
from tests.faces.console.browsing import Desk, beside, chromium, desk, invited
from tests.faces.serve_world import Place, make_place, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from lockhouse.gates.house import House

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("console-grants")]
POLICY = (
    PEOPLE
    + """
  desk: {for: [fulfilment], see: {transactions: full}, may: [grant.request, grant.break-glass]}
  lead: {may: [grant.approve, grant.list]}
"""
)


async def _anybody(house: House) -> str:
    await two_annas(house)
    known: set[bytes] = {row.person for row in await rows_of(house, Identifier)}
    return min(known).hex()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Browser, str]]:
    """A served house, a browser, and the id of somebody whom it knows; its admin waits to enrol."""
    with ThreadPoolExecutor(1) as pool:
        made: Place = pool.submit(asyncio.run, make_place(tmp_path_factory.mktemp("grants"), policy=None)).result(60)
        pool.submit(asyncio.run, made.approve(POLICY)).result(60)
    made.set(name="Northwind Outfitters")
    with served(made, only="console"), chromium() as browser:
        person = beside(made.folder, _anybody)
        invited(made, "Jonas Weber")
        yield made, browser, person


def _enrols(at: Desk, place: Place, name: str, *, role: str) -> None:
    at.page.goto(invited(place, name, role=role))
    at.page.get_by_role("button", name="Make a passkey").click()
    at.page.wait_for_url("**/account")


def _fills(at: Desk, ticket: str, person: str) -> None:
    for words, value in (("Purpose", "Fulfilment"), ("Class of data", "Contact"), ("Reason", "call back")):
        at.page.get_by_role("group", name=words).get_by_label(value, exact=True).check()
    at.page.get_by_label("Ticket").fill(ticket)
    at.page.get_by_label("Person", exact=True).fill(person)


def test_grants_are_asked_for_taken_at_once_and_reviewed_on_pages_that_are_looked_at(
    place: tuple[Place, Browser, str],
) -> None:
    made, browser, person = place
    with desk(browser, made) as mara, desk(browser, made) as ines:
        _enrols(mara, made, "Mara Lindqvist", role="desk")
        mara.go("/grants")
        mara.look()
        _fills(mara, "Anna", "")
        mara.page.get_by_role("button", name="Ask", exact=True).click()
        mara.look()
        assert mara.page.get_by_text("Write the number of the case").first.is_visible()
        mara.go("/grants")
        _fills(mara, "T-17", "")
        mara.page.get_by_role("button", name="Ask", exact=True).click()
        mara.page.wait_for_selector("text=Asked. A colleague decides.")
        _fills(mara, "NW-48291", person)
        mara.page.get_by_role("button", name="Open at once, to be reviewed").click()
        mara.look()
        mara.page.get_by_role("main").get_by_role("button", name="Open it at once").click()
        mara.page.wait_for_selector("text=It is open.")
        mara.look(picture="grants")
        mara.page.get_by_role("link", name="Open the page of whom it names").click()
        assert mara.page.get_by_text("You see this by a grant.").is_visible()
        mara.look()
        _enrols(ines, made, "Ines Duarte", role="lead")
        ines.go("/grants")
        assert ines.page.get_by_role("button", name="Approve what Mara Lindqvist asked for").is_visible()
        ines.look()
        ines.page.get_by_label("What you looked into").fill("A customer called.")
        ines.page.get_by_label("in order", exact=True).check()
        ines.page.get_by_role("button", name="Review it").click()
        ines.look()
        assert ines.page.get_by_role("heading", name="Review the break-glass of Mara Lindqvist").is_visible()
