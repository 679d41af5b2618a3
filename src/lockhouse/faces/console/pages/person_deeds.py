"""What is done with a person's values: what a caller says is checked, and a value is revealed for a reason.

A check shows nothing, so it asks for a passkey once a shift. A reveal asks for one each time, bound to the person, the
field and the reason (`access.step_up`), and is noted before anything is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from starlette.routing import Route

from lockhouse.access.step_up import need_of
from lockhouse.errors import Conflict, Invalid, NotFound, Unproven
from lockhouse.faces.console.closed import why
from lockhouse.faces.console.confirming import STEP, Asked, confirmed, in_shift
from lockhouse.faces.console.current import FIND, house_of, person_path, shown, to_person
from lockhouse.faces.console.fields import label
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.looking import about, asking, meant, who_looks
from lockhouse.faces.console.pages.person import Beside, page_of
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.sent import asks
from lockhouse.faces.console.turned import Turned
from lockhouse.faces.console.work import Reason, Said, keep_work, work_of
from lockhouse.flows import check as flow
from lockhouse.flows import look
from lockhouse.gates.disclose import ticket_of
from lockhouse.gates.staff.refs import Meant
from lockhouse.policy.unmask import opening

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.gates.disclose import View
    from lockhouse.gates.house import House
    from lockhouse.policy.unmask import Unmasking

_LONGEST: Final = 400
"""Signs of what a caller says."""


class _Why(NamedTuple):
    """Which field is to be revealed, by which role's reveal, what of the form is to be put right, and what it said."""

    name: str
    way: Unmasking
    wrong: Mapping[str, str] = {}
    said: Mapping[str, str] = {}


@who_looks
async def check(request: Request, me: Me) -> Response:
    """Whether what a caller says is what is held: yes or no, and nothing of it is shown."""
    fields = await posted(request, "field", "said", optional=STEP)
    house, _, whom = house_of(request), text_of(request), meant(request, me)
    name = _field(request, fields)
    try:
        said = flow.readable(house, name, fields["said"][:_LONGEST])
    except Invalid:
        wrong = _("Nothing was checked, and no try is taken: this is not how such a value is written.")
        return await page_of(request, me, Beside(wrong={name: wrong}, status=422))
    try:
        question = await in_shift(request, me, _asked(request, me, whom, _checking(house, name), name), fields)
    except (Conflict, Unproven):
        return await page_of(request, me, Beside(stop=_moved(request), status=409))
    if question is not None:
        return question
    ask = await asking(request, me, "check", fields=(name,))
    try:
        answer = await flow.check(house, ask, whom.person, said)
    except NotFound as err:
        raise Turned("LH-3004") from err
    codes = answer.view.refused or tuple(sorted({code for one in answer.view.fields.values() for code in one.because}))
    word = {True: "yes", False: "no", None: codes[0] if codes else "class-not-seen"}[answer.matches]
    person = answer.view.person.hex()
    back = to_person(house, me, Meant(person=answer.view.person, way=whom.way, former=whom.former))
    kept = Said(person, name, word, house.clock.now_ms(), answer.view.tries_left or 0)
    keep_work(request, back, me.live, work_of(request, house, me.live).with_check(kept))
    return back


@who_looks
async def reveal(request: Request, me: Me) -> Response:
    """One value is shown unmasked, once it was said why and a passkey has answered for it."""
    fields = await posted(request, "field", optional=("reason", "ticket", *STEP))
    house, _, whom = house_of(request), text_of(request), meant(request, me)
    name, work = _field(request, fields), work_of(request, house, me.live)
    ask = await asking(request, me, "reveal", proven=True)
    way = opening(house.live().policy, about(ask, [whom.person]), name)
    given = work.reason_for(whom.person)
    if not way.role:
        return await page_of(request, me, Beside(stop=why(["only-masked"], _), status=403))
    if "reason" not in fields and given is None and "reason" in way.lacking:
        return _asks(request, me, whom, _Why(name, way))
    reason = _reason(fields, whom, given)
    wrong = _wrong(request, reason, way)
    if wrong:
        return _asks(request, me, whom, _Why(name, way, wrong, fields))
    fields = {**fields, "reason": reason.word, "ticket": reason.ticket}
    try:
        question = await confirmed(request, me, _asked(request, me, whom, "person-reveal", name), fields)
    except (Conflict, Unproven):
        return await page_of(request, me, Beside(stop=_moved(request), status=409))
    if question is not None:
        return question
    stated = reason.stated if reason.word else None
    ask = await asking(request, me, "reveal", fields=(name,), reason=stated, proven=True)
    page = await _shown(request, me, await look.reveal(house, ask, whom.person), name, reason=reason)
    if reason.word:
        keep_work(request, page, me.live, work.with_reason(reason))
    return page


@who_looks
async def prove(request: Request, me: Me) -> Response:
    """A passkey answers, and special data is seen as the reader's role sees it for five minutes."""
    fields = await posted(request, optional=STEP)
    house, whom = house_of(request), meant(request, me)
    try:
        question = await in_shift(request, me, _asked(request, me, whom, "special-masked", "special"), fields)
    except (Conflict, Unproven):
        return await page_of(request, me, Beside(stop=_moved(request), status=409))
    return to_person(house, me, whom) if question is None else question


async def _shown(request: Request, me: Me, view: View, name: str, *, reason: Reason) -> Response:
    """The person's page with what was revealed of it."""
    one, _ = view.fields.get(name), text_of(request)
    if view.refused or one is None or one.state != "open":
        codes = view.refused or (one.because if one is not None else ())
        told = why(codes, _) if codes else _("Nothing is held of it.")
        return await page_of(request, me, Beside(stop=told, status=403))
    return await page_of(request, me, Beside(opened={name: one}, reason=reason.stated))


def _field(request: Request, fields: Mapping[str, str]) -> str:
    """The field that a form names, of those that hold a single value.

    Raises:
        Turned: the policy declares no such field.
    """
    name = fields["field"]
    if name not in house_of(request).live().policy.fields:
        raise Turned("LH-3006")
    return name


def _checking(house: House, name: str) -> str:
    """What a passkey answers for before a check: a yes tells what is held as surely as a sight of it."""
    return "special-check" if house.live().policy.fields[name].special else "person-check"


def _asked(request: Request, me: Me, whom: Meant, action: str, name: str) -> Asked:
    house, _ = house_of(request), text_of(request)
    words = {"what": label(name, _)}
    deed, effect = {
        "person-check": (
            _("Check: %(what)s") % words,
            _("Once a shift you prove that it is you who asks. Nothing of the person is shown."),
        ),
        "special-check": (
            _("Check: %(what)s") % words,
            _("Special data asks for a proof of the last five minutes. Nothing of the person is shown."),
        ),
        "person-reveal": (
            _("Reveal and note: %(what)s") % words,
            _(
                "The look is noted before the value is shown. The person can see the date, the reason and your "
                "department."
            ),
        ),
        "special-masked": (
            _("Show special data"),
            _("For five minutes you see it as your role may. Each look is noted."),
        ),
    }[action]  # fmt: skip
    return Asked(
        action=action, persons=(whom.person,), deed=deed, effect=effect, path=request.url.path,
        back=person_path(house, me, whom), here=FIND, by_code=not need_of(action).bound,
    )  # fmt: skip


def _reason(fields: Mapping[str, str], whom: Meant, given: Reason | None) -> Reason:
    if "reason" not in fields and given is not None:
        return given
    return Reason(whom.person.hex(), fields.get("reason", "").strip(), fields.get("ticket", "").strip())


def _wrong(request: Request, reason: Reason, way: Unmasking) -> dict[str, str]:
    """What is to be put right before anybody is asked for a passkey."""
    _ = text_of(request)
    found = {}
    if "reason" in way.lacking and (not reason.word or (way.reasons is not None and reason.word not in way.reasons)):
        found["reason"] = _("Pick why you need to see it.")
    if reason.ticket and not ticket_of(reason.stated):
        found["ticket"] = _("A ticket is letters and digits, as NW-48291 or #4711; leave it empty if there is none.")
    return found


def _asks(request: Request, me: Me, whom: Meant, why_: _Why) -> Response:
    """The page that asks why: of the role's own list where it has one, and for a ticket."""
    house, _ = house_of(request), text_of(request)
    asks(request)
    listed = why_.way.reasons
    return shown(
        request, me, "reveal.html", here=FIND, status=422 if why_.wrong else 200, name=why_.name,
        label=label(why_.name, _),
        reasons=None if listed is None else {one: one[:1].upper() + one[1:] for one in listed},
        wrong=why_.wrong, said=why_.said, path=person_path(house, me, whom),
    )  # fmt: skip


def _moved(request: Request) -> str:
    _ = text_of(request)
    return _("It changed meanwhile: nothing was done. Look again.")


ROUTES = [
    Route("/person/{ref}/check", check, methods=["POST"], name="person-check"),
    Route("/person/{ref}/prove", prove, methods=["POST"], name="person-prove"),
    Route("/person/{ref}/reveal", reveal, methods=["POST"], name="person-reveal"),
]
