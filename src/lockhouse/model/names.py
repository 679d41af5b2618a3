"""The name registry's value: names as small integers that are never reused.

Rows, boxes and ledger entries hold the integers, so a renamed or removed field leaves old records readable
and never lends its number to another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

NameKind = Literal["channel", "class", "compartment", "event", "field", "identifier", "purpose", "recipient", "slot"]


class NameBook:
    """Both directions of the registry, and the names it had to add.

    Numbers start at 1 for each kind; 0 is reserved for "all" or "none".
    """

    def __init__(self, rows: Mapping[tuple[NameKind, str], int] | None = None) -> None:
        self._ids: dict[tuple[str, str], int] = {(kind, name): number for (kind, name), number in (rows or {}).items()}
        self._names: dict[tuple[str, int], str] = {(kind, number): name for (kind, name), number in self._ids.items()}
        self._next: dict[str, int] = {}
        for kind, number in self._names:
            self._next[kind] = max(self._next.get(kind, 1), number + 1)
        self.added: list[tuple[NameKind, int, str]] = []

    def number(self, kind: NameKind, name: str) -> int:
        """The number of a name, given out now if it has none yet; what is new also stands in `added`."""
        known = self._ids.get((kind, name))
        if known is not None:
            return known
        number = self._next.get(kind, 1)
        self._next[kind] = number + 1
        self._ids[(kind, name)] = number
        self._names[(kind, number)] = name
        self.added.append((kind, number, name))
        return number

    def known(self, kind: NameKind, name: str) -> int | None:
        """The number of a name, or None: nothing is given out."""
        return self._ids.get((kind, name))

    def name(self, kind: NameKind, number: int) -> str | None:
        """The name behind a number, or None if the registry never gave it out."""
        return self._names.get((kind, number))

    def __iter__(self) -> Iterator[tuple[str, int, str]]:
        return iter((kind, number, name) for (kind, number), name in sorted(self._names.items()))
