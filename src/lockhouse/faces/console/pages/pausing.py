"""Out of service for now, and back: the deeds of a channel's and a recipient's page. Each undoes the other.

No passkey is asked for: whoever sees that something goes wrong stops it at once, and nothing is lost by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from lockhouse.errors import Conflict
from lockhouse.faces.console.current import house_of, signed_in
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.pages import channels, recipients
from lockhouse.faces.console.pages.staff import require
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import pause as flow

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me

DEEDS = {"pause": flow.pause, "resume": flow.resume}


@signed_in
async def channel(request: Request, me: Me) -> Response:
    """A channel is paused, or put back."""
    require(request, me, "channel.pause")
    one, deed, _ = channels.channel_of(request), _deed(request), text_of(request)
    await posted(request)
    words = {
        "pause": _("Paused. Who sends is told so, keeps it and tries again."),
        "resume": _("It takes events again."),
    }
    try:
        await DEEDS[deed](house_of(request), "channel", one.name, by=me.actor)
    except Conflict:
        return await channels.page(request, me, one, result=channels.changed(_))
    return await channels.page(request, me, one, result=channels.Result(done=words[deed], undo=_other(deed)))


@signed_in
async def recipient(request: Request, me: Me) -> Response:
    """A recipient is paused, or put back."""
    require(request, me, "recipient.pause")
    one, deed, _ = recipients.recipient_of(request), _deed(request), text_of(request)
    await posted(request)
    words = {"pause": _("Paused. What is for it waits, in its order."), "resume": _("It is sent to again.")}
    try:
        await DEEDS[deed](house_of(request), "recipient", one.name, by=me.actor)
    except Conflict:
        return await recipients.page(request, me, one, result=channels.changed(_))
    return await recipients.page(request, me, one, result=channels.Result(done=words[deed], undo=_other(deed)))


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
