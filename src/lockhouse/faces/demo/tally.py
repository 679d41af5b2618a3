"""What the house answered, counted by channel as it answers; shapes and numbers only."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from lockhouse.faces.outcomes import CODES

if TYPE_CHECKING:
    from lockhouse.faces.serve.desk import Answer

OUTCOMES: Final = ("stored", "trimmed", "refused", "duplicate")
_SHOWN_DROPS = 3


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One answer as a line of the board. `sort` is what makes two lines alike."""

    channel: str
    event: str
    outcome: str
    text: str
    sort: tuple[str, ...]


class Tally:
    """Counts of everything answered so far, and one line of each sort for the board."""

    def __init__(self) -> None:
        self.by_channel: dict[str, Counter[str]] = {}
        self.dropped: Counter[tuple[str, str]] = Counter()
        self.total = 0
        self._lines: dict[tuple[str, ...], Line] = {}
        self._shown: Counter[tuple[str, ...]] = Counter()

    def add(self, answer: Answer) -> None:
        """Count one answer."""
        self.by_channel.setdefault(answer.channel or "unknown", Counter())[answer.outcome] += answer.count
        self.total += answer.count
        if answer.outcome in {"stored", "trimmed"}:
            self.dropped.update(answer.dropped)
        line = line_of(answer)
        self._lines[line.sort] = line

    def count(self, outcome: str) -> int:
        """How many events had this outcome, in all channels."""
        return sum(counts[outcome] for counts in self.by_channel.values())

    def next_line(self) -> Line | None:
        """A line worth reading: of the sorts seen since last time, the one that was shown least."""
        if not self._lines:
            return None
        sort = min(self._lines, key=lambda one: (self._shown[one], one))
        self._shown[sort] += 1
        return self._lines.pop(sort)


def line_of(answer: Answer) -> Line:
    """An answer in words: what was kept, what was dropped and why, or why nothing was taken."""
    reasons = sorted({reason for _, reason in answer.dropped})
    if answer.outcome in {"stored", "trimmed"}:
        text = f"stored {answer.kept}"
        if answer.dropped:
            named = [f"{path} ({reason.replace('-', ' ')})" for path, reason in answer.dropped]
            more = f", {len(named) - _SHOWN_DROPS} more" if len(named) > _SHOWN_DROPS else ""
            text += f" · dropped {len(named)}: {', '.join(named[:_SHOWN_DROPS])}{more}"
    else:
        text = f"{answer.outcome}: {CODES[answer.code].sentence}"
    # Every event comes twice now and then; one such line a channel says it all.
    event = "" if answer.outcome == "duplicate" else answer.event
    sort = (answer.channel, event, answer.outcome, answer.code, *reasons)
    return Line(channel=answer.channel, event=answer.event, outcome=answer.outcome, text=text, sort=sort)
