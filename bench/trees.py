"""Where the bytes go: what each table and index of a house's stores takes of its file, whole pages counted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report import Figure

if TYPE_CHECKING:
    from pathlib import Path

STORES = ("identity.db", "record.db")
_SQL = "SELECT name, sum(pgsize), sum(payload), sum(unused), sum(ncell) FROM dbstat GROUP BY name"
_WORTH = 0.5
"""Bytes an event; what grew by less is left out."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One table or index.

    Attributes:
        size: bytes of its pages.
        payload: bytes of its rows.
        unused: bytes that are free in its pages.
        cells: rows, and of a tree with inner pages the keys there.
    """

    size: int = 0
    payload: int = 0
    unused: int = 0
    cells: int = 0

    def minus(self, before: Tree) -> Tree:
        """What it grew by."""
        return Tree(
            self.size - before.size,
            self.payload - before.payload,
            self.unused - before.unused,
            self.cells - before.cells,
        )


def trees(folder: Path) -> dict[str, Tree]:
    """Every table and index of both stores, by store and name; logs must have been moved into their files."""
    found = {}
    for store in STORES:
        with closing(sqlite3.connect(f"file:{folder / store}?mode=ro", uri=True)) as connection:
            for name, *numbers in connection.execute(_SQL):
                found[f"{store.removesuffix('.db')} {name}"] = Tree(*numbers)
    return found


def grown(before: dict[str, Tree], after: dict[str, Tree], *, events: int, size: str) -> list[Figure]:
    """What each grew by an event, the largest first."""
    by = {name: tree.minus(before.get(name, Tree())) for name, tree in after.items()}
    largest = sorted(by.items(), key=lambda one: -one[1].size)
    return [
        Figure(f"bytes_{size} {name}", (tree.size / events,), "bytes/event", _about(tree, events))
        for name, tree in largest
        if tree.size / events >= _WORTH
    ]


def _about(tree: Tree, events: int) -> str:
    fill = 1 - tree.unused / tree.size
    return f"{tree.payload / events:.1f} of rows in {tree.cells / events:.2f} cells, new pages {fill:.0%} full"
