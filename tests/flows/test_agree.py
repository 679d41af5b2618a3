"""Members of staff approve a policy by passkeys: two at once, one with a wait, nobody their own beside another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Conflict, Invalid, Refused, Tampered, Unproven
from lockhouse.flows import approve, staff, wait
from lockhouse.flows.approve import Proposal
from lockhouse.gates.live import LIVE, WAITING, load_live
from lockhouse.gates.refresh import refresh
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.factors import end_live
from lockhouse.gates.state import verify_state
from lockhouse.gates.versions import withdraw
from lockhouse.ledger.entry import Policy as PolicyEntry
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.rows import LedgerEntry, PolicyApproval, PolicyVersion, QueuedMail
from tests.flows.agreeing import NARROWER, ROLES, WIDER, approves, in_use, officer, proposed, signed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import World

HOST = "os-user:1000"


async def _kinds(world: World) -> list[str]:
    return [one.kind for one in (await verify_state(world.house)).findings.kept]


async def _told(world: World) -> list[PolicyEntry]:
    bodies = [parse_entry(row.body).body for row in await world.rows(LedgerEntry) if row.kind == "policy"]
    return [body for body in bodies if isinstance(body, PolicyEntry)]


async def test_what_one_proposed_and_another_approves_rules_at_once_and_in_every_process(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    mia, tom = await officer(world, "mia"), await officer(world, "tom")
    assert await approves(world, tom, WIDER, by=mia.by) == 2
    assert world.house.live().version == 2
    other = await world.second()
    other.house.demo = False
    assert other.house.live().version == 2
    [row] = await world.rows(PolicyApproval)
    assert (row.version, row.proposer, row.standing, row.staff) == (2, mia.by, "two", tom.staff)
    last = (await _told(world))[-1]
    assert (last.step, last.by, last.proposed_by, bool(last.approval)) == ("live", tom.by, mia.by, True)
    assert await _kinds(world) == []


async def test_whoever_could_ask_a_second_person_approves_nothing_of_their_own(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    mia = await officer(world, "mia")
    await officer(world, "tom")
    told = await approve.agreed(world.house, await proposed(world, NARROWER, by=mia.by), by=mia.by)
    assert (told.agreement.standing, told.agreement.objection) == (None, "same-person")
    other = await proposed(world, NARROWER, by=f"staff:{(await officer(world, 'ines')).staff.hex()}")
    fits = await approve.agreed(world.house, other, by=mia.by)
    own = await proposed(world, NARROWER, by=mia.by)
    with pytest.raises(Refused) as caught:
        await approve.agree(world.house, own, signed=await signed(world, mia, fits.exact))
    assert caught.value.reasons == ("same-person",)
    assert world.house.live().version == 1


async def test_what_one_alone_approves_waits_if_it_widens_and_rules_at_once_if_it_narrows(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    world.house.sends_mail = True
    mia = await officer(world, "mia")
    await officer(world, "kim", role="support")
    await approves(world, mia, NARROWER, by=mia.by)
    assert world.house.live().version == 2
    await approves(world, mia, WIDER, by=mia.by)
    assert (world.house.live().version, world.house.live().waiting is not None) == (2, True)
    mails = [row for row in await world.rows(QueuedMail) if row.kind == "policy-waits"]
    assert len(mails) == 2, "everybody who can sign in is told"
    world.clock.pass_days(1.9)
    assert await wait.come_due(world.house) is None
    world.clock.pass_days(0.2)
    assert await wait.come_due(world.house) == 3
    assert await _kinds(world) == []


async def test_anybody_calls_off_what_one_alone_approved(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    mia, kim = await officer(world, "mia"), await officer(world, "kim", role="support")
    await approves(world, mia, WIDER, by=mia.by)
    await withdraw(world.house, 2, by=kim.by)
    world.clock.pass_days(3)
    assert await wait.come_due(world.house) is None
    assert world.house.live().version == 1
    assert await _kinds(world) == []


async def test_a_clock_that_is_set_forward_does_not_end_the_wait(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    mia = await officer(world, "mia")
    await approves(world, mia, WIDER, by=mia.by)
    world.clock.jump_days(2.1)
    with pytest.raises(Exception, match="clock: expected") as caught:
        await wait.come_due(world.house)
    assert caught.value.code == "unavailable"  # type: ignore[attr-defined]
    assert world.house.live().version == 1


async def test_the_machines_user_approves_until_somebody_could_sign_and_never_again(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    await world.approve(NARROWER)
    mia = await officer(world, "mia")
    with pytest.raises(Refused, match="member of staff's approval") as caught:
        await world.approve(WIDER)
    assert caught.value.reasons == ("has-staff",)
    await officer(world, "tom", role="admin")
    await staff.disable(world.house, mia.staff, by=HOST)
    with pytest.raises(Refused):
        await world.approve(ROLES)
    assert world.house.live().version == 2


async def test_a_passkey_that_is_lost_later_takes_no_approval_back(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    mia, tom = await officer(world, "mia"), await officer(world, "tom")
    await approves(world, tom, WIDER, by=mia.by)
    world.clock.pass_days(1)
    deed = Deed(world.house)
    assert await end_live(world.house, deed, tom.staff, by=HOST) == 1
    await deed.done()
    await staff.disable(world.house, tom.staff, by=HOST)
    live = await load_live(world.house)
    assert (live is not None and live.version, world.house.doubted) == (2, ())
    assert await _kinds(world) == []


async def test_nobody_leaves_the_house_without_anybody_who_may_approve(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    mia = await officer(world, "mia")
    shut = ROLES.replace("officer: {may: [policy.*]}", "officer: {may: [ledger.read]}").replace(
        "[staff.*, policy.*]", "[staff.*]"
    )
    with pytest.raises(Invalid, match="may approve the next one"):
        await approves(world, mia, shut, by=mia.by)
    assert world.house.live().version == 1


async def test_an_answer_to_another_policy_or_another_diff_is_none_to_this(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    mia, tom = await officer(world, "mia"), await officer(world, "tom")
    narrow, wide = [await proposed(world, one, by=mia.by) for one in (NARROWER, WIDER)]
    told = await approve.agreed(world.house, narrow, by=tom.by)
    with pytest.raises(Unproven):
        await approve.agree(world.house, wide, signed=await signed(world, tom, told.exact))
    bent = Proposal(wide.draft, narrow.source, mia.by)
    with pytest.raises(Unproven):
        await approve.agree(world.house, bent, signed=await signed(world, tom, told.exact))
    assert {row.state for row in await world.rows(PolicyVersion)} == {LIVE}
    answer = await signed(world, tom, told.exact)
    assert await approve.agree(world.house, narrow, signed=answer) == 2
    with pytest.raises((Conflict, Unproven)):
        await approve.agree(world.house, narrow, signed=answer)


async def test_what_the_machine_proposed_is_its_approvers_own(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    mia = await officer(world, "mia")
    assert await approves(world, mia, WIDER, by=HOST) == 2
    assert {row.id: row.state for row in await world.rows(PolicyVersion)} == {1: LIVE, 2: WAITING}
    await officer(world, "tom")
    told = await approve.agreed(world.house, await proposed(world, NARROWER, by=HOST), by=mia.by)
    assert told.agreement.objection == "by-host"


async def test_what_waits_and_nobody_signed_never_rules(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    mia = await officer(world, "mia")
    await approves(world, mia, WIDER, by=mia.by)
    [row] = await world.rows(PolicyApproval)
    world.drop(row)
    world.clock.pass_days(2.1)
    with pytest.raises(Tampered):
        await wait.come_due(world.house)
    assert world.house.live().version == 1
    assert await _kinds(world) == ["unsigned-policy", "missing-row"]
    world.plant(row)
    world.house.stale = True
    await refresh(world.house)
    assert await wait.come_due(world.house) == 2


async def test_settings_that_one_alone_weakens_wait_whatever_ruled_until_a_day_ago(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    mia = await officer(world, "mia")
    world.house.strict.read = lambda: '{"retention_runs":true}'
    await approves(world, mia, NARROWER, by=mia.by)
    assert (world.house.live().version, world.house.strict.approved) == (2, '{"retention_runs":true}')
    world.house.strict.read = lambda: '{"retention_runs":false}'
    proposal = await proposed(world, NARROWER, by=mia.by)
    assert (proposal.draft.same, proposal.draft.weakened) == (False, ("setting retention_runs: no (was yes)",))
    assert await approves(world, mia, NARROWER, by=mia.by) == 3
    assert {row.id: row.state for row in await world.rows(PolicyVersion)}[3] == WAITING
    assert world.house.strict.approved == '{"retention_runs":true}'
    world.clock.pass_days(2.1)
    assert await wait.come_due(world.house) == 3
    assert world.house.strict.approved == '{"retention_runs":false}'
