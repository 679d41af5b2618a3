"""Every deed that anybody is asked to confirm has its level by name: none falls to the strictest by being forgotten."""

from __future__ import annotations

import ast
from pathlib import Path

import lockhouse
from lockhouse.access.step_up import NEEDS
from lockhouse.faces.cli.duties import PROVEN

SOURCE = Path(lockhouse.__file__).parent
CALLED = frozenset({"Meant", "action_hash", "need_of"})
OF_GRANTS = {"grant-approve", "grant-review"}
"""Put together of the path that is posted to."""


def _said(tree: ast.AST) -> set[str]:
    """Actions that a file writes out: `action="…"` of whatever is confirmed, and what a hash is made of."""
    found: set[str] = set()
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        firsts = call.args[:1] if name in CALLED else []
        named = [one.value for one in call.keywords if one.arg == "action" and name in {"Asked", "Deed"}]
        for value in (*firsts, *named):
            found |= {
                one.value for one in ast.walk(value) if isinstance(one, ast.Constant) and isinstance(one.value, str)
            }
    return found


def test_no_deed_falls_to_the_strictest_because_nobody_wrote_it_down() -> None:
    said = {one for path in SOURCE.rglob("*.py") for one in _said(ast.parse(path.read_text("utf-8")))}
    said = {one for one in said if not one.endswith("-")} | {*PROVEN.values()} | OF_GRANTS
    assert {"session-end", "token-revoke", "role-give", "special-change", "factor-end", "access-review-sign"} <= said
    assert said - {*NEEDS} == set()


def test_every_level_is_one_that_some_deed_asks_for() -> None:
    texts = [path.read_text("utf-8") for path in SOURCE.rglob("*.py") if path.name != "step_up.py"]
    assert {name for name in NEEDS if not any(f'"{name}"' in text for text in texts)} <= OF_GRANTS
