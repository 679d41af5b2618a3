"""What giving analysts sight of contact data does, as the page on policies shows it, is what `policy diff` says."""

from __future__ import annotations

import re
from pathlib import Path

from lockhouse.model.names import NameBook
from lockhouse.policy.compile import compile_policy
from lockhouse.policy.diff import diff, render
from lockhouse.policy.document import parse
from lockhouse.policy.folded import fold
from lockhouse.wiring import KINDS, template
from tests.world import POLICY

PAGE = Path(__file__).parents[2] / "docs/design/policy.md"
BEFORE = "analyst: {for: [analytics], see: {behaviour"
AFTER = "analyst: {for: [analytics, marketing], see: {contact: masked, behaviour"


def shown() -> str:
    """As `lockhouse policy diff` prints it."""
    assert BEFORE in POLICY
    old, new = (
        compile_policy(parse({"policy.yaml": one}, templates=template), NameBook(), KINDS)
        for one in (POLICY, POLICY.replace(BEFORE, AFTER))
    )
    return render(fold(diff(old, new))).rstrip("\n")


def test_the_page_shows_what_giving_analysts_sight_of_contact_does() -> None:
    [told] = re.findall(r"`analyst` sight of `contact`.*?```text\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert told.rstrip("\n") == shown()
    assert "by analyst for marketing" in told
    assert "This widens what is done with data." in told
