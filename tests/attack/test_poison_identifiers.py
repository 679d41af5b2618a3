"""An address that stands on everybody's order joins nobody: a till's own e-mail, a shop's phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.model.rows import Identifier, Link, Person
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

SHOP, SHOP_PHONE = "receipts@northwind.example", "+4930123456"
LISTED = POLICY.replace(
    "email: {type: email, class: contact, for: [fulfilment, marketing], identifies: person}",
    "email: {type: email, class: contact, for: [fulfilment, marketing], identifies: person, "
    "nobody: ['@northwind.example']}",
).replace("identifies: person, find_by: [exact, last4]}", f"identifies: person, nobody: ['{SHOP_PHONE}']}}")


@pytest.mark.parametrize("channel", ["backend", "account", "web"])
async def test_what_the_policy_lists_leads_to_nobody_and_joins_nobody(tmp_path: Path, channel: str) -> None:
    world = await World.make(tmp_path, LISTED)
    for n in range(8):
        own = {"phone": f"+49301000{n:03}", "email": SHOP} if n % 2 else {"email": f"anna{n}@example.com"}
        await world.send(channel, "Order Completed", **{"phone": SHOP_PHONE, **own}, order_id=f"o-{n}")
    await world.send(channel, "Order Completed", email=SHOP, order_id="till")
    assert len(await world.rows(Person)) == 9
    assert len(await world.rows(Identifier)) == 8
    assert await world.rows(Link) == []
    assert await world.find(SHOP) == []


async def test_what_is_listed_later_joins_nobody_from_then_on_and_can_still_be_found(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=SHOP, phone="+49301000001", order_id="before")
    [before] = await world.find(SHOP)
    await world.approve(LISTED)
    await world.send("account", "Order Completed", email=SHOP, phone="+49301000002", order_id="after")
    assert await world.person("+49301000002", by="phone") != before.person
    assert [one.person for one in await world.find(SHOP)] == [before.person]
