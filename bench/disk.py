"""The disk alone: what is beneath every figure."""

from __future__ import annotations

import os
import statistics
import time
from typing import TYPE_CHECKING

from bench.report import Figure

if TYPE_CHECKING:
    from pathlib import Path


def fsyncs(folder: Path, *, count: int = 200) -> list[Figure]:
    """What the disk takes to make 8 KB durable: beneath every figure."""
    waits = []
    file = folder / "fsync"
    with file.open("wb", buffering=0) as stream:
        for _ in range(count):
            stream.write(b"\0" * 8192)
            began = time.perf_counter()
            os.fsync(stream.fileno())
            waits.append((time.perf_counter() - began) * 1e3)
    file.unlink()
    return [
        Figure("fsync_p50_ms", (statistics.median(waits),), "ms", "one fsync of 8 KB"),
        Figure("fsync_p99_ms", (sorted(waits)[int(count * 0.99)],), "ms", "the same, slowest hundredth"),
    ]
