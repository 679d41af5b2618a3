"""Each ASVS requirement that applies is shown by a test, written down, or said to be open."""

from __future__ import annotations

import re

import pytest

from tests.docs.asvs import CHAPTERS, PAGE, ROOT, page, requirements, shown

EVERY = requirements()
HOW_MANY = {"6": 47, "7": 19, "8": 13, "13": 21, "14": 13, "16": 17}
"""Requirements of each chapter of ASVS 5.0.0."""


def test_the_page_is_what_the_table_and_the_marks_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m tests.docs.asvs"


def test_every_requirement_of_the_chapters_has_a_row_in_order() -> None:
    counted = {chapter: sum(number.split(".")[0] == chapter for number in EVERY) for chapter in CHAPTERS}
    assert counted == HOW_MANY
    numbers = [tuple(map(int, number.split("."))) for number in EVERY]
    assert numbers == sorted(set(numbers))


def test_no_test_names_a_requirement_that_is_none_or_does_not_apply() -> None:
    named = set(shown())
    assert named
    assert named <= set(EVERY)
    assert [number for number in sorted(named) if "none" in EVERY[number]] == []


@pytest.mark.parametrize("number", EVERY)
def test_a_requirement_is_shown_written_down_open_or_does_not_apply(number: str) -> None:
    one = EVERY[number]
    assert number in shown() or {"docs", "open", "none"} & set(one)
    assert set(one) <= {"level", "says", "docs", "open", "none"}
    assert one["level"] in {1, 2, 3}


@pytest.mark.parametrize("place", sorted({one["docs"] for one in EVERY.values() if "docs" in one}))
def test_what_is_written_down_stands_there(place: str) -> None:
    name, _, anchor = place.partition("#")
    heads = re.findall(r"^#+ (.+)$", (ROOT / name).read_text("utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", head).strip().lower().replace(" ", "-") for head in heads}
    assert anchor in {"", *anchors}
