"""The demo as one call: told, counted, and cleaned up after, also when somebody ends it early."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.faces.demo.real import stream
from lockhouse.faces.demo.stage import Stage
from lockhouse.faces.demo.story import tell

if TYPE_CHECKING:
    from lockhouse.faces.demo.options import Options

INTERRUPTED = 130
"""The exit code of a program that was ended by Ctrl-C: 128 + SIGINT."""


def run(options: Options) -> tuple[int, dict[str, Any]]:
    """Tell the story; the exit code and the figures, which are empty when it was ended early.

    With `json` the story itself goes to standard error; whoever calls prints the figures.

    Raises:
        LockhouseError: the house could not be made or served.
    """
    stage = Stage(json=options.json, once=options.once)
    try:
        told = asyncio.run(_interruptible(options, stage))
    except (KeyboardInterrupt, asyncio.CancelledError):
        stage.say()
        stage.say("Ended early. Its processes, files and keys are gone.")
        return INTERRUPTED, {}
    return 0 if told.good else 1, msgspec.to_builtins(told)


async def _interruptible(options: Options, stage: Stage) -> Any:
    """The story as a task that SIGTERM ends as Ctrl-C does: through every clean-up on the way."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await (stream(options, stage) if options.real else tell(options, stage))
