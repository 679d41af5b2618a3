"""The house's trusted clock: the only place that asks the machine for the time."""

from __future__ import annotations

import time

_LEASE_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, so that a lease cannot outlive a suspended laptop or a paused guest."""


class SystemClock:
    """`Clock` over the operating system."""

    __slots__ = ()

    def now_ms(self) -> int:
        """Wall time in ms since 1970, UTC. An operator can set it: leases use `monotonic_s`."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Seconds since some fixed point; no operator can set it, and it does not stop in sleep."""
        return time.clock_gettime(_LEASE_CLOCK)
