"""Each key of a policy, in both directions: whether the change waits, as docs/spec/policy.md says of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lockhouse.policy.diff import diff, narrowing
from lockhouse.policy.schema import schema
from tests.unit.policy.widening_cases import CASES, Case
from tests.unit.policy.worlds import EXAMPLE, compiled

SPEC = (Path(__file__).parents[3] / "docs/spec/policy.md").read_text("utf-8").partition("## 10.")[2]


def _table() -> dict[str, tuple[str, str]]:
    rows = re.findall(r"^\| `([^|]+) \| ([^|]+) \| ([^|]+) \|[^|]*\|$", SPEC, flags=re.MULTILINE)
    return {key.replace("`", ""): (more, less) for key, more, less in rows}


def _keys(form: dict[str, Any], at: str = "") -> set[str]:
    """The keys that a policy may have, as the table names them: a list or a mapping of one's own words by its key."""
    for one in form.get("anyOf", ()):
        if "properties" in one:
            form = one
    if isinstance(form.get("additionalProperties"), dict):
        below = _keys(form["additionalProperties"], at)
        return below | {at} if at else below
    if "properties" not in form:
        return {at}
    inside = [_keys(part, f"{at}.{name}" if at else name) for name, part in form["properties"].items()]
    return set().union(*inside)


def test_the_page_says_of_each_key_what_its_change_does() -> None:
    assert {key.partition(" ")[0] for key in _table()} == _keys(schema())
    assert set(_table()) == {case.key for case in CASES}
    assert {word for row in _table().values() for word in row} == {"waits", "at once", "no effect"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_each_key_waits_both_ways_as_the_page_says(case: Case) -> None:
    assert case.at in EXAMPLE
    less, more = (compiled(EXAMPLE.replace(case.at, value, 1)) for value in (case.less, case.more))
    added, taken = _table()[case.key]
    for effects, said in ((diff(less, more), added), (diff(more, less), taken)):
        assert effects.widening is (said == "waits"), effects
        assert narrowing(effects) or said != "at once", "it is an effect"
