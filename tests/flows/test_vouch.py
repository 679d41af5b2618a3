"""A condition that nothing here can know yet is met by an admin's word, until its end: it is no shut door."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Conflict, Invalid, NotFound, Refused, Tampered, Unavailable
from lockhouse.flows import vouch
from lockhouse.flows.tell import Told, tell_untold
from lockhouse.gates.authority import digest
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.change import Change, Put
from lockhouse.model.decision import Actor
from lockhouse.model.rows import LedgerEntry
from tests.world import POLICY, Away, Stopped, World

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from lockhouse.access.vouched import Kind

WHO = "os-user:1000"
ACTOR = Actor(id=WHO, kind="os-user", roles=("support",))
HOUR_MS = 3_600_000
STRICT = POLICY.replace(
    "    reveal: {contact: {reason: [call back, delivery problem]}}",
    "    reveal: {contact: {reason: [call back, delivery problem], step_up: 8 hours, grant: required}}\n"
    "    networks: [10.0.0.0/8, 2001:db8::/32]\n"
    "    limits: {persons_per_hour: 60, mode: enforce}",
)


async def _house(tmp_path: Path) -> World:
    """A house with every condition there is, and no demo: nothing counts as given."""
    world = await World.make(tmp_path, STRICT)
    world.house.demo = False
    await world.send("backend", "Order Completed", email="anna@example.com", order_id="A-1", order_total="12.50")
    return world


async def _vouch(world: World, kind: Kind, value: str, *, hours: float = 4) -> None:
    until = world.clock.now_ms() + int(hours * HOUR_MS)
    await vouch.record(world.house, WHO, (kind, value), until=until, by="os-user:0")


async def test_each_condition_opens_by_what_an_admin_vouched_for_and_by_nothing_less(tmp_path: Path) -> None:
    world = await _house(tmp_path)
    anna = await world.person("anna@example.com")
    seen = await world.reveal(anna)
    assert "network" in seen.refused
    await _vouch(world, "network", "10.1.0.0/16")
    seen = await world.reveal(anna)
    assert (seen.fields["email"].state, set(seen.fields["email"].because)) == ("masked", {"grant", "step-up"})
    await _vouch(world, "grant", "case-17")
    await _vouch(world, "step-up", "fido2")
    assert (await world.reveal(anna)).fields["email"].value == "anna@example.com"


async def test_a_network_of_the_newer_internet_is_one_too(tmp_path: Path) -> None:
    world = await _house(tmp_path)
    await _vouch(world, "network", "2001:db8:7::/48")
    assert (await world.house.actor_facts.of(ACTOR)).network == "2001:db8:7::/48"
    assert (await world.reveal(await world.person("anna@example.com"))).fields["email"].state == "masked"


async def test_proof_of_who_somebody_is_grows_old_and_a_word_has_its_end(tmp_path: Path) -> None:
    world = await _house(tmp_path)
    await _vouch(world, "step-up", "fido2", hours=24)
    await _vouch(world, "grant", "case-17", hours=2)
    world.clock.pass_days(1 / 24)
    facts = await world.house.actor_facts.of(ACTOR)
    assert (facts.step_up_age_s, facts.grant) == (3600, "case-17")
    world.clock.pass_days(2 / 24)
    assert (await world.house.actor_facts.of(ACTOR)).grant is None
    world.clock.pass_days(1)
    assert (await world.house.actor_facts.of(ACTOR)).step_up_age_s is None


async def test_what_was_ended_stands_no_more_and_both_are_noted(tmp_path: Path) -> None:
    world = await _house(tmp_path)
    await _vouch(world, "grant", "case-17")
    await vouch.end(world.house, WHO, ("grant", "case-17"), by="os-user:0")
    assert (await world.house.actor_facts.of(ACTOR)).grant is None
    bodies = [
        msgspec.json.decode(row.body)["body"] for row in await world.rows(LedgerEntry) if row.kind == "attestation"
    ]
    assert [(body["change"], body["fact"], body["subject"], body["by"]) for body in bodies] == [
        ("made", "grant.case-17", WHO, "os-user:0"),
        ("ended", "grant.case-17", WHO, "os-user:0"),
    ]
    with pytest.raises(NotFound):
        await vouch.end(world.house, WHO, ("grant", "case-17"), by="os-user:0")


async def _cut_off(world: World, deed: Coroutine[None, None, object]) -> None:
    """A process that ends between its two commits: the row stands and the ledger does not tell of it."""
    commits, world.house.commits = world.house.commits, Away(world.store)
    with pytest.raises(Unavailable):
        await deed
    world.house.commits = commits


async def _told(world: World) -> list[tuple[str, str, str]]:
    """What the ledger says became of facts, in order: which change, who made it, and of which row."""
    rows = sorted(await world.rows(LedgerEntry), key=lambda row: row.counter)
    bodies = [parse_entry(row.body).body.body() for row in rows if row.kind == "attestation"]
    return [(body["change"], body["by"], body["row"]) for body in bodies]


async def test_a_grant_that_was_cut_off_is_told_by_the_daily_round_with_who_vouched(tmp_path: Path) -> None:
    world = await _house(tmp_path)
    await _cut_off(world, _vouch(world, "grant", "case-17", hours=48))
    [row] = await vouch.recorded(world.house)
    assert await tell_untold(world.house) == Told(), "who vouched may be about to tell"
    world.clock.pass_days(0.5)
    assert await tell_untold(world.house) == Told(attestations=1)
    assert await _told(world) == [("made", "os-user:0", digest(row))]
    assert await tell_untold(world.house) == Told()


async def test_an_end_that_was_cut_off_has_ended_and_is_told_as_such(tmp_path: Path) -> None:
    world = await _house(tmp_path)
    await _vouch(world, "grant", "case-17", hours=48)
    await _cut_off(world, vouch.end(world.house, WHO, ("grant", "case-17"), by="os-user:5"))
    assert (await world.house.actor_facts.of(ACTOR)).grant is None
    world.clock.pass_days(0.5)
    assert await tell_untold(world.house) == Told(attestations=1)
    assert [(change, by) for change, by, _ in await _told(world)] == [("made", "os-user:0"), ("ended", "os-user:5")]


async def test_who_writes_over_a_fact_that_was_cut_off_tells_of_both(tmp_path: Path) -> None:
    world = await _house(tmp_path)
    await _cut_off(world, _vouch(world, "grant", "case-17"))
    await vouch.end(world.house, WHO, ("grant", "case-17"), by="os-user:5")
    assert [(change, by) for change, by, _ in await _told(world)] == [("made", "os-user:0"), ("ended", "os-user:5")]


async def test_a_fact_that_does_not_verify_is_told_by_nobody_and_keeps_no_other_back(tmp_path: Path) -> None:
    world = await _house(tmp_path)
    await _cut_off(world, _vouch(world, "grant", "case-17"))
    [row] = await vouch.recorded(world.house)
    world.plant(msgspec.structs.replace(row, fact="grant.case-18"))
    world.clock.pass_days(0.5)
    assert await tell_untold(world.house) == Told(attestations=1, faults=1)
    await _vouch(world, "grant", "case-18")
    assert [(change, by) for change, by, _ in await _told(world)] == [("made", "os-user:0")] * 2


async def test_a_fact_that_moves_while_it_is_written_over_is_left_as_it_moved(tmp_path: Path) -> None:
    world = await _house(tmp_path)
    slow = await world.second()
    stopped = slow.house.commits = Stopped(slow.store, store="identity")
    ending = asyncio.create_task(_vouch(slow, "grant", "case-17", hours=1))
    await stopped.reached.wait()
    await _vouch(world, "grant", "case-17", hours=9)
    [row] = await vouch.recorded(world.house)
    stopped.go_on.set()
    with pytest.raises(Conflict):
        await ending
    assert await vouch.recorded(world.house) == [row]
    assert len(await _told(world)) == 1


async def test_nobody_looks_at_themselves_and_the_ledger_does_not_say_who_that_is(tmp_path: Path) -> None:
    world = await _house(tmp_path)
    await _vouch(world, "network", "10.1.0.0/16")
    anna = await world.person("anna@example.com")
    await _vouch(world, "own-record", anna.hex())
    assert (await world.reveal(anna)).refused == ("own-record",)
    noted = [row.body for row in await world.rows(LedgerEntry) if row.kind == "attestation"]
    assert not any(anna.hex().encode() in body for body in noted)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("network", "10.1.2.3/8"), ("network", "everywhere"), ("quota", "0"), ("quota", "-1"), ("grant", "Anna Schmidt"),
     ("own-record", "anna"), ("step-up", "")],
)  # fmt: skip
async def test_a_value_has_its_form(tmp_path: Path, kind: Kind, value: str) -> None:
    world = await _house(tmp_path)
    with pytest.raises(Invalid):
        await _vouch(world, kind, value)
    assert await vouch.recorded(world.house) == []


async def test_a_moment_that_has_passed_is_no_end(tmp_path: Path) -> None:
    world = await _house(tmp_path)
    with pytest.raises(Invalid):
        await _vouch(world, "grant", "case-17", hours=-1)


async def test_a_fact_that_somebody_wrote_into_the_store_opens_nothing(tmp_path: Path) -> None:
    world = await _house(tmp_path)
    await _vouch(world, "grant", "case-17")
    [row] = await vouch.recorded(world.house)
    longer = msgspec.structs.replace(row, until_at=(row.until_at or 0) + HOUR_MS)
    await world.store.commit(Change("identity", puts=(Put("attestation", longer),)))
    with pytest.raises(Tampered):
        await world.house.actor_facts.of(ACTOR)


async def test_a_facts_day_and_hour_are_those_of_the_houses_clock(tmp_path: Path) -> None:
    world = await World.make(tmp_path, at=1_795_440_630_000)
    facts = await world.house.actor_facts.of(ACTOR)
    assert (facts.today, facts.hour) == ("2026-11-23", 13)


async def test_in_a_demo_house_the_machines_user_lacks_nothing_that_only_others_could_say(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    facts = await world.house.actor_facts.of(ACTOR)
    assert (facts.step_up_age_s, facts.network, facts.grant) == (0, None, None)
    world.house.demo = False
    facts = await world.house.actor_facts.of(ACTOR)
    assert facts.step_up_age_s is None


async def test_what_an_admin_recorded_stands_in_the_place_of_the_roles_limit_until_it_ends(tmp_path: Path) -> None:
    world = await World.make(tmp_path, STRICT.replace("persons_per_hour: 60", "persons_per_hour: 1"))
    await _vouch(world, "network", "10.1.0.0/16", hours=24)
    for number in range(3):
        await world.send("backend", "Order Completed", email=f"a{number}@example.com", order_id=f"A-{number}")
    assert len(await world.find("a0@example.com")) == 1
    with pytest.raises(Refused, match="expected room for one more"):
        await world.find("a1@example.com")
    await _vouch(world, "quota", "2", hours=0.5)
    assert len(await world.find("a1@example.com")) == 1
    with pytest.raises(Refused, match="expected room for one more"):
        await world.find("a2@example.com")
    world.clock.pass_days(1 / 24)
    assert len(await world.find("a2@example.com")) == 1
    with pytest.raises(Refused, match="expected room for one more"):
        await world.find("a1@example.com")
