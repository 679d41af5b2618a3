"""`lockhouse policy suggest`: the YAML for what observed channels send and the policy does not name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.layout import Said, plain
from lockhouse.faces.suggested import suggested

if TYPE_CHECKING:
    from lockhouse.faces.cli.call import Call


async def suggest(*, channel: str | None = None, call: Here) -> Said:
    """Print YAML for what observed channels send and the live policy does not name, to be merged by hand.

    Type, class, mask and minimiser are guesses. The purpose is never guessed: `for: []` stands in its place, which
    `lockhouse policy check` refuses until somebody decides. Changes nothing.

    For example `lockhouse policy suggest --channel web`.

    Args:
        channel: one channel alone.
    """
    async with call.open() as opened:
        found = await suggested(opened.house, channel)
    return told({"document": found.document, "channels": plain(found.lacks), "trial": found.trial}, found.notes, call)


def told(value: dict[str, Any], notes: list[str], call: Call) -> Said:
    """A suggestion; what is to be said beside it is no part of the document."""
    if notes and not call.json:
        call.terminal.tell(call.located("\n".join(notes)))
    return Said(value, value["document"])
