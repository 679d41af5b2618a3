"""The two cookies of the console. Both are of this host alone, unreadable to script, and sent by its own pages only.

`__Host-` is believed by browsers to be `Secure`, without a `Domain` and at `/` (RFC 6265bis §4.1.3), so that no
neighbouring name plants one. Neither has a date: both end with the browser, and the session ends in the house.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

SESSION: Final = "__Host-lh"
BEFORE: Final = "__Host-lh-before"
"""What the forms of a browser are bound to while nobody is signed in; it opens nothing."""
_BYTES: Final = 32
_LONGEST: Final = 128


def session_of(request: Request) -> str:
    """What a browser shows as its session; empty: nothing, or nothing that could be one."""
    return _short(request.cookies.get(SESSION, ""))


def before_of(request: Request) -> str:
    """What the forms of a browser are bound to before sign-in; made anew where it has none."""
    made = getattr(request.state, "before", "") or _short(request.cookies.get(BEFORE, "")) or secrets.token_hex(_BYTES)
    request.state.before = made
    return made


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else ""


def keep(response: Response, name: str, value: str) -> None:
    """The browser shows this from now on."""
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="strict")


def drop(response: Response, name: str) -> None:
    """The browser shows it no more."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="strict")
