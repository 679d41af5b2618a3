"""Checkpoints that a house keeps outside of its stores, in two places: which of them hold, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.checkpoint import Checkpoint, open_checkpoint
from lockhouse.errors import Tampered
from lockhouse.ledger.verify.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_Points = dict[str, Checkpoint]


def opened_anchors(
    places: Mapping[str, Sequence[str]], vkeys: Sequence[str], *, size: int
) -> tuple[dict[str, Checkpoint], list[Finding]]:
    """Every anchored checkpoint by its text, and what is wrong with the places themselves.

    Args:
        places: texts of checkpoints by the name of their place.
        vkeys: verifier keys of the log.
        size: of the tree as stored: a log without entries has nothing to be anchored.

    Raises:
        Invalid: one of `vkeys` is no verifier key.
    """
    union: _Points = {}
    found: list[Finding] = []
    held: dict[str, set[str]] = {}
    for place, texts in places.items():
        held[place] = set()
        for number, text in enumerate(texts, 1):
            try:
                union[text] = union.get(text) or open_checkpoint(text, vkeys)
            except Tampered:
                found.append(
                    Finding("forged-anchor", f"{place}, line {number}", "None of the verifier keys signed it.")
                )
            else:
                held[place].add(text)
    newest = max((point.size for point in union.values()), default=0)
    for place, there in held.items():
        # The newest may be on its way there, or a crash came between the two places.
        lost = sum(point.size < newest for text, point in union.items() if text not in there)
        if size and not there:
            found.append(Finding("missing-anchors", place, _NONE))
        elif lost:
            found.append(Finding("missing-anchors", place, f"{lost} checkpoints of the other place are not there."))
    return union, found


_NONE = (
    "There are entries and no checkpoint is kept: this house is from before there were anchors, or they were removed."
)
