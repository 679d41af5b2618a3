"""What an audit finds: a stable word, the place, and one sentence a person can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

KEPT = 1_000
"""Findings kept word for word; beyond it they are only counted, so that an emptied table does not fill memory."""


class Finding(NamedTuple):
    """One thing that is not as it must be.

    Attributes:
        kind: `edited-entry`, `missing-record`, …: stable, kebab-case; the list is in `docs/spec/ledger.md`.
        where: `position 17, lane console, number 4` or `record 0198…`.
        sentence: what was found, in words.
    """

    kind: str
    where: str
    sentence: str


class Findings:
    """Collects findings: the first `KEPT` as they are, all of them by count."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.count = 0

    def add(self, kind: str, where: str, sentence: str) -> None:
        """One more."""
        self.count += 1
        if len(self.kept) < KEPT:
            self.kept.append(Finding(kind, where, sentence))

    def extend(self, findings: Iterable[Finding]) -> None:
        """All of these."""
        for finding in findings:
            self.add(*finding)
