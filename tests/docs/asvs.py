"""The page of ASVS 5.0 requirements, from their table and the tests that name them.

`python -m tests.docs.asvs` writes it anew. Marks are read from the sources, so that no test has to be collected.
"""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("asvs.toml")
PAGE = ROOT / "docs/security/asvs.md"
CHAPTERS = {
    "6": "Authentication", "7": "Session management", "8": "Authorization", "13": "Configuration",
    "14": "Data protection", "16": "Security logging and error handling",
}  # fmt: skip
COLUMNS = "| | level | requirement | shown by |\n|---|---|---|---|\n"
HEAD = """# What of ASVS is shown, and by which test

The requirements of the [Application Security Verification Standard](https://owasp.org/www-project-application-security-verification-standard/)
5.0.0 in its chapters 6 to 8, 13, 14 and 16, in our own few words; the standard's text counts. A test that shows one is
named by its file and name and carries the mark `asvs`; what is asked to be written down leads to its page. *Open* says
what is missing. This page is made by `python -m tests.docs.asvs` and tested.
"""


def requirements() -> dict[str, dict[str, Any]]:
    """Each requirement by its number, in the standard's order."""
    return tomllib.loads(TABLE.read_text("utf-8"))


@cache
def shown() -> dict[str, list[str]]:
    """The tests that name each requirement, as `tests/file.py::test_name`, by file and line."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text("utf-8")
        if "mark.asvs(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for number in _named(node):
                    found[number].append(f"{path.relative_to(ROOT).as_posix()}::{node.name}")
    return found


def _named(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    return [
        str(ast.literal_eval(word))
        for mark in node.decorator_list
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.asvs"
        for word in mark.args
    ]


def page() -> str:
    """The whole page."""
    tests, every = shown(), requirements()
    counted = [_state(number, one, tests) for number, one in every.items()]
    kinds = (("shown", "shown by tests"), ("written", "written down"), ("open", "open"), ("none", "do not apply"))
    sums = ", ".join(f"{counted.count(kind)} {word}" for kind, word in kinds)
    parts = [HEAD, f"Of {len(every)} requirements: {sums}.\n"]
    for chapter, title in CHAPTERS.items():
        rows = [_row(number, one, tests) for number, one in every.items() if number.split(".")[0] == chapter]
        parts.append(
            f"## V{chapter} {title}\n\n| | level | requirement | shown by |\n|---|---|---|---|\n" + "".join(rows)
        )
    return "\n".join(parts)


def _state(number: str, one: dict[str, Any], tests: dict[str, list[str]]) -> str:
    if "none" in one or "open" in one:
        return "none" if "none" in one else "open"
    return "shown" if number in tests else "written"


def _row(number: str, one: dict[str, Any], tests: dict[str, list[str]]) -> str:
    told = [f"`{test}`" for test in tests.get(number, ())]
    if "docs" in one:
        name = one["docs"].removeprefix("docs/")
        told.insert(0, f"[{name}](../{name})")
    if "open" in one:
        told.insert(0, f"**Open.** {one['open']}")
    if "none" in one:
        told.insert(0, f"Does not apply: {one['none']}")
    return f"| {number} | {one['level']} | {one['says']} | {'<br>'.join(told)} |\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), "utf-8")
