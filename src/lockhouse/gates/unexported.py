"""What an export does not hold, against what it does: the columns beside an entry's bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.ledger.columns import differing
from lockhouse.ledger.verify import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockhouse.model.rows import LedgerEntry


def changed_columns(entries: Iterable[LedgerEntry]) -> Iterator[Finding]:
    """A finding for each entry that is found by something else than its own bytes say."""
    for entry in entries:
        if wrong := differing(entry):
            where = f"entry {entry.id.hex()}, position {entry.position}"
            yield Finding("changed-columns", where, f"Its own bytes say otherwise than: {', '.join(wrong)}.")
