"""`lockhouse demo`: a throw-away house at work."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter

from lockhouse.errors import Unavailable
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.layout import Said


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of a demo, and where."""

    people: int = 2_000
    """how many made-up customers the shop has; 2000, unless it is said"""
    seed: int = 7
    """the same seed, the same day; 7, unless it is said"""
    keep: Path | None = None
    """an empty or new folder to make the house in and leave it; else it is thrown away"""
    limit: int = 0
    """with --real: at most so many baskets; 0 for the whole month, which is usual"""


def demo(*, once: bool = False, real: bool = False, size: Size | None = None, call: Here) -> Said:
    """Watch a throw-away house take in, show and erase made-up people; it leaves nothing behind.

    Args:
        once: tell the story once and end; with --json as one object.
        real: stream a month of real shop transactions instead (needs the extra `examples`).
        size: how much, and where.

    Examples:
        ```
        lockhouse demo
        lockhouse demo --once --json
        lockhouse demo --real --limit 500
        ```
    """
    # By name: the demo is not needed by any other command, and a build may come without it.
    try:
        room = importlib.import_module("lockhouse.faces.demo")
    except ModuleNotFoundError as err:
        raise Unavailable("demo: expected a build with the demo, got one without") from err
    chosen = size or Size()
    value, text, code = room.run(
        once=once, real=real, as_json=call.json, people=chosen.people, seed=chosen.seed, limit=chosen.limit,
        keep=call.cwd / chosen.keep if chosen.keep else None,
    )  # fmt: skip
    return Said(value, text, code)
