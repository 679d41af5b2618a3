"""Out of service for now, and back: the deeds of a channel's and a recipient's page. Each undoes the other.

No passkey is asked for: whoever sees that something goes wrong stops it at once, and nothing is lost by it. To put back
what somebody else paused takes one: they may have seen something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from starlette.routing import Route

from lockhouse.errors import Conflict, Refused
from lockhouse.faces.console.confirming import STEP, Asked, confirmed
from lockhouse.faces.console.current import house_of, signed_in
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.pages import channels, recipients
from lockhouse.faces.console.pages.staff import require
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import pause as flow
from lockhouse.gates.pauses import pauses

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.gates.pauses import What

DEEDS: Final = frozenset({"pause", "resume"})


@signed_in
async def channel(request: Request, me: Me) -> Response:
    """A channel is paused, or put back."""
    require(request, me, "channel.pause")
    one, deed, _ = channels.channel_of(request), _deed(request), text_of(request)
    words = {
        "pause": _("Paused. Who sends is told so, keeps it and tries again."),
        "resume": _("It takes events again."),
    }
    try:
        question = await _done(request, me, _Named("channel", one.name, one.id, channels.HERE), deed)
    except (Conflict, Refused):
        return await channels.page(request, me, one, result=channels.changed(_))
    if question is not None:
        return question
    return await channels.page(request, me, one, result=channels.Result(done=words[deed], undo=_other(deed)))


@signed_in
async def recipient(request: Request, me: Me) -> Response:
    """A recipient is paused, or put back."""
    require(request, me, "recipient.pause")
    one, deed, _ = recipients.recipient_of(request), _deed(request), text_of(request)
    words = {"pause": _("Paused. What is for it waits, in its order."), "resume": _("It is sent to again.")}
    try:
        question = await _done(request, me, _Named("recipient", one.name, one.id, recipients.HERE), deed)
    except (Conflict, Refused):
        return await recipients.page(request, me, one, result=channels.changed(_))
    if question is not None:
        return question
    return await recipients.page(request, me, one, result=channels.Result(done=words[deed], undo=_other(deed)))


class _Named(NamedTuple):
    """A channel or a recipient, and where its kind is listed."""

    what: What
    name: str
    number: int
    here: str


async def _done(request: Request, me: Me, one: _Named, deed: str) -> Response | None:
    """None once it is done; else the page that asks for a passkey."""
    house = house_of(request)
    if deed == "pause":
        await posted(request)
        await flow.pause(house, one.what, one.name, by=me.actor)
        return None
    fields = await posted(request, "pause", optional=STEP)
    stands = (await pauses(house, one.what, [one.number])).get(one.number)
    is_anothers = stands is not None and stands.by != me.actor
    if is_anothers:
        question = await confirmed(request, me, _asked(request, one), fields)
        if question is not None:
            return question
    undoing = flow.Undoing(of=fields["pause"] or "none", confirmed=is_anothers)
    await flow.resume(house, one.what, one.name, by=me.actor, undoing=undoing)
    return None


def _asked(request: Request, one: _Named) -> Asked:
    _, path = text_of(request), f"{one.here}/{one.name}"
    return Asked(
        action="service-resume", persons=(), deed=_("Put %(name)s back into service") % {"name": one.name},
        effect=_("Somebody else paused it, and may have seen why. It is in service again at once."),
        path=f"{path}/service/resume", back=path, here=one.here,
    )  # fmt: skip


def _deed(request: Request) -> str:
    name: str = request.path_params["deed"]
    if name not in DEEDS:
        raise Turned("LH-3004")
    return name


def _other(deed: str) -> str:
    return "resume" if deed == "pause" else "pause"


ROUTES = [
    Route(f"{channels.HERE}/{{channel}}/service/{{deed}}", channel, methods=["POST"], name="channel-pause"),
    Route(f"{recipients.HERE}/{{recipient}}/service/{{deed}}", recipient, methods=["POST"], name="recipient-pause"),
]
