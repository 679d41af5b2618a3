"""Who looked at a person, by the API: for whom the policy lets look at them, which is a look as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Refused
from lockhouse.faces.api import shapes
from lockhouse.faces.api.shapes import answered, plain
from lockhouse.flows import look
from lockhouse.flows.looked import looked as looks_at
from lockhouse.policy.sentences import SENTENCES

if TYPE_CHECKING:
    from lockhouse.faces.api.route import Call


async def looked(call: Call) -> shapes.LooksShown:
    """Every look that was noted, a page at a time, whoever it was by."""
    asked: shapes.LooksAsked = call.query
    before = None if asked.before is None else bytes.fromhex(asked.before)
    view = await look.show(call.house, await call.ask(purpose=asked.purpose), call.id("person"))
    if view.refused:
        told = f"person: expected something that may be shown, got nothing; noted as {view.entry.hex()}"
        raise Refused(told, reasons=view.refused, hint=" ".join(SENTENCES.get(code, code) for code in view.refused))
    found = await looks_at(call.house, view, before=before, limit=asked.limit)
    return answered(
        shapes.LooksShown, person=view.person, entry=view.entry, looks=plain(found.looks), more=found.more,
        spoilt=found.spoilt,
    )  # fmt: skip
