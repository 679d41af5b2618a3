"""What is done with a version of the policy: approved by a passkey over exactly it, refused, called off, proposed anew.

An approval by a browser is the passkey's own answer, which is kept and verified whenever the policy is loaded
(`gates.approvals`); the others take a proof like any deed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Conflict, Invalid, NotFound, Refused, Unproven
from lockhouse.faces.console.confirming import STEP, Asked, Proven, confirmed, proven
from lockhouse.faces.console.current import house_of, signed_in
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.pages.policy_version import (
    HERE,
    drafted,
    number_in,
    objection,
    version_of,
    version_page,
)
from lockhouse.faces.console.pages.staff import require
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.times import day
from lockhouse.faces.console.turned import Turned
from lockhouse.faces.policy_text import approved
from lockhouse.flows.approve import Proposal, Signed, agree, agreed
from lockhouse.flows.approve import propose as propose_draft
from lockhouse.gates.approvals import ACTION, Signing
from lockhouse.gates.live import FORMER, PROPOSED, WAITING
from lockhouse.gates.versions import withdraw

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.approve import Agreed

_DIGITS = 12


@signed_in
async def approve(request: Request, me: Me) -> Response:
    """What is proposed is approved, once a passkey has answered for exactly it."""
    require(request, me, "policy.approve")
    house, _, number = house_of(request), text_of(request), number_in(request)
    fields = await posted(request, optional=("ends", "seen", *STEP))
    row, _known = await version_of(house, number)
    if row.state != PROPOSED:
        return await version_page(request, me, number, refused=_("It is not proposed any more. Read the page again."))
    draft = await drafted(house, approved(row.document, said=f"v{number}"))
    proposal = Proposal(draft, row.document, row.by, _typed(fields.get("ends", "")))
    told = await agreed(house, proposal, by=me.actor)
    if told.exact is None:
        return await version_page(request, me, number, refused=objection(told.agreement.objection or "", _))
    if draft.reach is not None and draft.reach.is_much and not draft.reach.is_told(proposal.ends):
        return await version_page(request, me, number, refused=objection("much", _))
    if not equal(told.exact.seen().encode(), fields.get("seen", "").encode()):  # a setting, a role or what rules moved
        return await version_page(request, me, number, refused=_moved(_))
    path = f"{HERE}/versions/{number}"
    asked = Asked(
        action=ACTION, persons=(), deed=_("Approve v%(number)d") % {"number": number}, effect=_effect(told, _),
        path=f"{path}/approve", back=path, here=HERE, exact=told.exact.meant(),
    )  # fmt: skip
    proof = await proven(request, me, asked, fields)
    if not isinstance(proof, Proven):
        return proof
    signed = Signed(me.live.session, proof.token, Signing(fields["ceremony"], fields["answer"]))
    return await _agree(request, me, number, proposal, signed)


async def _agree(request: Request, me: Me, number: int, proposal: Proposal, signed: Signed) -> Response:
    house, _ = house_of(request), text_of(request)
    try:
        made = await agree(house, proposal, signed=signed)
    except Unproven:
        wrong = _("Nothing was done: this passkey is not yours, or it took too long. Try again.")
        return await version_page(request, me, number, refused=wrong)
    except Refused as error:
        return await version_page(request, me, number, refused=objection(error.reasons[0] if error.reasons else "", _))
    except Invalid as error:
        return await version_page(request, me, number, refused=" · ".join(error.problems))
    except Conflict:
        return await version_page(request, me, number, refused=_moved(_))
    waiting = house.live_policy.waiting if house.live_policy else None
    if waiting is not None and waiting.version == made:
        words = _("Approved as v%(number)d. It rules from %(time)s, unless somebody calls it off.")
        done = words % {"number": made, "time": day(waiting.due_at)}
    else:
        done = _("Approved. v%(number)d rules from now on, in every process.") % {"number": made}
    return await version_page(request, me, made, done=done)


def _typed(text: str) -> int | None:
    digits = text.strip().replace(",", "").replace(".", "").replace(" ", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS else None


def _effect(told: Agreed, _: Callable[[str], str]) -> str:
    if told.due_at is not None:
        words = _("It widens and you approve alone, so it rules from %(time)s; everybody is told, and may call it off.")
        return words % {"time": day(told.due_at)}
    return _("It rules at once, in every process. Your passkey signs this version and its effects, and nothing else.")


def _moved(_: Callable[[str], str]) -> str:
    return _("It changed meanwhile: nothing was done. Look again.")


@signed_in
async def refuse(request: Request, me: Me) -> Response:
    """What was proposed, or is approved and waits, never rules. What waits anybody who is signed in calls off."""
    house, _, number = house_of(request), text_of(request), number_in(request)
    fields = await posted(request, optional=STEP)
    row, _known = await version_of(house, number)
    if row.state == PROPOSED and row.by != me.actor:
        require(request, me, "policy.approve")
    if row.state not in {PROPOSED, WAITING}:
        raise Turned("LH-3004")
    path, can_look = f"{HERE}/versions/{number}", me.may(house, "policy.show")
    words = _("Call off v%(number)d") if row.state == WAITING else _("Refuse v%(number)d")
    asked = Asked(
        action="policy-withdraw", persons=(), deed=words % {"number": number},
        effect=_("It never rules. What rules now goes on."), path=f"{path}/refuse", back=path if can_look else "/",
        here=HERE, ends=True, by_code=True,
    )  # fmt: skip
    try:
        question = await confirmed(request, me, asked, fields)
        if question is not None:
            return question
        await withdraw(house, number, by=me.actor)
    except (Conflict, NotFound):
        return await version_page(request, me, number, refused=_moved(_))
    return await version_page(request, me, number, done=_("It is called off, and never rules."))


@signed_in
async def back(request: Request, me: Me) -> Response:
    """A version that ruled is proposed anew: letting it rule again is an approval like any other."""
    require(request, me, "policy.propose")
    house, _, number = house_of(request), text_of(request), number_in(request)
    await posted(request)
    row, _known = await version_of(house, number)
    if row.state != FORMER:
        raise Turned("LH-3004")
    try:
        draft = await drafted(house, approved(row.document, said=f"v{number}"))
        if draft.same:
            return await version_page(request, me, number, refused=_("What rules says this already."))
        made = await propose_draft(house, draft, row.document, by=me.actor)
    except Invalid as error:
        return await version_page(request, me, number, refused=" · ".join(error.problems))
    except Conflict:
        return await version_page(request, me, number, refused=_moved(_))
    done = _("It is proposed as v%(number)d, and rules nothing yet.") % {"number": made}
    return await version_page(request, me, made, done=done)


ROUTES = [
    Route("/policy/versions/{version}/approve", approve, methods=["POST"], name="policy-approve"),
    Route("/policy/versions/{version}/refuse", refuse, methods=["POST"], name="policy-refuse"),
    Route("/policy/versions/{version}/back", back, methods=["POST"], name="policy-back"),
]
