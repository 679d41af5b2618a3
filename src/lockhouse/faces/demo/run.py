"""The demo as one call: told, counted, and cleaned up after, also when somebody ends it early."""

from __future__ import annotations

import asyncio
import signal
from typing import Any, NamedTuple

import msgspec

from lockhouse.faces.demo.onward import onward
from lockhouse.faces.demo.options import Options
from lockhouse.faces.demo.real import stream
from lockhouse.faces.demo.stage import Stage
from lockhouse.faces.demo.story import tell

INTERRUPTED = 130
"""The exit code of a program that was ended by Ctrl-C: 128 + SIGINT."""


class Told(NamedTuple):
    """What a demo leaves behind: its figures, no more words, and an exit code."""

    value: dict[str, Any]
    text: str
    code: int


def run(*, as_json: bool = False, **chosen: Any) -> Told:
    """Tell the story; the figures are empty when somebody ended it early.

    Args:
        as_json: the story goes to standard error, so that the figures stand alone; whoever calls prints them.
        **chosen: see `Options`.

    Raises:
        LockhouseError: the house could not be made or served.
    """
    options = Options(json=as_json, **chosen)
    stage = Stage(json=options.json, once=options.once)
    try:
        told = asyncio.run(_interruptible(options, stage))
    except (KeyboardInterrupt, asyncio.CancelledError):
        stage.say()
        left = f"The house stays in {options.keep}." if options.keep else "Its processes, files and keys are gone."
        stage.say(f"Ended early. {left}")
        return Told({}, "", INTERRUPTED)
    stage.act("A house of your own, with one event in it:")
    for line in onward():
        stage.say(f"  {line}")
    return Told(msgspec.to_builtins(told), "", 0 if told.good else 1)


async def _interruptible(options: Options, stage: Stage) -> Any:
    """The story as a task that SIGTERM ends as Ctrl-C does: through every clean-up on the way."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await (stream(options, stage) if options.real else tell(options, stage))
