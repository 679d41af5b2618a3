"""One key at a time from a terminal, without stopping the house's own tasks; a line at a time from anything else."""

from __future__ import annotations

import asyncio
import sys
import termios
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def single_keys() -> Iterator[None]:
    """The terminal gives each key at once while the block runs, and is then as it was. Ctrl-C stays Ctrl-C."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


async def next_key() -> str:
    """The next key, in lower case; `q` when nobody is there any more."""
    loop = asyncio.get_running_loop()
    pressed: asyncio.Future[str] = loop.create_future()

    def read() -> None:
        if not pressed.done():
            pressed.set_result(sys.stdin.read(1) or "q")

    loop.add_reader(sys.stdin.fileno(), read)
    try:
        return (await pressed).lower()
    finally:
        loop.remove_reader(sys.stdin.fileno())
