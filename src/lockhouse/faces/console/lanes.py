"""When things happened, as lanes: one a channel over the last twelve months, a mark for each day that something came.

A mark stands high where the reader sees something of a record, and low where they see nothing: that it came, the list
below says as well. What is older is counted and not drawn; what a sender dated ahead stands at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lockhouse.gates.disclose import Moment

_DAY_MS: Final = 86_400_000
SPAN_MS: Final = 365 * _DAY_MS
WIDTH: Final = 365
"""Of a lane: one step a day, and the mark stands over it."""
MARK: Final = 2.5
_STEPS: Final = 6
"""Between the words under the lanes: a word every two months."""
MOST: Final = 8
"""Lanes that are drawn; a policy may have many channels, and a person came by few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A day on which something came. `x`: where it stands. `shows`: whether the reader sees anything of it."""

    x: float
    shows: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One channel. `many`: records in the span; `hidden`: those of which nothing is seen. `last`: the newest (ms)."""

    channel: str
    marks: tuple[Mark, ...]
    many: int
    hidden: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """All of them, those with the most records first.

    Attributes:
        lanes: that are drawn. `others`: channels that came in the span besides them.
        words: under the lanes, from the left; the last one is now.
        older: records before the span. `hidden`: records in it of which nothing is seen.
    """

    lanes: tuple[Lane, ...]
    others: int
    words: tuple[str, ...]
    older: int
    hidden: int


def drawn(moments: Iterable[Moment], *, now: int, text: Callable[[str], str]) -> Lanes:
    """The lanes of these moments, as of now (ms)."""
    since, older = now - SPAN_MS, 0
    by_channel: dict[str, list[Moment]] = {}
    for one in moments:
        if one.at < since:
            older += 1
        else:
            by_channel.setdefault(one.channel, []).append(one)
    found = sorted((_lane(name, some, since) for name, some in by_channel.items()), key=lambda one: -one.many)
    return Lanes(
        lanes=tuple(found[:MOST]), others=len(found[MOST:]), words=_words(since, text), older=older,
        hidden=sum(one.hidden for one in found),
    )  # fmt: skip


def _lane(channel: str, moments: list[Moment], since: int) -> Lane:
    days: dict[int, bool] = {}
    for one in moments:
        day = min((one.at - since) // _DAY_MS, WIDTH - 1)
        days[day] = days.get(day, False) or one.shows
    marks = tuple(Mark(x=min(day, WIDTH - MARK), shows=shows) for day, shows in sorted(days.items()))
    hidden = sum(not one.shows for one in moments)
    return Lane(
        channel=channel, marks=marks, many=len(moments), hidden=hidden, last=max(one.at for one in moments)
    )  # fmt: skip


def _words(since: int, _: Callable[[str], str]) -> tuple[str, ...]:
    names = (
        _("Jan"), _("Feb"), _("Mar"), _("Apr"), _("May"), _("Jun"), _("Jul"), _("Aug"), _("Sep"), _("Oct"), _("Nov"),
        _("Dec"),
    )  # fmt: skip
    first = datetime.fromtimestamp(since / 1000, UTC).month - 1
    return (*(names[(first + 2 * step) % 12] for step in range(_STEPS)), _("now"))
