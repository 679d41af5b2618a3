"""A provider's channel that is not there yet: its lines in the policy draft, and the wait for what comes first."""

from __future__ import annotations

import asyncio
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from lockhouse.channels.hooks import HOOKS
from lockhouse.channels.hooks.delivery import BAD_SIGNATURE, STALE
from lockhouse.errors import Conflict, Invalid, Unavailable
from lockhouse.faces.cli.acting import allowed
from lockhouse.faces.cli.drafts import draft_of_house
from lockhouse.faces.cli.layout import Said, count
from lockhouse.policy.stanza import planted
from lockhouse.wiring import template

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.serve.desk import Answer
    from lockhouse.gates.house import House
    from lockhouse.policy.stanza import Planted
    from lockhouse.wiring import Opened

MAX_WAIT: Final = 24 * 60
"""Minutes."""
UNPROVEN: Final = frozenset({BAD_SIGNATURE, STALE})


class Waited(NamedTuple):
    """What came first; `served` is whether anything could come, `unproven` how many came that were nobody's proof."""

    answer: Answer | None
    served: bool
    unproven: int = 0


def require_kind(kind: str) -> None:
    """Nothing, of a kind that providers deliver by.

    Raises:
        Invalid: it is none.
    """
    if kind not in HOOKS:
        hint = "channels of your own pages and systems are written into the policy by hand"
        raise Invalid("--kind", f"one of {', '.join(sorted(HOOKS))}", got="another", hint=hint)


def require_minutes(wait: int | None) -> None:
    """Nothing, of a wait that ends.

    Raises:
        Invalid: it is none, or longer than a day.
    """
    if wait is not None and not 1 <= wait <= MAX_WAIT:
        raise Invalid("--wait", f"a whole number of minutes from 1 to {MAX_WAIT:,}", got="another")


def require_may_watch(house: House, role: str | None) -> None:
    """Nothing, of whoever may follow what comes in, as `lockhouse tail` asks for.

    Raises:
        Refused: they may not.
    """
    allowed(house, "channel.tail", role)


def join(opened: Opened, name: str, kind: str, *, call: Call) -> Said:
    """The draft has the channel. Nothing of it rules before that is approved.

    Raises:
        Invalid, NotFound, Conflict: as of the draft and of `planted`; then nothing is written.
    """
    place = opened.folder / opened.settings.policy
    written = draft_of_house(opened.folder, opened.settings)
    folder = place.is_dir()
    try:
        put = planted(written.files, stanza=HOOKS[kind].stanza, name=name, folder=folder, templates=template)
    except Conflict as err:
        text = f"{err.text}; it is not approved yet"
        raise Conflict(text, hint="lockhouse policy diff, then lockhouse policy approve") from err
    _replace(place / put.file if folder else place, put.files[put.file])
    value = {
        "channel": name, "kind": kind, "draft": put.file, "lines": put.lines, "left_out": list(put.left_out),
        "steps": _next(name),
    }  # fmt: skip
    return Said(value, call.located(_joined(put, name)))


def _joined(put: Planted, name: str) -> str:
    lines = [f"Written into the draft, {put.file}; nothing of it rules yet:", "", *_set_in(put.lines.splitlines())]
    if put.left_out:
        lines += ["", "Left out, since the draft does not declare it:", *_set_in(put.left_out)]
    return "\n".join([*lines, "", "Look at the lines, then:", "", *_set_in(_next(name))])


async def first(call: Call, name: str, *, since: int, minutes: int) -> Waited:
    """What becomes of the first event that comes in by a channel, or None if none does in this time.

    What proves nothing is no first event: anybody may send that.

    Args:
        call: of the command.
        name: of the channel.
        since: ms; what was answered before does not count.
        minutes: how long.
    """
    # Imported here: no other use of these commands needs the running processes.
    from lockhouse.faces.serve.tail import follow  # noqa: PLC0415

    unproven = 0
    try:
        async with asyncio.timeout(60 * minutes):
            async for answer in follow(call.folder(), channel=name):
                if answer.at < since or answer.outcome == "challenge":
                    continue
                if answer.code not in UNPROVEN:
                    return Waited(answer, served=True)
                unproven += answer.count
    except TimeoutError:
        return Waited(None, served=True, unproven=unproven)
    except Unavailable:
        return Waited(None, served=False)
    return Waited(None, served=False)  # every process has ended meanwhile


def nothing_came(name: str, waited: Waited, *, minutes: int) -> str:
    """What to look at."""
    follow = f"lockhouse tail --channel {name} follows along."
    if not waited.served:
        return f"The house is not served on this machine: lockhouse serve. Then {follow}"
    if waited.unproven:
        return f"{count(waited.unproven, 'delivery', 'deliveries')} came by another secret or none. {follow}"
    return (
        f"Nothing came in {count(minutes, 'minute')}. Look whether the provider reaches the address above and shows\n"
        f"deliveries as failed. {follow}"
    )


def _next(name: str) -> list[str]:
    return ["lockhouse policy diff", "lockhouse policy approve", f"lockhouse channel add {name} --wait 30"]


def _set_in(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _replace(place: Path, text: str) -> None:
    """The file holds this text, and never half of it; who may read it is as before.

    Raises:
        Invalid: it cannot be written.
    """
    place = place.resolve()  # behind a link stands the file that is meant
    try:
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o640
        handle, new = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(text.encode())
                stream.flush()
                os.fsync(handle)
                os.fchmod(handle, mode)
            Path(new).replace(place)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(new).unlink()
            raise
    except OSError as err:
        raise Invalid("policy", "a draft that this user may write", got="another") from err
