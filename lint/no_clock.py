"""no-clock: the time is handed in, so that a test can turn it and a wrong clock is found in one place."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lint.source import Source

# `time.monotonic` and `perf_counter` are no clocks: they measure, and nothing is dated by them.
CLOCKS = {
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
    "time.time", "time.time_ns", "time.gmtime", "time.localtime", "time.ctime", "time.clock_gettime",
}  # fmt: skip


class NoClock:
    """The clock is read in `adapters/clock.py` and where a face shows progress."""

    name = "no-clock"

    def find(self, source: Source) -> Iterator[tuple[int, str]]:
        """Yield every mention of a clock, called or handed on."""
        if source.is_in("adapters/clock.py") or (source.is_in("faces") and source.place.stem == "progress"):
            return
        for node in ast.walk(source.tree):
            if isinstance(node, (ast.Name, ast.Attribute)) and source.full_name(node) in CLOCKS:
                yield node.lineno, f"{source.full_name(node)} reads the clock; take the time from a Clock handed in"
