"""What somebody may see is proposed by one and approved by another; what the policy keeps apart nobody holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Conflict, Invalid, NotFound, Refused
from lockhouse.flows import staff, staff_roles
from lockhouse.gates.staff.called import Called
from lockhouse.gates.staff.read import ENDED, GIVEN, PROPOSED, account
from lockhouse.gates.state import verify_state
from lockhouse.model.rows import Session, StaffRole
from tests.flows.staffed import BY, acts, enrolled, hired
from tests.flows.test_staff import ROLES
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

APART = ROLES + "separate: {roles: [[admin, accountant], [auditor, admin]]}\n"
STATES = {
    "support": PROPOSED, "analyst": PROPOSED, "accountant": PROPOSED, "marketer": PROPOSED, "admin": PROPOSED,
    "auditor": GIVEN,
}  # fmt: skip


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = await World.make(tmp_path)
    await made.approve(APART)
    return made


@pytest.mark.parametrize(("role", "state"), STATES.items())
async def test_a_role_that_reads_personal_data_or_lets_people_in_is_only_proposed(
    world: World, role: str, state: int
) -> None:  # fmt: skip
    await hired(world, "mia")
    ben = await hired(world, "ben")
    row = await staff_roles.give(world.house, ben, role, by=BY)
    assert row.state == state
    assert (await verify_state(world.house)).findings.kept == []


async def test_a_role_is_approved_by_a_holder_of_another_of_another_line_after_72_hours(world: World) -> None:
    mia = await hired(world, "mia")
    ben = await hired(world, "ben")
    helper = await hired(world, "helper", by=acts(mia), roles=["auditor"])
    officer, colleague = await hired(world, "officer", roles=["auditor"]), await hired(world, "colleague")
    await staff_roles.give(world.house, ben, "support", by=acts(mia))
    refused = [
        (acts(mia), "same-person"), (acts(ben), "same-person"), (acts(helper), "of-one-line"),
        (acts(officer), "too-young"), (BY, "has-staff"),
    ]  # fmt: skip
    for by, word in refused:
        with pytest.raises(Refused) as caught:
            await staff_roles.approve(world.house, ben, "support", by=by)
        assert caught.value.reasons == (word,)
    world.clock.pass_days(4)
    with pytest.raises(Refused) as caught:
        await staff_roles.approve(world.house, ben, "support", by=acts(colleague))
    assert caught.value.reasons == ("not-another-role",)
    row = await staff_roles.approve(world.house, ben, "support", by=acts(officer))
    assert (row.state, row.proposed_by, row.by) == (GIVEN, acts(mia), acts(officer))
    with pytest.raises(NotFound):
        await staff_roles.approve(world.house, ben, "support", by=acts(officer))
    assert (await verify_state(world.house)).findings.kept == []


async def test_an_admin_gives_themselves_nothing(world: World) -> None:
    mia = await hired(world, "mia")
    for role in ("support", "auditor"):
        with pytest.raises(Refused) as caught:
            await staff_roles.give(world.house, mia, role, by=acts(mia))
        assert caught.value.reasons == ("same-person",)


async def test_who_has_not_enrolled_is_given_nothing_to_read_since_anybody_may_open_their_link(world: World) -> None:
    mia, eva = await hired(world, "mia"), await hired(world, "eva", roles=["auditor"])
    link = await staff.invite(world.house, Called("ben@shop.example", "Ben"), by=BY)
    world.clock.pass_days(4)
    await staff_roles.give(world.house, link.staff, "support", by=acts(mia))
    with pytest.raises(Refused, match="has enrolled"):
        await staff_roles.approve(world.house, link.staff, "support", by=acts(eva))
    await enrolled(world, (await staff.link_anew(world.house, link.staff, by=BY)).staff)
    assert (await staff_roles.approve(world.house, link.staff, "support", by=acts(eva))).state == GIVEN


async def test_while_one_alone_can_sign_in_the_host_approves(world: World) -> None:
    mia = await hired(world, "mia")
    await staff_roles.give(world.house, mia, "support", by=BY)
    assert (await staff_roles.approve(world.house, mia, "support", by=BY)).state == GIVEN


async def test_roles_that_the_policy_keeps_apart_are_held_together_by_nobody(world: World) -> None:
    mia = await hired(world, "mia")
    for role in ("accountant", "auditor"):
        with pytest.raises(Refused) as caught:
            await staff_roles.give(world.house, mia, role, by=BY)
        assert caught.value.reasons == ("kept-apart",)
    ben = await hired(world, "ben")
    await staff_roles.give(world.house, ben, "accountant", by=BY)
    with pytest.raises(Refused):
        await staff_roles.give(world.house, ben, "admin", by=BY)


async def test_nor_when_two_give_them_at_once(world: World) -> None:
    await hired(world, "mia")
    ben = await hired(world, "ben")
    busy, done = await world.second(), list[StaffRole]()
    commit = world.house.commits.commit

    class Between:
        """The other gives theirs behind the reading and ahead of the Change."""

        def __getattr__(self, name: str) -> object:
            return getattr(world.store, name)

        async def commit(self, change: object) -> object:
            if not done:
                done.append(await staff_roles.give(busy.house, ben, "auditor", by=BY))
            return await commit(change)  # type: ignore[arg-type]

    world.house.commits = Between()  # type: ignore[assignment]
    with pytest.raises(Conflict):
        await staff_roles.give(world.house, ben, "admin", by=BY)
    assert [row.role for row in await world.rows(StaffRole) if row.staff == ben] == ["auditor"]


async def test_what_became_apart_since_is_not_approved(world: World) -> None:
    await world.approve(ROLES)
    mia = await hired(world, "mia")
    await staff_roles.give(world.house, mia, "accountant", by=BY)
    await world.approve(APART)
    with pytest.raises(Refused) as caught:
        await staff_roles.approve(world.house, mia, "accountant", by=BY)
    assert caught.value.reasons == ("kept-apart",)


async def test_who_loses_a_role_is_signed_out_at_once(world: World) -> None:
    await hired(world, "mia")
    ben = await hired(world, "ben", roles=["auditor"])
    world.clock.at += 1
    assert (await staff_roles.end(world.house, ben, "auditor", by=BY)).state == ENDED
    row = await account(world.house, ben)
    assert row is not None
    assert row.sessions_from == world.clock.at
    assert await world.rows(Session) == []
    with pytest.raises(NotFound):
        await staff_roles.end(world.house, ben, "auditor", by=BY)
    assert (await staff_roles.give(world.house, ben, "auditor", by=BY)).state == GIVEN
    assert (await verify_state(world.house)).findings.kept == []


async def test_the_last_admin_keeps_the_role(world: World) -> None:
    mia = await hired(world, "mia")
    with pytest.raises(Refused) as caught:
        await staff_roles.end(world.house, mia, "admin", by=BY)
    assert caught.value.reasons == ("last-admin",)


async def test_a_proposal_is_taken_back_by_ending_it(world: World) -> None:
    mia = await hired(world, "mia")
    await staff_roles.give(world.house, mia, "support", by=BY)
    await staff_roles.end(world.house, mia, "support", by=BY)
    with pytest.raises(NotFound):
        await staff_roles.approve(world.house, mia, "support", by=BY)


async def test_a_role_that_the_policy_has_not_is_given_to_nobody(world: World) -> None:
    mia = await hired(world, "mia")
    with pytest.raises(Invalid, match="support"):
        await staff_roles.give(world.house, mia, "king", by=BY)
