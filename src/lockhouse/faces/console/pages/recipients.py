"""The ways out: what was sent, what was held back and why, and what waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from lockhouse.errors import Conflict, Unproven
from lockhouse.faces.console.beside import beside_of
from lockhouse.faces.console.confirming import STEP, Asked, confirmed
from lockhouse.faces.console.current import house_of, shown, signed_in
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.pages.channels import Result
from lockhouse.faces.console.pages.staff import require
from lockhouse.faces.console.reasons import why
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.times import ago
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import forward
from lockhouse.gates.pauses import pauses
from lockhouse.gates.sent import MOST, Standing, standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.forward import Delay
    from lockhouse.gates.house import House
    from lockhouse.model.policy import Recipient

HERE: Final = "/recipients"
LATE_MS: Final = 15 * 60_000
"""A recipient whose oldest event waits for longer is behind."""


@signed_in
async def recipients(request: Request, me: Me) -> Response:
    """Every recipient of the policy that rules."""
    require(request, me, "recipient.list")
    return shown(
        request, me, "recipients.html", here=HERE, recipients=await lines(house_of(request), text_of(request)),
        works=await beside_of(request).works(),
    )  # fmt: skip


async def lines(house: House, _: Callable[[str], str]) -> list[dict[str, object]]:
    """Every recipient as a table has it; of a house without a policy none."""
    known = list(house.live_policy.policy.recipients.values()) if house.live_policy else []
    now = house.clock.now_ms()
    stopped = await pauses(house, "recipient", [one.id for one in known])
    return [_line(one, *await _how(house, one), now=now, _=_) | _service(one.id in stopped) for one in known]


def _service(is_paused: bool) -> dict[str, object]:  # noqa: FBT001  # what it is told
    """A recipient that was taken out of service is not called late."""
    return {"paused": True, "is_late": False} if is_paused else {"paused": False}


async def _how(house: House, one: Recipient) -> tuple[Standing, Delay | None]:
    """How it stands, and what keeps its oldest event, if one waits."""
    how = await standing(house, one.id)
    return how, await forward.delay(house, one.name) if how.waiting else None


def _line(one: Recipient, how: Standing, late: Delay | None, *, now: int, _: Callable[[str], str]) -> dict[str, object]:
    roles = {"internal": _("your own"), "processor": _("processor"), "controller": _("controller of its own")}
    return {
        "name": one.name, "served": one.served, "role": roles[one.role], "kind": one.kind,
        "behind": ago(late.since, now, _) if late and late.since is not None else "", "is_late": is_behind(late, now),
        "fault": why(late.fault, _) if late and late.fault else "", "waiting": how.waiting, "sent": how.sent,
        "held": how.held, "dead": how.dead, "most": MOST,
    }  # fmt: skip


def is_behind(late: Delay | None, now: int) -> bool:
    """Whether the oldest event that waits came in longer ago than sending takes."""
    return late is not None and late.since is not None and now - late.since > LATE_MS


@signed_in
async def recipient(request: Request, me: Me) -> Response:
    """One recipient."""
    require(request, me, "recipient.show")
    return await page(request, me, recipient_of(request))


def recipient_of(request: Request) -> Recipient:
    """The recipient that an address names.

    Raises:
        Turned: the policy that rules has none of this name.
    """
    live = house_of(request).live_policy
    found = live.policy.recipients.get(request.path_params["recipient"]) if live else None
    if found is None:
        raise Turned("LH-3004")
    return found


async def page(
    request: Request, me: Me, one: Recipient, *, again: int | None = None, result: Result | None = None
) -> Response:
    """A recipient's page, with what became of the deed that led there."""
    result = result or Result()
    house, _ = house_of(request), text_of(request)
    (how, late), now = await _how(house, one), house.clock.now_ms()
    stopped = await pauses(house, "recipient", [one.id])
    return shown(
        request, me, "recipient.html", here=HERE, again=again, status=409 if result.wrong else 200,
        result=result, paused=stopped.get(one.id), may_pause=me.may(house, "recipient.pause"),
        one=_line(one, how, late, now=now, _=_) | _service(one.id in stopped), terms=one,
        reasons=[(why(code, _), many) for code, many in how.reasons],
        late=late, next_at=late.next_at if late and late.next_at > now else None,
        works=await beside_of(request).works(), may_replay=me.may(house, "recipient.replay"),
    )  # fmt: skip


@signed_in
async def replay(request: Request, me: Me) -> Response:
    """Dead letters wait again, once that was confirmed: it sends data out."""
    require(request, me, "recipient.replay")
    one, _ = recipient_of(request), text_of(request)
    fields = await posted(request, optional=STEP)
    try:
        question = await confirmed(request, me, _sending(request, one), fields)
    except (Conflict, Unproven):
        wrong = _("It changed meanwhile: nothing was done. Look again.")
        return await page(request, me, one, result=Result(wrong=wrong))
    if question is not None:
        return question
    return await page(request, me, one, again=await forward.requeue(house_of(request), one.name))


def _sending(request: Request, one: Recipient) -> Asked:
    _, path = text_of(request), f"{HERE}/{one.name}"
    return Asked(
        action="export", persons=(), deed=_("Send the dead letters of %(name)s again") % {"name": one.name},
        effect=_("They wait again, and go out in their order."), path=f"{path}/replay", back=path, here=HERE,
    )  # fmt: skip


ROUTES = [
    Route(HERE, recipients, name="recipients"),
    Route(f"{HERE}/{{recipient}}", recipient, name="recipient"),
    Route(f"{HERE}/{{recipient}}/replay", replay, methods=["POST"], name="recipient-replay"),
]
