"""Who looked at a person, in words: the name for whoever may see staff, for others the department."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lockhouse.faces.console.current import house_of, person_path
from lockhouse.faces.console.fields import label
from lockhouse.faces.console.rendering import text_of
from lockhouse.flows.looked import looked
from lockhouse.gates.staff.called import called
from lockhouse.gates.staff.members import STAFF, is_staff, people
from lockhouse.gates.staff.refs import Meant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.looked import Look
    from lockhouse.gates.disclose import View
    from lockhouse.gates.house import House

_FEW: Final = 24
_VISIT_MS: Final = 600_000
_MOST: Final = 6
"""Fields that are named; of a look at more it is said how many."""


class Part(NamedTuple):
    """Which looks are told: at most so many, of so many visits (None: of all), older than the entry `before`."""

    before: bytes | None = None
    looks: int = _FEW
    visits: int | None = None


async def who_looked(request: Request, me: Me, view: View, part: Part) -> dict[str, Any]:
    """A page of looks, the newest first, and where the older ones are."""
    house, _ = house_of(request), text_of(request)
    found = await looked(house, view, before=part.before, limit=part.looks)
    names = await _names(house) if me.may(house, "staff.list") else {}
    visits = _together(found.looks)
    told, older = visits[: part.visits], ""
    if told and (found.more or len(told) < len(visits)):
        older = person_path(house, me, Meant(person=view.person, mark=told[-1][-1].entry)) + "/looks"
    return {"looks": [_line(some, me, names, _) for some in told], "older": older, "spoilt": found.spoilt}


async def _names(house: House) -> dict[str, str]:
    everybody = await people(house)
    return {STAFF + staff.hex(): called(house, row).name for staff, row in everybody.rows.items()}


def _together(looks: Sequence[Look]) -> list[list[Look]]:
    """Looks of one visit, which differ in nothing that is told but their fields, as one."""
    found: list[list[Look]] = []
    for one in looks:
        if found and _same(found[-1][-1], one):
            found[-1].append(one)
        else:
            found.append([one])
    return found


def _same(newer: Look, older: Look) -> bool:
    kinds = [(one.actor, one.role, one.purpose, one.reason, one.recipient, _kind(one)) for one in (newer, older)]
    return kinds[0] == kinds[1] and newer.at - older.at < _VISIT_MS


def _kind(one: Look) -> str:
    """How a look saw what it saw: `sent`, `consent`, `check`, `reveal`, `masked` or `open`."""
    if one.recipient is not None:
        return "sent"
    if one.action in {"check", "consent"} or (one.action == "reveal" and one.open):
        return one.action
    return "masked" if one.masked else "open"


def _line(looks: Sequence[Look], me: Me, names: dict[str, str], _: Callable[[str], str]) -> dict[str, Any]:
    one = looks[0]
    fields = [label(name, _) for name in dict.fromkeys(name for each in looks for name in (*each.open, *each.masked))]
    word, _colon, ticket = one.reason.partition(":")
    reason = "" if word in {"none", "stated"} else word.replace("-", " ")
    return {
        "at": one.at, "who": _who(one, me, names, _), "role": one.role.replace("_", " "),
        "why": ", ".join(filter(None, [label(one.purpose, _), reason, ticket.strip()])),
        "many": len(looks), "fields": ", ".join(fields[:_MOST]), "more": max(0, len(fields) - _MOST),
        "how": _how(one, _),
    }  # fmt: skip


def _who(one: Look, me: Me, names: dict[str, str], _: Callable[[str], str]) -> str:
    if one.actor == me.actor:
        return _("You")
    if one.recipient is not None:
        return one.recipient
    if is_staff(one.actor):
        return names.get(one.actor, "")
    if one.actor.startswith("os-user"):
        return _("the machine's user")
    return _("a system")


def _how(one: Look, _: Callable[[str], str]) -> str:
    words = {
        "sent": _("sent"), "consent": _("what they chose"), "check": _("checked, nothing shown"),
        "reveal": _("revealed"),
        "masked": _("as the role sees it"), "open": _("as the role sees it"),
    }  # fmt: skip
    return words[_kind(one)]
