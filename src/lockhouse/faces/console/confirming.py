"""A deed that a stolen cookie must not do: it is confirmed with a passkey, for this deed and these people alone.

The page that asks says the deed and its effect, and holds the fields of the form that began it. What comes back is the
same form with a passkey's answer to a challenge that was made from the deed, the people and the fields.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

from lockhouse.access.step_up import NARROWING, action_hash
from lockhouse.errors import Conflict, Paused, Unproven
from lockhouse.faces.console.current import house_of, seen_of, shown
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.sent import asks
from lockhouse.flows import step_up
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.judging import Typed
from lockhouse.gates.staff.steps import Meant, used_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me

STEP: Final = ("answer", "ceremony", "code", "password")
"""The fields that a confirmation adds to a form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A deed that is to be confirmed.

    Attributes:
        action: of `access.step_up`. `persons`: whom it is about.
        deed: what the button says. `effect`: what is so afterwards.
        path: of the form. `back`: where one goes who leaves it. `here`: the section that it belongs to.
        ends: it takes something away.
        exact: what a passkey answers for, where a flow says it itself.
        by_code: whoever has no passkey may confirm it by their password and a code: how else would they get one? What
            ends somebody's way in they may always (`access.step_up.NARROWING`).
    """

    action: str
    persons: tuple[bytes, ...]
    deed: str
    effect: str
    path: str
    back: str
    here: str
    ends: bool = False
    exact: Meant | None = None
    by_code: bool = False

    def meant(self, fields: Mapping[str, str]) -> Meant:
        """The deed, these people and these fields of the form, as a passkey answers for them."""
        if self.exact is not None:
            return self.exact
        said = [self.path, *(f"{name}={value}" for name, value in fields.items())]
        return Meant(self.action, action_hash(self.action, persons=self.persons, fields=said))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What a passkey answered for, and the token of that proof, which the deed uses up."""

    meant: Meant
    token: str


async def proven(request: Request, me: Me, asked: Asked, fields: Mapping[str, str]) -> Response | Proven:
    """What was proven for this very deed, to be used up by it; else the page that asks for a passkey, or for a code.

    Args:
        request: under way.
        me: who does it.
        asked: what.
        fields: of the form, with `STEP` or without.
    """
    house, _ = house_of(request), text_of(request)
    own = {name: value for name, value in fields.items() if name not in STEP}
    meant = asked.meant(own)
    wrong = ""
    if fields.get("answer"):
        ceremony, answer = fields.get("ceremony", ""), fields["answer"]
        try:
            token = await step_up.by_passkey(house, me.live.session, meant, ceremony=ceremony, answer=answer)
            return Proven(meant=meant, token=token)
        except (Conflict, Unproven):
            wrong = _("Nothing was done: this passkey is not yours, or it took too long. Try again.")
    try:
        options, begun = await step_up.options(house, me.live.session, meant)
    except Unproven:
        if asked.by_code or asked.action in NARROWING:
            return await _by_code(request, me, asked, fields)
        # A password and codes are no proof for other deeds: they can be talked out of somebody.
        return shown(request, me, "no_passkey.html", here=asked.here, status=403, deed=asked.deed, back=asked.back)
    asks(request)
    return shown(
        request, me, "confirm.html", here=asked.here, status=403 if wrong else 200,
        deed=asked.deed, effect=asked.effect, action=asked.path, back=asked.back, ends=asked.ends, fields=own,
        wrong=wrong, options=options, ceremony=begun,
    )  # fmt: skip


async def _by_code(request: Request, me: Me, asked: Asked, fields: Mapping[str, str]) -> Response | Proven:
    """The same of somebody who has no passkey, by their password and the code that their app shows."""
    _ = text_of(request)
    own = {name: value for name, value in fields.items() if name not in STEP}
    meant, wrong, wait_s = asked.meant(own), "", 0
    if fields.get("password"):
        typed = Typed(me.login, fields["password"], fields.get("code", "").replace(" ", ""))
        try:
            token = await step_up.by_password(
                house_of(request), me.live.session, meant, typed=typed, seen=seen_of(request)
            )
            return Proven(meant=meant, token=token)
        except (Conflict, Unproven):
            wrong = _("Nothing was done: the two do not belong together, or the code was used before.")
        except Paused as error:
            wait_s = max(1, ceil(error.retry_after_s))
            wrong = _("Several tries went wrong. The next one counts in %(wait)s s.") % {"wait": wait_s}
    asks(request)
    answer = shown(
        request, me, "confirm_code.html", here=asked.here, status=429 if wait_s else 403 if wrong else 200,
        deed=asked.deed, action=asked.path, back=asked.back, fields=own, wrong=wrong,
    )  # fmt: skip
    if wait_s:
        answer.headers["retry-after"] = str(wait_s)
    return answer


async def confirmed(request: Request, me: Me, asked: Asked, fields: Mapping[str, str]) -> Response | None:
    """None once a passkey has answered for this very deed, and the answer is used up; else the page that asks for one.

    Raises:
        Conflict: the session ended meanwhile.
    """
    proof = await proven(request, me, asked, fields)
    if not isinstance(proof, Proven):
        return proof
    house, session = house_of(request), me.live.session
    deed = Deed(house)
    await used_up(house, deed, session, proof.meant, proof=proof.token)
    deed.hold(session)
    await deed.done()
    return None


async def in_shift(request: Request, me: Me, asked: Asked, fields: Mapping[str, str]) -> Response | None:
    """None while a passkey has answered in this session lately enough; else the page that asks for one.

    That is for actions that show nothing plain, which ask once a shift. The page goes on with the form.

    Raises:
        Conflict: the session was used or ended meanwhile.
    """
    own = {name: value for name, value in fields.items() if name not in STEP}
    with suppress(Unproven):
        await used_up(house_of(request), Deed(house_of(request)), me.live.session, asked.meant(own), proof="")
        return None
    proof = await proven(request, me, asked, fields)
    return None if isinstance(proof, Proven) else proof
