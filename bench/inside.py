"""A writer process of its own against a writer in a thread of the collecting process: the same house, batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.house import How
from bench.intake import run
from bench.mix import Mix
from bench.report import Figure

if TYPE_CHECKING:
    from bench.house import Mode
    from bench.intake import Houses, Took


def measure(houses: Houses, *, pairs: int, events: int) -> list[Figure]:
    """So many interleaved pairs over HTTP, one collect process on either side, nothing pinned."""
    took: dict[Mode, list[Took]] = {"sealed": [], "alone": []}
    for pair in range(pairs):
        traffic = Mix(1_100 + pair, population=houses.population).events(events)
        sides: tuple[Mode, Mode] = ("sealed", "alone") if pair % 2 else ("alone", "sealed")
        for side in sides:
            took[side].append(run(houses, side, "batch", traffic, How()))
    both = list(zip(took["sealed"], took["alone"], strict=True))
    return [
        Figure(
            "writer_process_over_thread", tuple(one.per_s / other.per_s for one, other in both), "ratio",
            "batches with a writer process ÷ with the writer in a thread of the collect process",
        ),
        Figure(
            "cpu_thread_over_writer_process",
            tuple(other.collect_us / (one.collect_us + one.writer_us) for one, other in both),
            "ratio", "CPU of the one process ÷ CPU of the two",
        ),
        Figure(
            "writer_thread_batch_per_s", tuple(other.per_s for _, other in both), "events/s", "the side with the thread"
        ),
    ]  # fmt: skip
