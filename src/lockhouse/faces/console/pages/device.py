"""A command line that asks: somebody types its code, reads what asks, and confirms or refuses it.

Nobody is told whether a code exists before they are signed in; whoever is signed in waits longer after each wrong one.
A code can be handed to somebody who started nothing, so the page says what asks and what it would get, and a passkey
answers for that very request.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from lockhouse.errors import Conflict, Paused
from lockhouse.faces.console.confirming import STEP, Asked, confirmed
from lockhouse.faces.console.current import house_of, shown, signed_in
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.sent import asks
from lockhouse.flows import device as flow
from lockhouse.gates.staff.devices import Request as Asking

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me

DEVICE: Final = "/device"
CONFIRM: Final = f"{DEVICE}/confirm"
REFUSE: Final = f"{DEVICE}/refuse"
SHOWN: Final = "shown"
"""Name of the field with the code that the command line shows; `code` is that of somebody's app."""


@signed_in
async def device(request: Request, me: Me) -> Response:
    """Where a code is typed."""
    return _form(request, me)


def _form(request: Request, me: Me, *, wrong: str = "", done: str = "", wait_s: int = 0) -> Response:
    status = 429 if wait_s else 403 if wrong else 200
    answer = shown(request, me, "device.html", here=DEVICE, status=status, wrong=wrong, done=done)
    if wait_s:
        answer.headers["retry-after"] = str(wait_s)
    return answer


@signed_in
async def asked(request: Request, me: Me) -> Response:
    """What asks, by the code that was typed."""
    fields = await posted(request, SHOWN)
    found = await _found(request, me, fields[SHOWN])
    if not isinstance(found, Asking):
        return found
    about = found.about
    asks(request)
    return shown(
        request, me, "device_asked.html", here=DEVICE, code=fields[SHOWN], user=about.user, words=about.words,
        at=found.at, is_sign_in=about.action == flow.SIGN_IN,
    )  # fmt: skip


@signed_in
async def confirm(request: Request, me: Me) -> Response:
    """It is confirmed, once a passkey answered for it."""
    fields, _ = await posted(request, SHOWN, optional=STEP), text_of(request)
    found = await _found(request, me, fields[SHOWN])
    if not isinstance(found, Asking):
        return found
    about, meant = found.about, flow.confirming(found)
    is_sign_in = about.action == flow.SIGN_IN
    if is_sign_in:
        effect = _("%(user)s of this house's machine then works as you, until it signs out or 12 hours have passed.")
    else:
        effect = _("%(user)s of this house's machine then does, once and in your name: %(words)s")
    question = await confirmed(
        request, me,
        Asked(
            action=meant.action, persons=(), exact=meant, path=CONFIRM, back=DEVICE, here=DEVICE,
            deed=_("Let this command line in") if is_sign_in else _("Confirm this command"),
            effect=effect % {"user": about.user, "words": about.words},
        ),
        fields,
    )  # fmt: skip
    if question is not None:
        return question
    return await _answered(request, me, found, confirmed=True)


@signed_in
async def refuse(request: Request, me: Me) -> Response:
    """It is refused; whoever asks is told so."""
    fields = await posted(request, SHOWN)
    found = await _found(request, me, fields[SHOWN])
    if not isinstance(found, Asking):
        return found
    return await _answered(request, me, found, confirmed=False)


async def _found(request: Request, me: Me, code: str) -> Asking | Response:
    """The request that the code leads to; else the page that says there is none, or how long one waits."""
    _ = text_of(request)
    try:
        found = await flow.look(house_of(request), me.live.session, code)
    except Paused as error:
        wait_s = max(1, ceil(error.retry_after_s))
        wrong = _("Several tries went wrong. The next one counts in %(wait)s s.") % {"wait": wait_s}
        return _form(request, me, wrong=wrong, wait_s=wait_s)
    if found is None:
        wrong = _("No command line of yours waits under this code: it is another, was answered, or is over.")
        return _form(request, me, wrong=wrong)
    return found


async def _answered(request: Request, me: Me, found: Asking, *, confirmed: bool) -> Response:
    _ = text_of(request)
    try:
        await flow.answer(house_of(request), me.live.session, found, confirmed=confirmed)
    except Conflict:
        return _form(request, me, wrong=_("It was answered or ran out meanwhile: nothing was done."))
    done = _("Confirmed. Go back to the command line.") if confirmed else _("Refused. Nothing was done.")
    return _form(request, me, done=done)


ROUTES = [
    Route(DEVICE, device, methods=["GET"], name="device"),
    Route(DEVICE, asked, methods=["POST"], name="device-asked"),
    Route(CONFIRM, confirm, methods=["POST"], name="device-confirm"),
    Route(REFUSE, refuse, methods=["POST"], name="device-refuse"),
]
