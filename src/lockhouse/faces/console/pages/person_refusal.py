"""A refusal is recorded on the person's word, on the spot: what decides reads it from then on, in every process.

Only a no: a yes is theirs alone to give. It shows nothing and opens nothing, so it asks for a passkey once a shift
(`access.step_up`); the entry names who recorded it. It answers by a redirect, and the page tells what stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from lockhouse.errors import Conflict, Invalid, NotFound, Refused, Unproven
from lockhouse.faces.console.choices import RECORD, SHOW
from lockhouse.faces.console.closed import why
from lockhouse.faces.console.confirming import STEP, Asked, in_shift
from lockhouse.faces.console.current import FIND, house_of, person_path, to_person
from lockhouse.faces.console.fields import label
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.looking import asking, meant, who_looks
from lockhouse.faces.console.pages.person import Beside, page_of, seen
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import choices as flow
from lockhouse.gates.staff.acting import actor_of
from lockhouse.gates.staff.refs import Meant

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me


@who_looks
async def refuse(request: Request, me: Me) -> Response:
    """The person has refused a purpose from now on, as they said to whoever is signed in."""
    fields = await posted(request, "purpose", optional=STEP)
    house, _, whom, purpose = house_of(request), text_of(request), meant(request, me), fields["purpose"]
    if not (me.may(house, SHOW) and me.may(house, RECORD)):
        raise Turned("LH-3011")
    if not any(one.name == purpose and one.refusable for one in house.live().policy.purposes):
        raise Turned("LH-3006")
    try:
        question = await in_shift(request, me, _asked(request, me, whom, purpose), fields)
        if question is not None:
            return question
        ask = await asking(request, me, "show")
        view, actor = await seen(request, ask, whom), actor_of(me.live.session, me.live.roles)
        is_new = await flow.refuse(house, view, purpose, actor=actor, own=ask.facts.own)
    except Refused as error:
        return await page_of(request, me, Beside(stop=why(error.reasons, _), status=403))
    except (Conflict, Invalid, Unproven):
        told = _("It changed meanwhile: nothing was done. Look again.")
        return await page_of(request, me, Beside(stop=told, status=409))
    except NotFound as err:
        raise Turned("LH-3004") from err
    if not is_new:
        return await page_of(request, me, Beside(told=_("Nothing was recorded: they have refused this already.")))
    return to_person(house, me, Meant(person=view.person, way=whom.way, former=whom.former))


def _asked(request: Request, me: Me, whom: Meant, purpose: str) -> Asked:
    _ = text_of(request)
    return Asked(
        action="consent-record", persons=(whom.person,), path=request.url.path, here=FIND, by_code=True,
        deed=_("Record a refusal: %(what)s") % {"what": label(purpose, _)},
        effect=_("Once a shift you prove that it is you. Only the person can agree again."),
        back=person_path(house_of(request), me, whom),
    )  # fmt: skip


ROUTES = [Route("/person/{ref}/refuse", refuse, methods=["POST"], name="person-refusal")]
