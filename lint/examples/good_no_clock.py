# as: src/lockhouse/gates/example.py
"""Takes the time as a value, and measures with what dates nothing."""

import time
from datetime import UTC, datetime


def due_at(at_ms: int, within_ms: int) -> int:
    from_s = time.perf_counter()
    assert time.monotonic() >= 0
    datetime.fromtimestamp(at_ms / 1000, UTC)
    assert time.perf_counter() >= from_s
    return at_ms + within_ms


def legacy() -> float:
    return time.time()  # house: allow no-clock: a cookie library wants the wall clock
