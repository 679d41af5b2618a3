"""Signing in and out. Every refusal says the same, whatever was wrong and whoever it was: the log knows more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse
from starlette.routing import Route

from lockhouse.errors import Paused, Unproven
from lockhouse.faces.console import cookies
from lockhouse.faces.console.current import HOME, house_of, me_of, provider_of, seen_of, to
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.rendering import Page, response, text_of
from lockhouse.faces.console.turned import Aged, Turned
from lockhouse.flows import session, sign_in
from lockhouse.gates.staff.ceremonies import AGED

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

CLEAR: Final = '"cache", "storage"'
"""Not "cookies": that would end those of every name below the shop's own domain. Ours is taken back by itself."""
_DIGITS: Final = 6
"""A one-time code; anything else in its place is a recovery code."""


async def page(request: Request) -> Response:
    """Where one signs in; whoever is signed in goes on."""
    return await _page(request) if await me_of(request) is None else to(HOME)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wrong:
    """Why nobody is signed in, for whoever tried: in one sentence, and when the next try counts (s)."""

    words: str
    by_password: bool = False
    wait_s: int = 0


async def _page(request: Request, wrong: _Wrong | None = None, *, login: str = "") -> Response:
    asked = await sign_in.passkey_options(house_of(request))
    values = {
        "options": asked.json, "ceremony": asked.ceremony, "wrong": wrong, "provider": provider_of(request),
        "login": login,
    }  # fmt: skip
    status = 200 if wrong is None else 429 if wrong.wait_s else 403
    answer = response(request, Page(template="sign_in.html", values=values, status=status))
    if wrong is not None and wrong.wait_s:
        answer.headers["retry-after"] = str(wrong.wait_s)
    return answer


async def by_passkey(request: Request) -> Response:
    """Somebody's passkey answered."""
    _ = text_of(request)
    try:
        fields = await posted(request, "answer", "ceremony")
    except Aged:
        return await _anew(request)
    try:
        made = await sign_in.by_passkey(
            house_of(request), fields["ceremony"], fields["answer"], seen=seen_of(request)
        )  # fmt: skip
    except Unproven as error:
        if AGED in error.reasons:
            return await _anew(request)
        words = _("Not signed in: this passkey opens nothing here, or it took too long.")
        return await _page(request, _Wrong(words=words))
    except Paused as error:
        return await _page(request, _wait(error, _))
    return await into(request, made.token)


async def by_password(request: Request) -> Response:
    """Somebody typed a password, and six digits or a recovery code."""
    _ = text_of(request)
    try:
        fields = await posted(request, "login", "password", "code")
    except Aged as aged:
        return await _anew(request, login=aged.fields.get("login", ""), by_password=True)
    code = fields["code"].replace(" ", "")
    way = sign_in.by_password if code.isdecimal() and len(code) == _DIGITS else sign_in.by_recovery
    typed = sign_in.Typed(fields["login"].strip(), fields["password"], code)
    try:
        made = await way(house_of(request), typed, seen=seen_of(request))
    except Unproven:
        words = _("Not signed in: the three do not belong together, or the code was used before.")
        return await _page(request, _Wrong(words=words, by_password=True))
    except Paused as error:
        return await _page(request, replace(_wait(error, _), by_password=True))
    return await into(request, made.token)


async def _anew(request: Request, *, login: str = "", by_password: bool = False) -> Response:
    """The page as it is now, of which nobody has to find out that the one before was old; no try is counted."""
    _ = text_of(request)
    words = _("This page stood open for too long. It is new now: sign in.")
    return await _page(request, _Wrong(words=words, by_password=by_password), login=login)


def _wait(error: Paused, _: Callable[[str], str]) -> _Wrong:
    """A wait after several tries. Of a store that is away the page itself says so, as it is asked as well."""
    wait_s = max(1, ceil(error.retry_after_s))
    return _Wrong(
        words=_("Several tries went wrong. The next one counts in %(wait)s s.") % {"wait": wait_s}, wait_s=wait_s
    )


async def into(request: Request, token: str, *, place: str = HOME) -> Response:
    """Signed in, and on to one of our places."""
    return await signed(request, to(place), token)


async def signed(request: Request, answer: Response, token: str) -> Response:
    """The answer with a new token for this browser, and nothing of before: what was planted there opens nothing."""
    before = await me_of(request)
    if before is not None:
        await session.end(house_of(request), before.live.session.id, by=before.actor, whose=before.id)
    cookies.keep(request, answer, session=token)
    return answer


async def out(request: Request) -> Response:
    """Signed out, here and in the house, where the sign-in was not over by itself."""
    if not cookies.session_of(request):
        raise Turned("LH-3009")
    me = await me_of(request)
    await posted(request)
    if me is not None:
        await session.end(house_of(request), me.live.session.id, by=me.actor, whose=me.id)
    answer = RedirectResponse("/signed-out", status_code=303, headers={"clear-site-data": CLEAR})
    cookies.drop(request, answer, cookies.SESSION, cookies.BEFORE)
    return answer


async def signed_out(request: Request) -> Response:
    """It is said that nobody is signed in any more."""
    return response(request, Page(template="signed_out.html", values={}))


async def lost(request: Request) -> Response:
    """What leads back in without a passkey."""
    return response(request, Page(template="lost.html", values={}))


ROUTES = [
    Route("/sign-in", page, name="sign-in"),
    Route("/sign-in/passkey", by_passkey, methods=["POST"], name="sign-in-passkey"),
    Route("/sign-in/password", by_password, methods=["POST"], name="sign-in-password"),
    Route("/sign-out", out, methods=["POST"], name="sign-out"),
    Route("/signed-out", signed_out, name="signed-out"),
    Route("/lost", lost, name="lost"),
]
