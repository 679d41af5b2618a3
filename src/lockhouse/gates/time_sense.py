"""What one process knows of time; `gates.trusted_time` judges by it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class TimeSense:
    """What a process knows of time: both clocks when it began, and how far the ledger was when it last looked.

    `steady_ms` is when the ledger's newest leap ended.
    """

    wall_ms: int
    run_s: float
    ledger_ms: int = 0
    steady_ms: int = 0
    read_s: float = float("-inf")
