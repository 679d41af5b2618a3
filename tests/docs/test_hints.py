"""What a hint tells somebody to type can be typed."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.faces.cli.app import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[2] / "src/lockhouse"
TYPED = re.compile(r"\blockhouse (?P<noun>[a-z]+(?:-[a-z]+)*)(?: (?P<verb>[a-z]+)\b)?")


def _hints() -> Iterator[tuple[str, str]]:
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "hint":
                for part in ast.walk(node.value):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and "lockhouse " in part.value:
                        yield path.relative_to(SOURCE).as_posix(), part.value


HINTS = list(_hints())


def test_there_are_hints_to_hold() -> None:
    assert len(HINTS) > 20


@pytest.mark.parametrize(("where", "hint"), HINTS, ids=[f"{where}-{at}" for at, (where, _) in enumerate(HINTS)])
def test_a_command_in_a_hint_is_there(where: str, hint: str) -> None:
    app = tree()
    for typed in TYPED.finditer(hint):
        noun = app[typed["noun"]]
        verbs = {name for name in noun if not name.startswith("-")}
        assert not verbs or typed["verb"] in verbs, (where, hint)
