"""A file as the rules see it: its path inside the package, its tree and what its imported names stand for."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One line that breaks one rule."""

    path: str
    line: int
    rule: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.sentence}"


class Rule(Protocol):
    """A house rule: a name for suppressions, and the lines that break it."""

    name: str

    def find(self, source: Source) -> Iterator[tuple[int, str]]:
        """Yield the line number and one sentence for each break."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A parsed file.

    Attributes:
        path: as printed in findings.
        place: the path below the package `lockhouse`, which decides where a rule holds.
        names: what an imported name stands for: `{"dt": "datetime.datetime"}`.
    """

    path: str
    place: PurePosixPath
    text: str
    tree: ast.Module
    names: dict[str, str]

    def full_name(self, node: ast.expr) -> str:
        """The dotted name a name or attribute stands for, or an empty string for anything else."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            base = self.full_name(node.value)
            return f"{base}.{node.attr}" if base else ""
        return ""

    def is_in(self, *rooms: str) -> bool:
        """Whether the file lies in one of the rooms (`crypto`), or is one of the files (`adapters/clock.py`)."""
        return any(self.place.is_relative_to(room) for room in rooms)


def parse(text: str, path: str) -> Source:
    """Parse a file's text; the part of `path` after the folder `lockhouse` is its place.

    Raises:
        SyntaxError: the text is not Python.
    """
    tree = ast.parse(text, path)
    parts = PurePosixPath(path).parts
    place = parts[parts.index("lockhouse") + 1 :] if "lockhouse" in parts else parts
    return Source(path=path, place=PurePosixPath(*place), text=text, tree=tree, names=_imported(tree))


def files_below(*roots: str) -> Iterator[Path]:
    """Every Python file at or below the roots, in order, without the examples that are wrong on purpose."""
    for root in roots:
        start = Path(root)
        found = [start] if start.is_file() else sorted(start.rglob("*.py"))
        yield from (path for path in found if path.parts[:2] != ("lint", "examples"))


def last_name(node: ast.expr) -> str:
    """The last word of a name, attribute, call or subscript: `self.keys.open(x)[0]` gives `open`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call):
        return last_name(node.func)
    if isinstance(node, (ast.Subscript, ast.Starred, ast.Await)):
        return last_name(node.value)
    return ""


def _imported(tree: ast.Module) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {each.asname: each.name for each in node.names if each.asname}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return names
