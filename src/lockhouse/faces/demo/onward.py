"""From the demo to a house of one's own: the lines that a first house takes. docs/getting-started.md has the same."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

ACTIVATE: Final = ". .venv/bin/activate"
CURL: Final = (
    'curl -s --retry 9 --retry-connrefused -u "$KEY": http://127.0.0.1:8400/v1/track'
    " -H 'content-type: application/json' -H 'Prefer: return=representation'"
    ' -d \'{"messageId":"first-shop-1","userId":"customer-1","event":"Order Completed",'
    '"properties":{"email":"anna@customer.example","order_id":"A-1"}}\''
)
LINES: Final = (
    "lockhouse init shop",
    "lockhouse -C shop channel add shop",
    "read -rs KEY",
    "lockhouse -C shop serve &",
    CURL,
    "lockhouse -C shop why first-shop-1",
    "lockhouse -C shop person find email",
)
"""In order. `read` takes the key that the line above it printed; the last line asks for the address."""
SAID: Final = {
    "lockhouse init shop": "four questions; Enter takes what is offered",
    "read -rs KEY": "paste the key that was just printed, and press Enter",
    "lockhouse -C shop person find email": "asks for the address: anna@customer.example",
}


def onward() -> list[str]:
    """The lines to print; the first only where this runs from a checkout's own environment."""
    venv = Path.cwd() / ".venv"
    lines = [ACTIVATE] if venv.is_dir() and Path(sys.prefix).resolve() == venv.resolve() else []
    return [f"{line}    # {SAID[line]}" if line in SAID else line for line in (*lines, *LINES)]
