"""Python starts with this where its folder is on the path: wall time is wrong by what a file says, in ms.

It stands below the product as an operator's `date -s` would: every process of the house asks the same wrong machine,
whose clock of leases goes on. The file may change while they run.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

_true_ns = time.time_ns
_says = Path(os.environ["WRONG_CLOCK_FILE"])


def _wrong_ns() -> int:
    return _true_ns() + int(_says.read_text(encoding="ascii")) * 1_000_000


time.time_ns = _wrong_ns
