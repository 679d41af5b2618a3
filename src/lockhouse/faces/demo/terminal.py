"""What somebody asks for: one key at a time from a terminal, the first letter of a line from anything else.

The house's own tasks go on meanwhile: nothing here blocks the loop, and nothing has to be waited for at the end.
"""

from __future__ import annotations

import asyncio
import sys
import termios
import threading
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

QUIT = "q"


@contextmanager
def single_keys() -> Iterator[None]:
    """A terminal gives each key at once while the block runs, and is then as it was. Ctrl-C stays Ctrl-C."""
    if not sys.stdin.isatty():
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


async def next_key() -> str:
    """The next key in lower case; `q` when nobody is there any more."""
    return await (_key() if sys.stdin.isatty() else _line())


async def _key() -> str:
    loop = asyncio.get_running_loop()
    pressed: asyncio.Future[str] = loop.create_future()

    def read() -> None:
        if not pressed.done():
            pressed.set_result(sys.stdin.read(1) or QUIT)

    loop.add_reader(sys.stdin.fileno(), read)
    try:
        return (await pressed).lower()
    finally:
        loop.remove_reader(sys.stdin.fileno())


async def _line() -> str:
    """In a thread of its own, which dies with the process: not every file can be waited for, nor a read cancelled."""
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()

    def answer(text: str) -> None:
        if not typed.done():
            typed.set_result(text)

    def read() -> None:
        loop.call_soon_threadsafe(answer, sys.stdin.readline())

    threading.Thread(target=read, daemon=True).start()
    line = await typed
    return line.strip()[:1].lower() if line else QUIT
