"""Find a person: by what a caller gives, from the bar of every page. Each search is noted, and counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from lockhouse.errors import Invalid, Refused
from lockhouse.faces.console.closed import refused, spent, why
from lockhouse.faces.console.current import FIND, PURPOSE, house_of, person_path, shown, signed_in, to, to_person
from lockhouse.faces.console.fields import label
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.looking import asking, asks_purpose, who_looks, with_room
from lockhouse.faces.console.people import brief
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.sent import asks
from lockhouse.faces.console.times import hour
from lockhouse.faces.console.turned import Turned
from lockhouse.faces.console.work import keep_work, purposes_for, work_of
from lockhouse.flows import look
from lockhouse.gates.disclose.hour import hour_of
from lockhouse.gates.staff.refs import Meant
from lockhouse.policy.decide import not_by

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.look import Found
    from lockhouse.gates.disclose import View
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask

LONGEST: Final = 400
"""Signs of what is looked for."""
ANY: Final = ""
"""The kind of a value that is recognised."""


@who_looks
async def form(request: Request, me: Me) -> Response:
    """Where one looks for somebody."""
    return _page(request, me, await asking(request, me, "find"))


def _page(request: Request, me: Me, ask: Ask, *, status: int = 200, **values: Any) -> Response:
    house, _ = house_of(request), text_of(request)
    ways = {way: label(way, _) for way in ways_of(house, ask)}
    blank = {"kind": ANY, "value": "", "wrong": "", "stop": "", "nobody": False, "people": [], "more": False}
    return shown(
        request, me, "find.html", here=FIND, status=status, ways={ANY: _("Recognise it")} | ways,
        names=list(ways.values()), **(blank | values),
    )  # fmt: skip


def ways_of(house: House, ask: Ask) -> list[str]:
    """The policy's ways to find that the reader may take for this purpose, as long as there is room in their hour."""
    ask = with_room(ask)
    fields = house.live().policy.fields.values()
    return [way for one in fields if not not_by(house.live().policy, ask, one.name) for way in one.ways]


@who_looks
async def find(request: Request, me: Me) -> Response:
    """Somebody is looked for: one is shown, several are told apart, of nobody it says what to try."""
    fields = await posted(request, "value", optional=("kind",))
    house, _ = house_of(request), text_of(request)
    kind, value = fields.get("kind", ANY), fields["value"].strip()[:LONGEST]
    ask = await asking(request, me, "find")
    if kind != ANY and kind not in ways_of(house, ask):
        raise Turned("LH-3006")
    said: dict[str, Any] = {"kind": kind, "value": value}
    try:
        found = await _found(house, ask, kind, value)
    except Invalid:
        wrong = _("Nothing is looked up by this: it is empty, or not of the kind that is picked.")
        return _page(request, me, ask, status=422, wrong=wrong, **said)
    except Refused as error:
        return _page(request, me, ask, status=403, stop=await _stop(house, ask, error, _=_), **said)
    if len(found.persons) == 1 and not found.more:
        return to_person(house, me, _meant(found, found.persons[0], kind))
    people = [_line(request, me, found, view, kind=kind) for view in found.persons]
    asks(request)  # a reload looks once more, and is noted once more
    return _page(request, me, ask, nobody=not people, people=people, more=found.more, **said)


async def _found(house: House, ask: Ask, kind: str, value: str) -> Found:
    if kind == ANY:
        return await look.recognise(house, ask, value=value)
    return await look.find(house, ask, by=kind, value=value)


async def _stop(house: House, ask: Ask, error: Refused, *, _: Callable[[str], str]) -> str:
    counted = await hour_of(house, ask) if "quota" in error.reasons else None
    if counted is None:
        return why(error.reasons, _)
    told = counted.spent()
    return spent(told.limit, hour(told.free_at), _)


def _meant(found: Found, view: View, kind: str) -> Meant:
    way = kind or next((found.ways[one] for one in view.persons if one in found.ways), "")
    return Meant(person=view.person, way=way, former=view.former)


def _line(request: Request, me: Me, found: Found, view: View, *, kind: str) -> dict[str, Any]:
    """One of several, told from the others by no more than their page would show."""
    house, _ = house_of(request), text_of(request)
    way = _meant(found, view, kind)
    return {
        "path": person_path(house, me, way), "parts": brief(view.fields, house.live().policy, _, most=8),
        "way": label(way.way, _) if way.way else "", "channels": channels(view.channels), "records": view.total,
        "former": view.former,
        "first": view.first_at, "last": view.last_at,
        "refused": refused(view, _, at=hour) if view.refused else "",
    }  # fmt: skip


def channels(counted: Any) -> str:
    """Channel by channel, how many records came that way, the most first."""
    return ", ".join(f"{name} {many}" for name, many in sorted(counted.items(), key=lambda one: (-one[1], one[0])))


@signed_in
async def purposes(request: Request, me: Me) -> Response:
    """The purposes that somebody's roles and grants are for."""
    _require(purposes_for(house_of(request), me))
    return asks_purpose(request, me)


@signed_in
async def purpose(request: Request, me: Me) -> Response:
    """Somebody works for this purpose from now on, in this session."""
    house, _ = house_of(request), text_of(request)
    fields = await posted(request, optional=("purpose",))
    known, chosen = purposes_for(house, me), fields.get("purpose", "")
    _require(known)
    if chosen not in known:
        return asks_purpose(request, me, status=422, wrong=_("Pick the purpose that you work for."))
    answer = to(FIND)
    keep_work(request, answer, me.live, work_of(request, house, me.live).for_purpose(chosen))
    return answer


def _require(known: Sequence[str]) -> None:
    if not known:
        raise Turned("LH-3011")


ROUTES = [
    Route(FIND, form, name="find"),
    Route(FIND, find, methods=["POST"], name="find-person"),
    Route(PURPOSE, purposes, name="purposes"),
    Route(PURPOSE, purpose, methods=["POST"], name="purpose"),
]
