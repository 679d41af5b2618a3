"""`lockhouse demo`: a throw-away house at work."""

from __future__ import annotations

import importlib

from lockhouse.errors import Unavailable
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.layout import Said


def demo(*, once: bool = False, real: bool = False, call: Here) -> Said:
    """Watch a throw-away house take in, show, send on and erase made-up people; it leaves nothing behind.

    Args:
        once: tell the story once and end; with --json as one object.
        real: stream a month of real shop transactions instead (needs the extra `examples`).
    """
    # By name: the demo is not needed by any other command, and a build may come without it.
    try:
        room = importlib.import_module("lockhouse.faces.demo")
    except ModuleNotFoundError as err:
        raise Unavailable("demo: expected a build with the demo, got one without") from err
    value, text, code = room.run(once=once, real=real, as_json=call.json)
    return Said(value, text, code)
