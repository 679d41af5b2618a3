"""The three cookies of the console. All are of this host alone, and unreadable to script.

The session's is sent by the console's own pages only (`SameSite=Strict`). The other one also comes with whoever follows
a link from another site (`Lax`), so that such a visit finds it and leaves it as it is: the forms of a page that stands
open already go on working. No form of another site has it along.

`__Host-` is believed by browsers to be `Secure`, without a `Domain` and at `/` (RFC 6265bis §4.1.3), so that no
neighbouring name plants one. None has a date: all end with the browser, and the session ends in the house. What a
session is at work on opens in it alone (`work`).
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

SESSION: Final = "__Host-lh"
BEFORE: Final = "__Host-lh-before"
"""What the forms of a browser are bound to where one signs in or enrols; it opens nothing."""
WORK: Final = "__Host-lh-work"
"""What somebody is at work on, sealed to their session."""
_SAME_SITE: Final[dict[str, Literal["lax", "strict"]]] = {BEFORE: "lax", SESSION: "strict", WORK: "strict"}
_WAYS_IN: Final = ("/enrol", "/sign-in")
_BYTES: Final = 32
_LONGEST: Final = 128


def session_of(request: Request) -> str:
    """What a browser shows as its session; empty: nothing, or nothing that could be one."""
    return _short(request.cookies.get(SESSION, ""))


def before_of(request: Request) -> str:
    """What the forms of signing in and enrolling are bound to in a browser; made anew where it has none."""
    made = getattr(request.state, "before", "") or _short(request.cookies.get(BEFORE, "")) or secrets.token_hex(_BYTES)
    request.state.before = made
    return made


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else ""


def keep(response: Response, name: str, value: str) -> None:
    """The browser shows this from now on."""
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite=_SAME_SITE[name])


def drop(response: Response, name: str) -> None:
    """The browser shows it no more."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite=_SAME_SITE[name])


def is_before(request: Request) -> bool:
    """Whether a page's forms are bound to `BEFORE`: where one signs in or enrols, whoever is signed in meanwhile.

    A session's cookie is not there when a link of another site leads here, and is when the form comes back.
    """
    return request.url.path.startswith(_WAYS_IN)
