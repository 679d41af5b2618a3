"""The overview: what needs somebody, and what the house counts. No figure that was not counted for this page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from lockhouse.faces.console.current import house_of, shown, signed_in
from lockhouse.faces.console.pages import channels, recipients
from lockhouse.faces.console.pages.needs import Looked, needs, next_due
from lockhouse.faces.console.rendering import text_of
from lockhouse.flows import session, staff
from lockhouse.model.rows import House as HouseRow

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me

_INVITED, _ACTIVE = 0, 1


@signed_in
async def overview(request: Request, me: Me) -> Response:
    """What needs whoever looks, by when; whether anything is silent or behind; and what the house is."""
    house, _ = house_of(request), text_of(request)
    looked = Looked(
        everybody=await staff.everybody(house),
        channels=await channels.lines(house, _) if me.may(house, "channel.list") else (),
        recipients=await recipients.lines(house, _) if me.may(house, "recipient.list") else (),
    )
    found = await needs(request, me, looked)
    row = (await house.reads.get(HouseRow, [(1,)])).get((1,))
    live = house.live_policy
    accounts = {one.row.id: one.row for one in looked.everybody}
    return shown(
        request, me, "overview.html", here="/", needs=found, now=house.clock.now_ms(),
        next_due="" if found else await next_due(house, me, _), channels=looked.channels,
        recipients=looked.recipients, policy=live.version if live else 0,
        known=len(live.policy.channels) if live else 0,
        active=sum(one.row.state == _ACTIVE for one in looked.everybody),
        invited=sum(one.row.state == _INVITED for one in looked.everybody),
        sessions=await session.count(house, accounts), entries=row.tree_size if row else 0,
    )  # fmt: skip


ROUTES = [Route("/", overview, name="overview")]
