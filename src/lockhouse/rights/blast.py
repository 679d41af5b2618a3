"""When an ending is no routine: by its share of what lives, and by what used to end.

A month that ends by its keep, and persons who were not seen for years, are promised and expected. Ten times as many are
a slip in the policy, a clock that is wrong, or somebody at work.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from lockhouse.model.ids import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MUCH = 0.05
"""Share of the living boxes above which an ending is no routine, where no usual share explains it."""
TIMES_USUAL = 2
"""So many times the usual share is none either."""
WINDOW_MS = 27 * DAY_MS
"""What ends within so long counts as one: less than any month has, so that of a steady house two months never do."""
USUAL_WINDOWS = 12
"""The usual share is the middle one of so many windows, about a year: one that was large moves it little."""
KNOWN_WINDOWS = 3
"""From so few nobody can say what is usual."""
LEAST = 0.01
"""Below this share nothing is much: else four persons would be, where it used to be one a day."""
MOST = 0.5
"""More than this part of what a class holds is much, however small the class is beside the house."""
FEW = 10
"""But for so few boxes of it: the last ones of a class that nobody uses any more."""


def is_much(share: float, usual: Sequence[float]) -> bool:
    """Whether what ends within a window asks to be meant.

    It may be twice the usual share, and never more than a twentieth above it: where half of what lives ends each month,
    twice that would be all.

    Args:
        share: what is due now and what ended in the window before, each of what lived then; the sum may exceed 1.
        usual: of the windows before, the newest last.
    """
    known = usual[-USUAL_WINDOWS:]
    if len(known) < KNOWN_WINDOWS:
        return share > MUCH
    middle = median(known)
    return share > max(LEAST, min(TIMES_USUAL * middle, middle + MUCH))


def is_most(ends: int, of: int) -> bool:
    """Whether it is most of a class: so many boxes of so many that it holds."""
    return ends > FEW and ends > MOST * of


def by_window(runs: Iterable[tuple[int, float]], *, now: int) -> list[float]:
    """What ended in each window before the one that lasts until now, the newest last, from the first run on.

    Args:
        runs: when each was (ms), and its share.
        now: ms.
    """
    sums: dict[int, float] = {}
    for at, share in runs:
        number = (now - at) // WINDOW_MS
        sums[number] = sums.get(number, 0.0) + share
    return [sums.get(number, 0.0) for number in range(max(sums, default=0), 0, -1)]
