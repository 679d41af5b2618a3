"""Who holds which role: looked through by one, line by line, and signed off by another with a passkey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from lockhouse.access.reviewing import DONE, OPEN, SIGNED, hints
from lockhouse.errors import Conflict, Invalid, NotFound, Refused, Unproven
from lockhouse.faces.console.confirming import STEP, Asked, Proven, proven
from lockhouse.faces.console.current import house_of, id_in, shown, signed_in
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.objections import said
from lockhouse.faces.console.pages.staff import require
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import review as flow
from lockhouse.flows import staff as accounts
from lockhouse.gates.staff.members import STAFF

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.access.reviewing import Line
    from lockhouse.faces.console.current import Me
    from lockhouse.flows.review import Shown

PLACE: Final = "/staff/access"
_MARKS: Final = {OPEN: "wait", SIGNED: "now", DONE: "good"}


@signed_in
async def page(request: Request, me: Me) -> Response:
    """The review that is open, or who holds which role now; and those before."""
    require(request, me, "staff.list")
    return await _page(request, me)


async def _page(request: Request, me: Me, *, done: str = "", wrong: str = "") -> Response:
    house, _ = house_of(request), text_of(request)
    every = await flow.list_of(house)
    current = next((one for one in every if one.row.state != DONE), None)
    lines = current.lines if current else await flow.now(house)
    names = {one.row.id.hex(): one.called.name for one in await accounts.everybody(house)}
    at = current.row.opened_at if current else house.clock.now_ms()
    return shown(
        request, me, "access_review.html", here="/staff", status=409 if wrong else 200, done=done, wrong=wrong,
        current=None if current is None else _told(current, names, _),
        lines=[_line(one, names, me, _) | {"hint": _hint(one, at, _)} for one in lines],
        before=[_told(one, names, _) for one in every if one is not current],
        may_decide=me.may(house, "staff.role"), may_sign=me.may(house, "staff.approve"),
    )  # fmt: skip


def _told(one: Shown, names: Mapping[str, str], _: Callable[[str], str]) -> dict[str, Any]:
    states = {OPEN: _("open"), SIGNED: _("signed off, and being carried out"), DONE: _("done")}
    return {
        "id": one.row.id.hex(), "mark": _MARKS[one.row.state], "state": states[one.row.state], "at": one.row.opened_at,
        "by": _who(one.row.opened_by, names, _), "signed_by": _who(one.row.signed_by, names, _),
        "signed_at": one.row.signed_at, "lines": len(one.lines),
        "ends": sum(each.decision == "end" for each in one.lines),
        "left": sum(not each.decision for each in one.lines), "is_signed": one.row.state == SIGNED,
    }  # fmt: skip


def _who(by: str, names: Mapping[str, str], _: Callable[[str], str]) -> str:
    if by == "identity-provider":
        return _("a group of the identity provider")
    own = by.removeprefix(STAFF)
    return names.get(own, own) if by.startswith(STAFF) else _("this machine's user") if by else ""


def _line(one: Line, names: Mapping[str, str], me: Me, _: Callable[[str], str]) -> dict[str, Any]:
    words = {"keep": _("keep"), "end": _("end"), "": ""}
    return {
        "staff": one.staff, "name": names.get(one.staff, one.staff), "role": one.role, "since": one.given_at,
        "given_by": _who(one.given_by, names, _), "used": one.used_at, "decision": one.decision,
        "words": words[one.decision], "by": _who(one.by, names, _), "own": one.staff == me.id.hex(),
    }  # fmt: skip


def _hint(one: Line, at: int, _: Callable[[str], str]) -> str:
    words = {"never-enrolled": _("never enrolled"), "unused": _("no sign-in for 90 days")}
    return ", ".join(words[word] for word in hints(one, at=at))


@signed_in
async def begin(request: Request, me: Me) -> Response:
    """A review is open."""
    _ = text_of(request)
    require(request, me, "staff.role")
    await posted(request)
    try:
        await flow.begin(house_of(request), by=me.actor)
    except Refused as error:
        return await _page(request, me, wrong=said(error, _))
    except Invalid:
        return await _page(request, me, wrong=_("Nobody holds a role, so there is nothing to look through."))
    return await _page(request, me, done=_("Opened. Decide each line; somebody else signs it off."))


@signed_in
async def decide(request: Request, me: Me) -> Response:
    """A line is decided, or all that are left are kept."""
    _ = text_of(request)
    require(request, me, "staff.role")
    fields = await posted(request, "staff", "role", "decision")
    decision = fields["decision"]
    if decision not in {"keep", "end"}:
        raise Turned("LH-3006")
    review, line = id_in(request.path_params["review"]), (id_in(fields["staff"]), fields["role"])
    try:
        await flow.decide(house_of(request), review, [line], "keep" if decision == "keep" else "end", by=me.actor)
    except NotFound:
        raise Turned("LH-3004") from None
    except Refused as error:
        return await _page(request, me, wrong=said(error, _))
    except Conflict:
        return await _page(request, me, wrong=_("It changed meanwhile: nothing was done. Look again."))
    return await _page(request, me)


@signed_in
async def sign(request: Request, me: Me) -> Response:
    """The review is signed off as its lines stand, once that was confirmed; what is to end has ended."""
    house, _ = house_of(request), text_of(request)
    require(request, me, "staff.approve")
    fields, review = await posted(request, optional=STEP), id_in(request.path_params["review"])
    try:
        one = await flow.show(house, review)
        if one.row.state == SIGNED:
            await flow.carry_out(house, review)
            return await _page(request, me, done=_("Done."))
        asked = _signing(request, one)
        proof = await proven(request, me, asked, fields)
        if not isinstance(proof, Proven):
            return proof
        await flow.sign(house, review, by=me.actor, proof=(me.live.session, proof.meant, proof.token))
    except NotFound:
        raise Turned("LH-3004") from None
    except Unproven:
        return await _page(request, me, wrong=_("Nothing was done: this passkey is not yours, or it took too long."))
    except Refused as error:
        return await _page(request, me, wrong=said(error, _))
    except Conflict:
        return await _page(request, me, wrong=_("It changed meanwhile: nothing was done. Look again."))
    return await _page(request, me, done=_("Signed off. What was to end has ended."))


def _signing(request: Request, one: Shown) -> Asked:
    _ = text_of(request)
    ends = sum(each.decision == "end" for each in one.lines)
    effect = _("%(ends)d of %(lines)d roles end at once, and every sign-in of who holds them.")
    return Asked(
        action="access-review-sign", persons=(), deed=_("Sign off this review"),
        path=f"{PLACE}/{one.row.id.hex()}/sign", effect=effect % {"ends": ends, "lines": len(one.lines)},
        back=PLACE, here="/staff", ends=bool(ends),
        exact=flow.signing(one.row),
    )  # fmt: skip


ROUTES = [
    Route(PLACE, page, methods=["GET"], name="access-review"),
    Route(f"{PLACE}/open", begin, methods=["POST"], name="access-review-open"),
    Route(f"{PLACE}/{{review}}/decide", decide, methods=["POST"], name="access-review-decide"),
    Route(f"{PLACE}/{{review}}/sign", sign, methods=["POST"], name="access-review-sign"),
]
