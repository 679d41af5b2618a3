"""The demo as one call: told, counted, and cleaned up after, also when somebody ends it early."""

from __future__ import annotations

import asyncio
import signal
from typing import Any, NamedTuple

import msgspec

from lockhouse.errors import Invalid
from lockhouse.faces.demo.onward import onward
from lockhouse.faces.demo.options import Options
from lockhouse.faces.demo.real import stream
from lockhouse.faces.demo.stage import Stage
from lockhouse.faces.demo.story import tell

BY_SIGNAL = 128
"""Added to a signal's number it is the exit code of whoever the signal ended: 130 for Ctrl-C, 143 for SIGTERM."""


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
        Invalid: nobody to send for, or a limit to what is not streamed.
        LockhouseError: the house could not be made or served.
    """
    options = Options(json=as_json, **chosen)
    _check(options)
    stage = Stage(json=options.json, once=options.once)
    ended: list[signal.Signals] = []
    try:
        told = asyncio.run(_interruptible(options, stage, ended))
    except (KeyboardInterrupt, asyncio.CancelledError):
        stage.say()
        left = f"The house stays in {options.keep}." if options.keep else "Its processes, files and keys are gone."
        stage.say(f"Ended early. {left}")
        return Told({}, "", BY_SIGNAL + (ended or [signal.SIGINT])[0])
    stage.act("A house of your own, with one event in it:")
    for line in onward():
        stage.line(f"  {line}")
    return Told(msgspec.to_builtins(told), "", 0 if told.good else 1)


def _check(options: Options) -> None:
    """Return only if there is something to tell.

    Raises:
        Invalid: there is not.
    """
    if options.people < 1:
        raise Invalid("--people", "a number from 1 up", got="another")
    if options.limit < 0:
        raise Invalid("--limit", "a number from 1 up, or 0 for the whole month", got="another")
    if options.limit and not options.real:
        raise Invalid("--limit", "--real beside it: made-up people are not limited", got="none", hint="--people N")


async def _interruptible(options: Options, stage: Stage, ended: list[signal.Signals]) -> Any:
    """The story as a task that SIGTERM ends as Ctrl-C does: through every clean-up on the way; `ended` says so."""
    task = asyncio.current_task()

    def end() -> None:
        ended.append(signal.SIGTERM)
        if task is not None:
            task.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    return await (stream(options, stage) if options.real else tell(options, stage))
