"""One person as whoever looks may see them, on one page: what is held, what came when, and who looked.

Each time the page is opened is a look, which is noted. Nothing of a person stands in its address or title.
"""

from __future__ import annotations

from asyncio import gather
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace
from starlette.routing import Route

from lockhouse.errors import NotFound
from lockhouse.faces.console import people
from lockhouse.faces.console.choices import chosen
from lockhouse.faces.console.closed import refused
from lockhouse.faces.console.current import FIND, house_of, person_path, shown
from lockhouse.faces.console.fields import label
from lockhouse.faces.console.lanes import drawn
from lockhouse.faces.console.looking import about, asking, grades, meant, unproven, who_looks, with_room
from lockhouse.faces.console.open_requests import open_requests
from lockhouse.faces.console.pages.find import channels
from lockhouse.faces.console.people import Seeing
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.times import hour
from lockhouse.faces.console.turned import Turned
from lockhouse.faces.console.who_looked import Part, who_looked
from lockhouse.faces.console.work import work_of
from lockhouse.flows import look
from lockhouse.flows.change import changes
from lockhouse.gates.disclose import Records
from lockhouse.gates.holds import holds_of_persons
from lockhouse.gates.staff.refs import Meant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.gates.disclose import FieldView, RecordView, View
    from lockhouse.model.decision import Ask

_FEW: Final = 8
"""Records that stand on the page itself."""
_PAGE: Final = 30
_VISITS: Final = 6
OPEN_S: Final = 600
"""How long a revealed value stands on a page before the browser shows the masked one again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a page shows besides the person: what a reveal opened, and what became of the deed before.

    Attributes:
        opened: field -> what a reveal of this very page opened. `reason`: that it was for.
        wrong, wrong_change: what is to be put right of a check or a change, by the field's name.
        stop: why the deed was not done. `told`: what else became of it.
    """

    opened: Mapping[str, FieldView] = field(default_factory=dict)
    reason: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)
    wrong_change: Mapping[str, str] = field(default_factory=dict)
    stop: str = ""
    told: str = ""
    status: int = 200


@who_looks
async def person(request: Request, me: Me) -> Response:
    """Everything of one person that whoever looks may see."""
    return await page_of(request, me, Beside())


async def page_of(request: Request, me: Me, beside: Beside) -> Response:
    """The page of the person whom the address means."""
    house, _, whom = house_of(request), text_of(request), meant(request, me)
    ask = await asking(request, me, "show")
    view = await seen(request, ask, whom)
    path = person_path(house, me, Meant(person=view.person, way=whom.way, former=whom.former))
    held = not set(await holds_of_persons(house)).isdisjoint(view.persons)
    values = {**_head(request, view, ask, held=held), "path": path, "beside": beside, "here_path": path}
    values["requests"] = await open_requests(request, me, view)
    if view.refused:
        told = refused(view, _, at=hour)
        return shown(request, me, "person.html", here=FIND, status=beside.status, **values, refused=told, **_NOTHING)
    seeing = Seeing(
        policy=house.live().policy, ask=about(with_room(ask), view.persons, view.marks),
        grades=grades(house, me, ask.purpose), unproven=frozenset(unproven(house, me)), text=_,
    )  # fmt: skip
    before = people.Before(
        said=work_of(request, house, me.live).checks_of(view.person), opened=beside.opened,
        changed={one.field: one for one in reversed(await changes(house, view.persons))},
    )  # fmt: skip
    groups = people.groups(view, seeing, before)
    chosen_, timeline = await gather(
        chosen(request, me, view, ask), _records(request, me, whom, Records(limit=_FEW))
    )  # fmt: skip
    answer = shown(
        request, me, "person.html", here=FIND, status=beside.status, **values, refused="",
        groups=groups, now=house.clock.now_ms(), shut=people.shut(view, seeing),
        way=label(whom.way, _) if whom.way else "", name=_name(view), former=whom.former,
        marks=view.marks, granted=bool(view.grants), chosen=chosen_, timeline=timeline,
        held=sum(len(group.rows) for group in groups), closed_off=_closed_off(view, seeing),
        lanes=drawn(view.moments, now=house.clock.now_ms(), text=_),
        looked=await who_looked(request, me, view, Part(visits=_VISITS)),
    )  # fmt: skip
    # Of a value that is open, what a browser shows later is the page as it is without a reveal.
    if any(row.state == "revealed" for group in groups for row in group.rows):
        answer.headers["refresh"] = f"{OPEN_S};url={path}"
    return answer


_NOTHING: Final = {
    "held": 0, "closed_off": 0,
    "groups": (), "shut": (), "way": "", "name": "", "timeline": None, "looked": None, "now": 0,
    "marks": (), "granted": False, "former": False, "chosen": None, "lanes": None,
}  # fmt: skip


def _head(request: Request, view: View, ask: Ask, *, held: bool) -> dict[str, Any]:
    _ = text_of(request)
    return {
        "states": people.states(view, _, held=held), "channels": channels(view.channels), "view": view,
        "over": None if view.spent is None or view.spent.refused else view.spent,
        "called_off": min((part.destroy_at for part in view.shut), default=0), "ended": sum(view.ended.values()),
        "purpose_label": label(ask.purpose, _),
    }  # fmt: skip


def _closed_off(view: View, seeing: Seeing) -> int:
    """Fields that are held and shut for the reader, or that a passkey of theirs would show."""
    return len({name for name, one in view.fields.items() if one.state == "shut"} | people.provable(seeing))


def _name(view: View) -> str:
    """The masked name, where there is one: what stands over a page is never more than that."""
    one = view.fields.get("name")
    return str(one.value) if one is not None and one.state == "masked" else ""


async def seen(request: Request, ask: Ask, whom: Meant, *, records: Records | None = None) -> View:
    """The person of an address, as of a look that is noted.

    Raises:
        Turned: nobody is there any more.
    """
    try:
        return await look.show(house_of(request), ask, whom.person, records=records)
    except NotFound as err:
        raise Turned("LH-3004") from err


async def _records(request: Request, me: Me, whom: Meant, which: Records) -> dict[str, Any]:
    """A page of the person's records, the newest first, and where the older ones are."""
    house, _ = house_of(request), text_of(request)
    view = await seen(request, await asking(request, me, "timeline"), whom, records=which)
    older = ""
    if view.truncated and view.timeline:
        older = person_path(house, me, replace(whom, mark=view.timeline[0].id)) + "/records"
    policy = house.live().policy
    shown_ = [people.record(one, policy, _) for one in _newest_first(view)]
    return {"records": shown_, "older": older, "total": view.total, "refused": view.refused}


def _newest_first(view: View) -> list[RecordView]:
    """A page's records by when they happened; from page to page it goes by when they came."""
    return sorted(view.timeline, key=lambda one: (one.occurred_at, one.id), reverse=True)


@who_looks
async def records(request: Request, me: Me) -> Response:
    """A page of a person's timeline."""
    house, whom = house_of(request), meant(request, me)
    found = await _records(request, me, whom, Records(before=whom.mark, limit=_PAGE))
    path = person_path(house, me, replace(whom, mark=None))
    return shown(request, me, "records.html", here=FIND, timeline=found, path=path, is_first=whom.mark is None)


@who_looks
async def looks(request: Request, me: Me) -> Response:
    """A page of who looked at a person."""
    house, whom = house_of(request), meant(request, me)
    view = await seen(request, await asking(request, me, "show"), whom)
    if view.refused:
        raise Turned("LH-3011")
    path = person_path(house, me, replace(whom, mark=None))
    told = await who_looked(request, me, view, Part(whom.mark, 50))
    return shown(request, me, "looks.html", here=FIND, looked=told, path=path, is_first=whom.mark is None)


ROUTES = [
    Route("/person/{ref}", person, name="person"),
    Route("/person/{ref}/records", records, name="person-records"),
    Route("/person/{ref}/looks", looks, name="person-looks"),
]
