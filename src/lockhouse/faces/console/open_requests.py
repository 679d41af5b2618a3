"""The requests that are under way of a person, for whoever may see requests: what ends, and until when it may stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lockhouse.faces.console.current import house_of
from lockhouse.faces.console.fields import label
from lockhouse.faces.console.rendering import text_of
from lockhouse.gates.cases import LAPSE, sound_cases
from lockhouse.gates.staff.members import is_staff

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from lockhouse.faces.console.current import Me
    from lockhouse.gates.cases import Case
    from lockhouse.gates.disclose import View

LIST: Final = "request.list"
_ERASURE: Final = "erasure"


async def open_requests(request: Request, me: Me, view: View) -> dict[str, Any] | None:
    """The open requests of this person, the oldest first; None for whoever may not see requests.

    Of a look that was refused there are none, unless it was since one of them is under way.
    """
    house, _ = house_of(request), text_of(request)
    if not me.may(house, LIST) or (view.refused and "being-erased" not in view.refused):
        return None
    cases, spoilt = await sound_cases(house)
    found = [_row(one, request, me, _) for one in cases if not set(one.persons).isdisjoint(view.persons)]
    return {"rows": found, "spoilt": len(spoilt)}


def _row(one: Case, request: Request, me: Me, _: Callable[[str], str]) -> dict[str, Any]:
    names = house_of(request).live().names
    part = names.name("compartment", one.compartment) if one.compartment else None
    steps = {
        "begun": _("asked for, not shut yet"), "shut": _("shut"), "destroying": _("being destroyed"),
        "destroyed": _("being destroyed"), "cancelling": _("being called off"),
    }  # fmt: skip
    by = _("You") if one.by == me.actor else _("staff") if is_staff(one.by) else _("the house")
    return {
        "id": one.id.hex(), "step": steps.get(one.step, one.step), "at": one.asked_at, "by": by,
        "until": one.destroy_at if one.step in {"begun", "shut"} else 0,
        "what": _("a part: %(what)s") % {"what": label(part, _)} if part else _("everything"),
        "why": _("erasure, asked for") if one.reason == _ERASURE else _("its time is over") if one.reason == LAPSE
        else _("ended by the house"),
    }  # fmt: skip
