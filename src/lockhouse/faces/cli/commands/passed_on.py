"""`lockhouse request asked` and `settle`: what customers asked of a provider that passed it on."""

from __future__ import annotations

from typing import Any

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, id_of
from lockhouse.faces.cli.commands.suppression import one_word
from lockhouse.faces.cli.layout import Said, count, day, table
from lockhouse.faces.standing import passed_on
from lockhouse.flows import asked as flow

ASKED = "lockhouse request asked prints ids"


async def asked(*, call: Here) -> Said:
    """What providers passed on of customers and shops, to be answered by staff: access, erasure, a shop that left.

    Nothing is done by it but that an erasure is suppressed. Open what is asked for with `request open`, as for anybody.
    """
    async with call.open() as opened:
        rows = await flow.listed(opened.house)
        return listed([passed_on(opened.house, row) for row in rows])


def listed(value: list[dict[str, Any]]) -> Said:
    """Requests that providers passed on, as they were told, those that wait first."""
    open_first = sorted(value, key=lambda one: (one["settled_at"] is not None, one["at"]))
    heads = ("asked", "what", "channel", "reference", "persons", "came", "due", "settled")
    rows = [
        (
            one["asked"], one["what"], one["channel"], one["reference"], ", ".join(one["persons"]) or "nobody known",
            day(one["at"]), _due(one), f"{one['reason']}, {day(one['settled_at'])}" if one["settled_at"] else "",
        )
        for one in open_first
    ]  # fmt: skip
    return Said(open_first, table(heads, rows, empty="no provider passed on a request"))


def _due(one: dict[str, Any]) -> str:
    return f"{day(one['due_at'])}{', overdue' if one['overdue'] else ''}"


async def settle(asked: str, /, *, reason: str, acting: As | None = None, call: Here) -> Said:
    """Say that a request that a provider passed on is answered, and how. It does nothing else; who did is noted.

    Args:
        asked: an id that `request asked` printed.
        reason: one word or code, such as erased, answered, unknown or T-17; no text.
        acting: the role.
    """
    one_word(reason)
    own = id_of(asked, where="asked", hint=ASKED)
    async with call.open() as opened:
        actor = allowed(opened.house, "request.settle", (acting or As()).role)
        persons = (await opened.house.actor_facts.of(actor)).own
        row = await flow.settle(opened.house, own, reason=reason, actor=actor, own_persons=persons)
        return settled(passed_on(opened.house, row))


def settled(value: dict[str, Any]) -> Said:
    """One that was settled, as it was told."""
    whom = count(len(value["persons"]), "person") if value["persons"] else "nobody known"
    return Said(value, f"Settled: {value['what']}, of {whom}. It is noted with its reason, and kept for three years.")
