"""When an ending is no routine: by its share of what lives, and by what retention runs used to end.

A month that ends by its keep, and persons who were not seen for years, are promised and expected. Ten times as many are
a slip in the policy, a clock that is wrong, or somebody at work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MUCH = 0.05
"""Share of the living boxes above which an ending is no routine."""
TIMES_USUAL = 2
"""So many times the usual share is none either."""
USUAL_RUNS = 12
"""The usual share is the mean of so many runs, a year of months."""
KNOWN_RUNS = 3
"""From so few runs nobody can say what is usual."""
LEAST = 0.01
"""Below this share nothing is much: else four persons would be, where it used to be one a day."""


def is_much(share: float, usual: Sequence[float]) -> bool:
    """Whether a run that ends this share of what lives asks to be meant.

    Args:
        share: from 0 to 1.
        usual: of the runs of its kind before, the newest last.
    """
    known = usual[-USUAL_RUNS:]
    if share > MUCH or len(known) < KNOWN_RUNS:
        return share > MUCH
    return share > max(LEAST, TIMES_USUAL * sum(known) / len(known))
