"""What somebody types is read as intake reads it: whatever way a value is written, it finds, suppresses and lifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid
from lockhouse.flows import consent
from lockhouse.model.rows import Suppression
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

GERMAN = POLICY.replace("backend: {kind: segment, key: secret,", "backend: {kind: segment, key: secret, country: de,")
GERMAN_HOUSE = POLICY.replace("contact: privacy@", "country: de, contact: privacy@")
TWO_LANDS = GERMAN.replace(
    "account: {kind: segment, key: secret,", "account: {kind: segment, key: secret, country: at,"
)
LOOKED_UP = (
    POLICY.replace("for: [fulfilment], identifies: person, find_by", "for: [fulfilment], find_by")
    .replace("for: [fulfilment, marketing], identifies: person}", "for: [fulfilment, marketing], find_by: [exact]}", 1)
    .replace("proves: [email, phone, loyalty_id]", "proves: [loyalty_id]")
)  # fmt: skip
SHORT = POLICY.replace("loyalty_id: {type: id,", "loyalty_id: {type: id, minimise: truncate 6,")
PHONE = "+49301234567"
WRITTEN = ["+49 (0)30 1234567", "+49 (0) 30 1234567", "+49 30 123-45-67", "tel:+49301234567", PHONE]
BY_PROOF = {"by": "os-user:0", "reason": "asked"}


async def _is_suppressed(world: World, number: int, **sent: str) -> bool:
    reply = await world.send("backend", "Order Completed", order_id=f"A-{number}", order_total="5", **sent)
    return ("properties.order_total", "objected") in reply.dropped


@pytest.mark.parametrize("written", WRITTEN)
async def test_a_suppression_holds_however_the_number_is_written(tmp_path: Path, written: str) -> None:
    world = await World.make(tmp_path, POLICY.replace("for: [accounting, analytics]}", "for: [analytics]}"))
    await consent.suppress(world.house, "phone", written, purposes=[], **BY_PROOF)
    for number, sent in enumerate(WRITTEN):
        assert await _is_suppressed(world, number, phone=sent)
    await consent.lift(world.house, "phone", "+49 30 1234567", **BY_PROOF)
    assert await world.rows(Suppression) == []


@pytest.mark.parametrize("policy", [GERMAN, GERMAN_HOUSE], ids=["a channel's country", "the controller's"])
async def test_a_number_without_a_country_code_is_read_by_the_country_of_who_sends_it(
    tmp_path: Path, policy: str
) -> None:
    world = await World.make(tmp_path, policy)
    await world.send("backend", "Order Completed", phone="030 1234567", order_id="A-1")
    person = await world.person(PHONE, by="phone")
    assert [view.person for view in await world.find("030 1234567", by="phone")] == [person]
    await consent.suppress(world.house, "phone", "030 1234567", purposes=[], **BY_PROOF)
    assert {word.purpose for word in await consent.show(world.house, person)} == {"analytics", "marketing"}


async def test_a_number_that_two_countries_read_differently_is_asked_for_with_its_country_code(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TWO_LANDS)
    for typed in ("030 1234567", "01 5331234"):
        with pytest.raises(Invalid, match="phone: expected a number with its country code") as raised:
            await consent.suppress(world.house, "phone", typed, purposes=[], **BY_PROOF)
        assert typed not in str(raised.value)
        with pytest.raises(Invalid, match="phone: expected a number with its country code"):
            await world.find(typed, by="phone")
    assert await world.find(PHONE, by="phone") == []


async def test_an_identifier_that_is_kept_cut_off_is_found_and_suppressed_by_what_is_kept(tmp_path: Path) -> None:
    world = await World.make(tmp_path, SHORT.replace("for: [accounting, analytics]}", "for: [analytics]}"))
    await world.send("backend", "Order Completed", loyalty_id="L-7001234", order_id="A-1")
    [view] = await world.find("L-7001234", by="loyalty_id")
    await consent.suppress(world.house, "loyalty_id", "L-7001234", purposes=[], **BY_PROOF)
    assert await consent.show(world.house, view.person)
    assert await _is_suppressed(world, 1, loyalty_id="L-7001234")


@pytest.mark.parametrize("typed", ["anna.s@example.com", "Anna.S@Example.com", " Anna.S@example.com "])
async def test_a_look_up_by_an_address_finds_it_however_it_is_written(tmp_path: Path, typed: str) -> None:
    world = await World.make(tmp_path, LOOKED_UP)
    await world.send("backend", "Order Completed", email="Anna.S@Example.com", order_id="A-1", loyalty_id="L-77")
    assert len(await world.find(typed)) == 1


@pytest.mark.parametrize("typed", [*WRITTEN, "+49 30 1234567"])
async def test_a_look_up_by_a_number_finds_it_however_it_is_written(tmp_path: Path, typed: str) -> None:
    world = await World.make(tmp_path, LOOKED_UP)
    await world.send("backend", "Order Completed", phone="+49 30 1234567", order_id="A-1", loyalty_id="L-77")
    assert len(await world.find(typed, by="phone")) == 1


async def test_what_is_no_value_of_the_field_is_refused_and_not_looked_up(tmp_path: Path) -> None:
    world = await World.make(tmp_path, LOOKED_UP)
    for by, typed in (("email", "anna"), ("phone", "4567"), ("order_id", " ")):
        with pytest.raises(Invalid):
            await world.find(typed, by=by)
