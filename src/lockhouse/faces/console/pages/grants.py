"""Extra access for a while: asked for, approved by another with a passkey, ended, taken at once and reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from lockhouse.access.grants import REVIEW_MS, Kind, Review
from lockhouse.access.people import State
from lockhouse.errors import Conflict, Invalid, NotFound, Refused, Unproven
from lockhouse.faces.console.confirming import STEP, Asked, confirmed
from lockhouse.faces.console.current import house_of, id_in, person_path, shown, signed_in
from lockhouse.faces.console.fields import label
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.objections import said
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import grant as flow
from lockhouse.flows import staff
from lockhouse.gates.disclose.decided import with_facts
from lockhouse.gates.staff.refs import Meant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.grant import Known
    from lockhouse.gates.house import House

HERE: Final = "/grants"
LIST: Final = "grant.list"
_FIELDS: Final = ("purpose", "class", "reason", "ticket", "minutes", "person")
_MARKS: Final = {
    "waiting": "wait", "open": "now", "over": "held", "ended": "held", "refused": "refused", "lapsed": "held",
}  # fmt: skip
_DEEDS: Final = {
    "approve": flow.APPROVES, "refuse": flow.APPROVES, "review": flow.APPROVES, "end": "",
}  # fmt: skip
"""Last part of the path -> the permission that it needs; one's own grant everybody ends."""


@signed_in
async def listed(request: Request, me: Me) -> Response:
    """Grants: everybody's for whoever may look at them or decide over them, else one's own."""
    return await _page(request, me)


@signed_in
async def ask(request: Request, me: Me) -> Response:
    """A request, which opens nothing; or a broken glass, confirmed with a passkey."""
    is_glass = request.path_params["way"] == "break-glass"
    if request.path_params["way"] not in {"ask", "break-glass"}:
        raise Turned("LH-3004")
    house, _ = house_of(request), text_of(request)
    _require(request, me, flow.BREAKS if is_glass else flow.REQUESTS)
    fields = await posted(request, *_FIELDS, optional=STEP)
    try:
        wanted = _wanted(fields)
        if is_glass:
            question = await confirmed(request, me, _broken(request), fields)
            if question is not None:
                return question
            await flow.break_glass(house, wanted, by=me.actor)
        else:
            await flow.request(house, wanted, by=me.actor)
    except Invalid as error:
        return await _page(request, me, wrong=_wrong(error.where, _), given=fields)
    except NotFound:
        return await _page(request, me, wrong={"person": _("Nobody is known by this id.")}, given=fields)
    except Refused as error:
        return await _page(request, me, refused=said(error, _))
    except (Conflict, Unproven):
        return await _page(request, me, refused=_("It changed meanwhile: nothing was done. Look again."))
    done = _("It is open. Somebody else reviews it within 72 hours.") if is_glass else _("Asked. A colleague decides.")
    return await _page(request, me, done=done)


@signed_in
async def deed(request: Request, me: Me) -> Response:
    """A grant is approved, refused, ended or reviewed."""
    name, grant = request.path_params["deed"], id_in(request.path_params["grant"])
    if name not in _DEEDS:
        raise Turned("LH-3004")
    house, _ = house_of(request), text_of(request)
    if _DEEDS[name]:
        _require(request, me, _DEEDS[name])
    fields = await posted(request, *(("words", "verdict") if name == "review" else ()), optional=STEP)
    try:
        if name in {"approve", "review"}:
            known = await flow.show(house, grant)
            question = await confirmed(request, me, await _asked(request, name, known), fields)
            if question is not None:
                return question
        await _done(house, name, grant, me=me, fields=fields)
    except Refused as error:
        return await _page(request, me, refused=said(error, _))
    except Invalid:
        return await _page(request, me, refused=_("A review says in a few words what was looked into."))
    except NotFound:
        raise Turned("LH-3004") from None
    except (Conflict, Unproven):
        return await _page(request, me, refused=_("It changed meanwhile: nothing was done. Look again."))
    words = {
        "approve": _("Approved: it is open now."), "refuse": _("Refused. They may ask anew."), "end": _("Ended."),
        "review": _("Reviewed."),
    }  # fmt: skip
    return await _page(request, me, done=words[name])


async def _done(house: House, name: str, grant: bytes, *, me: Me, fields: Mapping[str, str]) -> None:
    if name == "review":
        is_fine = fields["verdict"] == "in-order"
        await flow.review(house, grant, in_order=is_fine, words=fields["words"], by=me.actor)
    elif name == "approve":
        await flow.approve(house, grant, by=me.actor)
    elif name == "refuse":
        await flow.refused(house, grant, by=me.actor)
    else:
        await flow.end(house, grant, by=me.actor)


def _require(request: Request, me: Me, permission: str) -> None:
    if not me.may(house_of(request), permission):
        raise Turned("LH-3011")


def _wanted(fields: Mapping[str, str]) -> flow.Wanted:
    minutes, person = fields["minutes"], fields["person"].strip()
    return flow.Wanted(
        purpose=fields["purpose"], classes=(fields["class"],), reason=fields["reason"], ticket=fields["ticket"],
        minutes=int(minutes) if minutes.isdecimal() and len(minutes) < 4 else 0,  # noqa: PLR2004  # three digits
        persons=(id_in(person),) if person else (),
    )  # fmt: skip


def _wrong(where: str, _: Callable[[str], str]) -> dict[str, str]:
    """What is to be put right; of a form of ours only what is typed can be wrong, or what the policy has no longer."""
    words = {
        "ticket": _("Write the number of the case, as T-17 or #4711."),
        "minutes": _("This is longer than it may last. Break-glass is open for an hour at most."),
        "reason": _("Choose one of the reasons."), "purpose": _("Choose one of the purposes."),
        "classes": _("This class is not kept for this purpose. Choose another."),
        "fields": _("No role of the policy sees this class for this purpose. Choose another."),
    }  # fmt: skip
    fields = {"classes": "class", "fields": "class"}
    return {fields.get(where, where): words.get(where, _("This is not taken."))}


def _broken(request: Request) -> Asked:
    _ = text_of(request)
    return Asked(
        action="break-glass", persons=(), deed=_("Open it at once"), path=f"{HERE}/break-glass", back=HERE, here=HERE,
        effect=_("Everybody who could have approved it is told, and one of them reviews it within 72 hours."),
    )  # fmt: skip


async def _asked(request: Request, name: str, known: Known) -> Asked:
    _, grant = text_of(request), known.row.id
    who = (await staff.show(house_of(request), known.row.staff)).called.name
    words = {
        "approve": (
            _("Approve extra access for %(name)s"),
            _("They see %(fields)s for %(purpose)s from now on, for %(minutes)s minutes."),
        ),
        "review": (_("Review the break-glass of %(name)s"), _("You answer for what you say of it; it is over then.")),
    }[name]
    parts = {
        "name": who, "fields": ", ".join(label(one, _) for one in known.terms.fields),
        "purpose": label(known.terms.purpose, _),
        "minutes": known.terms.lasts_ms // 60_000,
    }  # fmt: skip
    return Asked(
        action=f"grant-{name}", persons=(grant,), deed=words[0] % parts, effect=words[1] % parts,
        path=f"{HERE}/{grant.hex()}/{name}", back=HERE, here=HERE,
    )  # fmt: skip


async def _page(  # noqa: PLR0913  (what became of a form)
    request: Request, me: Me, *, refused: str = "", done: str = "", wrong: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    house, _ = house_of(request), text_of(request)
    may = {one: me.may(house, one) for one in (flow.REQUESTS, flow.APPROVES, flow.BREAKS, flow.ENDS, LIST)}
    if not any(may.values()):
        raise Turned("LH-3011")
    sees_all = may[LIST] or may[flow.APPROVES] or may[flow.ENDS]
    names = {one.row.id: one.called.name for one in await staff.everybody(house) if one.row.state != State.INVITED}
    known = [one for one in await flow.listed(house) if sees_all or one.row.staff == me.id]
    lines = [_line(one, me, names, may=may, _=_) | {"pages": await _pages(house, me, one)} for one in known]
    return shown(
        request, me, "grants.html", here=HERE, status=409 if refused else 422 if wrong else 200, refused=refused,
        done=done, wrong=wrong or {}, said=given or {}, may_ask=may[flow.REQUESTS], may_break=may[flow.BREAKS],
        may_decide=may[flow.APPROVES], grants=lines, **_choices(house, me, _),
    )  # fmt: skip


async def _pages(house: House, me: Me, one: Known) -> list[str]:
    """Where the pages are of those whom an open grant of one's own names: one that names somebody finds nobody."""
    if one.row.staff != me.id or one.how != "open" or not one.terms.persons:
        return []
    groups = await with_facts(house, one.terms.persons)
    return list(dict.fromkeys(person_path(house, me, Meant(person=min(group))) for group in groups))


def _choices(house: House, me: Me, _: Callable[[str], str]) -> dict[str, dict[str, str]]:
    """What a request may say: the policy's purposes, classes and reasons; one's own purposes first."""
    policy = house.live_policy.policy if house.live_policy else None
    if policy is None:
        return {"purposes": {}, "classes": {}, "reasons": {}, "times": {}}
    mine = [name for role in me.live.roles if role in policy.roles for name in policy.roles[role].for_]
    purposes = [*dict.fromkeys(mine), *(one.name for one in policy.purposes if one.name not in mine)]
    seen = {class_ for row in policy.table.values() for classes in row.values() for class_ in classes}
    reasons = [word for role in policy.roles.values() for one in role.reveal.values() for word in one.reasons or ()]
    times = {"30": _("30 minutes"), "60": _("1 hour"), "240": _("4 hours"), "480": _("8 hours")}
    return {
        "purposes": {one: label(one, _) for one in purposes},
        "classes": {one: label(one, _) for one in sorted(seen)},
        "reasons": {one: one for one in dict.fromkeys(reasons)} or {"stated": _("another reason")}, "times": times,
    }  # fmt: skip


def _line(
    one: Known, me: Me, names: Mapping[bytes, str], *, may: Mapping[str, bool], _: Callable[[str], str]
) -> dict[str, object]:
    """A grant as the list has it."""
    states = {
        "waiting": _("waits"), "open": _("open"), "over": _("over"), "ended": _("ended"), "refused": _("refused"),
        "lapsed": _("nobody decided in time"),
    }  # fmt: skip
    verdicts = {Review.NONE: "", Review.IN_ORDER: _("in order"), Review.NOT_IN_ORDER: _("not in order")}
    is_mine, decides = one.row.staff == me.id, may[flow.APPROVES]
    return {
        "id": one.row.id.hex(), "name": names.get(one.row.staff, ""), "mark": _MARKS[one.how], "state": states[one.how],
        "glass": one.row.kind == Kind.GLASS, "purpose": label(one.terms.purpose, _),
        "fields": ", ".join(label(each, _) for each in one.terms.fields), "persons": len(one.terms.persons),
        "why": f"{one.terms.reason}: {one.terms.ticket}", "until": one.row.until_at if one.how == "open" else None,
        "asked": one.row.asked_at, "due": one.row.asked_at + REVIEW_MS if one.is_due else None,
        "overdue": one.is_overdue, "verdict": verdicts[Review(one.row.review)], "words": one.words,
        "may_decide": decides and not is_mine and one.how == "waiting",
        "may_end": (is_mine or decides or may[flow.ENDS]) and one.how in {"open", "waiting"},
        "may_review": decides and not is_mine and one.is_due,
    }  # fmt: skip


ROUTES = [
    Route(HERE, listed, name="grants"),
    Route(f"{HERE}/{{way}}", ask, methods=["POST"], name="grant-ask"),
    Route(f"{HERE}/{{grant}}/{{deed}}", deed, methods=["POST"], name="grant-deed"),
]
