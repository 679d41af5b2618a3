"""Whoever may not see a field types a value of it, to learn who is behind it or whether somebody is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Refused
from lockhouse.flows import look
from lockhouse.model.decision import Actor
from lockhouse.model.rows import LedgerEntry
from lockhouse.policy.starter import starter
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL, PHONE = "anna@example.com", "+4930123456"
CHECKING = POLICY.replace("  accountant: {for: [accounting],", "  accountant: {for: [fulfilment], check: [contact],")
LAPSED = POLICY.replace("    for: [fulfilment]\n", "    for: [fulfilment]\n    training: [phishing]\n").replace(
    "roles:", "training: {phishing: {every: 12 months}}\nroles:"
)


async def _anna(world: World) -> bytes:
    sent = {"email": EMAIL, "phone": PHONE, "name": "Anna Schmidt", "order_total": "12.5"}
    await world.send("backend", "Order Completed", order_id="A-1", **sent)
    return await world.person(EMAIL)


@pytest.mark.parametrize(
    ("by", "known", "unknown"),
    [
        ("email", EMAIL, "nobody@example.com"),
        ("phone#last4", PHONE, "+4930999999"),
        ("name#surname", "Schmidt", "Nobody"),
    ],
)
async def test_an_analyst_who_sees_no_contact_data_finds_nobody_by_it(
    tmp_path: Path, by: str, known: str, unknown: str
) -> None:
    world = await World.make(tmp_path)
    await _anna(world)
    said = []
    for value in (known, unknown):
        before = len(await world.rows(LedgerEntry))
        with pytest.raises(Refused, match="find by: expected a field that may be seen for") as refused:
            await world.find(value, by=by, role="analyst")
        assert len(await world.rows(LedgerEntry)) == before + 1, "it is a look all the same"
        assert value not in refused.value.text
        said.append((refused.value.reasons, refused.value.hint))
    assert said[0] == said[1], "and says nothing of who is known"
    assert "Hidden: " in (said[0][1] or "")


async def test_a_role_finds_by_what_it_sees_for_its_purpose(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _anna(world)
    for role, by, value in (
        ("support", "email", EMAIL), ("support", "phone#last4", "3456"), ("support", "order_id", "A-1"),
        ("marketer", "email", EMAIL), ("accountant", "order_id", "A-1"),
    ):  # fmt: skip
        assert [view.person for view in await world.find(value, by=by, role=role)] == [person], role
    with pytest.raises(Refused):  # a phone number is for fulfilment
        await world.find(PHONE, by="phone", role="marketer")


@pytest.mark.parametrize(("by", "value"), [("email", EMAIL), ("phone", PHONE), ("phone#last4", "3456")])
async def test_who_may_only_check_a_field_guesses_no_value_of_it_by_finding(
    tmp_path: Path, by: str, value: str
) -> None:
    world = await World.make(tmp_path, CHECKING)
    await _anna(world)
    with pytest.raises(Refused, match="find by: expected a field that may be seen for fulfilment"):
        await world.find(value, by=by, role="accountant")


async def test_whose_course_has_lapsed_finds_nobody(tmp_path: Path) -> None:
    world = await World.make(tmp_path, LAPSED)
    await _anna(world)
    with pytest.raises(Refused) as refused:
        await world.find(EMAIL)
    assert refused.value.reasons == ("course-missing",)


async def test_two_roles_that_are_to_be_apart_find_nobody_together(tmp_path: Path) -> None:
    world = await World.make(tmp_path, POLICY + "separate: {roles: [[support, accountant]]}\n")
    await _anna(world)
    actor = Actor(id="os-user:1000", kind="os-user", roles=("support", "accountant"))
    ask = await look.ask_of(world.house, actor, action="find", purpose="fulfilment")
    with pytest.raises(Refused):
        await look.find(world.house, ask, by="email", value=EMAIL)


@pytest.mark.parametrize("by", ["email", "phone", "customer_id", "loyalty_id", "order_id", "name#surname"])
async def test_the_templates_support_finds_by_all_that_a_caller_can_say(tmp_path: Path, by: str) -> None:
    world = await World.make(tmp_path, starter("Northwind", ["eu"], ["shop"]))
    sent = {"email": EMAIL, "phone": PHONE, "customer_id": "C-1001", "loyalty_id": "L-7001234", "order_id": "A-1"}
    await world.send("shop", "Order Completed", name="Anna Schmidt", **sent)
    for role in ("support", "privacy_officer"):
        found = await world.find(sent.get(by, "Schmidt"), by=by, role=role)
        assert [view.person for view in found] == [await world.person(EMAIL)]
