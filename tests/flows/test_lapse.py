"""What counts from a person's last activity ends person by person: shut first, destroyed three days later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Tampered, Unavailable
from lockhouse.flows import lapse, link, request
from lockhouse.gates.authority import bound
from lockhouse.gates.cases import LAPSE, sound_cases
from lockhouse.gates.ending import begin_lapse, carry_on, destroy_again
from lockhouse.gates.ending.epoch import RETENTION
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.state import verify_state
from lockhouse.ledger.entry import Intent, parse_entry
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import LedgerEntry, Person, Record, Tombstone
from lockhouse.model.scale import PersonState
from tests.flows.anna import EMAIL, anna, contact
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

BY, BERT = "os-user:0", "bert@example.org"
LATER = 37 * 31
"""Days: past every keep of the policy that counts from the last activity."""


async def _idle(tmp_path: Path, *, days: float = LATER) -> tuple[World, bytes]:
    """Anna ordered once and was not seen for three years; Bert was here yesterday."""
    world = await World.make(tmp_path)
    one = await anna(world)
    await world.send("account", "identify", email=BERT, name="Bert")
    world.clock.pass_days(days - 1)
    await world.new_epochs()
    await world.send("account", "identify", email=BERT, name="Bert")
    world.clock.pass_days(1)
    await world.new_epochs()
    return world, one


async def _run(world: World) -> lapse.Run:
    return await lapse.apply(world.house, by=BY, journal=world.journal)


async def _seen(world: World, email: str) -> object:
    views = await world.find(email, role="marketer")
    return [field.value for view in views for name, field in view.fields.items() if name == "email"]


async def _held(world: World, person: bytes) -> set[int]:
    await admit_rings(world.house, [person], again=True)
    return set(world.house.keyring.serials(person))


async def test_whoever_was_not_seen_for_as_long_as_the_keep_is_due_and_nobody_else(tmp_path: Path) -> None:
    world, _ = await _idle(tmp_path)
    due = await lapse.plan(world.house)
    assert due
    assert {one.persons for one in due} == {1}
    assert {purpose for one in due for purpose in one.purposes} >= {"fulfilment", "marketing"}
    assert await sound_cases(world.house) == ([], [])


async def test_nobody_is_due_on_the_day_before(tmp_path: Path) -> None:
    world, _ = await _idle(tmp_path, days=23 * 30)
    assert await lapse.plan(world.house) == []
    assert (await _run(world)).cases == ()


async def test_a_run_shuts_the_keys_and_three_days_later_they_are_destroyed_for_good(tmp_path: Path) -> None:
    world, one = await _idle(tmp_path)
    before = await _held(world, one)
    ending = {part.compartment for part in await lapse.plan(world.house)}
    done = await _run(world)
    assert {case.compartment for case in done.cases} == ending
    assert {(case.step, case.persons) for case in done.cases} == {("shut", (one,))}
    assert await _held(world, one) == before - ending
    assert world.journal.serials == []
    assert (await _run(world)).cases == ()

    world.clock.pass_days(2.9)
    for case in (await sound_cases(world.house))[0]:
        assert (await carry_on(world.house, case, journal=world.journal)).case.step == "shut"
    world.clock.pass_days(0.2)
    for case in (await sound_cases(world.house))[0]:
        assert (await carry_on(world.house, case, journal=world.journal)).case.step == "done"
    stones = await world.rows(Tombstone)
    assert {(stone.person, stone.cause) for stone in stones} == {(one, RETENTION)}
    assert {stone.compartment for stone in stones} == ending
    assert sorted(world.journal.serials) == sorted(stone.serial for stone in stones)
    assert (await verify_state(world.house)).findings.kept == []
    assert await world.findings() == []


async def test_the_ledger_says_why_they_ended(tmp_path: Path) -> None:
    world, _ = await _idle(tmp_path)
    done = await _run(world)
    bodies = [parse_entry(row.body).body for row in await world.rows(LedgerEntry) if row.kind == "intent"]
    told = [body for body in bodies if isinstance(body, Intent)]
    assert {(body.what, body.reason, body.by) for body in told} == {("compartment", LAPSE, BY)}
    assert {body.case for body in told} == {case.id.hex() for case in done.cases}


async def test_the_one_who_was_here_yesterday_keeps_everything(tmp_path: Path) -> None:
    world, _ = await _idle(tmp_path)
    bert = await world.person(BERT)
    before = await _held(world, bert)
    await _run(world)
    assert await _held(world, bert) == before


async def test_what_comes_after_the_shutting_is_kept_under_new_keys_and_opens_nothing_old(tmp_path: Path) -> None:
    world, one = await _idle(tmp_path)
    done = await _run(world)
    old = {serial for case in done.cases for serial in case.serials}
    await world.send("account", "identify", email=EMAIL, name="Anna", consent={"Advertising": True})
    assert await world.person(EMAIL) == one
    assert old.isdisjoint(world.house.keyring.serials(one).values())
    world.clock.pass_days(3.1)
    for case in (await sound_cases(world.house))[0]:
        assert (await carry_on(world.house, case, journal=world.journal)).case.step == "done"
    assert old == {stone.serial for stone in await world.rows(Tombstone)}
    assert await _seen(world, EMAIL) == [EMAIL]
    assert await lapse.plan(world.house) == []
    assert (await verify_state(world.house)).findings.kept == []


async def test_a_record_that_a_look_would_still_show_keeps_its_key(tmp_path: Path) -> None:
    """A web site's key makes no known customer active: what it brought is shown all the same, for its own keep."""
    world = await World.make(tmp_path)
    one = await anna(world)
    world.clock.pass_days(LATER - 10)
    await world.new_epochs()
    await world.send("web", "identify", email=EMAIL, name="Anna", consent={"Advertising": True})
    records = [row for row in await world.rows(Record) if row.person == one]
    assert len(records) == 2
    world.clock.pass_days(10)
    [row] = [row for row in await world.rows(Person) if row.id == one]
    assert row.active_at < world.clock.at - (LATER - 1) * DAY_MS
    due = await lapse.plan(world.house)
    assert await contact(world, one) not in {part.name for part in due}


async def test_somebody_who_is_joined_to_one_who_was_here_yesterday_keeps_everything(tmp_path: Path) -> None:
    world, one = await _idle(tmp_path)
    await link.make(world.house, one, await world.person(BERT), by=BY)
    assert await lapse.plan(world.house) == []


async def test_two_who_are_joined_and_were_both_long_away_end_together(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    one = await anna(world)
    await world.send("account", "identify", email=BERT, name="Bert", loyalty_id="L-2")
    other = await world.person(BERT)
    await link.make(world.house, one, other, by=BY)
    world.clock.pass_days(LATER)
    await world.new_epochs()
    done = await _run(world)
    both = [case for case in done.cases if len(case.persons) == 2]
    assert both
    assert {frozenset(case.persons) for case in both} == {frozenset((one, other))}


@pytest.mark.parametrize("state", [PersonState.RESTRICTED, PersonState.HELD])
async def test_who_asked_for_restriction_or_is_held_is_not_ended_by_time(tmp_path: Path, state: PersonState) -> None:
    world, one = await _idle(tmp_path)
    [row] = [row for row in await world.rows(Person) if row.id == one]
    world.plant(bound(msgspec.structs.replace(row, state=int(state)), world.house.row_macs))
    assert await lapse.plan(world.house) == []
    assert (await _run(world)).cases == ()


async def test_a_restriction_while_the_keys_wait_puts_them_back(tmp_path: Path) -> None:
    world, one = await _idle(tmp_path)
    before = await _held(world, one)
    await _run(world)
    [row] = [row for row in await world.rows(Person) if row.id == one]
    world.plant(bound(msgspec.structs.replace(row, state=int(PersonState.RESTRICTED)), world.house.row_macs))
    world.clock.pass_days(3.1)
    for case in (await sound_cases(world.house))[0]:
        assert (await carry_on(world.house, case, journal=world.journal)).case.step == "cancelled"
    assert await _held(world, one) == before
    assert world.journal.serials == []


async def test_all_of_a_person_ends_with_what_waits_of_them_though_they_are_restricted_by_now(tmp_path: Path) -> None:
    world, one = await _idle(tmp_path)
    waiting = {case.id for case in (await _run(world)).cases}
    [row] = [row for row in await world.rows(Person) if row.id == one]
    world.plant(bound(msgspec.structs.replace(row, state=int(PersonState.RESTRICTED)), world.house.row_macs))
    assert (await world.erase(one)).step == "done"
    closed, _ = await sound_cases(world.house, also_closed=True)
    assert {case.step for case in closed if case.id in waiting} == {"done"}
    assert (await verify_state(world.house)).findings.kept == []


async def test_what_was_destroyed_where_the_house_comes_from_is_not_put_back_by_a_policy_of_before(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    one = await anna(world)
    world.clock.pass_days(100)
    await world.new_epochs()
    await world.approve(POLICY.replace("months after last_activity", "days after last_activity"))
    cases = (await _run(world)).cases
    await world.approve(POLICY)
    for case in cases:
        await destroy_again(world.house, case, journal=world.journal)
    serials = {serial for case in cases for serial in case.serials}
    assert {stone.serial for stone in await world.rows(Tombstone) if stone.person == one} == serials
    assert await sound_cases(world.house) == ([], [])


async def test_what_becomes_durable_between_the_look_and_the_intent_puts_everybody_back(tmp_path: Path) -> None:
    """Another process sealed it under the key of before, and its commit lies between the look and the moved seal."""
    world, one = await _idle(tmp_path)
    before = await _held(world, one)
    name = await contact(world, one)
    [part] = [part for part in await lapse.plan(world.house) if part.name == name]

    class Late:
        """Commits before the first of which something comes in."""

        def __init__(self) -> None:
            self.inner, self.came = world.house.commits, False

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

        async def commit(self, change: object) -> object:
            if not self.came:
                self.came, world.house.commits = True, self.inner
                await world.send("account", "identify", email=EMAIL, name="Anna", consent={"Advertising": True})
            return await self.inner.commit(change)  # type: ignore[arg-type]

    world.house.commits = Late()  # type: ignore[assignment]
    later = world.clock.at + 3 * DAY_MS
    case = await begin_lapse(world.house, part.compartment, [one], by=BY, destroy_at=later)
    done = await carry_on(world.house, case, journal=world.journal)
    assert done.case.step == "cancelled"
    assert await _held(world, one) == before
    assert await _seen(world, EMAIL) == [EMAIL]


async def test_a_keep_that_was_shortened_by_mistake_and_is_put_right_brings_back_what_waits(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    one = await anna(world)
    world.clock.pass_days(100)
    await world.new_epochs()
    await world.approve(POLICY.replace("months after last_activity", "days after last_activity"))
    before = await _held(world, one)
    assert {case.step for case in (await _run(world)).cases} == {"shut"}
    assert await _held(world, one) != before
    await world.approve(POLICY)
    world.clock.pass_days(3.1)
    for case in (await sound_cases(world.house))[0]:
        assert (await carry_on(world.house, case, journal=world.journal)).case.step == "cancelled"
    assert await _held(world, one) == before


async def test_a_lapse_is_called_off_like_a_request(tmp_path: Path) -> None:
    world, one = await _idle(tmp_path)
    before = await _held(world, one)
    for case in (await _run(world)).cases:
        assert (await request.undo(world.house, case, by=BY)).step == "cancelled"
    assert await _held(world, one) == before


async def test_lapses_are_no_burst_of_erasures(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for number in range(40):
        await world.send("account", "identify", email=f"c{number}@example.org", name="C")
    world.clock.pass_days(LATER)
    await world.new_epochs()
    await world.send("account", "identify", email=BERT, name="Bert")
    for person in [row.id for row in await world.rows(Person)][:40]:
        for part in {one.compartment for one in await lapse.plan(world.house)}:
            case = await begin_lapse(world.house, part, [person], by=BY, destroy_at=world.clock.at + 3 * DAY_MS)
            assert (await carry_on(world.house, case, journal=world.journal)).case.step == "shut"
            break
    assert (await request.open_erasure(world.house, await world.person(BERT), by=BY)).case.step == "shut"


async def test_a_run_shuts_so_many_and_leaves_the_rest_to_the_next(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for number in range(3):
        await world.send("account", "identify", email=f"c{number}@example.org")
    world.clock.pass_days(LATER)
    await world.new_epochs()
    seen: list[int] = []
    first = await lapse.apply(world.house, by=BY, journal=world.journal, most=1, told=seen.append)
    assert (first.is_full, [len(case.persons) for case in first.cases]) == (True, [1])
    rest = await lapse.apply(world.house, by=BY, journal=world.journal, told=seen.append)
    assert not rest.is_full
    assert seen[-1] == 3
    assert await lapse.plan(world.house) == []


async def test_one_whose_row_was_edited_holds_up_nobody_else(tmp_path: Path) -> None:
    world, one = await _idle(tmp_path)
    [row] = [row for row in await world.rows(Person) if row.id == await world.person(BERT)]
    world.plant(msgspec.structs.replace(row, active_at=0))
    with pytest.raises(Tampered):
        await lapse.plan(world.house)
    done = await _run(world)
    assert (done.faults, type(done.first)) == (1, Tampered)
    assert {case.persons for case in done.cases} == {(one,)}


async def test_a_day_put_back_by_hand_to_a_former_row_ends_nothing_early(tmp_path: Path) -> None:
    """The former row's MAC verifies; the newest record says that she was here."""
    world = await World.make(tmp_path)
    one = await anna(world)
    [former] = [row for row in await world.rows(Person) if row.id == one]
    world.clock.pass_days(LATER - 10)
    await world.new_epochs()
    await world.send("account", "identify", email=EMAIL, name="Anna", consent={"Advertising": True})
    world.plant(former)
    world.clock.pass_days(10)
    due = await lapse.plan(world.house)
    assert await contact(world, one) not in {part.name for part in due}


async def test_a_clock_that_was_set_ends_nobody(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await anna(world)
    world.clock.jump_days(LATER)
    with pytest.raises(Unavailable):
        await _run(world)
    assert await sound_cases(world.house) == ([], [])
