"""By what one is a customer oneself: so that one does not look at oneself, nor colleagues at one unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from lockhouse.errors import Conflict, Invalid
from lockhouse.faces.console.current import ACCOUNT, house_of, shown, signed_in
from lockhouse.faces.console.fields import label
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.rendering import text_of
from lockhouse.flows import staff_identifier as flow
from lockhouse.gates.disclose.about import LIVE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me

OWN: Final = "/account/identifiers"


@signed_in
async def own(request: Request, me: Me) -> Response:
    """Of which kinds one's identifiers are; no value, since none stands anywhere."""
    return await _page(request, me)


@signed_in
async def add(request: Request, me: Me) -> Response:
    """One more is held, as a keyed hash."""
    fields, _ = await posted(request, "field", "value"), text_of(request)
    try:
        await flow.add(house_of(request), me.id, fields["field"], fields["value"], by=me.actor)
    except Invalid as error:
        many = _("Twenty are enough. Ask an admin to end one that is not yours any more.")
        unfit = _("This is no value of that kind. Write it in full, a number with its country code.")
        return await _page(request, me, wrong={"value": many if error.where == "identifier" else unfit})
    except Conflict:
        return await _page(request, me, wrong={"value": _("It changed meanwhile: nothing was done. Look again.")})
    return await _page(request, me, done=_("Held. What you typed stands nowhere."))


async def _page(request: Request, me: Me, *, done: str = "", wrong: dict[str, str] | None = None) -> Response:
    house, _ = house_of(request), text_of(request)
    rows = [row for row in await flow.of(house, me.id) if row.state == LIVE]
    kinds = house.live().policy.fields.items() if house.live_policy else ()
    return shown(
        request, me, "identifiers.html", here=ACCOUNT, status=422 if wrong else 200, done=done, wrong=wrong or {},
        held=[{"kind": label(flow.field_of(house, row), _), "since": row.at} for row in rows],
        kinds={name: label(name, _) for name, one in kinds if one.identifies == "person"},
    )  # fmt: skip


ROUTES = [
    Route(OWN, own, name="identifiers"),
    Route(OWN, add, methods=["POST"], name="identifier-add"),
]
