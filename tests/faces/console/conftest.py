"""What every module with a served house and a browser has: one browser for all its tests, and a fresh desk for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faces.console.browsing import chromium, desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.faces.console.browsing import Desk
    from tests.faces.serve_world import Place


@pytest.fixture(scope="module")
def browser(place: Place) -> Iterator[Browser]:  # noqa: ARG001  # the house comes first and ends last
    """One browser for all."""
    with chromium() as made:
        yield made


@pytest.fixture
def at(browser: Browser, place: Place) -> Iterator[Desk]:
    """A desk that nobody has used."""
    with desk(browser, place) as made:
        yield made
