"""A request that stands when a store is copied stands in the house that is brought back, whichever store is older."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
import pytest

from lockhouse.errors import Tampered, Unavailable
from lockhouse.flows import accept, backup, confirm, consent, lapse, request, retain
from lockhouse.flows.channel import end_credential, make_credential
from lockhouse.gates.ending import carry_on, open_cases
from lockhouse.gates.facts import facts_of_persons
from lockhouse.gates.forgotten import Forgotten
from lockhouse.model.rows import Consent, EpochKey, LedgerEntry, Limbo, Tombstone
from lockhouse.model.scale import KeyState
from tests.flows.anna import EMAIL, anna, contact
from tests.flows.restored import MANIFEST, copied, restored
from tests.world import POLICY, Away, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.disclose import View

JANUARY = 1_767_225_600_000
HER = pytest.mark.parametrize("is_part", [False, True], ids=["person", "compartment"])
OLDER = pytest.mark.parametrize("only", ["record", None], ids=["only the records are old", "a full backup"])


def _email(view: View) -> str | None:
    return view.fields["email"].value if "email" in view.fields else None


async def _bert(world: World) -> bytes:
    await world.send("account", "Order Completed", email="bert@example.org", order_id="B-1")
    return await world.person("bert@example.org")


async def _asked(world: World, person: bytes, *, is_part: bool) -> bytes:
    name = await contact(world, person) if is_part else None
    return (await world.erase(person, compartment=name, now=False)).id


@HER
async def test_with_an_older_identity_store_a_request_that_stands_is_shut_again_and_carried_out(
    tmp_path: Path, *, is_part: bool
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    identity = copied(world, "identity")
    case = await _asked(world, person, is_part=is_part)
    back = await restored(world, copied(world, "record") | identity, only="identity")
    assert [(one.id, one.step) for one in await open_cases(back.house)] == [(case, "shut")]
    assert _email(await back.reveal(person)) is None
    world.clock.pass_days(2)
    [standing] = await open_cases(back.house)
    assert (await carry_on(back.house, standing, journal=back.journal)).case.step == "done"
    assert set(standing.serials) <= set(back.journal.serials)
    assert _email(await back.reveal(person)) is None


async def test_with_an_older_identity_store_a_request_can_still_be_called_off(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    identity = copied(world, "identity")
    await _asked(world, person, is_part=False)
    back = await restored(world, copied(world, "record") | identity, only="identity")
    [standing] = await open_cases(back.house)
    await request.undo(back.house, standing, by="os-user:1")
    assert _email(await back.reveal(person)) == EMAIL


@HER
async def test_with_an_older_identity_store_what_was_called_off_since_is_back(tmp_path: Path, *, is_part: bool) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    await _asked(world, person, is_part=is_part)
    identity = copied(world, "identity")
    [case] = await open_cases(world.house)
    await request.undo(world.house, case, by="os-user:1")
    back = await restored(world, copied(world, "record") | identity, only="identity")
    assert await open_cases(back.house) == []
    assert await back.rows(Limbo) == []
    assert _email(await back.reveal(person)) == EMAIL


@HER
async def test_with_an_older_identity_store_what_was_destroyed_since_is_destroyed_without_any_journal(
    tmp_path: Path, *, is_part: bool
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    before = copied(world, "identity")
    case = await _asked(world, person, is_part=is_part)
    while_shut = copied(world, "identity")
    [standing] = await open_cases(world.house)
    await request.fulfil(world.house, standing, journal=world.journal, now=True)
    serials, records = set(world.journal.serials), copied(world, "record")
    for identity in (before, while_shut):
        world.journal.serials.clear()
        with pytest.raises(Unavailable, match="journal: expected every destroyed key in it"):
            await restored(world, records | identity, only="identity")
        back = await restored(world, records | identity, only="identity", anyway=True)
        assert {row.serial for row in await back.rows(Tombstone)} >= serials
        assert serials <= set(back.journal.serials)
        assert await back.rows(Limbo) == []
        await accept.restore(back.house, by="os-user:1")
        assert _email(await back.reveal(person)) is None
        assert case not in {one.id for one in await open_cases(back.house)}


@HER
@OLDER
async def test_what_was_shut_after_the_records_were_copied_stands_and_is_carried_out(
    tmp_path: Path, only: Literal["record"] | None, *, is_part: bool
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    record = copied(world, "record")
    case = await _asked(world, person, is_part=is_part)
    back = await restored(world, record | copied(world, "identity"), only=only)
    [standing] = await open_cases(back.house)
    assert (standing.id, standing.step, standing.reason) == (case, "shut", "restore")
    assert standing.destroy_at > world.clock.now_ms()
    assert _email(await back.reveal(person)) is None
    world.clock.pass_days(2)
    assert (await carry_on(back.house, standing, journal=back.journal)).case.step == "done"
    assert await back.rows(Limbo) == []
    assert {row.serial for row in await back.rows(Tombstone)} == set(standing.serials) == set(back.journal.serials)
    intents = [msgspec.json.decode(one.body)["body"] for one in await back.rows(LedgerEntry) if one.kind == "intent"]
    assert [one["case"] for one in intents] == [case.hex()]


@HER
async def test_what_was_shut_between_the_copies_and_called_off_since_can_be_called_off_again(
    tmp_path: Path, *, is_part: bool
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    record = copied(world, "record")
    await _asked(world, person, is_part=is_part)
    tables = record | copied(world, "identity")
    [case] = await open_cases(world.house)
    await request.undo(world.house, case, by="os-user:1")
    back = await restored(world, tables)
    [standing] = await open_cases(back.house)
    await request.undo(back.house, standing, by="os-user:1")
    assert _email(await back.reveal(person)) == EMAIL


@HER
async def test_what_was_shut_between_the_copies_and_destroyed_since_is_destroyed(
    tmp_path: Path, *, is_part: bool
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    record = copied(world, "record")
    await _asked(world, person, is_part=is_part)
    tables = record | copied(world, "identity")
    [case] = await open_cases(world.house)
    await request.fulfil(world.house, case, journal=world.journal, now=True)
    back = await restored(world, tables)
    assert await open_cases(back.house) == []
    assert await back.rows(Limbo) == []
    assert {row.serial for row in await back.rows(Tombstone)} == set(case.serials)


async def test_what_was_called_off_and_shut_anew_between_the_copies_stands_once(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    await _asked(world, person, is_part=False)
    record = copied(world, "record")
    [first] = await open_cases(world.house)
    await request.undo(world.house, first, by="os-user:1")
    second = await _asked(world, person, is_part=False)
    back = await restored(world, record | copied(world, "identity"))
    assert [one.id for one in await open_cases(back.house)] == [second]


async def test_a_month_that_was_shut_between_the_copies_is_destroyed_when_it_has_cooled(tmp_path: Path) -> None:
    world = await World.make(tmp_path, at=JANUARY)
    await anna(world)
    world.clock.pass_days(31 * 15)
    await world.new_epochs()
    record = copied(world, "record")
    due = {(one.compartment, one.epoch) for one in retain.next_run(await retain.plan(world.house), now=world.clock.at)}
    await retain.apply(world.house, by="os-user:1", journal=world.journal)
    back = await restored(world, record | copied(world, "identity"))
    assert {(one.compartment, one.epoch) for one in await open_cases(back.house)} == due
    world.clock.pass_days(4)
    await retain.apply(back.house, by="os-user:1", journal=back.journal)
    ended = {(row.compartment, row.epoch) for row in await back.rows(EpochKey) if row.state == KeyState.DESTROYED}
    assert ended == due


async def test_with_an_older_identity_store_a_month_that_was_shut_since_is_shut_in_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path, at=JANUARY)
    await anna(world)
    world.clock.pass_days(31 * 15)
    await world.new_epochs()
    identity = copied(world, "identity")
    await retain.apply(world.house, by="os-user:1", journal=world.journal)
    [*cases] = await open_cases(world.house)
    back = await restored(world, copied(world, "record") | identity, only="identity")
    shut = {(row.compartment, row.epoch) for row in await back.rows(EpochKey) if row.state == KeyState.SHUT}
    assert shut == {(one.compartment, one.epoch) for one in cases}
    assert len(await open_cases(back.house)) == len(cases)


async def test_with_an_older_identity_store_a_refusal_since_stands_again_and_is_told_once(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person, bert = await anna(world), await _bert(world)
    await consent.record(world.house, person, "marketing", granted=True)
    identity = copied(world, "identity")
    size = (await world.store.seal_ledger()).size
    world.clock.pass_days(0.01)
    await consent.record(world.house, person, "marketing", granted=False)
    await consent.record(world.house, bert, "marketing", granted=True)
    back = await restored(world, copied(world, "record") | identity, only="identity", size=size)
    facts = await facts_of_persons(back.house, [person, bert], fresh=True)
    assert facts[person].consents == {"marketing": False}
    assert facts[bert].consents.get("marketing") is not True
    assert back.forgotten == Forgotten(rows={"consent": 2}, refused=1)
    words = [row for row in await back.rows(Consent) if row.signal == "restore"]
    entries = {row.id: row for row in await back.rows(LedgerEntry)}
    assert [msgspec.json.decode(entries[row.entry].body)["body"]["signal"] for row in words] == ["restore"]


async def test_with_an_older_identity_store_what_nobody_can_be_found_for_is_counted(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    key = await make_credential(world.house, "account", by="os-user:1")
    identity = copied(world, "identity")
    size = (await world.store.seal_ledger()).size
    world.clock.pass_days(0.01)
    await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="objection", by="os-user:1")
    await end_credential(world.house, "account", key.reveal().decode(), by="os-user:1")
    bert = await _bert(world)
    await consent.record(world.house, bert, "marketing", granted=False)
    back = await restored(world, copied(world, "record") | identity, only="identity", size=size)
    assert back.forgotten is not None
    assert back.forgotten.rows == {"consent": 3, "credential": 1, "suppression": 1}
    assert (back.forgotten.refused, back.forgotten.unfound) == (2, 1)
    facts = (await facts_of_persons(back.house, [person], fresh=True))[person]
    assert not any(facts.consents.values())


async def test_limbo_that_was_edited_is_given_no_case(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    record = copied(world, "record")
    await _asked(world, person, is_part=False)
    [row] = await world.rows(Limbo)
    world.plant(msgspec.structs.replace(row, wrapped=row.wrapped[:-1] + bytes([row.wrapped[-1] ^ 1])))
    with pytest.raises(Tampered):
        await restored(world, record | copied(world, "identity"))


async def test_a_restore_that_does_not_come_to_its_end_leaves_a_house_that_shows_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    await world.send("account", "Order Completed", email="bert@example.org", order_id="B-1")
    tables = copied(world, "record", "identity")
    await world.erase(person)
    world.store.shelf.tables["ledger_entry"].clear()
    for name, rows in tables.items():
        world.store.shelf.tables[name].clear()
        world.store.shelf.tables[name].update(rows)
    back = await world.second()
    back.house.commits = Away(back.store, store="identity")
    source = backup.Source(manifest=MANIFEST, destroyed=frozenset(back.journal.serials))
    with pytest.raises(Unavailable):
        await backup.replay(back.house, source, journal=back.journal, by="os-user:1")
    with pytest.raises(Unavailable, match="brought back with its journal"):
        await (await world.second()).find("bert@example.org")


async def _months(tmp_path: Path, *, days: int) -> World:
    """Customers and page views of so many days ago, and some of today."""
    world = await World.make(tmp_path)
    await world.new_epochs()
    for number in range(3):
        await world.send("account", "identify", email=f"c{number}@example.org", name="Bert")
        await world.send("web", "page", device_id=f"tablet-{number}", page_path="/")
    world.clock.pass_days(days)
    await world.new_epochs()
    await world.send("web", "page", device_id="tablet-9", page_path="/")
    return world


@pytest.mark.parametrize("is_month", [True, False], ids=["month", "idle persons"])
async def test_what_a_run_that_ends_much_had_shut_waits_for_a_word_under_older_records_too(
    tmp_path: Path, *, is_month: bool
) -> None:
    world = await _months(tmp_path, days=37 * 31)
    world.house.demo = False
    old, at = copied(world, "record"), world.clock.at
    world.clock.pass_days(0.1)
    if is_month:
        await retain.shut_due(world.house, by="os-user:0", journal=world.journal)
    else:
        await lapse.apply(world.house, by="os-user:0", journal=world.journal)
    again = await restored(world, old, only="record", at=at)
    [waits] = await confirm.much(again.house)
    assert set(waits.cases) == {case for case in await open_cases(again.house) if case.what != "person"}
    again.clock.pass_days(4)
    for case in waits.cases:
        assert (await carry_on(again.house, case, journal=again.journal)).case.step == "shut"
    assert again.journal.serials == []


@pytest.mark.parametrize("is_called_off", [True, False], ids=["called off", "left to the worker"])
async def test_a_month_that_came_back_shut_opens_again_if_the_policy_that_came_back_keeps_it(
    tmp_path: Path, *, is_called_off: bool
) -> None:
    world = await _months(tmp_path, days=100)
    old, at = copied(world, "record"), world.clock.at
    world.clock.pass_days(0.5)
    await world.approve(POLICY.replace("keep: 13 months after event", "keep: 2 months after event"))
    world.house.demo = False
    shut = {case.epoch for case in [one.case for one in await retain.apply(
        world.house, by="os-user:0", journal=world.journal)]}  # fmt: skip
    again = await restored(world, old, only="record", at=at)
    cases = await open_cases(again.house)
    assert {case.epoch for case in cases} == shut != set()
    again.clock.pass_days(0 if is_called_off else 4)
    for case in cases:
        if is_called_off:
            done = await request.undo(again.house, case, by="os-user:0")
        else:
            done = (await carry_on(again.house, case, journal=again.journal)).case
        assert done.step == "cancelled"
    assert {row.state for row in await again.rows(EpochKey)} == {KeyState.LIVE}
