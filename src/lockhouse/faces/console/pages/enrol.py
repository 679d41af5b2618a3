"""Enrolling by an invitation's link: a passkey, or a password and an app's codes; then signed in.

The link's secret stands behind the `#` of its address, so that no server, proxy or log sees it. Script takes it over
into a form; without script it is typed there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from lockhouse.errors import Conflict, Invalid, Refused, Unproven
from lockhouse.faces.console.current import ACCOUNT, house_of, me_of, provider_of, remember, seen_of, sent_before
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.objections import said, weak
from lockhouse.faces.console.pages.sign_in import into, signed
from lockhouse.faces.console.rendering import Page, response, text_of
from lockhouse.faces.console.turned import Aged
from lockhouse.flows import enrol

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.flows.enrol import Confirming

_LONGEST_NAME: Final = 60


async def page(request: Request) -> Response:
    """Where a link's code goes in."""
    return _page(request)


def _page(request: Request, *, wrong: str = "") -> Response:
    return response(
        request, Page(template="enrol_link.html", values={"wrong": wrong}, status=403 if wrong else 200)
    )  # fmt: skip


def _shut(request: Request) -> Response:
    _ = text_of(request)
    wrong = _("This link does not open: it was used, is older than a day, or another one was made after it.")
    return _page(request, wrong=wrong)


async def opened(request: Request) -> Response:
    """What an open link leads to; the link still stands."""
    try:
        fields = await posted(request, "link")
    except Aged as aged:  # it opens nothing yet: the page that follows asks
        fields = aged.fields
    return await _opened(request, fields.get("link", "").strip())


async def _opened(request: Request, link: str, *, wrong: str = "", password: str = "") -> Response:
    try:
        begun = await enrol.begin(house_of(request), link)
    except Unproven:
        return _shut(request)
    values = {
        "name": begun.called.name, "login": begun.called.login, "options": begun.options_json,
        "ceremony": begun.ceremony, "link": link, "wrong": wrong, "wrong_password": password,
        "provider": provider_of(request), "proven_at": "",
    }  # fmt: skip
    status = 403 if wrong else 422 if password else 200
    return response(request, Page(template="enrol.html", values=values, status=status))


async def by_passkey(request: Request) -> Response:
    """A passkey was made: enrolled, and signed in."""
    _ = text_of(request)
    try:
        fields = await posted(request, "answer", "ceremony", "link", "name")
    except Aged as aged:
        return await _anew(request, aged)
    name = fields["name"].strip()[:_LONGEST_NAME]
    try:
        made = await enrol.with_passkey(
            house_of(request), fields["ceremony"], fields["answer"], name=name, seen=seen_of(request)
        )  # fmt: skip
    except (Conflict, Unproven):
        wrong = _("No passkey was taken: it was made elsewhere or too late, or it does not ask who you are. Try again.")
        return await _opened(request, fields["link"], wrong=wrong)
    except Refused as error:
        return await _opened(request, fields["link"], wrong=said(error, _))
    return await into(request, made.session_token, place=ACCOUNT)


async def by_password(request: Request) -> Response:
    """A password was chosen; an app comes next."""
    _ = text_of(request)
    try:
        fields = await posted(request, "link", "login", "password")
    except Aged as aged:
        return await _anew(request, aged)
    try:
        begun = await enrol.with_password(house_of(request), fields["link"], fields["password"])
    except Unproven:
        return _shut(request)
    except Invalid as error:
        return await _opened(request, fields["link"], password=weak(error.got, _))
    except Refused as error:
        return await _opened(request, fields["link"], wrong=said(error, _))
    return _app(request, begun)


async def _anew(request: Request, aged: Aged) -> Response:
    """The page that the link leads to, as it is now: nothing was taken."""
    _ = text_of(request)
    wrong = _("This page stood open for too long. It is new now: go on here.")
    return await _opened(request, aged.fields.get("link", ""), wrong=wrong)


def _app(request: Request, begun: Confirming) -> Response:
    values = {"uri": begun.uri, "seed": _spaced(begun.seed), "ceremony": begun.ceremony, "wrong": ""}
    return response(request, Page(template="enrol_app.html", values=values))


def _spaced(seed: str) -> str:
    """In groups of four, as it is typed."""
    return " ".join(seed[at : at + 4] for at in range(0, len(seed), 4))


async def confirmed(request: Request) -> Response:
    """The app's first code was right: enrolled and signed in, and the recovery codes are shown, once."""
    told = await sent_before(request, await me_of(request))
    if told is not None:
        return told
    fields, _ = await posted(request, "ceremony", "code"), text_of(request)
    code = fields["code"].replace(" ", "")
    try:
        made = await enrol.confirm_totp(house_of(request), fields["ceremony"], code, seen=seen_of(request))
    except Unproven:
        wrong = _(
            "Not the code that the app shows now. Wait for the next one, and type it. If it stays, open your link anew."
        )
        values = {"uri": "", "seed": "", "ceremony": fields["ceremony"], "wrong": wrong}
        return response(request, Page(template="enrol_app.html", values=values, status=403))
    except Refused as error:
        return _page(request, wrong=said(error, _))
    shown = response(request, Page(template="codes.html", values={"codes": made.recovery_codes}))
    answer = await signed(request, shown, made.session_token)
    await remember(request, answer)
    return answer


ROUTES = [
    Route("/enrol", page, methods=["GET"], name="enrol"),
    Route("/enrol", opened, methods=["POST"], name="enrol-open"),
    Route("/enrol/passkey", by_passkey, methods=["POST"], name="enrol-passkey"),
    Route("/enrol/password", by_password, methods=["POST"], name="enrol-password"),
    Route("/enrol/app", confirmed, methods=["POST"], name="enrol-app"),
]
