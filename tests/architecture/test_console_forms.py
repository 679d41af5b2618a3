"""A form that is confirmed has no field of a name that the confirmation adds: its page would leave that field out."""

from __future__ import annotations

import ast
from pathlib import Path

import lockhouse
from lockhouse.faces.console.confirming import STEP

PAGES = Path(lockhouse.__file__).parent / "faces" / "console" / "pages"


def _confirmed() -> dict[str, set[str]]:
    """Where a form is read that a confirmation may have gone through -> the texts among its own fields' names."""
    found = {}
    for path in sorted(PAGES.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "posted":
                asked = [word.value for word in node.keywords if word.arg == "optional"]
                if any(isinstance(one, ast.Name) and one.id == "STEP" for one in map(_head, asked)):
                    names = {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
                    found[f"{path.name}:{node.lineno}"] = {str(one) for one in names}
    return found


def _head(node: ast.expr) -> ast.expr:
    """What a tuple with a star begins with, or the thing itself."""
    if isinstance(node, ast.Tuple | ast.List) and node.elts:
        first = next((one for one in node.elts if isinstance(one, ast.Starred)), node.elts[0])
        return first.value if isinstance(first, ast.Starred) else first
    return node


def test_no_form_that_is_confirmed_has_a_field_that_the_confirmation_takes_for_its_own() -> None:
    forms = _confirmed()
    assert len(forms) > 10
    assert {place: names & set(STEP) for place, names in forms.items() if names & set(STEP)} == {}
