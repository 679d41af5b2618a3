# as: src/lockhouse/gates/example.py
"""Reads the clock, called and handed on, under its own and under other names."""

import datetime as dates
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from time import time as now


def stamp() -> None:
    datetime.now(UTC)  # finds: no-clock
    dates.datetime.utcnow()  # finds: no-clock
    date.today()  # finds: no-clock
    time.time_ns()  # finds: no-clock
    now()  # finds: no-clock


@dataclass
class Row:
    at: float = field(default_factory=time.time)  # finds: no-clock
