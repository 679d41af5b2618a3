"""Extra access in a house as `init` makes it: support asks, a privacy officer approves, and only they break a glass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Refused
from lockhouse.flows import flag, grant, look
from lockhouse.model.decision import Actor
from lockhouse.policy.starter import starter
from tests.flows.staffed import acts, hired
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.disclose import View

EMAIL = "anna@example.com"


async def _shop(folder: Path) -> tuple[World, bytes, list[bytes]]:
    """Anna, who is watched over; somebody of support, and two privacy officers of two lines."""
    world = await World.make(folder, starter("Northwind", ["eu"], ["shop"]))
    await world.send("shop", "Order Completed", email=EMAIL, customer_id="C-1", order_id="A-1", order_total="12.50")
    who = [await hired(world, name, roles=[role]) for name, role in (
        ("tom", "support"), ("ines", "privacy_officer"), ("olu", "privacy_officer"),
    )]  # fmt: skip
    world.clock.pass_days(4)
    anna = await world.person(EMAIL)
    await flag.flag(world.house, anna, reason="at-risk", by=acts(who[1]))
    return world, anna, who


async def _looked(world: World, person: bytes, who: bytes) -> View:
    actor = Actor(id=acts(who), kind="staff", roles=("support",))
    ask = await look.ask_of(world.house, actor, action="show", purpose="fulfilment")
    return await look.show(world.house, ask, person)


def _wanted(person: bytes, purpose: str = "fulfilment") -> grant.Wanted:
    return grant.Wanted(
        purpose=purpose, reason="call back", ticket="T-17", classes=("transactions",), persons=(person,)
    )


async def test_support_sees_whoever_is_watched_over_once_a_privacy_officer_approved_it(tmp_path: Path) -> None:
    world, anna, (tom, ines, _) = await _shop(tmp_path)
    assert (await _looked(world, anna, tom)).fields["order_id"].because == ("flagged",)
    row = await grant.request(world.house, _wanted(anna), by=acts(tom))
    await grant.approve(world.house, row.id, by=acts(ines))
    view = await _looked(world, anna, tom)
    assert "flagged" not in view.fields["order_id"].because
    assert view.marks == ("flagged",)


async def test_a_privacy_officer_breaks_a_glass_that_another_reviews_and_support_breaks_none(tmp_path: Path) -> None:
    world, anna, (tom, ines, olu) = await _shop(tmp_path)
    with pytest.raises(Refused) as refused:
        await grant.break_glass(world.house, _wanted(anna), by=acts(tom))
    assert refused.value.reasons == ("not-allowed",)
    row = await grant.break_glass(world.house, _wanted(anna), by=acts(ines))
    with pytest.raises(Refused):
        await grant.review(world.house, row.id, in_order=True, words="Mine.", by=acts(ines))
    await grant.review(world.house, row.id, in_order=True, words="A customer called.", by=acts(olu))
    assert not (await grant.show(world.house, row.id)).is_due
