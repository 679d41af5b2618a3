"""The page of the API is made from its routes."""

from __future__ import annotations

from pathlib import Path

from lockhouse.faces.api.openapi import STATUSES, codes, statuses
from lockhouse.faces.api.page import api_page
from lockhouse.faces.api.table import ROUTES
from lockhouse.faces.api_codes import API_CODES

PAGE = Path(__file__).parents[3] / "docs/api.md"


def test_the_page_is_what_the_routes_say() -> None:
    assert PAGE.read_text("utf-8") == api_page(), "write it anew: python -m tests.faces.api.test_page"


def test_every_code_of_the_api_stands_under_its_status() -> None:
    told = codes()
    assert {code for named in told.values() for code in named} == {*API_CODES, "LH-5000", "LH-5001", "LH-5002"}
    assert set(told) - {405} == set(STATUSES)
    assert set().union(*(statuses(route) for route in ROUTES)) == set(STATUSES)


if __name__ == "__main__":
    PAGE.write_text(api_page(), "utf-8")
