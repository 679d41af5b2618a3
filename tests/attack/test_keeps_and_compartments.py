"""One class, several purposes: each ends at its own time and by its own word, and no later policy brings it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.flows import consent, look, retain
from lockhouse.gates.epochs import epoch_at, next_epoch
from lockhouse.model.ids import DAY_MS, EPOCH_DAY_ZERO_MS
from lockhouse.model.rows import EpochKey, KeyRing, Record, Tombstone
from lockhouse.policy.life import compartment_of_name, ends_at
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL = "anna.schmidt@example.com"
MONTH = 30.44
ANALYTICS = "analytics: {about: Understand our shops, basis: legitimate_interest, keep: 13 months after event}"
assert ANALYTICS in POLICY
RUN: Any = {"by": "os-user:0", "at_once": True}


async def _total(world: World, person: bytes, role: str) -> object:
    """The order's total as this role sees it; None where nothing of it is shown."""
    view = await look.show(world.house, await world.ask(role, fields=("order_total",)), person)
    return view.fields["order_total"].value if "order_total" in view.fields else None


async def _order(world: World, **more: object) -> bytes:
    consented = {"consent": {"Advertising": True}} | more
    await world.send(
        "account", "Order Completed", email=EMAIL, order_id="A-1", order_total="12.75", country="DE", **consented
    )
    return await world.person(EMAIL)


async def test_withdrawing_marketing_keeps_the_fulfilment_email_open(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _order(world)
    [marketing] = await world.find(EMAIL, role="marketer")
    assert marketing.fields["email"].value == EMAIL
    await consent.record(world.house, person, "marketing", granted=False)
    [marketing] = await world.find(EMAIL, role="marketer")
    assert EMAIL not in str(marketing.fields)
    assert marketing.refused
    assert (await world.reveal(person)).fields["email"].value == EMAIL
    later = await world.send("account", "Order Completed", email=EMAIL, order_id="A-2", loyalty_id="L-7001234")
    assert later.outcome == "stored"
    assert (await world.reveal(person)).records == 2


async def test_after_13_months_it_is_shut_for_analytics_and_open_for_the_books(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _order(world)
    assert [await _total(world, person, role) for role in ("analyst", "accountant")] == ["12.75", "12.75"]
    world.clock.pass_days(14 * MONTH)
    assert await _total(world, person, "analyst") is None
    assert await _total(world, person, "accountant") == "12.75"
    world.clock.pass_days(71 * MONTH)
    assert await _total(world, person, "accountant") is None


@pytest.mark.parametrize("field", ["order_total", "country"])
async def test_lengthening_a_keep_does_not_open_what_had_passed(tmp_path: Path, field: str) -> None:
    world = await World.make(tmp_path)
    person = await _order(world)
    world.clock.pass_days(14 * MONTH)
    await world.new_epochs()
    longer = POLICY.replace(ANALYTICS, ANALYTICS.replace("13 months", "60 months")).replace(
        "analyst: {for: [analytics], see: {", "analyst: {for: [analytics], see: {location: full, "
    )
    await world.approve(longer)
    asked = await world.ask("analyst", fields=(field,))
    before = (await look.show(world.house, asked, person)).fields[field]
    assert (before.state, before.value, before.because) == ("shut", None, ("keep-over",))
    await _order(world)
    view = await look.show(world.house, asked, person)
    assert view.fields[field].state == "open"
    world.clock.pass_days(14 * MONTH)
    view = await look.show(world.house, asked, person)
    assert view.fields[field].state == "open", "what was collected under the longer notice is kept by it"


async def test_what_is_still_open_is_not_kept_longer_by_a_policy_that_came_later(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _order(world)
    world.clock.pass_days(5 * MONTH)
    await world.approve(POLICY.replace(ANALYTICS, ANALYTICS.replace("13 months", "60 months")))
    assert await _total(world, person, "analyst") == "12.75"
    world.clock.pass_days(9 * MONTH)
    assert await _total(world, person, "analyst") is None


async def test_shortening_a_keep_shuts_at_once_and_makes_whole_months_due_whatever_they_hold(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _order(world)
    for number in range(20):
        await world.send("account", "page", device_id="tablet-0042", page_path=f"/{number}")
    world.clock.pass_days(8 * MONTH)
    await world.new_epochs()
    assert await _total(world, person, "analyst") == "12.75"
    records = len(await world.rows(Record))
    assert _due(world, await world.rows(EpochKey)) == []
    await world.approve(POLICY.replace(ANALYTICS, ANALYTICS.replace("13 months", "6 months")))
    assert await _total(world, person, "analyst") is None
    due = _due(world, await world.rows(EpochKey))
    pages = [row for row in due if _class(world, row) == "behaviour"]
    assert len(pages) in {1, 2}, "one key a month and compartment, not one a record"
    assert all(_class(world, row) != "transactions" for row in due), "the books still need them"
    while any(done.case.step == "done" for done in await retain.apply(world.house, **RUN, journal=world.journal)):
        continue
    assert set(world.journal.serials) == {row.serial for row in due}, "these keys and no other"
    assert _due(world, [row for row in await world.rows(EpochKey) if row.wrapped is not None]) == []
    assert len(await world.rows(Record)) == records, "no record was touched"
    [shut] = {row.person for row in await world.rows(Record)} - {person}
    assert (await look.show(world.house, await world.ask("analyst"), shut)).ended == {"expired": 40}, "two boxes a page"


def _class(world: World, row: EpochKey) -> str:
    return str(world.house.live().compartment_class(row.compartment))


def _due(world: World, rows: list[EpochKey]) -> list[EpochKey]:
    """Epochs that end by their own key and have passed by the policy that rules."""
    live, now, due = world.house.live(), world.clock.now_ms(), []
    for row in rows:
        name = live.names.name("compartment", row.compartment)
        assert name is not None
        part = compartment_of_name(name, number=row.compartment)
        daily = part.epoch == "day"
        end = EPOCH_DAY_ZERO_MS + next_epoch(row.epoch, daily=daily) * DAY_MS
        if part.ends_by == "epoch" and row.epoch < epoch_at(now, daily=daily):
            due += [row] if ends_at(live.policy, part, epoch_end=end, last_activity=0) <= now else []
    return due


async def test_a_compartment_erased_and_consented_to_again_opens_the_new_and_says_erased_of_the_old(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    person = await _order(world)
    live = world.house.live()
    [contact] = {
        live.names.name("compartment", number) or ""
        for number in world.house.keyring.serials(person)
        if live.compartment_class(number) == "contact" and "marketing" in compartment_of_name(
            live.names.name("compartment", number) or "").purposes
    }  # fmt: skip
    await world.erase(person, compartment=contact)
    view = await world.reveal(person)
    assert "email" not in view.fields
    assert (view.ended, view.shut) == ({"erased": 1}, ())
    assert view.fields["order_id"].value == "A-1"
    await consent.record(world.house, person, "marketing", granted=True)
    world.clock.at += 1_000
    reply = await world.send(
        "account", "Order Completed", email=EMAIL, name="Anna", order_id="A-2", consent={"Advertising": True}
    )
    assert reply.outcome == "stored"
    view = await world.reveal(person)
    assert (view.fields["email"].value, view.ended) == (EMAIL, {"erased": 1})
    [ring] = await world.rows(KeyRing)
    [tombstone] = await world.rows(Tombstone)
    assert tombstone.serial in world.journal.serials
    assert ring.person == person
    assert tombstone.serial not in world.house.keyring.serials(person).values()
    assert await world.findings() == []


async def test_a_field_no_longer_declared_is_shut_in_old_boxes_and_so_is_one_that_became_special(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    person = await _order(world, name="Anna Schmidt")
    assert (await world.reveal(person)).fields["name"].value == "Anna Schmidt"
    gone = POLICY.replace(
        "  name: {type: text, class: contact, for: [fulfilment, marketing], find_by: [surname]}\n", ""
    )
    gone = gone.replace("name, ", "")
    await world.approve(gone)
    assert "Anna Schmidt" not in str(await world.reveal(person))
    moved = POLICY.replace("name: {type: text, class: contact,", "name: {type: text, class: profile,")
    await world.approve(moved.replace("see: {contact: masked,", "see: {profile: full, contact: masked,"))
    assert "Anna Schmidt" not in str(await world.reveal(person)), "sealed as contact, asked for as profile"


async def test_a_purpose_added_later_never_opens_older_boxes(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _order(world)
    wider = POLICY.replace(
        "class: transactions, for: [accounting, analytics]}",
        "class: transactions, for: [accounting, analytics, research]}",
    )
    wider = wider.replace(
        "consent:\n",
        "  research: {about: Study, basis: legitimate_interest, keep: 84 months after event}\nconsent:\n",
        1,
    )
    wider = wider.replace("roles:\n", "roles:\n  scholar: {for: [research], see: {transactions: full}}\n")
    await world.approve(wider)
    asked = await world.ask("scholar", fields=("order_total",))
    before = (await look.show(world.house, asked, person)).fields["order_total"]
    assert (before.state, before.value, before.because) == ("shut", None, ("not-collected-for-it",))
    await _order(world)
    assert (await look.show(world.house, asked, person)).fields["order_total"].value == "12.75"
