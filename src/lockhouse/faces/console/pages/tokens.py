"""Tokens of systems: made with what they may, rotated with an overlap, revoked; a passkey answers for just that.

A token's text is in the one answer that made it, and in no other: whoever loses it makes another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from lockhouse.access.tokens import LIFE_DAYS, MAX_DAYS, MAX_OVERLAP_DAYS, OVERLAP_DAYS, Terms, decoded, sound_days
from lockhouse.errors import Conflict, Invalid, NotFound, Refused, Unproven
from lockhouse.faces.console.confirming import STEP, Asked, confirmed
from lockhouse.faces.console.current import house_of, id_in, shown, signed_in
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.objections import said, sentence
from lockhouse.faces.console.pages.staff import require
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import staff
from lockhouse.flows import token as flow
from lockhouse.gates.staff.members import STAFF
from lockhouse.model.decision import Actor
from lockhouse.model.ids import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.gates.house import House
    from lockhouse.gates.tokens import Made
    from lockhouse.model.rows import Token

HERE: Final = "/tokens"
MAKE: Final = "/tokens/make"
_FIELDS: Final = ("name", "role", "may", "purposes", "networks", "days")
_ROTATING: Final = ("days", "overlap")
_MARKS: Final = {"live": "good", "overtaken": "wait", "revoked": "refused", "expired": "held"}
_MOST_DIGITS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a form: done, refused, or what is to be put right in which field, with what was typed."""

    done: str = ""
    refused: str = ""
    wrong: Mapping[str, str] | None = None
    given: Mapping[str, str] | None = None

    @property
    def status(self) -> int:
        """Of the answer."""
        return 409 if self.refused else 422 if self.wrong else 200


@signed_in
async def tokens(request: Request, me: Me) -> Response:
    """Every token, also those that ended; and the form that makes one."""
    return await _list(request, me, Result())


async def _list(request: Request, me: Me, result: Result) -> Response:
    house, _ = house_of(request), text_of(request)
    may = {word: me.may(house, f"token.{word}") for word in ("list", "create", "show")}
    if not (may["list"] or may["create"]):
        raise Turned("LH-3011")
    found = await flow.listed(house) if may["list"] else flow.Listed([], [])
    names = await _names(house)
    roles = {role: role.replace("_", " ") for role in sorted(me.live.roles)}
    return shown(
        request, me, "tokens.html", here=HERE, status=result.status, may=may, result=result, wrong=result.wrong or {},
        said=result.given or {}, life=str(LIFE_DAYS), roles=roles | {"": _("none: it may do nothing yet")},
        tokens=[_line(house, row, used, names=names, _=_) for row, used in reversed(found.tokens)],
        spoilt=[one.hex() for one in found.spoilt],
    )  # fmt: skip


async def _names(house: House) -> dict[str, str]:
    """What people are called, by the actor that a token counts to."""
    return {f"{STAFF}{one.row.id.hex()}": one.called.name for one in await staff.everybody(house)}


def _line(
    house: House, row: Token, used: int | None, *, names: Mapping[str, str], _: Callable[[str], str]
) -> dict[str, object]:
    """A token as a page has it."""
    states = {
        "live": _("stands"), "overtaken": _("rotated: taken for a while"), "revoked": _("revoked"),
        "expired": _("over"),
    }  # fmt: skip
    terms, standing = decoded(row.terms), flow.standing(row, now=house.clock.now_ms())
    return {
        "id": row.id.hex(), "name": terms.name, "begins": row.shown, "role": terms.role.replace("_", " "),
        "may": terms.may, "purposes": [one.replace("_", " ") for one in terms.purposes], "networks": terms.networks,
        "mark": _MARKS[standing], "state": states[standing], "made": row.made_at, "until": row.until_at,
        "used": None if used is None else used * DAY_MS, "rotates": standing == "live",
        "revokes": standing in {"live", "overtaken"}, "follows": row.follows.hex(),
        "owner": names.get(row.owner) or (_("a member who is gone") if row.owner.startswith(STAFF) else row.owner),
    }  # fmt: skip


@signed_in
async def make(request: Request, me: Me) -> Response:
    """A token of a system, whose text is shown once; the passkey answers for exactly what it may."""
    require(request, me, flow.CREATE)
    house, _ = house_of(request), text_of(request)
    fields = await posted(request, *_FIELDS, optional=STEP)
    try:
        days = _days(fields["days"])
        sound_days(days, most=MAX_DAYS, where="days")
        terms = flow.checked(house, _terms(fields), by=_maker(me))
        question = await confirmed(request, me, _making(request, terms, days), fields)
        if question is not None:
            return question
        made = await flow.create(house, terms, by=_maker(me), days=days)
    except Invalid as error:
        return await _list(request, me, Result(wrong=_wrong(error.where, _), given=fields))
    except Refused as error:
        return await _list(request, me, Result(refused=said(error, _), given=fields))
    except (Conflict, Unproven):
        return await _list(request, me, Result(refused=_moved(_), given=fields))
    return await _made(request, me, made)


def _terms(fields: Mapping[str, str]) -> Terms:
    may, purposes, networks = (tuple(fields[one].replace(",", " ").split()) for one in ("may", "purposes", "networks"))
    return Terms(
        name=fields["name"].strip(), role=fields["role"], may=may, purposes=purposes, networks=networks
    )  # fmt: skip


def _days(text: str) -> int:
    """A number of days as somebody typed it; 0, which none takes, for what is no such number."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) <= _MOST_DIGITS else 0


def _maker(me: Me) -> flow.Maker:
    return flow.Maker(Actor(id=me.actor, kind="staff", roles=tuple(sorted(me.live.roles))))


def _making(request: Request, terms: Terms, days: int) -> Asked:
    _ = text_of(request)
    effect = _(
        "Whoever has its text acts in the role %(role)s from %(networks)s for %(days)s days. It may: %(may)s. It looks "
        "at people for: %(purposes)s. The text is shown once."
    )
    nothing = _("nothing")
    return Asked(
        action="token-make", persons=(), deed=_("Make a token for %(name)s") % {"name": terms.name}, path=MAKE,
        back=HERE, here=HERE,
        effect=effect % {
            "role": terms.role or _("none"), "networks": ", ".join(terms.networks), "days": days,
            "may": ", ".join(terms.may) or nothing, "purposes": ", ".join(terms.purposes) or nothing,
        },
    )  # fmt: skip


def _wrong(where: str, _: Callable[[str], str]) -> dict[str, str]:
    """The field that is to be put right, and how."""
    days = _("A whole number of days, %(most)s at most.")
    words = {
        "name": _("A word of a-z, 0-9 and -, for a system, such as warehouse; never a person's name."),
        "role": _("Choose one of your roles, or none."),
        "may": _("Permissions that the policy gives to the role, such as ledger.read."),
        "purposes": _("Purposes that the role works for, as the policy names them."),
        "networks": _("Networks such as 10.0.0.0/8, 32 at most."),
        "days": days % {"most": MAX_DAYS}, "overlap": days % {"most": MAX_OVERLAP_DAYS},
    }  # fmt: skip
    name = "overlap" if where == "overlap-days" else where
    return {name: words.get(name) or _("This is not taken.")}


def _moved(_: Callable[[str], str]) -> str:
    return _("It changed meanwhile: nothing was done. Look again.")


async def _made(request: Request, me: Me, made: Made, *, old_until: int | None = None) -> Response:
    """A new token with its text, this once."""
    house, _ = house_of(request), text_of(request)
    text = made.text.reveal().decode()  # house: allow no-reveal: a new token is shown this once
    one = _line(house, made.row, None, names=await _names(house), _=_)
    return shown(request, me, "token_made.html", here=HERE, one=one, text=text, old_until=old_until)


@signed_in
async def token(request: Request, me: Me) -> Response:
    """One token."""
    require(request, me, "token.show")
    return await _page(request, me, id_in(request.path_params["token"]), Result())


async def _page(request: Request, me: Me, own: bytes, result: Result) -> Response:
    house, _ = house_of(request), text_of(request)
    row, used = await _found(house, own)
    role = decoded(row.terms).role
    can = {word for word in ("rotate", "revoke") if me.may(house, f"token.{word}")}
    return shown(
        request, me, "token.html", here=HERE, status=result.status, result=result, wrong=result.wrong or {},
        said=result.given or {}, one=_line(house, row, used, names=await _names(house), _=_), can=can,
        shut="" if role in {"", *me.live.roles} else sentence("beyond-its-maker", _), life=str(LIFE_DAYS),
        overlap=str(OVERLAP_DAYS),
    )  # fmt: skip


async def _found(house: House, own: bytes) -> tuple[Token, int | None]:
    try:
        return await flow.find(house, own)
    except NotFound:
        raise Turned("LH-3004") from None


@signed_in
async def rotate(request: Request, me: Me) -> Response:
    """A token of the same terms in another's place; the old one is taken until its overlap is over."""
    require(request, me, flow.ROTATE)
    own, house, _ = id_in(request.path_params["token"]), house_of(request), text_of(request)
    fields = await posted(request, *_ROTATING, optional=STEP)
    row, _used = await _found(house, own)
    days, overlap = (_days(fields[one]) for one in _ROTATING)
    try:
        sound_days(days, most=MAX_DAYS, where="days")
        sound_days(overlap, most=MAX_OVERLAP_DAYS, where="overlap-days")
        flow.checked(house, decoded(row.terms), by=_maker(me))
        question = await confirmed(request, me, _rotating(request, row, days=days, overlap=overlap), fields)
        if question is not None:
            return question
        made = await flow.rotate(house, own, by=_maker(me), days=days, overlap_days=overlap)
    except Invalid as error:
        return await _page(request, me, own, Result(wrong=_wrong(error.where, _), given=fields))
    except Refused as error:
        return await _page(request, me, own, Result(refused=said(error, _)))
    except (Conflict, Unproven):
        return await _page(request, me, own, Result(refused=_moved(_)))
    return await _made(request, me, made, old_until=(await _found(house, own))[0].until_at)


def _rotating(request: Request, row: Token, *, days: int, overlap: int) -> Asked:
    _, path = text_of(request), f"{HERE}/{row.id.hex()}"
    effect = _(
        "A new text, shown once, for %(days)s days. The old one is taken beside it for %(overlap)s days at most, so "
        "that no call fails meanwhile."
    )
    return Asked(
        action="token-make", persons=(row.id,), deed=_("Rotate the token of %(name)s") % {"name": _called(row)},
        effect=effect % {"days": days, "overlap": overlap}, path=f"{path}/rotate", back=path, here=HERE,
    )  # fmt: skip


def _called(row: Token) -> str:
    return decoded(row.terms).name


@signed_in
async def revoke(request: Request, me: Me) -> Response:
    """A token is nobody's any more, nor is what it made."""
    require(request, me, "token.revoke")
    own, house, _ = id_in(request.path_params["token"]), house_of(request), text_of(request)
    fields = await posted(request, optional=STEP)
    row, _used = await _found(house, own)
    path = f"{HERE}/{own.hex()}"
    asked = Asked(
        action="token-revoke", persons=(own,), deed=_("Revoke the token of %(name)s") % {"name": _called(row)},
        effect=_(
            "Who calls with it is refused from then on, as is every token that it made. Nobody can bring it back."
        ),
        path=f"{path}/revoke", back=path, here=HERE, ends=True,
    )  # fmt: skip
    try:
        question = await confirmed(request, me, asked, fields)
        if question is not None:
            return question
        await flow.revoke(house, own, by=me.actor)
    except (Conflict, Unproven):
        return await _page(request, me, own, Result(refused=_moved(_)))
    return await _page(request, me, own, Result(done=_("Revoked. Nobody calls with it any more.")))


ROUTES = [
    Route(HERE, tokens, name="tokens"),
    Route(MAKE, make, methods=["POST"], name="token-make"),
    Route(f"{HERE}/{{token}}", token, name="token"),
    Route(f"{HERE}/{{token}}/rotate", rotate, methods=["POST"], name="token-rotate"),
    Route(f"{HERE}/{{token}}/revoke", revoke, methods=["POST"], name="token-revoke"),
]
