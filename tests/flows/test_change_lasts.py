"""What was put right stays so whatever happens to its person's records: folded, sealed again, brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.flows.reseal import reseal
from lockhouse.gates.state import verify_state
from lockhouse.model.rows import Correction, Record, Snapshot
from tests.flows.changed import CHANGING, EMAIL, NEW, NEWER, PHONE, anna_called, changed, held, sound, undone
from tests.flows.folded import OPENED, folded, order, profile
from tests.flows.restored import copied, restored
from tests.flows.test_trial import replay

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_profile_from_snapshots_shows_what_was_put_right_and_then_what_was_before(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    for number in range(OPENED):
        world.clock.pass_days(0.01)
        await order(world, f"A-{number + 2}", email=EMAIL)
    await changed(world, anna)
    for number in range(OPENED):
        world.clock.pass_days(0.01)
        await order(world, f"B-{number}", email=EMAIL)
    assert (await folded(world, anna)).snapshots
    view = await profile(world, anna)
    assert (view.fields["phone"].value, view.fields["phone"].corrected, view.truncated) == (NEW, True, False)
    before = len(await world.rows(Snapshot))
    await undone(world, anna)
    assert len(await world.rows(Snapshot)) == before - 1, "the undo took the snapshot along that it lay in"
    assert (await folded(world, anna)).snapshots == 1
    view = await profile(world, anna)
    assert (view.fields["phone"].value, view.fields["phone"].corrected) == (PHONE, False)
    assert await sound(world) == []


async def test_of_more_records_than_a_look_opens_a_correction_is_among_those_that_are(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    for number in range(OPENED + 5):
        world.clock.pass_days(0.01)
        await order(world, f"B-{number}", email=EMAIL, phone=NEWER)
    view = await profile(world, anna)
    assert (view.truncated, view.fields["phone"].value) == (True, NEW)


async def test_it_is_sealed_again_like_any_record_and_undone_after_that(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    await reseal(world.house, anna, by="os-user:0")
    assert await held(world, anna) == NEW
    await undone(world, anna)
    assert (await held(world, anna), await sound(world)) == (PHONE, [])


async def test_a_restored_house_holds_it_and_undoes_it(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    tables = copied(world, "record", "identity")
    world.clock.pass_days(1)
    back = await restored(world, tables)
    assert await held(back, anna) == NEW
    assert [one.person for one in await back.find(NEW, by="phone")] == [anna]
    await undone(back, anna)
    assert await held(back, anna) == PHONE
    assert (await verify_state(back.house)).findings.kept == []


async def test_what_was_erased_since_a_backup_stays_so_with_what_was_put_right_of_it(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    tables = copied(world, "record", "identity")
    await world.erase(anna)
    back = await restored(world, tables)
    assert await back.find(NEW, by="phone") == []
    assert (await changed(back, anna, NEWER)).refused == ("erased",)


async def test_an_event_that_is_replayed_behind_it_does_not_overtake_it(tmp_path: Path) -> None:
    trial = CHANGING.replace("key: secret, stage: live}\n  account", "key: secret, stage: trial}\n  account")
    world, anna = await anna_called(tmp_path, trial)
    await world.send(
        "backend", "Order Completed", email=EMAIL, phone=NEWER, order_id="A-9", message_id="m-9", coupon="SPRING"
    )
    await changed(world, anna)
    coupon = "  coupon: {type: text, class: transactions, for: [fulfilment]}\nevents:"
    await world.approve(trial.replace("events:", coupon, 1).replace("country, born]", "country, born, coupon]"))
    await replay(world)
    assert await held(world, anna) == NEW


async def test_a_field_of_another_class_since_is_shut_as_any_value_of_it_and_put_right_anew(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    await world.approve(CHANGING.replace("phone: {type: phone, class: contact", "phone: {type: phone, class: location"))
    view = await world.reveal(anna)
    assert "phone" not in view.fields or view.fields["phone"].state == "shut"
    assert (await changed(world, anna, NEWER)).changed
    [first, second] = await world.rows(Correction)
    assert (first.person, second.person) == (anna, anna)
    assert await sound(world) == []


@pytest.mark.parametrize("erased", ["phone", "name"])
async def test_a_part_of_a_person_that_ends_takes_what_was_put_right_of_it_along(tmp_path: Path, erased: str) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    slots = [one for one in world.house.live().policy.slots if one.field == erased and one.purposes == ("fulfilment",)]
    part = world.house.live().names.name("compartment", slots[0].compartment)
    await world.erase(anna, compartment=part)
    assert await held(world, anna) is None
    assert await sound(world) == []
    assert len(await world.rows(Record)) == 2
