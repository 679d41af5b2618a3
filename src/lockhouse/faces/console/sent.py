"""A form that was answered is not done again by a reload, nor by a page that the browser kept: it says so instead.

1. Each page that is shown has a word of its own in the token of its forms (`forms.token_of`). So a form that comes with
   the same token, to the same address, with the same fields, is the same one sent once more.
2. What the answer to a form was shown for is remembered in the browser, in a cookie that opens in its session alone,
   as hashes; no process has to know, and a store has nothing to keep. Only an answer that is a page, and asks nothing
   more (`asks`), is remembered: a redirect is what a reload reads anew, and an error changed nothing.
3. Nothing rests on it. Whoever takes the cookie away is answered as ever: a proof that was used is none.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.routing import Match

from lockhouse.faces.console import cookies
from lockhouse.faces.console.forms import sent_by
from lockhouse.gates.staff.refs import sealed, unsealed

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.gates.house import House
    from lockhouse.model.rows import Session

MOST: Final = 24
"""Forms that a browser remembers, the newest."""
_FORMS: Final = 1
_CHARS: Final = 24


def asks(request: Request) -> None:
    """The answer asks something more, or does nothing but read: a reload has it asked, or read, once more."""
    request.state.asks = True


async def before(request: Request, house: House, session: Session) -> bool:
    """Whether this very form of this session was answered before."""
    own = await sent_by(request)
    return bool(own) and own[:_CHARS] in _known(request, house, session)


async def remember(request: Request, answer: Response, house: House, session: Session) -> None:
    """The form was answered so: a page that asks nothing more is remembered."""
    own = await sent_by(request)
    is_page = answer.status_code == HTTPStatus.OK and answer.headers.get("content-type", "").startswith("text/html")
    if own and is_page and not getattr(request.state, "asks", False):
        known = [*_known(request, house, session), own[:_CHARS]][-MOST:]
        cookies.keep(request, answer, sent=sealed(house, session, "sent", {_FORMS: [*known]}))


def _known(request: Request, house: House, session: Session) -> list[str]:
    text = cookies.value_of(request, cookies.SENT)
    said = unsealed(house, session, "sent", text) if text else None
    forms = said.get(_FORMS) if said is not None else None
    return [str(one) for one in forms] if isinstance(forms, list) else []


def page_above(request: Request) -> str:
    """The nearest page above the address of a form: where one goes on from there."""
    parts = request.url.path.strip("/").split("/")
    for many in range(len(parts) - 1, 0, -1):
        path = "/" + "/".join(parts[:many])
        scope = {**request.scope, "path": path, "raw_path": path.encode(), "method": "GET"}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes):
            return path
    return "/"
