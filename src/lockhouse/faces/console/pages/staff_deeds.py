"""One member of staff, and what can be done about them. Each deed is confirmed with a passkey, and noted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from lockhouse.access.people import Deed as Begun
from lockhouse.access.people import State, against_role
from lockhouse.access.sign_in import Means
from lockhouse.errors import Conflict, Invalid, NotFound, Refused
from lockhouse.faces.console.confirming import STEP, Asked, confirmed
from lockhouse.faces.console.current import house_of, id_in, shown, signed_in
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.objections import said, sentence
from lockhouse.faces.console.pages.staff import Role, line, link_page, require, roles_of
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import staff as flow
from lockhouse.flows import staff_roles
from lockhouse.gates.staff.finding import doer
from lockhouse.gates.staff.links import Link
from lockhouse.gates.staff.members import is_staff, people
from lockhouse.gates.staff.read import GIVEN, PROPOSED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.staff import Known
    from lockhouse.gates.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What can be done about somebody.

    Attributes:
        action: that is confirmed, of `access.step_up`. `permission`: whose role lets do it.
        run: does it: (house, account, role) and by whom; the role is empty where the deed is about none.
        is_of_role: the form names a role.
        undo: the deed that takes it back.
    """

    action: str
    permission: str
    run: Callable[..., Awaitable[object]]
    is_of_role: bool = False
    ends: bool = False
    undo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a deed: why it was not done, or that it was, and what takes it back."""

    refused: str = ""
    done: str = ""
    undo: str = ""


DEEDS: Final = {
    "approve": Deed(action="role-approve", permission="staff.approve", run=staff_roles.approve, is_of_role=True),
    "approve-reset": Deed(action="staff-reset", permission="staff.reset", run=flow.approve_reset, ends=True),
    "disable": Deed(action="staff-disable", permission="staff.disable", run=flow.disable, ends=True, undo="enable"),
    "enable": Deed(action="staff-enable", permission="staff.enable", run=flow.enable, undo="disable"),
    "end": Deed(action="role-end", permission="staff.role", run=staff_roles.end, is_of_role=True, ends=True),
    "give": Deed(action="role-give", permission="staff.role", run=staff_roles.give, is_of_role=True),
    "link": Deed(action="staff-invite", permission="staff.invite", run=flow.link_anew),
    "reset": Deed(action="staff-reset", permission="staff.reset", run=flow.reset),
    "review": Deed(action="staff-review", permission="staff.approve", run=flow.review_recovery),
}
"""Last part of the path -> deed."""


@signed_in
async def person(request: Request, me: Me) -> Response:
    """One account."""
    require(request, me, "staff.list")
    return await _page(request, me, id_in(request.path_params["staff"]), Result())


@signed_in
async def deed(request: Request, me: Me) -> Response:
    """Something is done about somebody, once it was confirmed."""
    name = request.path_params["deed"]
    if name not in DEEDS:
        raise Turned("LH-3004")
    one, staff, _ = DEEDS[name], id_in(request.path_params["staff"]), text_of(request)
    require(request, me, one.permission)
    fields = await posted(request, *(("role",) if one.is_of_role else ()), optional=STEP)
    role = fields.get("role", "")
    try:
        who = await flow.show(house_of(request), staff)
        question = await confirmed(request, me, _asked(request, name, who.called.name, role), fields)
        if question is not None:
            return question
        made = await one.run(house_of(request), staff, *((role,) if one.is_of_role else ()), by=me.actor)
    except Refused as error:
        return await _page(request, me, staff, Result(refused=said(error, _)))
    except Conflict:
        return await _page(request, me, staff, Result(refused=_("It changed meanwhile: nothing was done. Look again.")))
    except (Invalid, NotFound):
        raise Turned("LH-3004") from None
    if isinstance(made, Link):
        return link_page(request, me, made, name=who.called.name)
    return await _page(request, me, staff, Result(done=_done(name, role, _), undo=one.undo))


def _asked(request: Request, name: str, who: str, role: str) -> Asked:
    """The deed as its confirmation says it."""
    _, staff = text_of(request), id_in(request.path_params["staff"])
    words = {
        "approve": (_("Approve %(role)s for %(name)s"), _("They hold the role from then on.")),
        "approve-reset": (
            _("Approve the reset of %(name)s"),
            _("All that they proved themselves with is over, every sign-in too; a link enrols anew."),
        ),
        "disable": (_("Disable %(name)s"), _("Every sign-in of theirs ends at once. You can undo it.")),
        "enable": (_("Let %(name)s sign in again"), _("With the roles and passkeys that they have.")),
        "end": (_("End %(role)s of %(name)s"), _("What they are signed in by is over; they sign in again without it.")),
        "give": (_("Give %(name)s the role %(role)s"), _("One that reads personal data waits for a second person.")),
        "link": (_("Make another link for %(name)s"), _("The one before does not open any more.")),
        "reset": (_("Begin a reset of %(name)s"), _("Nothing changes for them until a second person approves it.")),
        "review": (_("Review the recovery of %(name)s"), _("You answer for it that it was them.")),
    }[name]  # fmt: skip
    path = f"/staff/{staff.hex()}"
    return Asked(
        action=DEEDS[name].action, persons=(staff,), deed=words[0] % {"name": who, "role": role}, effect=words[1],
        path=f"{path}/{name}", back=path, here="/staff", ends=DEEDS[name].ends,
    )  # fmt: skip


def _done(name: str, role: str, _: Callable[[str], str]) -> str:
    words = {
        "approve": _("%(role)s is approved."), "disable": _("Disabled. Every sign-in of theirs is over."),
        "enable": _("They can sign in again."), "end": _("%(role)s is ended."), "give": _("%(role)s is noted."),
        "reset": _("The reset is begun. Somebody else approves it within a day."), "review": _("It is reviewed."),
    }  # fmt: skip
    return words[name] % {"role": role}


async def _page(request: Request, me: Me, staff: bytes, result: Result) -> Response:
    house, _ = house_of(request), text_of(request)
    try:
        one = await flow.show(house, staff)
    except NotFound:
        raise Turned("LH-3004") from None
    may = me.may(house, "staff.role") and staff != me.id
    may_approve = me.may(house, "staff.approve") and staff != me.id
    policy = house.live_policy.policy if house.live_policy else None
    held = roles_of(one, _)
    # What the machine's user proposed, a member gives: then it is theirs, and another approves it.
    kept = {
        row.role for row in one.roles if row.state == GIVEN or (row.state == PROPOSED and is_staff(row.proposed_by))
    }
    free = {role: role.replace("_", " ") for role in (policy.roles if policy else ()) if role not in kept}
    undo = result.undo if result.undo and me.may(house, DEEDS[result.undo].permission) else ""
    return shown(
        request, me, "member.html", here="/staff", status=409 if result.refused else 200,
        refused=result.refused, done=result.done, undo=undo, who=_who(one, _), roles=free, may=may,
        failed=await flow.failed(house, staff),
        may_approve=may_approve,
        can={name for name, one in DEEDS.items() if staff != me.id and me.may(house, one.permission)},
        held=await _judged(house, me, staff, held, _),
    )  # fmt: skip


def _who(one: Known, _: Callable[[str], str]) -> dict[str, object]:
    """An account, whole."""
    means = {
        Means.PASSKEY: _("passkey"), Means.PASSWORD: _("password"), Means.TOTP: _("one-time codes"),
        Means.RECOVERY: _("recovery codes"), Means.IDENTITY: _("identity provider"),
    }  # fmt: skip
    state = State(one.row.state)
    return line(one, _) | {
        "login": one.called.login, "created": one.row.created_at, "enrolled": one.row.active_at,
        "factors": [means[Means(factor.kind)] for factor in one.factors], "is_invited": state is State.INVITED,
        "is_active": state is State.ACTIVE, "is_disabled": state is State.DISABLED,
        "reset_begun": one.row.step == "reset-begun", "is_recovered": one.row.recovered_at is not None,
    }  # fmt: skip


async def _judged(house: House, me: Me, staff: bytes, held: list[Role], _: Callable[[str], str]) -> list[Role]:
    """The roles, with the sentence of why whoever looks may not approve one that is proposed."""
    found, judged = await people(house), []
    proposers = {row.role: row.proposed_by for row in found.roles.get(staff, ())}
    for role in held:
        if role.given:
            judged.append(role)
            continue
        begun = Begun(doer(found, proposers[role.name]), staff)
        other, now = doer(found, me.actor), house.clock.now_ms()
        word = against_role(begun, other, role=role.name, inviters=found.inviters, now=now)
        judged.append(replace(role, why=sentence(word, _) if word else ""))
    return judged


ROUTES = [
    Route("/staff/{staff}", person, name="staff-member"),
    Route("/staff/{staff}/{deed}", deed, methods=["POST"], name="staff-deed"),
]
