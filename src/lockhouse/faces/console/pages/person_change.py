"""What is held of a person is put right on their word, for thirty days with an undo.

It shows nothing plain, so it asks for a passkey once a shift (`access.step_up`). It answers by a redirect, so that a
reload changes nothing again; what was changed, and until when it is undone, the page tells from what stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from lockhouse.errors import Conflict, Invalid, NotFound, Refused, Unproven
from lockhouse.faces.console.closed import why
from lockhouse.faces.console.confirming import STEP, Asked, in_shift
from lockhouse.faces.console.current import FIND, house_of, person_path, to_person
from lockhouse.faces.console.fields import label
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.looking import asking, meant, who_looks
from lockhouse.faces.console.pages.person import Beside, page_of
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import change as flow
from lockhouse.gates.staff.refs import Meant

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.change import Changed

_LONGEST: Final = 400


@who_looks
async def change(request: Request, me: Me) -> Response:
    """What the person says is what is held from now on."""
    fields = await posted(request, "field", "value", optional=STEP)
    house, _, whom, name = house_of(request), text_of(request), meant(request, me), fields["field"]
    if name not in house.live().policy.fields:
        raise Turned("LH-3006")
    try:
        value = flow.readable(house, name, fields["value"][:_LONGEST])
    except Invalid:
        wrong = _("Nothing was changed: this is not how such a value is written.")
        return await page_of(request, me, Beside(wrong_change={name: wrong}, status=422))
    deed = _("Change: %(what)s") % {"what": label(name, _)}
    try:
        question = await in_shift(request, me, _asked(request, me, whom, name, deed), fields)
        if question is not None:
            return question
        done = await flow.change(house, await asking(request, me, "change", fields=(name,)), whom.person, value)
    except Refused as error:
        return await _refused(request, me, error.reasons)
    except (Conflict, Unproven):
        return await page_of(request, me, Beside(stop=_moved(request), status=409))
    except NotFound as err:
        raise Turned("LH-3004") from err
    return await _told(request, me, whom, done)


async def _told(request: Request, me: Me, whom: Meant, done: Changed) -> Response:
    """What became of a change: the person's page, read anew where something is another now."""
    _ = text_of(request)
    if done.changed:
        return to_person(house_of(request), me, Meant(person=whom.person, way=whom.way))
    if done.refused:
        return await _refused(request, me, done.refused)
    return await page_of(request, me, Beside(told=_("Nothing was changed: that is held already.")))


@who_looks
async def undo(request: Request, me: Me) -> Response:
    """What was held before the newest change of a field is held again."""
    fields = await posted(request, "field", optional=STEP)
    house, _, whom, name = house_of(request), text_of(request), meant(request, me), fields["field"]
    if name not in house.live().policy.fields:
        raise Turned("LH-3006")
    deed = _("Undo the change: %(what)s") % {"what": label(name, _)}
    try:
        question = await in_shift(request, me, _asked(request, me, whom, name, deed), fields)
        if question is not None:
            return question
        await flow.undo(house, await asking(request, me, "change", fields=(name,)), whom.person)
    except Refused as error:
        return await _refused(request, me, error.reasons)
    except (Conflict, Invalid, NotFound, Unproven):
        return await page_of(request, me, Beside(stop=_moved(request), status=409))
    return to_person(house, me, Meant(person=whom.person, way=whom.way))


def _asked(request: Request, me: Me, whom: Meant, name: str, deed: str) -> Asked:
    _ = text_of(request)
    is_special = house_of(request).live().policy.fields[name].special
    effects = {
        False: _("Once a shift you prove that it is you. What was held before is kept for thirty days."),
        True: _(
            "Special data asks for a proof of the last five minutes. What was held before is kept for thirty days."
        ),
    }
    return Asked(
        action="special-change" if is_special else "person-change",
        persons=(whom.person,), deed=deed, path=request.url.path, here=FIND, by_code=True,
        effect=effects[is_special], back=person_path(house_of(request), me, whom),
    )  # fmt: skip


async def _refused(request: Request, me: Me, codes: tuple[str, ...]) -> Response:
    return await page_of(request, me, Beside(stop=why(codes, text_of(request)), status=403))


def _moved(request: Request) -> str:
    _ = text_of(request)
    return _("It changed meanwhile: nothing was done. Look again.")


ROUTES = [
    Route("/person/{ref}/change", change, methods=["POST"], name="person-change"),
    Route("/person/{ref}/undo", undo, methods=["POST"], name="person-undo"),
]
