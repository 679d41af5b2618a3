"""Charts as shapes of an inline SVG: numbers in, rectangles and a line out. Words stand beside them, as HTML.

Axes begin at zero, and what is too small to be drawn is not drawn larger: the number beside it tells it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STACK: Final = ("stored", "trimmed", "held", "refused")
"""From the ground up."""
HEIGHT: Final = 100.0
WIDTH: Final = 10
"""Of one bar and the gap behind it."""
_GAP: Final = 2
_LEAST: Final = 0.3


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle. `kind`: what it counts."""

    kind: str
    x: int
    y: float
    height: float

    @property
    def mark(self) -> str:
        """The class of its colour."""
        return f"c-{self.kind}"


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars side by side.

    Attributes:
        bars: of them. `usual`: points of the dashed line; empty for none.
        width: of all. `bar`: of one. `top`: what the highest line of the axis counts.
    """

    bars: tuple[Bar, ...]
    usual: str
    width: int
    bar: int
    top: int


def stacked(
    columns: Sequence[Mapping[str, int]], *, usual: Sequence[int] | None = None, whole: bool = False
) -> Chart:  # fmt: skip
    """Columns of counts, each stacked in the order of `STACK`.

    Args:
        columns: kind -> count, in the order of time.
        usual: the sum that each column usually has.
        whole: the highest column fills the chart, which has no axis.
    """
    sums = [sum(column.get(kind, 0) for kind in STACK) for column in columns]
    most = max([*sums, *(usual or ())], default=0)
    top = max(1, most) if whole else axis(most)
    bars = []
    for at, column in enumerate(columns):
        ground = HEIGHT
        for kind in STACK:
            height = HEIGHT * column.get(kind, 0) / top
            ground -= height
            if height >= _LEAST:
                bars.append(Bar(kind, at * WIDTH, round(ground, 1), round(height, 1)))
    points = [
        f"{at * WIDTH + WIDTH / 2 - 1:g},{HEIGHT - HEIGHT * many / top:.1f}" for at, many in enumerate(usual or ())
    ]
    return Chart(tuple(bars), " ".join(points), len(columns) * WIDTH, WIDTH - _GAP, top)


def axis(most: int) -> int:
    """The least number of the form 1, 2 or 5 times a power of ten that holds them all; 1 for none."""
    step = 1
    while True:
        for lead in (1, 2, 5):
            if lead * step >= most:
                return lead * step
        step *= 10
