# as: src/lockhouse/adapters/clock.py
"""The one place where the clock is read."""

import time


def now_ms() -> int:
    return time.time_ns() // 1_000_000
