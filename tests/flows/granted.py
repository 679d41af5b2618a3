"""A house in which a clerk may ask for more than their role gives, and others may approve it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lockhouse.flows import grant, look
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.decision import Actor
from lockhouse.model.rows import LedgerEntry
from tests.flows.staffed import acts, hired
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.disclose import View
    from lockhouse.model.rows import AccessGrant

ROLES = """
  clerk: {for: [fulfilment], see: {transactions: full}, may: [grant.request, grant.break-glass]}
  lead: {for: [fulfilment], see: {contact: full, identity: full}, may: [grant.approve, person.flagged]}
  officer: {may: [grant.approve, grant.end, grant.list, staff.identifier, person.flag]}
"""
ANNA, BERTA = "anna@example.com", "berta@example.com"


class Shop(NamedTuple):
    """The people of it, all of them for longer than 72 hours: nobody is of anybody else's line."""

    world: World
    clerk: bytes
    lead: bytes
    officer: bytes
    anna: bytes
    berta: bytes

    async def asked(self, **more: Any) -> AccessGrant:
        """The clerk asks for contact data of Anna."""
        return await grant.request(self.world.house, wanted(self, **more), by=acts(self.clerk))

    async def given(self, **more: Any) -> AccessGrant:
        """The same, and the officer approves it."""
        return await grant.approve(self.world.house, (await self.asked(**more)).id, by=acts(self.officer))

    async def looked(self, person: bytes, *, who: bytes | None = None, role: str = "clerk", **more: Any) -> View:
        """What somebody sees of a person."""
        house = self.world.house
        actor = Actor(id=acts(who or self.clerk), kind="staff", roles=(role,))
        action = more.pop("action", "show")
        ask = await look.ask_of(house, actor, action=action, purpose="fulfilment", **more)
        return await look.show(house, ask, person)


def wanted(shop: Shop, **more: Any) -> grant.Wanted:
    """Contact data of Anna for half an hour."""
    said = {
        "purpose": "fulfilment", "reason": "call back", "ticket": "T-17", "classes": ("contact",),
        "persons": (shop.anna,), "minutes": 30,
    }  # fmt: skip
    return grant.Wanted(**{**said, **more})


async def shop_in(folder: Path, policy: str = POLICY + ROLES) -> Shop:
    """Anna and Berta bought something; three work here."""
    world = await World.make(folder, policy)
    for number, email in enumerate((ANNA, BERTA)):
        await world.send("account", "Order Completed", email=email, order_id=f"A-{number}", order_total="12.50")
    clerk, lead, officer = [await hired(world, role, roles=[role]) for role in ("clerk", "lead", "officer")]
    world.clock.pass_days(4)
    return Shop(world, clerk, lead, officer, await world.person(ANNA), await world.person(BERTA))


async def told(world: World, kind: str) -> list[Any]:
    """The bodies of the ledger's entries of a kind, oldest first."""
    rows = sorted(await world.rows(LedgerEntry), key=lambda row: row.id)
    return [entry.body for entry in (parse_entry(row.body) for row in rows) if entry.kind == kind]
