"""Who works here: invited by a link, given roles, disabled, let in again. Each deed is confirmed and noted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from lockhouse.access.people import State
from lockhouse.errors import Conflict, Invalid, Unproven
from lockhouse.faces.console.confirming import STEP, Asked, confirmed
from lockhouse.faces.console.current import house_of, shown, signed_in
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import staff as flow
from lockhouse.gates.staff.called import MAX_TEXT, Called

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.staff import Known
    from lockhouse.gates.staff.links import Link
    from lockhouse.model.rows import Staff

_PROPOSED, _GIVEN = 0, 1
_MARKS: Final = {State.INVITED: "wait", State.ACTIVE: "good", State.DISABLED: "refused"}
INVITE: Final = "/staff/invite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role of somebody's, as a page shows it: `why` it is not approved by whoever looks, empty where it may be."""

    name: str
    words: str
    given: bool
    why: str = ""


@signed_in
async def everybody(request: Request, me: Me) -> Response:
    """Everybody who has an account."""
    return await _everybody(request, me)


async def _everybody(
    request: Request, me: Me, *, wrong: Mapping[str, str] | None = None, given: Mapping[str, str] | None = None
) -> Response:
    house, _ = house_of(request), text_of(request)
    require(request, me, "staff.list")
    known, now = await flow.everybody(house), house.clock.now_ms()
    return shown(
        request, me, "staff.html", here="/staff", status=422 if wrong else 200,
        people=[line(one, _) | {"reset": is_reset_begun(one.row, now=now)} for one in known],
        active=sum(one.row.state == State.ACTIVE for one in known),
        wrong=wrong or {}, said=given or {}, may_invite=me.may(house, "staff.invite"),
        closed=_("Your role lets nobody in. An admin can: ask one of those above."),
    )  # fmt: skip


def require(request: Request, me: Me, permission: str) -> None:
    """Nothing, if the role of whoever asks lets them.

    Raises:
        Turned: it does not.
    """
    if not me.may(house_of(request), permission):
        raise Turned("LH-3011")


def line(one: Known, _: Callable[[str], str]) -> dict[str, object]:
    """An account as a table has it."""
    states = {State.INVITED: _("invited"), State.ACTIVE: _("active"), State.DISABLED: _("disabled")}
    state = State(one.row.state)
    return {
        "id": one.row.id.hex(), "name": one.called.name, "mark": _MARKS[state], "state": states[state],
        "roles": roles_of(one, _), "used": one.used_at,
    }  # fmt: skip


def is_reset_begun(row: Staff, *, now: int) -> bool:
    """Whether a reset of theirs waits for whoever approves it."""
    return row.step == "reset-begun" and row.state == State.ACTIVE and now - row.at < flow.RESET_MS


def roles_of(one: Known, _: Callable[[str], str]) -> list[Role]:
    """The roles that somebody has, or is proposed for."""
    words = {_PROPOSED: _("proposed; it waits for a second person"), _GIVEN: _("given")}
    return [
        Role(name=row.role, words=words[row.state], given=row.state == _GIVEN)
        for row in one.roles
        if row.state in words
    ]


@signed_in
async def invite(request: Request, me: Me) -> Response:
    """Somebody has an account and a link, which is shown once."""
    house, _ = house_of(request), text_of(request)
    require(request, me, "staff.invite")
    fields = await posted(request, "login", "name", "language", optional=STEP)
    who = Called(fields["login"].strip(), fields["name"].strip())
    asked = Asked(
        action="staff-invite", persons=(), deed=_("Invite %(name)s") % {"name": who.name}, path=INVITE, back="/staff",
        effect=_("They have an account, and one link by which they enrol. It opens once, within 24 hours."),
        here="/staff",
    )  # fmt: skip
    wrong = _wrong(who, _)
    if wrong:
        return await _everybody(request, me, wrong=wrong, given=fields)
    try:
        question = await confirmed(request, me, asked, fields)
    except (Conflict, Unproven):
        moved = _("It changed meanwhile: nothing was done. Look again.")
        return await _everybody(request, me, wrong={"login": moved}, given=fields)
    if question is not None:
        return question
    try:
        link = await flow.invite(house, who, by=me.actor, language=fields["language"])
    except Invalid as error:
        return await _everybody(request, me, wrong={error.where: _not_taken(_)}, given=fields)
    except Conflict:
        taken = _("Somebody signs in as this already: look among those above.")
        return await _everybody(request, me, wrong={"login": taken}, given=fields)
    return link_page(request, me, link, name=who.name)


def _wrong(who: Called, _: Callable[[str], str]) -> dict[str, str]:
    """What is to be put right before anybody is asked for a passkey."""
    fields = {"login": who.login, "name": who.name}
    found = {name: _("Write something here.") for name, text in fields.items() if not text}
    return found | {
        name: _not_taken(_) for name, text in fields.items() if len(text) > MAX_TEXT or not text.isprintable()
    }


def _not_taken(_: Callable[[str], str]) -> str:
    return _("This is not taken: 1 to 200 letters or signs.")


def link_page(request: Request, me: Me, link: Link, *, name: str) -> Response:
    """A link, shown once."""
    address = f"{request.app.state.served.url}/enrol#{link.token}"
    return shown(
        request, me, "link.html", here="/staff", name=name, link=address, until=link.until_at, id=link.staff.hex()
    )  # fmt: skip


ROUTES = [
    Route("/staff", everybody, name="staff"),
    Route(INVITE, invite, methods=["POST"], name="staff-invite"),
]
