"""The four cookies of the console. All are of this host alone, and unreadable to script.

The session's is sent by the console's own pages only (`SameSite=Strict`). The other one also comes with whoever follows
a link from another site (`Lax`), so that such a visit finds it and leaves it as it is: the forms of a page that stands
open already go on working. No form of another site has it along.

`__Host-` is believed by browsers to be `Secure`, without a `Domain` and at `/` (RFC 6265bis §4.1.3), so that no
neighbouring name plants one. None has a date: all end with the browser, and the session ends in the house. What a
session is at work on opens in it alone (`work`), and so do the forms that were answered in it (`sent`).

A browser tells cookies apart by their host and not by its port (RFC 6265bis §5.8.3), so two consoles on one host, as
two houses on `localhost`, would each take the other's away. Where the console's address says a port, it is in their
names; that keeps nothing secret from whoever listens on the other port, and no prefix of a browser's would.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


class Cookie(NamedTuple):
    """One of the four: its name where the console's address says no port, and whom a browser sends it along with."""

    name: str
    same_site: Literal["lax", "strict"]


SESSION: Final = Cookie("__Host-lh", "strict")
BEFORE: Final = Cookie("__Host-lh-before", "lax")
"""What the forms of a browser are bound to where one signs in or enrols; it opens nothing."""
WORK: Final = Cookie("__Host-lh-work", "strict")
"""What somebody is at work on, sealed to their session."""
SENT: Final = Cookie("__Host-lh-sent", "strict")
"""Which forms were answered, sealed to their session."""
_KINDS: Final = {"session": SESSION, "before": BEFORE, "sent": SENT, "work": WORK}
_WAYS_IN: Final = ("/enrol", "/sign-in")
_BYTES: Final = 32
_LONGEST: Final = 128


def name_of(cookie: Cookie, *, url: str) -> str:
    """What a cookie of the console at this address is called."""
    port = urlsplit(url).port
    return cookie.name if port is None else f"{cookie.name}-{port}"


def value_of(request: Request, cookie: Cookie) -> str:
    """What a browser shows as it; empty: nothing."""
    return request.cookies.get(_name(request, cookie), "")


def session_of(request: Request) -> str:
    """What a browser shows as its session; empty: nothing, or nothing that could be one."""
    return _short(value_of(request, SESSION))


def before_of(request: Request) -> str:
    """What the forms of signing in and enrolling are bound to in a browser; made anew where it has none."""
    made = getattr(request.state, "before", "") or _short(value_of(request, BEFORE)) or secrets.token_hex(_BYTES)
    request.state.before = made
    return made


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else ""


def keep(request: Request, response: Response, **values: str) -> None:
    """The browser shows these from now on: `session`, `before`, `sent` or `work`."""
    if "session" in values:
        request.state.renewed = values["session"]
    for kind, value in values.items():
        cookie = _KINDS[kind]
        response.set_cookie(
            _name(request, cookie), value, path="/", secure=True, httponly=True, samesite=cookie.same_site
        )  # fmt: skip


def renewed(request: Request) -> str:
    """The session that the answer to this request begins; empty: it begins none."""
    token: str = getattr(request.state, "renewed", "")
    return token


def drop(request: Request, response: Response, *cookies: Cookie) -> None:
    """The browser shows these no more."""
    for one in cookies:
        response.delete_cookie(_name(request, one), path="/", secure=True, httponly=True, samesite=one.same_site)


def _name(request: Request, cookie: Cookie) -> str:
    return name_of(cookie, url=request.app.state.served.url)


def is_before(request: Request) -> bool:
    """Whether a page's forms are bound to `BEFORE`: where one signs in or enrols, whoever is signed in meanwhile.

    A session's cookie is not there when a link of another site leads here, and is when the form comes back.
    """
    return request.url.path.startswith(_WAYS_IN)
