"""A database administrator puts back what was there before, or edits it: it opens nothing, or is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Tampered, Unavailable
from lockhouse.flows import consent
from lockhouse.gates.authority import bound
from lockhouse.gates.ending import begin_epoch, carry_on
from lockhouse.gates.live import load_live
from lockhouse.model.rows import (
    Consent,
    EpochKey,
    Identifier,
    Intent,
    KeyRing,
    Person,
    PolicyVersion,
    Record,
    Seal,
    Tombstone,
)
from lockhouse.model.scale import ConsentState
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL, OTHER = "anna.schmidt@example.com", "bert.maier@example.org"


async def _order(world: World, email: str = EMAIL) -> bytes:
    await world.send("account", "Order Completed", email=email, order_id=f"of-{email}", order_total="12.75")
    return await world.person(email)


async def _contact(world: World, person: bytes) -> str:
    live = world.house.live()
    parts = [live.compartments[one] for one in world.house.keyring.serials(person) if one]
    [name] = [one.name for one in parts if one.class_ == "contact" and one.purposes == ("fulfilment",)]
    return name


async def test_a_ring_put_back_after_a_compartment_was_erased_opens_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _order(world)
    [ring] = await world.rows(KeyRing)
    await world.erase(person, compartment=await _contact(world, person))
    assert (await world.reveal(person)).ended == {"erased": 1}
    world.plant(ring)
    restarted = await world.second()
    with pytest.raises(Tampered, match="keys: expected a ring without the keys that have ended"):
        await restarted.reveal(person)
    with pytest.raises(Tampered):
        await restarted.find(EMAIL)


async def test_a_person_put_back_row_by_row_after_an_erasure_opens_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _order(world)
    rows = [*await world.rows(KeyRing), *await world.rows(Identifier), *await world.rows(Person)]
    await world.erase(person)
    [seal] = await world.rows(Seal)
    for row in rows:
        world.plant(row)
    world.drop(seal)
    restarted = await world.second()
    with pytest.raises(Tampered):
        await restarted.find(EMAIL)


async def test_a_ring_put_back_while_the_person_is_only_shut_opens_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _order(world)
    rows = [*await world.rows(KeyRing), *await world.rows(Identifier)]
    await world.erase(person, now=False)
    for row in [*rows, Seal(person, 9, 0)]:
        world.plant(row)
    with pytest.raises(Tampered):
        await (await world.second()).find(EMAIL)


async def test_a_tombstone_that_was_edited_to_hide_an_ending_is_tampered(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _order(world)
    await world.erase(person, compartment=await _contact(world, person))
    [stone] = await world.rows(Tombstone)
    world.plant(msgspec.structs.replace(stone, at=0))
    with pytest.raises(Tampered):
        await world.reveal(person)


async def _month_ends(world: World, *, now: bool) -> list[EpochKey]:
    """The oldest month is shut, and destroyed if `now`; the keys as they stood before."""
    before = await world.rows(EpochKey)
    world.clock.pass_days(40)
    await world.new_epochs()
    old = [row for row in before if row.epoch == before[0].epoch]
    for row in old:
        case = await begin_epoch(
            world.house, row.compartment, row.epoch, by="service:retain", reason="due",
            destroy_at=world.clock.now_ms() + 72 * 3_600_000,
        )  # fmt: skip
        await carry_on(world.house, case, journal=world.journal, now=now)
    return old


@pytest.mark.parametrize("is_renamed", [False, True], ids=["as it was", "under another serial"])
@pytest.mark.parametrize("has_ended", [False, True], ids=["shut", "destroyed"])
async def test_an_epoch_key_put_back_after_its_month_ended_opens_nothing(
    tmp_path: Path, *, has_ended: bool, is_renamed: bool
) -> None:
    world = await World.make(tmp_path)
    person = await _order(world)
    rows = await _month_ends(world, now=has_ended)
    expired = (await world.reveal(person)).ended
    assert set(expired) == {"expired"}
    for number, row in enumerate(rows):
        serial = bytes([number]) * 8 if is_renamed else row.serial
        world.plant(msgspec.structs.replace(row, serial=serial))
    restarted = await world.second()
    view = await restarted.reveal(person)
    assert view.ended == expired
    assert EMAIL not in str(view.fields)


async def test_an_epoch_key_put_back_under_another_serial_without_its_case_is_tampered(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world)
    rows = await _month_ends(world, now=True)
    for case in await world.rows(Intent):
        world.drop(case)
    for row in rows:
        world.plant(row)
    await world.second()  # the tombstone knows its serial
    world.plant(msgspec.structs.replace(rows[0], serial=b"anothers"))
    with pytest.raises(Tampered):
        await world.second()


async def test_no_ending_writes_down_a_serial_that_its_key_does_not_have(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world)
    row = (await world.rows(EpochKey))[0]
    world.clock.pass_days(40)
    await world.new_epochs()
    world.plant(msgspec.structs.replace(row, serial=b"anothers"))
    case = await begin_epoch(
        world.house, row.compartment, row.epoch, by="service:retain", reason="due", destroy_at=world.clock.now_ms()
    )
    with pytest.raises(Tampered):
        await carry_on(world.house, case, journal=world.journal)
    assert world.journal.serials == []
    assert await world.rows(Tombstone) == []


async def test_a_denial_edited_into_a_grant_or_given_to_another_person_is_tampered(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    anna, bert = await _order(world), await _order(world, OTHER)
    await consent.record(world.house, bert, "marketing", granted=True)
    denied = await consent.record(world.house, anna, "marketing", granted=False)
    [granted] = [row for row in await world.rows(Consent) if row.person == bert]
    for forged in (
        msgspec.structs.replace(denied, state=ConsentState.GRANTED),
        msgspec.structs.replace(granted, person=anna, at=denied.at + 1),
        msgspec.structs.replace(granted, person=anna, purpose=denied.purpose, at=denied.at, id=denied.id),
        msgspec.structs.replace(granted, at=granted.at - 1, person=anna),
    ):
        world.drop(denied)
        world.plant(forged)
        with pytest.raises(Tampered):
            await world.find(EMAIL, role="marketer")
        with pytest.raises(Tampered):
            await (await world.second()).send("account", "identify", email=EMAIL)
        world.drop(forged)
        world.plant(denied)
    [view] = await world.find(EMAIL, role="marketer")
    assert view.refused


async def test_boxes_of_another_record_or_of_before_are_tampered_and_named_by_the_audit(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _order(world)
    await _order(world)
    one, two = await world.rows(Record)
    world.plant(msgspec.structs.replace(one, boxes=two.boxes))
    with pytest.raises(Tampered):
        await world.reveal(person)
    assert [(found.kind, found.where) for found in await world.findings()] == [
        ("edited-record", f"record {one.id.hex()}")
    ]


async def test_a_dropped_policy_stops_the_house_and_its_boxes_open_again_once_it_is_approved_again(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    person = await _order(world)
    await world.approve(POLICY.replace("Keep the books", "Keep the books for the tax office"))
    for version in await world.rows(PolicyVersion):
        world.drop(version)
    await load_live(world.house)
    with pytest.raises(Unavailable, match="policy: expected an approved policy"):
        await world.find(EMAIL)
    await world.approve(POLICY)
    assert (await world.reveal(person)).fields["email"].value == EMAIL
    assert (await world.send("account", "Order Completed", email=EMAIL, order_id="A-2")).outcome == "stored"
    assert await world.findings() == []


async def test_a_policy_that_nobody_approved_is_tampered(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    [row] = await world.rows(PolicyVersion)
    wide = row.document.replace(b"contact: masked", b"contact: full")
    for forged in (
        msgspec.structs.replace(row, document=wide),
        msgspec.structs.replace(row, compiled=row.compiled.replace(b"masked", b"full")),
    ):
        world.plant(forged)
        with pytest.raises(Tampered):
            await load_live(world.house)
        world.drop(forged)
        world.plant(row)
    assert await load_live(world.house) is not None


async def test_rows_of_a_staging_house_under_the_same_root_open_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    staging = await World.make(tmp_path, root=world.root)
    await _order(world)
    person = await _order(staging)
    rows = [
        *await staging.rows(KeyRing), *await staging.rows(Person), *await staging.rows(Record),
        *await staging.rows(EpochKey), *await staging.rows(Identifier),
    ]  # fmt: skip
    assert (await staging.reveal(person)).fields["email"].value == EMAIL
    for row in rows:
        if not isinstance(row, EpochKey):
            world.plant(row)
    assert {view.person for view in await world.find(EMAIL)} != {person}
    with pytest.raises(Tampered, match="person: expected a row whose mac"):
        await world.reveal(person)
    for row in rows:  # and if that guard were not there
        if isinstance(row, Person):
            world.plant(bound(row, world.house.row_macs))
    with pytest.raises(Unavailable, match="KEK of generation 2"):
        await world.reveal(person)
    for row in rows:
        if isinstance(row, KeyRing):
            world.plant(msgspec.structs.replace(row, generation=1))
    with pytest.raises(Tampered):
        await world.reveal(person)
    assert {found.kind for found in await world.findings()} == {"unknown-record"}
    for generation, told in ((2, "epoch_key: expected a row under a KEK of this house"), (1, "sealed bytes")):
        for row in rows:
            if isinstance(row, EpochKey):
                world.plant(msgspec.structs.replace(row, generation=generation))
        with pytest.raises(Tampered, match=told):
            await world.second()
