"""`lockhouse person flag|unflag|flagged`: people who are watched over."""

from __future__ import annotations

from typing import Any

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, person_of
from lockhouse.faces.cli.layout import Said, table, when
from lockhouse.faces.standing import flag_told
from lockhouse.flows import flag as flow
from lockhouse.gates.disclose.said import require_other

MAY = "person.flag"


async def flag(person: str, reason: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Watch over a person: only roles that may person.flagged see them, or a grant that names them.

    Args:
        person: an id that `person find` printed.
        reason: a word, which the ledger keeps, as public-life or at-risk.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, MAY, (acting or As()).role)
        who = person_of(person)
        own = (await opened.house.actor_facts.of(by)).own
        await require_other(opened.house, who, actor=by, own=own, action="flag")
        value = flag_told(await flow.flag(opened.house, who, reason=reason, by=by.id))
    return watched(value)


def watched(value: dict[str, Any]) -> Said:
    """Somebody who is watched over from now on."""
    return Said(value, f"Flagged, noted as {value['entry']}. To undo: lockhouse person unflag {value['person']}")


async def unflag(person: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Watch over a person no longer.

    Args:
        person: an id that `person flagged` printed.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, MAY, (acting or As()).role)
        who = person_of(person)
        own = (await opened.house.actor_facts.of(by)).own
        await require_other(opened.house, who, actor=by, own=own, action="unflag")
        value = flag_told(await flow.unflag(opened.house, who, by=by.id))
    again = f"lockhouse person flag {value['person']} {value['reason']}"
    return Said(value, f"Not flagged any more, noted as {value['entry']}. Again: {again}")


async def flagged(*, acting: As | None = None, call: Here) -> Said:
    """Everybody who is watched over, by id."""
    async with call.open() as opened:
        allowed(opened.house, MAY, (acting or As()).role)
        value = [flag_told(row) for row in await flow.flagged(opened.house)]
    return listed(value)


def listed(value: list[dict[str, Any]]) -> Said:
    """Everybody who is watched over, as it was told."""
    rows = [(one["person"], one["reason"], when(one["at"]), one["by"]) for one in value]
    return Said(value, table(("person", "reason", "since", "by"), rows, empty="nobody is flagged"))
