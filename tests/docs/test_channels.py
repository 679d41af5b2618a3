"""The table of kinds says what the registry has, and each kind has its page."""

from __future__ import annotations

import re
from pathlib import Path

from lockhouse.channels.hooks import HOOKS
from lockhouse.policy.words import CHANNEL_KINDS, KEYED_KINDS

PAGES = Path(__file__).parents[2] / "docs" / "channels"
ROW = re.compile(r"^\| \[`([a-z-]+)`\]\(([a-z-]+\.md)\) \| (\w+) \| [^|]+ \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)


def test_the_table_has_every_kind_with_its_assurance_oracle_and_page() -> None:
    rows = {name: (page, assurance, oracle) for name, page, assurance, oracle in ROW.findall(_table())}
    assert rows == {
        name: (f"{name}.md", kind.assurance.name.lower(), kind.oracle or "none") for name, kind in HOOKS.items()
    }
    assert all((PAGES / page).is_file() for page, *_ in rows.values())


def test_every_kind_is_a_word_of_the_policy_and_holds_no_write_key() -> None:
    assert set(HOOKS) <= set(CHANNEL_KINDS) - set(KEYED_KINDS)


def test_a_page_says_what_research_could_not_read_of_its_provider() -> None:
    for name, kind in HOOKS.items():
        said = (PAGES / f"{name}.md").read_text("utf-8")
        assert bool(kind.unverified) == ("unverified" in said.lower()), name


def _table() -> str:
    return (PAGES / "README.md").read_text("utf-8")
