"""SQL that SQLite and PostgreSQL understand alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.adapters.tables import Shape

LANES_SQL = """
    WITH RECURSIVE known (lane) AS (
        SELECT min(lane) FROM ledger_entry
        UNION ALL
        SELECT (SELECT min(entry.lane) FROM ledger_entry AS entry WHERE entry.lane > known.lane)
        FROM known WHERE known.lane IS NOT NULL
    )
    SELECT lane FROM known WHERE lane IS NOT NULL"""
"""Every lane that an entry names: from one to the next along the index, not over all entries."""


def columns(shape: Shape, *, of: str = "") -> str:
    """The table's columns in row order, for a SELECT."""
    return names([column.name for column in shape.columns], of=of)


def names(some: Sequence[str], *, of: str = "") -> str:
    """Names of columns, of one table if it is named. They are quoted: some are SQL's own words (`by`)."""
    return ", ".join([f'{of}"{name}"' for name in some])
