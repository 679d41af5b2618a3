"""The same person through the gate, and who looked at whom: both from the ledger's side of the glass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.faces.demo.place import actor_id
from lockhouse.flows import look
from lockhouse.model.decision import Actor
from lockhouse.model.rows import LedgerEntry, Note
from lockhouse.model.scale import Proof

if TYPE_CHECKING:
    from lockhouse.gates.disclose import View
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Action, Ask

ROLE = "support"


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One look at people as the ledger tells it; `fields` were shown openly, `masked` were masked."""

    at: int
    action: str
    purpose: str
    reason: str
    count: int
    refused: bool
    fields: tuple[str, ...]
    masked: tuple[str, ...]


async def ask(house: House, action: Action, *, reason: str | None = None, purpose: str | None = None) -> Ask:
    """The question of whoever runs the demo, as support."""
    actor = Actor(id=actor_id(), kind="os-user", roles=(ROLE,))
    return await look.ask_of(house, actor, action=action, purpose=purpose, reason=reason)


async def find(house: House, email: str, *, reason: str) -> list[View]:
    """Everyone with this address, masked, noted with the reason."""
    return (await look.find(house, await ask(house, "find", reason=reason), by="email", value=email)).persons


def rows(view: View) -> list[tuple[str, str, str, str]]:
    """What a view shows, as (field, value, channel, how far it is believed)."""
    shown = []
    for name, field in view.fields.items():
        if field.state != "shut":
            proof = Proof(field.proof).name.lower() if field.proof is not None else ""
            shown.append((name, _brief(field.value), field.channel or "", proof))
    return shown


def _brief(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} lines"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004  # the width of a column


async def looks_of(house: House, actor: str) -> list[Looked]:
    """Every look of this actor, oldest first, with the notes that lie beside it."""
    entries = [
        row async for chunk in house.reads.scan(LedgerEntry) for row in chunk if row.kind in {"disclosure", "refusal"}
    ]
    found = []
    for row in entries:
        body = msgspec.json.decode(row.body)["body"]
        if body["actor"] != actor:
            continue
        notes = await house.reads.find(Note, ("entry",), [(row.id,)])
        told = [msgspec.msgpack.decode(note.text) for note in notes]
        found.append(
            Looked(
                at=row.at, action=body["action"], purpose=body["purpose"], reason=body["reason"], count=body["count"],
                refused=row.kind == "refusal", fields=tuple(told[0][4]) if told else (),
                masked=tuple(told[0][5]) if told else (),
            )
        )  # fmt: skip
    return found
