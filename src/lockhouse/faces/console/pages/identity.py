"""Signing in at the identity provider, and an identity there that becomes an account's.

A browser is sent there by a page with a link, which goes on by itself: a form's answer that leads to another site would
be stopped by our own `form-action`. What it comes back with is answered by such a page, too: a cookie that no other
site's navigation carries is sent again from a page of ours on.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.routing import Route

from lockhouse.errors import Conflict, NotFound, Paused, Refused, Unavailable, Unproven
from lockhouse.faces.console import cookies
from lockhouse.faces.console.confirming import STEP, Asked, Proven, proven
from lockhouse.faces.console.current import ACCOUNT, HOME, SIGN_IN, house_of, seen_of, signed_in
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.pages.sign_in import signed
from lockhouse.faces.console.rendering import Page, response, text_of
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import federate
from lockhouse.gates.staff.federated import BACK
from lockhouse.gates.staff.steps import adding

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.federate import Answer, Came, Enrolling

LINK: Final = "/account/identity"
_LONGEST: Final = 4_096


def _name(request: Request) -> str:
    """What staff call the provider.

    Raises:
        Turned: there is none.
    """
    known = house_of(request).proving.provider
    if known is None:
        raise Turned("LH-3004")
    return known.rules.name


async def _sent(request: Request, name: str, door: Awaitable[str]) -> Response:
    """The page that leads on to the provider; or that it does not answer, or the link does not open."""
    _ = text_of(request)
    try:
        url = await door
    except Unproven:
        return _wrong(request, _("This link does not open: it was used, is older than a day, or there is a newer one."))
    except (NotFound, Refused, Unavailable):
        said = _("%(name)s does not answer as it should. Use another way, and tell who runs the vault.")
        return _wrong(request, said % {"name": name}, status=503)
    values = {"url": url, "name": name, "place": urlsplit(url).netloc}
    answer = response(request, Page(template="identity_away.html", values=values))
    answer.headers["refresh"] = f"0; url={url}"
    cookies.keep(request, answer, before=cookies.before_of(request))
    return answer


def _wrong(request: Request, words: str, *, status: int = 403) -> Response:
    return response(request, Page(template="identity_wrong.html", values={"wrong": words}, status=status))


async def to_sign_in(request: Request) -> Response:
    """On to the provider, to sign in."""
    await posted(request)
    name = _name(request)
    return await _sent(request, name, federate.to_sign_in(house_of(request), browser=cookies.before_of(request)))


async def to_enrol(request: Request) -> Response:
    """On to the provider, with a one-time link."""
    link, name = (await posted(request, "link"))["link"].strip(), _name(request)
    return await _sent(request, name, federate.to_enrol(house_of(request), link, browser=cookies.before_of(request)))


@signed_in
async def to_link(request: Request, me: Me) -> Response:
    """On to the provider, to sign in there from now on, too; confirmed before."""
    fields, _ = await posted(request, optional=STEP), text_of(request)
    name = _name(request)
    asked = Asked(
        action="factor-add", persons=(), deed=_("Sign in at %(name)s, too") % {"name": name}, path=LINK, back=ACCOUNT,
        here=ACCOUNT, exact=adding(me.id), by_code=True,
        effect=_("First confirm with a passkey that you have; then you sign in there once."),
    )  # fmt: skip
    proof = await proven(request, me, asked, fields)
    if not isinstance(proof, Proven):
        return proof
    door = federate.to_link(
        house_of(request), me.live.session.tag, proof=proof.token, browser=cookies.before_of(request)
    )  # fmt: skip
    return await _sent(request, name, door)


async def back(request: Request) -> Response:
    """Whoever was at the provider is back."""
    house, _, name = house_of(request), text_of(request), _name(request)
    status, wait_s = 403, 0.0
    try:
        came = await federate.back(
            house, _answer(request), browser=cookies.before_of(request), seen=seen_of(request)
        )  # fmt: skip
        return await _came(request, came, name)
    except Unproven:
        said = _("Nobody was signed in: this is not an answer to what was asked here, or the account there opens none.")
    except Conflict:
        said = _("Nothing was done: this identity is another account's, or something changed.")
    except Paused as error:
        status, wait_s = 429, error.retry_after_s
        said = _("Several tries went wrong. The next one counts in %(wait)s s.") % {"wait": max(1, ceil(wait_s))}
    except Unavailable as error:
        status, wait_s = 503, error.retry_after_s
        said = _("%(name)s, or this vault itself, does not answer just now.") % {"name": name}
    except (NotFound, Refused):
        said, status = _("%(name)s does not answer as it should.") % {"name": name}, 503
    answer = _wrong(request, said, status=status)
    if wait_s:
        answer.headers["retry-after"] = str(max(1, ceil(wait_s)))
    return answer


async def _came(request: Request, came: Came, name: str) -> Response:
    if isinstance(came, federate.OneFactor):
        _ = text_of(request)
        said = _("%(name)s vouched for you by one factor. Use your passkey: it is two.")
        return _wrong(request, said % {"name": name})
    if isinstance(came, federate.Enrolling):
        return _enrol(request, came, name)
    if isinstance(came, federate.Signed):
        return await signed(request, _onward(request, HOME), came.token)
    return _onward(request, ACCOUNT)


def _answer(request: Request) -> Answer:
    """What stands in the address; what stands there twice, or is too long, is nothing."""
    found = request.query_params.multi_items()
    once = dict(found) if len({key for key, _ in found}) == len(found) else {}
    fit = {key: value for key, value in once.items() if len(value) <= _LONGEST}
    code = "" if "error" in fit else fit.get("code", "")
    return federate.Answer(code, fit.get("state", ""), fit.get("iss"))


def _onward(request: Request, place: str) -> Response:
    answer = response(request, Page(template="identity_back.html", values={"place": place}))
    answer.headers["refresh"] = f"0; url={place}"
    return answer


def _enrol(request: Request, came: Enrolling, name: str) -> Response:
    values = {
        "name": came.called.name, "login": came.called.login, "options": came.options_json,
        "ceremony": came.ceremony, "link": "", "wrong": "", "wrong_password": "", "provider": "", "proven_at": name,
    }  # fmt: skip
    return response(request, Page(template="enrol.html", values=values))


ROUTES = [
    Route(f"{SIGN_IN}/identity", to_sign_in, methods=["POST"], name="sign-in-identity"),
    Route("/enrol/identity", to_enrol, methods=["POST"], name="enrol-identity"),
    Route(LINK, to_link, methods=["POST"], name="identity-link"),
    Route(BACK, back, methods=["GET"], name="identity-back"),
]
