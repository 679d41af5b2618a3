"""The record rows of a lived-in house against its ledger: clean after lawful endings, and each trick is named."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from lockhouse.flows import audit, request, sweep
from lockhouse.gates.ending import begin_epoch, carry_on
from lockhouse.gates.state import verify_state
from lockhouse.model.rows import Deletion, EpochKey, Record
from lockhouse.wiring import jobs
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = [f"anna{number}@example.com" for number in range(4)]


async def _lived(tmp_path: Path) -> tuple[World, Record]:
    """Orders of four people; a month ended, one person erased and swept; a row of hers is handed out.

    A part of another person is erased, and one of a third called off.
    """
    world = await World.make(tmp_path)
    for number in range(8):
        await world.send("account", "Order Completed", email=PEOPLE[number % 4], order_id=f"A-{number}")
    epochs = await world.rows(EpochKey)
    world.clock.pass_days(40)
    await world.new_epochs()
    for number in range(8, 12):
        await world.send("account", "Order Completed", email=PEOPLE[number % 4], order_id=f"A-{number}")
    ended = await begin_epoch(
        world.house, epochs[0].compartment, epochs[0].epoch, by="service:retain", reason="due", destroy_at=0
    )
    await carry_on(world.house, ended, journal=world.journal, now=True)
    person = await world.person(PEOPLE[0])
    hers = [row for row in await world.rows(Record) if row.person == person]
    await world.erase(person)
    assert await world.findings() == []
    part = next(one.name for one in world.house.live().policy.compartments if one.class_ == "contact")
    await world.erase(await world.person(PEOPLE[1]), compartment=part)
    waiting = await world.erase(await world.person(PEOPLE[2]), compartment=part, now=False)
    await request.undo(world.house, waiting, by="os-user:1")
    done = await sweep.sweep(world.house, jobs, owner=os.urandom(16))
    assert (done.jobs, done.records, done.faults) == (1, 3, ())
    return world, hers[0]


async def test_after_expiry_erasure_of_a_person_and_of_a_compartment_and_sweep_it_is_clean(tmp_path: Path) -> None:
    world, _ = await _lived(tmp_path)
    assert len(await world.rows(Record)) == 9
    assert await world.findings() == []
    trusted = audit.Trusted([world.verifier], world.lane_key)
    report = await audit.verify(world.house, sequencer=world.store, trusted=trusted, records=True)
    assert report.findings == ()
    state = await verify_state(world.house)
    assert (state.findings.kept, state.untold) == ([], 0)
    assert state.rows["tombstone"] > state.rows["intent"] == 4


async def test_one_more_row_deleted_by_hand_is_found(tmp_path: Path) -> None:
    world, _ = await _lived(tmp_path)
    row = (await world.rows(Record))[4]
    world.drop(row)
    assert [(one.kind, one.where) for one in await world.findings()] == [("missing-record", f"record {row.id.hex()}")]


async def test_a_row_deleted_by_hand_with_a_deletion_row_that_no_entry_made_is_not_hidden_by_a_wrong_leaf(
    tmp_path: Path,
) -> None:
    world, _ = await _lived(tmp_path)
    row, [like, *_] = (await world.rows(Record))[4], await world.rows(Deletion)
    world.drop(row)
    world.plant(msgspec.structs.replace(like, record=row.id))
    assert {one.kind for one in await world.findings()} == {"unfounded-deletion", "missing-record"}


async def test_an_erased_row_that_was_put_back_is_found_and_does_not_open(tmp_path: Path) -> None:
    world, erased = await _lived(tmp_path)
    world.plant(erased)
    assert [(one.kind, one.where) for one in await world.findings()] == [("not-deleted", f"record {erased.id.hex()}")]
    assert (await world.reveal(erased.person)).refused == ("erased",)


async def test_an_edited_and_an_invented_row_are_found(tmp_path: Path) -> None:
    world, _ = await _lived(tmp_path)
    one, two, *_ = await world.rows(Record)
    world.plant(msgspec.structs.replace(one, occurred_at=one.occurred_at - 1))
    world.plant(msgspec.structs.replace(two, id=os.urandom(16)))
    assert sorted(found.kind for found in await world.findings()) == ["edited-record", "unknown-record"]
