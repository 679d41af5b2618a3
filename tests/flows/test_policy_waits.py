"""What widens waits two days before it rules, and can be called off; what narrows rules at once."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from lockhouse.channels import segment
from lockhouse.errors import Conflict, NotFound, Tampered, Unavailable
from lockhouse.flows import approve, wait
from lockhouse.gates.live import FORMER, LIVE, PROPOSED, SUPERSEDED, WAITING, WITHDRAWN
from lockhouse.gates.refresh import refresh
from lockhouse.gates.state import verify_state
from lockhouse.gates.versions import withdraw
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import LedgerEntry, Person, PolicyVersion, Quarantined
from lockhouse.policy.document import parse
from lockhouse.wiring import template
from tests.flows.restored import copied, restored
from tests.world import POLICY, Clock, World, open_house

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.rows import Row

EMAIL = "anna.schmidt@example.com"
WIDER = POLICY.replace("see: {contact: masked, identity: masked", "see: {contact: full, identity: masked")
NARROWER = POLICY.replace("identify: [email, phone, name, ", "identify: [email, phone, ")
LONGER = POLICY.replace("13 months after event", "24 months after event")
TRIAL = POLICY.replace("secret, stage: live}\n  account", "secret, stage: trial}\n  account")
BOTH = WIDER.replace("identify: [email, phone, name, ", "identify: [email, phone, ")
HOURS_48 = 2.0


async def _in_use(tmp_path: Path) -> World:
    """A house that is no demo and has held somebody's data for two days."""
    world = await World.make(tmp_path)
    world.house.demo = False
    await world.send("account", "identify", email=EMAIL, name="Anna")
    world.clock.pass_days(2)
    return world


async def _states(world: World) -> dict[int, int]:
    return {row.id: row.state for row in await world.rows(PolicyVersion)}


async def _found(world: World) -> list[tuple[str, str]]:
    state = await verify_state(world.house)
    return [(one.kind, one.where) for one in state.findings.kept]


async def _steps(world: World) -> list[tuple[str, int]]:
    bodies = [parse_entry(row.body).body for row in await world.rows(LedgerEntry) if row.kind == "policy"]
    return [(body.step, body.version) for body in bodies]  # type: ignore[attr-defined]  # of kind policy


async def test_what_widens_rules_after_two_days_and_no_sooner(tmp_path: Path) -> None:
    world = await _in_use(tmp_path)
    other = await world.second()
    assert await world.approve(WIDER) == 2
    [view] = await world.find(EMAIL)
    assert (world.house.live().version, view.fields["email"].state) == (1, "masked")
    world.clock.pass_days(HOURS_48 - 0.01)
    assert await wait.come_due(world.house) is None
    world.clock.pass_days(0.02)
    assert await wait.come_due(world.house) == 2
    await refresh(other.house)
    [view] = await other.find(EMAIL)
    assert (other.house.live().version, view.fields["email"].state) == (2, "open")
    assert await _states(world) == {1: FORMER, 2: LIVE}
    assert await _steps(world) == [("live", 1), ("approved", 2), ("live", 2)]
    assert await _found(world) == []


async def test_what_only_narrows_rules_at_once_and_a_change_that_does_both_waits_whole(tmp_path: Path) -> None:
    world = await _in_use(tmp_path)
    await world.approve(BOTH)
    assert world.house.live().version == 1
    await world.approve(NARROWER)
    assert world.house.live().version == 3
    reply = await world.send("account", "identify", email=EMAIL, name="Anna")
    assert ("properties.name", "not-on-this-event") in reply.dropped
    assert await _states(world) == {1: FORMER, 2: SUPERSEDED, 3: LIVE}
    world.clock.pass_days(3)
    assert await wait.come_due(world.house) is None
    assert await _found(world) == []


async def test_a_longer_keep_waits_and_a_later_approval_takes_its_place(tmp_path: Path) -> None:
    world = await _in_use(tmp_path)
    await world.approve(LONGER)
    world.clock.pass_days(1)
    await world.approve(WIDER)
    world.clock.pass_days(1.5)
    assert await wait.come_due(world.house) is None, "the later one waits from its own approval"
    world.clock.pass_days(1)
    assert await wait.come_due(world.house) == 3
    assert await _states(world) == {1: FORMER, 2: SUPERSEDED, 3: LIVE}


async def test_a_trial_waits_too_since_what_widens_later_reaches_back_to_all_that_it_kept(tmp_path: Path) -> None:
    world = await _in_use(tmp_path)
    assert await world.approve(TRIAL) == 2
    await world.send("backend", "Order Completed", email=EMAIL, order_id="A-1", coupon="SPRING")
    assert (world.house.live().version, await world.rows(Quarantined)) == (1, [])
    world.clock.pass_days(2.1)
    assert await wait.come_due(world.house) == 2
    await world.send("backend", "Order Completed", email=EMAIL, order_id="A-2", coupon="SPRING")
    assert len(await world.rows(Quarantined)) == 1
    world.clock.pass_days(1.1)
    assert await world.approve(POLICY) == 3
    assert world.house.live().version == 3, "leaving it only narrows"


async def test_what_waits_can_be_withdrawn_and_never_rules_then(tmp_path: Path) -> None:
    world = await _in_use(tmp_path)
    await world.approve(WIDER)
    await withdraw(world.house, 2, by="os-user:0")
    world.clock.pass_days(3)
    assert await wait.come_due(world.house) is None
    assert await _states(world) == {1: LIVE, 2: WITHDRAWN}
    assert (await _steps(world))[-1] == ("withdrawn", 2)
    assert await _found(world) == []
    for number in (1, 2):
        with pytest.raises(Conflict, match="version: expected one that was proposed or waits"):
            await withdraw(world.house, number, by="os-user:0")
    with pytest.raises(NotFound):
        await withdraw(world.house, 9, by="os-user:0")


async def test_a_proposal_rules_nothing_and_is_taken_up_by_the_approval_of_its_document(tmp_path: Path) -> None:
    world = await _in_use(tmp_path)
    document = parse({"policy.yaml": NARROWER}, templates=template)
    draft = await approve.draft_of(world.house, document, {"segment": segment.KIND})
    assert await approve.propose(world.house, draft, NARROWER.encode(), by="os-user:1") == 2
    world.clock.pass_days(3)
    assert await wait.come_due(world.house) is None
    assert (world.house.live().version, await _states(world)) == (1, {1: LIVE, 2: PROPOSED})
    assert await world.approve(NARROWER) == 3
    assert await _states(world) == {1: FORMER, 2: SUPERSEDED, 3: LIVE}
    assert await _steps(world) == [("live", 1), ("proposed", 2), ("live", 3)]
    assert await _found(world) == []


async def test_what_ruled_until_less_than_a_day_ago_rules_again_at_once(tmp_path: Path) -> None:
    world = await _in_use(tmp_path)
    await world.approve(NARROWER)
    world.clock.pass_days(0.9)
    await world.approve(POLICY)
    assert world.house.live().version == 3
    await world.approve(NARROWER)
    await world.approve(BOTH)
    assert (world.house.live().version, (await _states(world))[5]) == (4, WAITING), "it never ruled"
    world.clock.pass_days(1.1)
    await world.approve(POLICY)
    assert (world.house.live().version, (await _states(world))[6]) == (4, WAITING), "a day has passed"


async def test_nothing_waits_until_a_day_after_the_first_persons_data_came(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    world.house.demo = False
    world.clock.pass_days(30)
    await world.approve(WIDER)
    assert world.house.live().version == 2
    await world.send("account", "identify", email=EMAIL)
    world.clock.pass_days(0.9)
    await world.approve(LONGER)
    assert world.house.live().version == 3
    world.clock.pass_days(0.2)
    await world.approve(WIDER.replace("84 months", "96 months"))
    assert (world.house.live().version, (await _states(world))[4]) == (3, WAITING)


@pytest.mark.parametrize("table", [Person, LedgerEntry])
async def test_rows_that_are_gone_for_a_moment_let_nothing_widen_at_once(tmp_path: Path, table: type[Row]) -> None:
    """Neither those of persons, nor what the ledger says of their data."""
    world = await _in_use(tmp_path)
    gone = [row for row in await world.rows(table) if not isinstance(row, LedgerEntry) or row.kind == "intake"]
    for row in gone:
        world.drop(row)
    with pytest.raises(Tampered) if table is LedgerEntry else nullcontext():  # who approves is held against the ledger
        await world.approve(WIDER)
    assert gone
    assert world.house.live().version == 1


async def test_a_clock_that_was_set_forward_ends_no_wait(tmp_path: Path) -> None:
    world = await _in_use(tmp_path)
    await world.approve(WIDER)
    world.clock.jump_days(3)
    with pytest.raises(Unavailable, match="clock: expected it to go on steadily"):
        await wait.come_due(world.house)
    world.clock.jump_days(-3)
    assert await wait.come_due(world.house) is None
    assert (await _states(world))[2] == WAITING


@pytest.mark.parametrize("is_alone", [True, False])
async def test_a_command_that_begins_under_a_clock_ahead_ends_no_wait(tmp_path: Path, *, is_alone: bool) -> None:
    """Each command is a process of its own: it saw no jump, and whoever runs it sets its clock."""
    world = await _in_use(tmp_path)
    await world.approve(WIDER)
    clock = Clock()
    clock.at = world.clock.at + int(2.01 * DAY_MS)
    if is_alone:
        world.clock.jump_days(2.01)
        house = (await world.restarted()).house
    else:
        house = await open_house(world.house.id, world.house.log, root=world.root, store=world.store, clock=clock)
    with pytest.raises(Unavailable, match="clock: expected a day in which it was watched"):
        await wait.come_due(house)
    assert (await _states(world))[2] == WAITING


async def test_a_version_that_a_clock_ahead_let_rule_is_not_undone_at_once_for_longer(tmp_path: Path) -> None:
    """The row says the time of the process that moved it, the ledger that of its writer."""
    world = await _in_use(tmp_path)
    clock = Clock()
    clock.at = world.clock.at + 30 * DAY_MS
    ahead = await open_house(world.house.id, world.house.log, root=world.root, store=world.store, clock=clock)
    ahead.demo = False
    draft = await approve.draft_of(
        ahead, parse({"policy.yaml": NARROWER}, templates=template), {"segment": segment.KIND}
    )
    await approve.approve(ahead, draft, NARROWER.encode(), by="os-user:0")
    world.clock.pass_days(1.1)
    right = await world.second()
    right.house.demo = False
    await right.approve(POLICY)
    assert (await _states(world))[3] == WAITING


async def test_a_clock_that_is_behind_at_the_approval_shortens_no_wait(tmp_path: Path) -> None:
    world = await _in_use(tmp_path)
    await world.send("account", "identify", email=EMAIL)
    world.clock.jump_days(-1.5)
    behind = await world.restarted()
    behind.house.demo = False
    await behind.approve(WIDER)
    world.clock.jump_days(1.5)
    right = await world.restarted()
    world.clock.pass_days(1)
    assert await wait.come_due(right.house) is None
    world.clock.pass_days(1.1)
    assert await wait.come_due(right.house) == 2


async def test_two_processes_at_once_let_a_version_rule_once(tmp_path: Path) -> None:
    world = await _in_use(tmp_path)
    await world.approve(WIDER)
    late = await world.second()
    late.house.demo = False
    world.clock.pass_days(3)
    assert await wait.come_due(world.house) == 2
    late.house.stale, late.house.live_policy = False, late.house.live_policy
    with pytest.raises(Conflict, match="policy: expected no other approval"):
        await wait.come_due(late.house)
    assert [step for step, _ in await _steps(world)].count("live") == 2


async def test_a_withdrawn_version_that_somebody_put_back_never_rules(tmp_path: Path) -> None:
    """Its row is as this house made it, MAC and all: only the ledger tells that it was called off."""
    world = await _in_use(tmp_path)
    await world.approve(WIDER)
    [waited] = [row for row in await world.rows(PolicyVersion) if row.id == 2]
    await withdraw(world.house, 2, by="os-user:0")
    world.plant(waited)
    again = await world.restarted()
    world.clock.pass_days(3)
    with pytest.raises(Tampered, match="policy: expected the version as it was left last"):
        await wait.come_due(again.house)
    assert again.house.live().version == 1
    assert await _found(again) == [("rolled-back-row", "policy version 2")]


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_a_superseded_version_that_somebody_put_back_never_rules(tmp_path: Path, *, is_deleted: bool) -> None:
    """What took its place was withdrawn, or its row was taken away: no entry names the superseded one itself."""
    world = await _in_use(tmp_path)
    await world.approve(WIDER)
    [waited] = [row for row in await world.rows(PolicyVersion) if row.id == 2]
    world.clock.pass_days(0.5)
    await world.approve(LONGER)
    if is_deleted:
        [later] = [row for row in await world.rows(PolicyVersion) if row.id == 3]
        world.drop(later)
    else:
        await withdraw(world.house, 3, by="os-user:0")
    world.plant(waited)
    again = await world.restarted()
    assert ("rolled-back-row", "policy version 2") in await _found(again)
    world.clock.pass_days(3)
    with pytest.raises(Tampered, match="policy: expected the version as it was left last"):
        await wait.come_due(again.house)
    assert again.house.live().version == 1


async def test_a_version_whose_withdrawal_was_taken_out_of_the_ledger_never_rules(tmp_path: Path) -> None:
    world = await _in_use(tmp_path)
    await world.approve(WIDER)
    [waited] = [row for row in await world.rows(PolicyVersion) if row.id == 2]
    await withdraw(world.house, 2, by="os-user:0")
    world.plant(waited)
    [told] = [row for row in await world.rows(LedgerEntry) if b"withdrawn" in row.body]
    world.drop(told)
    again = await world.second()
    world.clock.pass_days(3)
    with pytest.raises(Tampered, match="ledger: expected every entry that was noted"):
        await wait.come_due(again.house)
    assert again.house.live().version == 1


async def test_a_backup_from_while_a_version_waited_brings_back_no_wait_that_was_called_off(tmp_path: Path) -> None:
    world = await _in_use(tmp_path)
    await world.approve(WIDER)
    tables = copied(world, "record", "identity")
    world.clock.pass_days(0.5)
    await withdraw(world.house, 2, by="os-user:7")
    back = await restored(world, tables)
    world.clock.pass_days(3)
    assert await wait.come_due(back.house) is None
    assert await _states(back) == {1: LIVE, 2: WITHDRAWN}
    assert (await _steps(back))[-1] == ("withdrawn", 2)
    assert await _found(back) == []
