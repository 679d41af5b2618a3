"""The overview: what needs somebody, and what the house counts. No figure that was not counted for this page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.routing import Route

from lockhouse.access.sign_in import Means
from lockhouse.faces.console.current import house_of, shown, signed_in
from lockhouse.faces.console.pages.staff import is_reset_begun
from lockhouse.faces.console.rendering import text_of
from lockhouse.flows import session, staff
from lockhouse.model.rows import House as HouseRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.staff import Known
    from lockhouse.gates.house import House

_INVITED, _ACTIVE = 0, 1
_PROPOSED = 0
_ENOUGH = 2
"""Passkeys of one person, and people who may let others in: with fewer, the loss of one shuts somebody out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something that waits for somebody. `path` and `deed`: where it is done, and what the button says."""

    mark: str
    head: str
    words: str
    path: str = ""
    deed: str = ""


@signed_in
async def overview(request: Request, me: Me) -> Response:
    """What the house is, and what it lacks."""
    house = house_of(request)
    everybody = await staff.everybody(house)
    row = (await house.reads.get(HouseRow, [(1,)])).get((1,))
    live = house.live_policy
    return shown(
        request, me, "overview.html", here="/",
        needs=list(_needs(house, me, everybody, _=text_of(request))), now=house.clock.now_ms(),
        policy=live.version if live else 0, channels=len(live.policy.channels) if live else 0,
        active=sum(one.row.state == _ACTIVE for one in everybody),
        invited=sum(one.row.state == _INVITED for one in everybody),
        sessions=len(await session.list_of(house)), entries=row.tree_size if row else 0,
    )  # fmt: skip


def _needs(house: House, me: Me, everybody: Sequence[Known], *, _: Callable[[str], str]) -> Iterator[Need]:
    if house.live_policy is None:
        yield Need(
            mark="refused", head=_("No policy rules"),
            words=_("Nothing is stored until one is approved: lockhouse policy check, then lockhouse policy approve."),
        )  # fmt: skip
    for one in everybody if me.may(house, "staff.approve") else ():
        for role in one.roles:
            if role.state == _PROPOSED and one.row.id != me.id and role.proposed_by != me.actor:
                yield Need(
                    mark="wait", head=_("A role waits for a second person"),
                    words=f"{one.called.name}: {role.role}", path=f"/staff/{one.row.id.hex()}", deed=_("Look"),
                )  # fmt: skip
    for one in everybody if me.may(house, "staff.reset") else ():
        is_theirs = me.id == one.row.id or me.actor == one.row.by
        if is_reset_begun(one.row, now=house.clock.now_ms()) and not is_theirs:
            yield Need(
                mark="wait", head=_("A reset waits for a second person"),
                words=f"{one.called.name}, {one.called.login}", path=f"/staff/{one.row.id.hex()}", deed=_("Look"),
            )  # fmt: skip
    own = next(one for one in everybody if one.row.id == me.id)
    if sum(factor.kind == Means.PASSKEY for factor in own.factors) < _ENOUGH:
        yield Need(
            mark="now", head=_("You have one way in"),
            words=_("A second passkey, on another device, keeps you from being shut out when the first is lost."),
            path="/account", deed=_("Add a passkey"),
        )  # fmt: skip
    if me.may(house, "staff.invite") and sum(one.row.state == _ACTIVE for one in everybody) < _ENOUGH:
        yield Need(
            mark="now", head=_("You are the only one who can sign in"),
            words=_("What takes two people, such as a role that reads personal data, waits for a second one."),
            path="/staff", deed=_("Invite somebody"),
        )  # fmt: skip


ROUTES = [Route("/", overview, name="overview")]
