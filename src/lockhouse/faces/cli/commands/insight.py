"""`lockhouse insight …`: counts, and nothing about a person."""

from __future__ import annotations

from typing import Any, Literal

from lockhouse.faces.cli.acting import Reading, counting
from lockhouse.faces.cli.call import Here, noun
from lockhouse.faces.cli.layout import Said, plain, table
from lockhouse.gates.disclose.count import count
from lockhouse.insight.counts import THRESHOLD

APP = noun("insight", "Counts that say something about shops and nothing about a person.")


@APP.command
async def report(by: Literal["channel", "event"] = "channel", /, *, acting: Reading | None = None, call: Here) -> Said:
    """Events and people by channel or by event. Small counts of people are withheld; the look is noted.

    Restricted, objecting and erased people are not in the counts.

    Args:
        by: channel or event.
        acting: role and purpose; the first role that sees counts, if none is named.
    """
    async with call.open() as opened:
        cells = await count(opened.house, await counting(opened.house, acting or Reading()), by=by)
    return counted(by, plain(cells))


def counted(by: str, cells: list[dict[str, Any]]) -> Said:
    """Counts as they were told."""
    withheld = any(cell["persons"] is None for cell in cells)
    rows = [(one["name"], one["events"], "withheld" if one["persons"] is None else one["persons"]) for one in cells]
    text = table((by, "events", "people"), rows, empty="nothing was collected yet")
    if withheld:
        text += f"\n\nCounts of fewer than {THRESHOLD} people are withheld, and the next smallest with them."
    return Said(cells, text)
