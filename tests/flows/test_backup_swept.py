"""Rows that a restore brings back of who was erased since are swept, as after any erasure; nobody else's are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Tampered
from lockhouse.flows import link, request
from lockhouse.flows.sweep import sweep
from lockhouse.gates.ending import open_cases
from lockhouse.gates.facts import SEAL_ENDED
from lockhouse.ledger.entry import Completion, parse_entry
from lockhouse.model.rows import Job, LedgerEntry, Outbox, Record, Seal, Tombstone
from lockhouse.wiring import jobs
from tests.flows.anna import anna, contact
from tests.flows.restored import copied, restored
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal

BERT = "bert@example.org"
OLDER = pytest.mark.parametrize("only", ["record", None], ids=["only the records are old", "a full backup"])


async def _two(tmp_path: Path) -> tuple[World, bytes, bytes]:
    world = await World.make(tmp_path)
    person = await anna(world)
    await world.send("account", "Order Completed", email=BERT, order_id="B-1")
    return world, person, await world.person(BERT)


async def _whose(world: World) -> set[bytes]:
    return {row.person for row in await world.rows(Record)}


@OLDER
async def test_rows_of_who_was_erased_since_are_swept_and_the_ledger_accounts_for_them(
    tmp_path: Path, only: Literal["record"] | None
) -> None:
    world, person, bert = await _two(tmp_path)
    records = copied(world, "record")
    await world.erase(person)
    back = await restored(world, records | copied(world, "identity"), only=only)
    assert await _whose(back) == {person, bert}
    assert (back.replayed.to_sweep, back.replayed.keys, back.replayed.standing) == (1, 0, 0)
    assert {row.person: row.state for row in await back.rows(Seal)}[person] == SEAL_ENDED
    swept = await sweep(back.house, jobs, owner=bytes(16))
    assert (swept.jobs, swept.records, swept.faults) == (1, 1, ())
    assert await _whose(back) == {bert}
    assert person not in {row.person for row in await back.rows(Outbox)}
    assert await back.findings() == []


async def test_the_certificate_of_such_a_sweep_is_of_the_keys_that_their_tombstones_name(tmp_path: Path) -> None:
    world, person, _ = await _two(tmp_path)
    records = copied(world, "record")
    part = await world.erase(person, compartment=await contact(world, person))
    whole = await world.erase(person)
    back = await restored(world, records | copied(world, "identity"), only="record")
    [case] = await open_cases(back.house, also_closed=True)
    assert (case.step, case.reason, case.serials) == ("done", "restore", whole.serials)
    assert set(part.serials).isdisjoint(case.serials)
    bodies = [parse_entry(row.body).body for row in await back.rows(LedgerEntry)]
    [said] = [body for body in bodies if isinstance(body, Completion)]
    assert (said.of, said.serials) == (case.entries[0].hex(), len(whole.serials))


async def test_a_sweep_that_the_records_wait_for_already_is_not_begun_again(tmp_path: Path) -> None:
    world, person, _ = await _two(tmp_path)
    await world.erase(person)
    back = await restored(world, copied(world, "record", "identity"))
    assert (back.replayed.to_sweep, len(await back.rows(Job))) == (0, 1)


async def test_rows_of_whom_one_compartment_ended_stay_as_in_any_house(tmp_path: Path) -> None:
    world, person, bert = await _two(tmp_path)
    records = copied(world, "record")
    await world.erase(person, compartment=await contact(world, person))
    back = await restored(world, records | copied(world, "identity"), only="record")
    assert (back.replayed.to_sweep, await back.rows(Job)) == (0, [])
    assert await _whose(back) == {person, bert}


async def test_more_persons_than_one_case_holds_are_all_swept(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    events = [("account", "Order Completed", {"email": f"x{n}@example.com", "order_id": f"X-{n}"}) for n in range(53)]
    await world.send_all(list(events))
    records = copied(world, "record")
    for person in await _whose(world):
        begun = await request.open_erasure(world.house, person, by="os-user:1", anyway=True)
        await request.fulfil(world.house, begun.case, journal=world.journal, now=True)
    back = await restored(world, records | copied(world, "identity"), only="record")
    assert (back.replayed.to_sweep, len(await open_cases(back.house, also_closed=True))) == (53, 2)
    assert (await sweep(back.house, jobs, owner=bytes(16))).records == 53
    assert (await back.rows(Record), await back.findings()) == ([], [])


async def test_a_tombstone_that_somebody_planted_sweeps_nobody(tmp_path: Path) -> None:
    world, _, bert = await _two(tmp_path)
    tables = copied(world, "record", "identity")
    tables[Tombstone.TABLE][(b"planted!",)] = (b"planted!", bert, 0, 0, 1, bytes(16), bytes(32))
    with pytest.raises(Tampered):
        await restored(world, tables)
    assert bert in await _whose(world)


async def test_who_ended_of_a_request_that_others_still_wait_in_is_swept_even_if_it_is_called_off(
    tmp_path: Path,
) -> None:
    world, person, bert = await _two(tmp_path)
    await link.make(world.house, person, bert, by="os-user:1")
    both = await world.erase(person, now=False)
    tables = copied(world, "record", "identity")
    await request.undo(world.house, both, by="os-user:1")
    await link.undo(world.house, person, bert, by="os-user:1")
    await world.erase(person)
    back = await restored(world, tables)
    [standing] = await open_cases(back.house)
    assert (standing.id, back.replayed.persons, back.replayed.to_sweep) == (both.id, 1, 1)
    await request.undo(back.house, standing, by="os-user:1")
    await sweep(back.house, jobs, owner=bytes(16))
    assert await _whose(back) == {bert}
    assert (await back.reveal(bert)).fields["email"].value == BERT
    assert await back.findings() == []
