"""`lockhouse sign-in`, `sign-out` and `whoami`: a member works on this command line, as themselves."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from lockhouse.errors import Invalid, NotFound, Refused
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.gate import has_staff, require_waits, signed_in, tell, user
from lockhouse.faces.cli.layout import Said, when
from lockhouse.faces.cli.own_files import drop, keep, kept, session_file
from lockhouse.faces.cli.staff import staff_of
from lockhouse.flows import device, session

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.faces.cli.call import Call
    from lockhouse.flows.session import Live
    from lockhouse.wiring import Opened


async def sign_in(*, staff: str | None = None, call: Here) -> Said:
    """Work here as a member: they type a code in the console, and confirm it with a passkey.

    From then on every command is done as them, with their roles, until `sign-out`, half an hour of rest, or 12 hours.
    The sign-in lies in a file that this user of the machine alone may read, and counts for that user alone.

    For example `lockhouse sign-in`.

    Args:
        staff: the one member who may answer, by the id that `staff list` printed; anybody, if none is named.
    """
    wanted = b"" if staff is None else staff_of(staff)
    async with call.open() as opened:
        place = _place(call, opened)
        if not await has_staff(opened.house):
            raise Refused(
                "sign-in: expected a house in which somebody has enrolled, got none", reasons=("no-staff",),
                hint="lockhouse staff invite; until then this machine's user acts",
            )  # fmt: skip
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        asked = await device.ask_in(opened.house, user=user(), staff=wanted)
        tell(call, opened, asked.code, asked.until_at, why="Open this in your browser, and type the code there")
    interval_ms = asked.interval_ms
    while True:
        await call.terminal.pause(interval_ms / 1000)
        async with call.open() as opened:
            told = await device.signed_in(opened.house, asked.secret, user=user())
            if told.word == "confirmed":
                await _end(opened, place)
                keep(place, told.token)
                live = await signed_in(call, opened)
                break
        require_waits(told.word)
        interval_ms = told.interval_ms
    if live is None:
        raise Refused("sign-in: expected it to stand, got one that is over", hint="lockhouse sign-in")
    return Said(_value(live), f"Signed in. {_line(live)}\nTo end it: lockhouse sign-out")


async def sign_out(*, call: Here) -> Said:
    """End the sign-in of this command line, in every process at once; its file is gone.

    For example `lockhouse sign-out`.
    """
    async with call.open() as opened:
        place = _place(call, opened)
        ended = await _end(opened, place)
    text = "Signed out." if ended else "Nobody was signed in here."
    return Said({"ended": ended}, text)


async def whoami(*, call: Here) -> Said:
    """As whom this command line acts, with which roles, and until when."""
    async with call.open() as opened:
        live = await signed_in(call, opened)
        if live is not None:
            return Said(_value(live), _line(live))
        staffed = await has_staff(opened.house)
    acts = "nobody: lockhouse sign-in" if staffed and not opened.house.demo else f"{user()}, in any role"
    return Said({"staff": None, "user": user(), "signs_in": staffed}, f"Nobody is signed in here; who acts: {acts}")


def _place(call: Call, opened: Opened) -> Path:
    place = session_file(call.environment, opened.settings.house)
    if place is None:
        raise Invalid("HOME", "a home folder, or XDG_STATE_HOME, to keep the sign-in in", got="none")
    return place


async def _end(opened: Opened, place: Path) -> bool:
    """The session that lies there is over, and its file is gone; whether there was one."""
    live = None
    try:
        secret = kept(place, where="the sign-in's file")
        live = None if secret is None else await session.of(opened.house, secret, user=user())
    except (Invalid, Refused):  # another's, or one that others read: it opens nothing here
        secret = None
    if live is not None:
        try:
            await session.end(opened.house, live.session.id, by=live.actor)
        except NotFound:
            live = None
    drop(place)
    return live is not None


def _value(live: Live) -> dict[str, Any]:
    row = live.session
    return {
        "staff": live.account.id.hex(), "session": row.id.hex(), "roles": sorted(live.roles), "level": row.level,
        "until": row.until_at, "user": f"os-user:{os.getuid()}",
    }  # fmt: skip


def _line(live: Live) -> str:
    roles = ", ".join(sorted(live.roles)) or "no role"
    return f"{live.actor}: {roles}, until {when(live.session.until_at)} at most."
