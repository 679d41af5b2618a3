"""Looks at people from a page: for which purpose somebody looks, and with what is known of them in their session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.access.step_up import FRESH_MS
from lockhouse.errors import NotFound
from lockhouse.faces.console.current import house_of, shown, signed_in
from lockhouse.faces.console.guard import ADDRESS
from lockhouse.faces.console.sent import asks
from lockhouse.faces.console.turned import Turned
from lockhouse.faces.console.work import purpose_for, purposes_for
from lockhouse.flows.look import ask_of
from lockhouse.gates.staff.acting import actor_of, facts_in
from lockhouse.gates.staff.refs import Meant, meant_by

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping
    from typing import Any

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Action, Ask


def who_looks(page: Callable[[Request, Me], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """The page for whoever's role or grant sees people, once they said for which purpose; others are told why not."""

    async def answer(request: Request, me: Me) -> Response:
        house = house_of(request)
        if not purposes_for(house, me):
            raise Turned("LH-3011")
        if not purpose_for(request, house, me):
            asks(request)
            return asks_purpose(request, me)
        return await page(request, me)

    answer.__name__ = page.__name__
    return signed_in(answer)


def asks_purpose(request: Request, me: Me, **more: Any) -> Response:
    """The page that asks for which purpose somebody works: once a session, where their roles have several."""
    about = {one.name: one.about for one in house_of(request).live().policy.purposes}
    return shown(request, me, "purpose.html", here="/find", about=about, **{"wrong": "", **more})


async def asking(request: Request, me: Me, action: Action, *, proven: bool = False, **more: Any) -> Ask:
    """The question of whoever is signed in, for their purpose, with what is known of them now.

    A look is shown in full what the role sees in full, and never what only a reveal opens: that takes a passkey for the
    very deed, so how long ago one has answered counts for nothing here, and a grant shows a value masked at most.
    Special data is asked for only while one has answered within five minutes (`access.step_up`).

    Args:
        request: under way.
        me: who asks.
        action: what they do.
        proven: a passkey just answered for this very deed.
        more: of `flows.look.ask_of`.

    Raises:
        Invalid: a reason that their role does not list.
    """
    house = house_of(request)
    actor = actor_of(me.live.session, me.live.roles)
    ask = await ask_of(house, actor, action=action, purpose=purpose_for(request, house, me), **more)
    facts = await facts_in(house, actor, me.live.session, address=request.scope[ADDRESS], proven=proven)
    if not proven:  # a reveal asks for a reason besides, which no look has (`policy.decide`)
        facts = msgspec.structs.replace(facts, step_up_age_s=None)
    ask = msgspec.structs.replace(ask, facts=facts, lent="full" if proven else "masked")
    hidden = set() if proven else unproven(house, me)
    if ask.fields is None and hidden:
        ask = msgspec.structs.replace(
            ask, fields=tuple(name for name in house.live().policy.fields if name not in hidden)
        )
    return ask


def unproven(house: House, me: Me) -> set[str]:
    """The special fields, while no passkey of this session has answered within five minutes."""
    since = house.clock.now_ms() - me.live.session.step_up_at
    if me.live.session.step_up_at and 0 <= since < FRESH_MS:
        return set()
    return {name for name, field in house.live().policy.fields.items() if field.special}


def with_room(ask: Ask) -> Ask:
    """The same as if there were room in the asker's hour: a look finds out whether there is."""
    return msgspec.structs.replace(ask, facts=msgspec.structs.replace(ask.facts, quota_left=1))


def about(ask: Ask, persons: Collection[bytes], marks: Collection[str] = ()) -> Ask:
    """The same of these source persons, as far as grants go by whom they name and by what the person is besides."""
    facts = msgspec.structs.replace(
        ask.facts, persons=frozenset(persons), colleague="colleague" in marks, flagged="flagged" in marks
    )
    return msgspec.structs.replace(ask, facts=facts)


def grades(house: House, me: Me, purpose: str) -> Mapping[str, set[str]]:
    """Class -> what one of their roles may do with it for a purpose, before anything is known of a person."""
    found: dict[str, set[str]] = {}
    for role in me.live.roles:
        for name, cells in house.live().policy.table.get(role, {}).get(purpose, {}).items():
            found.setdefault(name, set()).update(cells)
    return found


def meant(request: Request, me: Me) -> Meant:
    """Whom the address means.

    Raises:
        Turned: it is none of this session.
    """
    try:
        return meant_by(house_of(request), me.live.session, request.path_params["ref"])
    except NotFound as err:
        raise Turned("LH-3004") from err
