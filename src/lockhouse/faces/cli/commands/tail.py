"""`lockhouse tail`: what becomes of events, as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Invalid, NotFound
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.layout import clean, count, json_text, when
from lockhouse.faces.outcomes import sentence
from lockhouse.gates.sights import WOULD_BE_KEPT

if TYPE_CHECKING:
    from lockhouse.faces.serve.desk import Answer

UNREAD = "LH-100"
"""Codes of what could not be read: they say where and what was expected, and nothing was dropped from it."""


async def tail(*, channel: str | None = None, refused: bool = False, limit: int | None = None, call: Here) -> None:
    """Follow what becomes of events, as they come: shapes only, never a value. Ctrl-C ends it.

    Args:
        channel: of one channel only.
        refused: only what was refused.
        limit: end after so many lines; what was answered a moment ago is told first, and counts.
    """
    async with call.open(purpose="audit") as opened:  # whatever is followed, the house says first who may
        if channel is not None and channel not in opened.house.live().policy.channels:
            raise NotFound(
                "--channel: expected a channel of the live policy, got another", hint="lockhouse channel list"
            )
    # Imported here: no other command needs the running processes.
    from lockhouse.faces.serve.tail import follow  # noqa: PLC0415

    if limit is not None and limit < 1:
        raise Invalid("--limit", "a number from 1 up", got="another")
    seen = 0
    async for answer in follow(call.folder(), channel=channel, refused_only=refused):
        text = json_text(answer) if call.json else line(answer)
        call.terminal.say(text)
        seen += 1
        if limit is not None and seen >= limit:
            return


def line(answer: Answer) -> str:
    """What became of an event, or of several alike, on one line."""
    times = f", {answer.count} times" if answer.count > 1 else ""
    kept = [path for path, reason in answer.dropped if reason == WOULD_BE_KEPT]
    dropped = ", ".join(f"{path} ({reason})" for path, reason in answer.dropped if reason != WOULD_BE_KEPT)
    what = f"stored {count(answer.kept, 'field')}" if answer.outcome in {"stored", "trimmed"} else sentence(answer.code)
    if answer.outcome == "refused" and answer.code.startswith(UNREAD):
        dropped = "; ".join(f"{path or 'the event'}: expected {expected}" for path, expected in answer.dropped)
        rest = f" · {dropped}" if dropped else ""
    elif answer.outcome == "observed":
        rest = f" · would keep {', '.join(kept) or 'nothing'}" + (f" · would drop {dropped}" if dropped else "")
    else:
        rest = f" · dropped {dropped}" if dropped else ""
    who = f"{answer.channel or '?':<10}  {answer.event:<18}"
    return clean(f"{when(answer.at)}  {who}  {answer.outcome:<9}  {answer.code}  {what}{rest}{times}")
