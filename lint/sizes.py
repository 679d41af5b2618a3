"""Size caps: files ≤ 400 lines, functions ≤ 40 lines without their docstring, ≤ 10 branches, ≤ 5 parameters.

`python -m lint.sizes src tests` prints what is larger, as `file:line: sizes: sentence`.
Exceptions stand in exceptions.toml beside this file. ruff counts branches and parameters too; what it is told to
pass there (`# noqa: PLR0913` with a reason behind it) passes here, so that no exception is granted twice.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lint.source import Finding, files_below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

Function = ast.FunctionDef | ast.AsyncFunctionDef

FILE_LINES = 400
CAPS = {"lines": 40, "branches": 10, "parameters": 5}
RUFF = {"PLR0912": "branches", "C901": "branches", "PLR0913": "parameters"}
EXCEPTIONS = Path(__file__).with_name("exceptions.toml")
_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.match_case)

_NOQA = re.compile(r"# noqa: (?P<codes>[A-Z0-9, ]+?)\s+[(#—-]\s*\S.{9,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One measured size; `name` is a function's, or empty for a file."""

    path: str
    line: int
    name: str
    cap: str
    measured: int

    @property
    def allowed(self) -> int:
        """The cap that holds where nobody made an exception."""
        return CAPS[self.cap] if self.name else FILE_LINES


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """A larger cap for one file or function, with its reason."""

    path: str
    name: str
    cap: str
    allowed: int
    reason: str
    date: date


def measure(text: str, path: str) -> Iterator[Size]:
    """Every size in one file.

    Raises:
        SyntaxError: the text is not Python.
    """
    rows = text.splitlines()
    yield Size(path=path, line=1, name="", cap="lines", measured=len(rows))
    for node in ast.walk(ast.parse(text, path)):
        if isinstance(node, Function):
            sizes = {"lines": _lines(node), "branches": _branches(node), "parameters": _parameters(node)}
            passed = _passed_by_ruff(rows[node.lineno - 1])
            for cap, measured in sizes.items():
                if cap not in passed:
                    yield Size(path=path, line=node.lineno, name=node.name, cap=cap, measured=measured)


def too_large(sizes: Iterable[Size], exemptions: Iterable[Exemption]) -> Iterator[Finding]:
    """Yield what is over its cap, and each exemption that nothing needs."""
    granted = {(each.path, each.name, each.cap): each for each in exemptions}
    used = set()
    for size in sizes:
        if size.measured <= size.allowed:
            continue
        place = (size.path, size.name, size.cap)
        used.add(place)
        allowed = granted[place].allowed if place in granted else size.allowed
        if size.measured > allowed:
            sentence = f"{size.name or 'the file'} has {size.measured} {size.cap}, expected at most {allowed}"
            yield Finding(path=size.path, line=size.line, rule="sizes", sentence=sentence)
    for place, each in granted.items():
        if place not in used:
            sentence = f"the exception for {each.name or 'the file'} ({each.cap}) is no longer needed"
            yield Finding(path=each.path, line=1, rule="sizes", sentence=sentence)


def exemptions_in(text: str) -> list[Exemption]:
    """Parse exceptions.toml.

    Raises:
        TypeError: an entry lacks a part, such as its reason, or has one too many.
        tomllib.TOMLDecodeError: the text is not TOML.
    """
    return [Exemption(**each) for each in tomllib.loads(text).get("exception", [])]


def _passed_by_ruff(row: str) -> set[str]:
    noqa = _NOQA.search(row)
    return {RUFF[code] for code in noqa["codes"].replace(",", " ").split() if code in RUFF} if noqa else set()


def _lines(node: Function) -> int:
    """Lines from `def` to the end, without the docstring: to explain is never too long."""
    assert node.end_lineno is not None  # noqa: S101  # always there on a parsed tree
    first = node.body[0]
    spared = 0
    if ast.get_docstring(node, clean=False) is not None and first.end_lineno is not None:
        spared = first.end_lineno - first.lineno + 1
    return node.end_lineno - node.lineno + 1 - spared


def _branches(node: Function) -> int:
    """Branches of this function alone; those of a function inside it are its own."""
    own = 0
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        each = waiting.pop()
        if isinstance(each, Function | ast.Lambda | ast.ClassDef):
            continue
        own += isinstance(each, _BRANCHES)
        waiting.extend(ast.iter_child_nodes(each))
    return own


def _parameters(node: Function) -> int:
    named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len(named) - (bool(named) and named[0].arg in {"self", "cls"})


def main(roots: list[str]) -> int:
    """Measure every file below the roots; return the exit code."""
    sizes = [size for path in files_below(*roots) for size in measure(path.read_text("utf-8"), path.as_posix())]
    found = sorted(too_large(sizes, exemptions_in(EXCEPTIONS.read_text("utf-8"))))
    for each in found:
        print(each)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
