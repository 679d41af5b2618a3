"""One's own account: how one proves who one is, and where one is signed in."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from lockhouse.access.sign_in import Level, Means
from lockhouse.errors import Conflict, Invalid, NotFound, Refused, Unproven
from lockhouse.faces.console.confirming import STEP, Asked, Proven, proven
from lockhouse.faces.console.current import ACCOUNT, house_of, id_in, provider_of, shown, signed_in, to
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.objections import said, weak
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import factor, session
from lockhouse.gates.staff.steps import adding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.factor import Shown
    from lockhouse.flows.session import Open

ADD: Final = "/account/passkeys"
END: Final = "/account/factors/end"
CODES: Final = "/account/codes"
CHANGE: Final = "/account/password"
LONGEST_NAME: Final = 60


@signed_in
async def account(request: Request, me: Me) -> Response:
    """One's own account."""
    return await _page(request, me)


async def _page(request: Request, me: Me, *, done: str = "", wrong: str = "") -> Response:
    house, _ = house_of(request), text_of(request)
    own, sessions = await factor.list_of(house, me.id), await session.list_of(house, me.id)
    left = next((one.left for one in own if one.left is not None), None)
    return shown(
        request, me, "account.html", here=ACCOUNT, status=409 if wrong else 200, done=done, wrong=wrong,
        login=me.login, passkeys=_passkeys(own), factors=_factors(own, _), left=left,
        has_password=any(one.factor.kind == Means.PASSWORD for one in own),
        sessions=_sessions(sessions, me, _),
        provider="" if any(one.factor.kind == Means.IDENTITY for one in own) else provider_of(request),
    )  # fmt: skip


def _passkeys(own: Sequence[Shown]) -> int:
    return sum(one.factor.kind == Means.PASSKEY for one in own)


def _factors(own: Sequence[Shown], _: Callable[[str], str]) -> list[dict[str, object]]:
    kinds = {
        Means.PASSKEY: _("passkey"), Means.PASSWORD: _("password"), Means.TOTP: _("one-time codes"),
        Means.RECOVERY: _("recovery codes"), Means.IDENTITY: _("identity provider"),
    }  # fmt: skip
    passkeys = _passkeys(own)
    shown_factors = []
    for one in own:
        means = Means(one.factor.kind)
        is_last = passkeys == (1 if means is Means.PASSKEY else 0) and means not in {Means.RECOVERY, Means.IDENTITY}
        shown_factors.append({
            "id": one.factor.id.hex(), "name": one.label or kinds[means], "kind": kinds[means],
            "since": one.factor.created_at, "used": one.used_at, "removable": not is_last,
        })  # fmt: skip
    return shown_factors


def _sessions(found: Sequence[Open], me: Me, _: Callable[[str], str]) -> list[dict[str, object]]:
    sure = {Level.ONE: _("one factor"), Level.TWO: _("two factors"), Level.BOUND: _("bound to a device")}
    return [
        {
            "id": one.session.id.hex(), "agent": one.seen.agent, "network": one.seen.network,
            "level": one.session.level, "sure": sure[Level(one.session.level)], "since": one.session.made_at,
            "seen": one.session.seen_at, "here": one.session.id == me.live.session.id,
        }
        for one in found
    ]  # fmt: skip


@signed_in
async def add(request: Request, me: Me) -> Response:
    """Another passkey: the deed is confirmed with one that is there, then the new one is made."""
    fields = await posted(request, "name", optional=STEP)
    proof = await proven(request, me, _adding(request, me), fields)
    if not isinstance(proof, Proven):
        return proof
    options, ceremony = await factor.options(house_of(request), me.live.session)
    return shown(
        request, me, "new_passkey.html", here=ACCOUNT, options=options, ceremony=ceremony, proof=proof.token,
        name=fields["name"],
    )  # fmt: skip


def _adding(request: Request, me: Me) -> Asked:
    _ = text_of(request)
    return Asked(
        action="factor-add", persons=(), deed=_("Add a passkey"), path=ADD, back=ACCOUNT, here=ACCOUNT,
        exact=adding(me.id), by_code=True,
        effect=_("First confirm with a passkey that you have; then the new one is made."),
    )  # fmt: skip


@signed_in
async def made(request: Request, me: Me) -> Response:
    """The new passkey was made."""
    fields, _ = await posted(request, "name", "proof", "answer", "ceremony"), text_of(request)
    label = fields["name"].strip()[:LONGEST_NAME]
    try:
        await factor.add_passkey(
            house_of(request), me.live.session, (fields["ceremony"], fields["answer"]), name=label,
            proof=fields["proof"],
        )  # fmt: skip
    except (Conflict, Unproven):
        wrong = _("No passkey was added: it took too long, or it does not ask who you are.")
        return await _page(request, me, wrong=wrong)
    return await _page(request, me, done=_("Added. It opens the same account."))


@signed_in
async def end_factor(request: Request, me: Me) -> Response:
    """A factor proves nothing any more, once that was confirmed."""
    fields, _ = await posted(request, "factor", optional=STEP), text_of(request)
    own = await factor.list_of(house_of(request), me.id)
    one = next((each for each in own if each.factor.id == id_in(fields["factor"])), None)
    if one is None:
        raise Turned("LH-3004")
    asked = Asked(
        action="factor-end", persons=(), deed=_("Remove %(name)s") % {"name": one.label or _("this")}, path=END,
        back=ACCOUNT, here=ACCOUNT, ends=True, exact=factor.ending(me.id, one.factor.id),
        effect=_("It proves nothing any more. Nobody can bring it back."),
    )  # fmt: skip
    proof = await proven(request, me, asked, fields)
    if not isinstance(proof, Proven):
        return proof
    try:
        await factor.end(house_of(request), me.live.session, one.factor.id, proof=proof.token)
    except Refused as error:
        return await _page(request, me, wrong=said(error, _))
    except Conflict:
        return await _page(request, me, wrong=_("It changed meanwhile: nothing was done. Look again."))
    return await _page(request, me, done=_("Removed."))


@signed_in
async def codes(request: Request, me: Me) -> Response:
    """Ten new recovery codes in place of those before, shown once."""
    fields, _ = await posted(request, optional=STEP), text_of(request)
    asked = Asked(
        action="factor-add", persons=(), deed=_("Make new codes"), path=CODES, back=ACCOUNT, here=ACCOUNT,
        exact=adding(me.id), by_code=True,
        effect=_("Ten new ones are shown, once. Those before them work no more."),
    )  # fmt: skip
    proof = await proven(request, me, asked, fields)
    if not isinstance(proof, Proven):
        return proof
    try:
        made = await factor.codes_anew(house_of(request), me.live.session, proof=proof.token)
    except NotFound:
        return await _page(request, me, wrong=_("Codes stand in for an app, and you have none."))
    except (Conflict, Unproven):
        return await _page(request, me, wrong=_("It changed meanwhile: nothing was done. Look again."))
    return shown(request, me, "new_codes.html", here=ACCOUNT, codes=made)


@signed_in
async def password(request: Request, me: Me) -> Response:
    """Another password: first it is confirmed who asks, then the new one is chosen."""
    fields, _ = await posted(request, optional=STEP), text_of(request)
    asked = Asked(
        action="factor-add", persons=(), deed=_("Change your password"), path=CHANGE, back=ACCOUNT, here=ACCOUNT,
        exact=adding(me.id), by_code=True,
        effect=_("The one before it signs in no more, and every other sign-in of yours is over."),
    )  # fmt: skip
    proof = await proven(request, me, asked, fields)
    return _choosing(request, me, proof.token) if isinstance(proof, Proven) else proof


def _choosing(request: Request, me: Me, proof: str, *, wrong: str = "") -> Response:
    status = 422 if wrong else 200
    return shown(
        request, me, "new_password.html", here=ACCOUNT, status=status, proof=proof, wrong=wrong, login=me.login
    )


@signed_in
async def chosen(request: Request, me: Me) -> Response:
    """The new password was chosen."""
    fields, _ = await posted(request, "login", "password", "proof"), text_of(request)
    try:
        await factor.new_password(house_of(request), me.live.session, fields["password"], proof=fields["proof"])
    except Invalid as error:
        return _choosing(request, me, fields["proof"], wrong=weak(error.got, _))
    except (Conflict, NotFound, Unproven):
        return await _page(request, me, wrong=_("It changed meanwhile: nothing was done. Look again."))
    return await _page(request, me, done=_("Changed. Your other sign-ins are over."))


@signed_in
async def end_session(request: Request, me: Me) -> Response:
    """One of one's own sign-ins is over."""
    fields = await posted(request, "session")
    house, ended = house_of(request), id_in(fields["session"])
    if ended not in {one.session.id for one in await session.list_of(house, me.id)}:
        raise Turned("LH-3004")
    with suppress(NotFound):  # it ended by itself just now
        await session.end(house, ended, by=me.actor, whose=me.id)
    return to(ACCOUNT)


ROUTES = [
    Route(ACCOUNT, account, name="account"),
    Route(ADD, add, methods=["POST"], name="passkey-add"),
    Route(f"{ADD}/made", made, methods=["POST"], name="passkey-made"),
    Route(END, end_factor, methods=["POST"], name="factor-end"),
    Route(CODES, codes, methods=["POST"], name="recovery-codes"),
    Route(CHANGE, password, methods=["POST"], name="password-change"),
    Route(f"{CHANGE}/chosen", chosen, methods=["POST"], name="password-chosen"),
    Route("/account/sessions/end", end_session, methods=["POST"], name="session-end"),
]
