"""Everybody's sign-ins: who is signed in, from where and how surely, and their end, one by one or all of somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from lockhouse.access.sign_in import Level
from lockhouse.errors import Conflict, NotFound, Unproven
from lockhouse.faces.console.confirming import STEP, Asked, confirmed
from lockhouse.faces.console.current import house_of, id_in, shown, signed_in
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.pages.staff import require
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import session as flow
from lockhouse.flows import staff

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.session import Open

HERE: Final = "/sessions"
MAY: Final = "staff.session"
END: Final = "/sessions/end"
END_ALL: Final = "/sessions/end-all"


@signed_in
async def sessions(request: Request, me: Me) -> Response:
    """Whoever is signed in."""
    require(request, me, MAY)
    return await _page(request, me)


async def _page(request: Request, me: Me, *, done: str = "", refused: str = "") -> Response:
    house, _ = house_of(request), text_of(request)
    names = {one.row.id: one.called.name for one in await staff.everybody(house)}
    found = await flow.list_of(house)
    newest = {one.session.staff: one.session.id for one in reversed(found)}
    lines = [_line(one, me, names, _) | {"first": one.session.id in newest.values()} for one in found]
    return shown(
        request, me, "sessions.html", here=HERE, status=409 if refused else 200, done=done, refused=refused,
        sessions=lines, people=len(newest),
    )  # fmt: skip


def _line(one: Open, me: Me, names: Mapping[bytes, str], _: Callable[[str], str]) -> dict[str, object]:
    sure = {Level.ONE: _("one factor"), Level.TWO: _("two factors"), Level.BOUND: _("bound to a device")}
    row = one.session
    return {
        "id": row.id.hex(), "staff": row.staff.hex(), "name": names.get(row.staff, ""), "agent": one.seen.agent,
        "network": one.seen.network, "level": row.level, "sure": sure[Level(row.level)], "since": row.made_at,
        "seen": row.seen_at, "until": row.until_at, "here": row.id == me.live.session.id,
    }  # fmt: skip


@signed_in
async def end(request: Request, me: Me) -> Response:
    """One sign-in is over, in every process."""
    require(request, me, MAY)
    fields, house, _ = await posted(request, "session", optional=STEP), house_of(request), text_of(request)
    one = next((each for each in await flow.list_of(house) if each.session.id == id_in(fields["session"])), None)
    if one is None:
        raise Turned("LH-3004")
    asked = Asked(
        action="session-end", persons=(one.session.staff,),
        deed=_("End this sign-in of %(name)s") % {"name": await _called(request, one.session.staff)},
        effect=_("That browser opens nothing from then on; they sign in again with their passkey."),
        path=END, back=HERE, here=HERE, ends=True,
    )  # fmt: skip
    try:
        question = await confirmed(request, me, asked, fields)
        if question is not None:
            return question
        await flow.end(house, one.session.id, by=me.actor, whose=one.session.staff)
    except (Conflict, NotFound, Unproven):
        return await _page(request, me, refused=_("It changed meanwhile: nothing was done. Look again."))
    return await _page(request, me, done=_("Ended. That browser is signed out."))


@signed_in
async def end_all(request: Request, me: Me) -> Response:
    """Every sign-in of somebody is over, and every token that counts to them."""
    require(request, me, MAY)
    fields, house, _ = await posted(request, "staff", optional=STEP), house_of(request), text_of(request)
    whose = id_in(fields["staff"])
    asked = Asked(
        action="session-end", persons=(whose,),
        deed=_("End every sign-in of %(name)s") % {"name": await _called(request, whose)},
        effect=_("Every browser of theirs is signed out, and the tokens that count to them are taken no more."),
        path=END_ALL, back=HERE, here=HERE, ends=True,
    )  # fmt: skip
    try:
        question = await confirmed(request, me, asked, fields)
        if question is not None:
            return question
        await flow.end_all(house, whose, by=me.actor)
    except (Conflict, NotFound, Unproven):
        return await _page(request, me, refused=_("It changed meanwhile: nothing was done. Look again."))
    return await _page(request, me, done=_("Ended. Every browser of theirs is signed out."))


async def _called(request: Request, whose: bytes) -> str:
    try:
        return (await staff.show(house_of(request), whose)).called.name
    except NotFound:
        raise Turned("LH-3004") from None


ROUTES = [
    Route(HERE, sessions, name="sessions"),
    Route(END, end, methods=["POST"], name="sessions-end"),
    Route(END_ALL, end_all, methods=["POST"], name="sessions-end-all"),
]
