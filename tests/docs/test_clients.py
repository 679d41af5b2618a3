"""The page about public clients names those that the tests run, at their versions."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `(?P<name>[^`]+)` \| (?P<version>[0-9.]+) \|", re.MULTILINE)
NAMED = dict(ROW.findall((ROOT / "docs/clients.md").read_text("utf-8")))
NODE: dict[str, str] = json.loads((ROOT / "tests/js/package.json").read_text("utf-8"))["dependencies"]
LOCK = (ROOT / "requirements/dev.lock").read_text("utf-8")


def test_every_javascript_client_is_named_and_no_other() -> None:
    assert {name: version for name, version in NAMED.items() if name.startswith("@")} == NODE


@pytest.mark.parametrize("name", [name for name in NAMED if not name.startswith("@")])
def test_every_python_client_is_the_one_that_is_locked(name: str) -> None:
    assert f"\n{name}=={NAMED[name]} " in LOCK


def test_there_are_seven() -> None:
    assert len(NAMED) == 7
