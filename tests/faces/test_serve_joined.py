"""An answer's head and body leave together, and nothing that was written is lost on closing."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from lockhouse.faces.serve.joined import Joined


class Transport:
    """Remembers what was done to it."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    def write(self, data: bytes) -> None:
        self.done.append(data)

    def close(self) -> None:
        self.done.append("close")

    def is_closing(self) -> bool:
        return "close" in self.done

    def get_extra_info(self, name: str) -> str:
        return f"the transport's {name}"


def _joined() -> tuple[Transport, Joined]:
    inner = Transport()
    return inner, Joined(cast("asyncio.Transport", inner), asyncio.get_running_loop())


async def test_what_one_turn_writes_leaves_in_one_piece() -> None:
    inner, joined = _joined()
    joined.write(b"head ")
    joined.write(b"body")
    assert inner.done == []
    await asyncio.sleep(0)
    assert inner.done == [b"head body"]
    joined.write(b"next")
    await asyncio.sleep(0)
    assert inner.done == [b"head body", b"next"]
    assert joined.get_extra_info("peername") == "the transport's peername"


async def test_closing_sends_what_waits_first() -> None:
    inner, joined = _joined()
    joined.write(b"last words")
    joined.close()
    await asyncio.sleep(0)
    assert inner.done == [b"last words", "close"]
    joined.write(b"too late")
    await asyncio.sleep(0)
    assert inner.done == [b"last words", "close"]
