"""Who is signed in, read anew at each request; and the pages that only they get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import RedirectResponse

from lockhouse.access.step_up import SHIFT_MS
from lockhouse.errors import Tampered
from lockhouse.faces.console import cookies, sent
from lockhouse.faces.console.agents import label
from lockhouse.faces.console.guard import ADDRESS, NETWORK
from lockhouse.faces.console.rendering import Page, response
from lockhouse.faces.console.turned import Turned
from lockhouse.faces.console.work import purpose_for, purposes_for
from lockhouse.flows import session
from lockhouse.gates.granted import standing_for
from lockhouse.gates.staff.acting import actor_of
from lockhouse.gates.staff.called import called
from lockhouse.gates.staff.refs import ref_of
from lockhouse.gates.staff.sessions import Seen
from lockhouse.policy.decide import permits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.flows.session import Live
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.refs import Meant

_ID_CHARS: Final = 32
_HEX: Final = frozenset("0123456789abcdef")
SIGN_IN: Final = "/sign-in"
HOME: Final = "/"
ACCOUNT: Final = "/account"
FIND: Final = "/find"
PURPOSE: Final = "/purpose"
PLACES: Final = frozenset({SIGN_IN, HOME, ACCOUNT, FIND, PURPOSE})
"""All that a request is ever sent on to, and the page of a person: never to an address that came in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Whoever is signed in, as of this request.

    Attributes:
        live: account, session and roles. `login` and `name`: what they are called.
        lent: the purposes of their grants that stand now.
    """

    live: Live
    login: str
    name: str
    lent: frozenset[str] = frozenset()

    @property
    def id(self) -> bytes:
        """Of the account."""
        return self.live.account.id

    @property
    def actor(self) -> str:
        """As the ledger calls them."""
        return self.live.actor

    @property
    def roles(self) -> str:
        """Their roles in a line; empty for none."""
        return ", ".join(sorted(self.live.roles))

    def may(self, house: House, permission: str) -> bool:
        """Whether one of their roles lets them, by the policy that rules; without one nobody may anything."""
        rules = house.live_policy
        return rules is not None and permits(rules.policy, tuple(self.live.roles), permission)


def house_of(request: Request) -> House:
    """The house that is served."""
    house: House = request.app.state.served.house
    return house


def provider_of(request: Request) -> str:
    """What staff call the identity provider; empty where there is none."""
    known = house_of(request).proving.provider
    return "" if known is None else known.rules.name


def id_in(text: str) -> bytes:
    """An id that came in.

    Raises:
        Turned: it has not the form of one.
    """
    if len(text) != _ID_CHARS or not set(text) <= _HEX:
        raise Turned("LH-3004")
    return bytes.fromhex(text)


def seen_of(request: Request) -> Seen:
    """From where somebody asks: their network and address, and a word of ours for their browser."""
    agent = label(request.headers.get("user-agent", ""))
    return Seen(request.scope[NETWORK], agent, request.scope[ADDRESS])


async def me_of(request: Request) -> Me | None:
    """Whoever is signed in by this browser's cookie; None if nobody is."""
    token = cookies.session_of(request)
    live = await session.of(house_of(request), token) if token else None
    if live is None:
        return None
    own = called(house_of(request), live.account)
    request.state.language, request.state.member = live.account.language, live.account.id
    return Me(live=live, login=own.login, name=own.name, lent=await _lent(house_of(request), live))


async def _lent(house: House, live: Live) -> frozenset[str]:
    """The purposes of somebody's grants. One that SQL touched adds none here, and each look of theirs is refused."""
    try:
        return frozenset(one.purpose for one in await standing_for(house, actor_of(live.session, live.roles)))
    except Tampered:
        return frozenset()


def signed_in(page: Callable[[Request, Me], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """The page for whoever is signed in; anybody else is shown where to."""

    async def answer(request: Request) -> Response:
        me = await me_of(request)
        if me is not None:
            return await (_once(request, me, page) if request.method == "POST" else page(request, me))
        if request.method == "POST":
            raise Turned("LH-3009")
        away = to(SIGN_IN)
        if cookies.session_of(request):
            cookies.drop(request, away, cookies.SESSION)  # it opens nothing, and never will again
        return away

    answer.__name__ = page.__name__
    answer.once = True  # type: ignore[attr-defined]  # a test looks whether each form is answered so
    return answer


async def _once(request: Request, me: Me, page: Callable[[Request, Me], Awaitable[Response]]) -> Response:
    """The answer to a form; to one that was answered before, that it was."""
    told = await sent_before(request, me)
    if told is not None:
        return told
    answer = await page(request, me)
    await remember(request, answer, me)
    return answer


async def sent_before(request: Request, me: Me | None) -> Response | None:
    """That a form was answered before, where it was."""
    if me is None or not await sent.before(request, house_of(request), me.live.session):
        return None
    return shown(request, me, "sent.html", back=sent.page_above(request))


async def remember(request: Request, answer: Response, me: Me | None = None) -> None:
    """The form was answered so, in the session that goes on: in this one, or in that which the answer begins."""
    token = cookies.renewed(request)
    live = await session.of(house_of(request), token) if token else me.live if me is not None else None
    if live is not None:
        await sent.remember(request, answer, house_of(request), live.session)


def to(place: str) -> RedirectResponse:
    """On to one of our own places, to be read anew."""
    if place not in PLACES:
        raise KeyError(place)
    return RedirectResponse(place, status_code=303)


def to_person(house: House, me: Me, meant: Meant) -> RedirectResponse:
    """On to the page of a person, at an address that this session alone knows."""
    return RedirectResponse(person_path(house, me, meant), status_code=303)


def person_path(house: House, me: Me, meant: Meant) -> str:
    """Where a person's page is, for this session."""
    return f"/person/{ref_of(house, me.live.session, meant)}"


def shown(request: Request, me: Me, template: str, *, here: str = "", status: int = 200, **values: Any) -> Response:
    """A page of whoever is signed in; `here` is the place among the sections that it belongs to."""
    house = house_of(request)
    purposes, stepped_up = purposes_for(house, me), me.live.session.step_up_at + SHIFT_MS
    waiting = house.live_policy.waiting if house.live_policy else None
    bar = {
        "finds": bool(purposes), "purposes": purposes, "purpose": purpose_for(request, house, me),
        "stepped_up": stepped_up if house.clock.now_ms() < stepped_up and me.live.session.step_up_at else 0,
        "waits": waiting if waiting is not None and not waiting.stale else None,
    }  # fmt: skip
    whole = {"me": me, "here": here, "may_see": lambda permission: me.may(house, permission), **bar, **values}
    return response(request, Page(template=template, values=whole, status=status))
