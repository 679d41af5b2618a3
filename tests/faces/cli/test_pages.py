"""The pages that are made from the code are current."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from lockhouse.faces.cli.app import TREE
from lockhouse.faces.cli.pages import cli_page, settings_page
from lockhouse.settings import Settings

DOCS = Path(__file__).parents[3] / "docs"
ROOM = DOCS.parent / "src/lockhouse/faces/cli/commands"


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    assert (DOCS / "cli.md").read_text("utf-8") == cli_page(), "write it anew: python -m tests.faces.cli.test_pages"


def test_the_page_of_settings_is_what_the_settings_say() -> None:
    assert (DOCS / "settings.md").read_text("utf-8") == settings_page(), "python -m tests.faces.cli.test_pages"


def test_every_command_and_setting_has_its_line() -> None:
    page = cli_page()
    assert [name for name, _, _, _ in TREE if f"\n### {name}\n" not in page] == []
    assert [one.name for one in fields(Settings) if f"| `{one.name}` |" not in settings_page()] == []


@pytest.mark.parametrize(("name", "place", "about"), [(name, place, about) for name, place, _, about in TREE])
def test_a_noun_says_the_same_of_itself_as_the_list_of_all(name: str, place: str, about: str) -> None:
    text = (ROOM / f"{place.partition(':')[0]}.py").read_text("utf-8")
    assert not place.endswith(":APP") or f'noun("{name}", "{about}")' in text


def test_no_option_is_left_without_a_word() -> None:
    bare = [line for line in cli_page().splitlines() if line.startswith("* `") and ": " not in line]
    assert bare == []


def test_a_usage_line_names_every_word_that_a_command_must_be_given() -> None:
    unnamed = []
    for part in re.split(r"\n#{3,5} ", cli_page())[1:]:
        usage = next((line for line in part.splitlines() if line.startswith("lockhouse ")), "")
        words = re.findall(r"^\* `([A-Z_]+)`: .*\*\*\[required\]\*\*", part, re.MULTILINE)
        unnamed += [f"{usage}: {word}" for word in words if word not in usage.split() or word.endswith("_")]
    assert unnamed == []


if __name__ == "__main__":
    (DOCS / "cli.md").write_text(cli_page(), "utf-8")
    (DOCS / "settings.md").write_text(settings_page(), "utf-8")
