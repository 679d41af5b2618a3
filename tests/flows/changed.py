"""Anna, whose phone is put right: the policy under which support may, and what a change and its undo answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.flows import audit, change
from lockhouse.gates.authority import bound
from lockhouse.gates.state import verify_state
from lockhouse.model.rows import Person
from lockhouse.model.scale import PersonState
from tests.flows.test_check import CHECKING
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.flows.change import Changed
    from lockhouse.gates.rectify import Ended

EMAIL, PHONE, NEW, NEWER = "anna@example.com", "+4915112345678", "+4915197531246", "+4930901820"
CHANGING = CHECKING.replace(
    "    check: [contact, location]\n", "    check: [contact, location]\n    change: [contact, location]\n"
).replace(
    "  accountant:",
    "  officer: {for: [requests], see: {contact: masked}, change: [contact], may: [hold.*]}\n  accountant:",
)


async def anna_called(tmp_path: Path, policy: str = CHANGING, **beside: Any) -> tuple[World, bytes]:
    """A house that knows Anna by her own account."""
    world = await World.make(tmp_path, policy)
    values = {"email": EMAIL, "phone": PHONE, "name": "Anna Schmidt", "country": "DE", **beside}
    await world.send("account", "Order Completed", order_id="A-1", **values)
    world.clock.pass_days(0.01)
    return world, await world.person(EMAIL)


async def changed(world: World, person: bytes, typed: str = NEW, *, field: str = "phone", **asked: Any) -> Changed:
    """What a change answers."""
    ask = await world.ask(asked.pop("role", "support"), action="change", fields=(field,), **asked)
    return await change.change(world.house, ask, person, change.readable(world.house, field, typed))


async def undone(world: World, person: bytes, *, field: str = "phone", role: str = "support", **asked: Any) -> Ended:
    """What its undo answers."""
    ask = await world.ask(role, action="change", fields=(field,), **asked)
    return await change.undo(world.house, ask, person)


async def held(world: World, person: bytes, field: str = "phone") -> str | None:
    """What is shown of a field in full."""
    shown = (await world.reveal(person)).fields.get(field)
    return None if shown is None or shown.value is None else str(shown.value)


async def restrict(world: World, person: bytes) -> None:
    """The person's data may be kept, and not used (GDPR Art. 18)."""
    row = (await world.house.reads.get(Person, [(person,)]))[(person,)]
    world.plant(bound(msgspec.structs.replace(row, state=int(PersonState.RESTRICTED)), world.house.row_macs))
    world.house.facts.drop(person)


async def sound(world: World) -> list[str]:
    """What the ledger finds wrong with the records and with the rows that give authority: nothing, in a good house."""
    state = await verify_state(world.house)
    trusted = audit.Trusted([world.verifier], world.lane_key)
    report = await audit.verify(world.house, sequencer=world.store, trusted=trusted, records=True)
    return [str(one) for one in [*await world.findings(), *report.findings, *state.findings.kept]]
