"""An admin, or whoever has the machine, plays the second person too: by accounts they made, or by both at once.

Who is invited by one member, however far down, is one line with all whom that member invited; the machine's user is no
person beside one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import NotFound, Refused
from lockhouse.flows import session, staff, staff_roles
from lockhouse.gates.staff.called import Called
from lockhouse.gates.staff.members import people
from lockhouse.gates.staff.read import GIVEN, PROPOSED, account
from lockhouse.gates.staff.sessions import Begin, Seen, begin
from lockhouse.gates.state import verify_state
from tests.flows.staffed import BY, acts, enrolled, hired
from tests.world import POLICY, World

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

ROLES = POLICY + "  admin: {may: [staff.*, policy.*]}\n  officer: {may: [staff.list, staff.approve]}\n"


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = await World.make(tmp_path)
    await made.approve(ROLES)
    return made


async def _refused(deed: Awaitable[object]) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        await deed
    return caught.value.reasons


async def test_two_whom_one_admin_invited_approve_nothing_of_each_other(world: World) -> None:
    ada, victim = await hired(world, "ada"), await hired(world, "victim", roles=["marketer"])
    one = await hired(world, "one", by=acts(ada), roles=["admin"])
    two = await hired(world, "two", by=acts(ada), roles=["admin", "officer"])
    three = await hired(world, "three", by=acts(one))
    world.clock.pass_days(4)
    await staff_roles.give(world.house, three, "support", by=acts(one))
    assert await _refused(staff_roles.approve(world.house, three, "support", by=acts(two))) == ("of-one-line",)
    await staff.reset(world.house, victim, by=acts(one))
    assert await _refused(staff.approve_reset(world.house, victim, by=acts(two))) == ("of-one-line",)


async def test_nobody_resets_by_an_account_of_the_line_of_whom_it_is_for(world: World) -> None:
    ada, eva = await hired(world, "ada"), await hired(world, "eva", roles=["admin"])
    helper, friend = await hired(world, "helper", by=acts(ada)), await hired(world, "friend", by=acts(ada))
    world.clock.pass_days(4)
    await staff.reset(world.house, helper, by=acts(eva))
    assert await _refused(staff.approve_reset(world.house, helper, by=acts(friend))) == ("of-one-line",)


@pytest.mark.parametrize("role", ["admin", "officer"])
async def test_power_over_staff_is_given_by_nobody_alone(world: World, role: str) -> None:
    ada = await hired(world, "ada")
    helper = await hired(world, "helper", by=acts(ada))
    assert (await staff_roles.give(world.house, helper, role, by=acts(ada))).state == PROPOSED
    assert await _refused(staff_roles.approve(world.house, helper, role, by=acts(ada))) == ("same-person",)
    assert await _refused(staff_roles.approve(world.house, helper, role, by=BY)) == ("has-staff",)


async def test_the_machines_user_is_no_second_person_beside_their_own_account(world: World) -> None:
    ada, ben = await hired(world, "ada", roles=["officer"]), await hired(world, "ben")
    world.clock.pass_days(4)
    await staff_roles.give(world.house, ben, "support", by=BY)
    assert await _refused(staff_roles.approve(world.house, ben, "support", by=acts(ada))) == ("by-host",)
    await staff.reset(world.house, ben, by=BY)
    assert await _refused(staff.approve_reset(world.house, ben, by=acts(ada))) == ("by-host",)


async def test_what_the_machines_user_asks_for_a_member_proposes_and_another_approves(world: World) -> None:
    ada, eva, tom = await hired(world, "ada"), await hired(world, "eva", roles=["officer"]), await hired(world, "tom")
    world.clock.pass_days(4)
    await staff_roles.give(world.house, tom, "support", by=BY)
    assert (await staff_roles.give(world.house, tom, "support", by=acts(ada))).proposed_by == acts(ada)
    assert await _refused(staff_roles.give(world.house, tom, "support", by=acts(eva))) == ("wrong-state",)
    assert (await staff_roles.approve(world.house, tom, "support", by=acts(eva))).state == GIVEN
    assert (await verify_state(world.house)).findings.kept == []


async def test_disabling_the_others_for_a_moment_makes_the_machines_user_no_approver(world: World) -> None:
    ada, ben = await hired(world, "ada"), await hired(world, "ben")
    await staff_roles.give(world.house, ada, "support", by=BY)
    await staff.reset(world.house, ada, by=BY)
    await staff.disable(world.house, ben, by=BY)
    assert await _refused(staff_roles.approve(world.house, ada, "support", by=BY)) == ("has-staff",)
    assert await _refused(staff.approve_reset(world.house, ada, by=BY)) == ("has-staff",)


async def test_a_house_where_one_invited_everybody_comes_to_a_second_line_on_the_machine_once(world: World) -> None:
    ada = await hired(world, "ada")
    tom = await hired(world, "tom", by=acts(ada), roles=["marketer"])
    await hired(world, "ben", by=acts(ada))
    link = await staff.invite(world.house, Called("eva@shop.example", "Eva"), by=BY)
    await staff_roles.give(world.house, link.staff, "officer", by=BY)
    assert await _refused(staff_roles.approve(world.house, link.staff, "officer", by=BY)) == ("wrong-state",)
    await enrolled(world, link.staff)
    assert await _refused(staff_roles.give(world.house, tom, "support", by=acts(tom))) == ("same-person",)
    assert (await staff_roles.approve(world.house, link.staff, "officer", by=BY)).state == GIVEN
    world.clock.pass_days(4)
    await staff_roles.give(world.house, tom, "support", by=acts(ada))
    assert (await staff_roles.approve(world.house, tom, "support", by=acts(link.staff))).state == GIVEN
    third = await hired(world, "third")
    await staff_roles.give(world.house, third, "officer", by=BY)
    assert await _refused(staff_roles.approve(world.house, third, "officer", by=BY)) == ("has-staff",)


async def test_the_second_line_is_not_begun_anew_before_whoever_had_it_can_have_seen_that(world: World) -> None:
    await hired(world, "ada")
    eva, other = await hired(world, "eva", roles=["officer"]), await hired(world, "other")
    await staff_roles.give(world.house, other, "officer", by=BY)
    await staff.disable(world.house, eva, by=BY)
    await staff_roles.end(world.house, eva, "officer", by=BY)
    await staff.enable(world.house, eva, by=BY)
    await staff_roles.give(world.house, eva, "officer", by=BY)  # and had it all the same
    assert await _refused(staff_roles.approve(world.house, other, "officer", by=BY)) == ("has-staff",)
    world.clock.pass_days(3)
    assert (await staff_roles.approve(world.house, other, "officer", by=BY)).state == GIVEN


async def test_what_somebody_was_only_proposed_for_they_never_had(world: World) -> None:
    await hired(world, "ada")
    eva = await hired(world, "eva")
    for role in ("support", "officer"):  # the first by mistake, and taken back
        await staff_roles.give(world.house, eva, role, by=BY)
    await staff_roles.end(world.house, eva, "support", by=BY)
    assert (await staff_roles.approve(world.house, eva, "officer", by=BY)).state == GIVEN


async def test_nor_does_it_begin_with_a_role_that_reads_or_for_the_first_line(world: World) -> None:
    ada, eva = await hired(world, "ada"), await hired(world, "eva")
    for who, role in ((eva, "support"), (ada, "officer")):
        await staff_roles.give(world.house, who, role, by=BY)
        assert await _refused(staff_roles.approve(world.house, who, role, by=BY)) == ("has-staff",)
    with pytest.raises(NotFound):
        await staff_roles.approve(world.house, eva, "marketer", by=BY)


async def test_nobody_is_made_the_only_admin_for_a_moment_to_be_recovered_on_the_machine(world: World) -> None:
    ada, ben = await hired(world, "ada"), await hired(world, "ben", roles=["admin"])
    await staff.disable(world.house, ada, by=BY)
    assert await _refused(staff.recover_local(world.house, ben, by=BY)) == ("not-sole",)
    await staff.enable(world.house, ada, by=BY)
    await staff_roles.end(world.house, ada, "admin", by=BY)
    assert await _refused(staff.recover_local(world.house, ben, by=BY)) == ("not-sole",)
    await staff_roles.give(world.house, ada, "admin", by=BY)
    assert await _refused(staff.recover_local(world.house, ben, by=BY)) == ("not-sole",)
    world.clock.pass_days(3)
    assert (await staff.recover_local(world.house, ben, by=BY)).staff == ben


async def test_who_was_only_proposed_as_an_admin_keeps_nobody_from_recovering(world: World) -> None:
    ada, ben = await hired(world, "ada"), await hired(world, "ben")
    await staff_roles.give(world.house, ben, "admin", by=acts(ada))
    await staff_roles.end(world.house, ben, "admin", by=acts(ada))
    assert (await staff.recover_local(world.house, ada, by=BY)).staff == ada


async def test_who_has_nothing_to_sign_in_with_keeps_nobody_from_recovering(world: World) -> None:
    ada, ben, eva = [await hired(world, name) for name in ("ada", "ben", "eva")]
    world.clock.pass_days(4)
    await staff.reset(world.house, ada, by=acts(ben))
    await staff.approve_reset(world.house, ada, by=acts(eva))
    world.clock.pass_days(2)
    assert (await staff.recover_local(world.house, ada, by=BY)).staff == ada


async def test_an_admin_who_has_nothing_to_sign_in_with_does_not_count_as_one(world: World) -> None:
    ada, ben = await hired(world, "ada"), await hired(world, "ben", roles=["admin"])
    eva = await hired(world, "eva", roles=["officer"])
    world.clock.pass_days(4)
    await staff.reset(world.house, ada, by=acts(ben))
    await staff.approve_reset(world.house, ada, by=acts(eva))
    assert await _refused(staff.disable(world.house, ben, by=BY)) == ("last-admin",)


async def test_a_recovery_is_reviewed_by_nobody_of_the_line_and_not_by_the_machines_user(world: World) -> None:
    ada, eva = await hired(world, "ada"), await hired(world, "eva")
    friend = await hired(world, "friend", by=acts(ada))
    await staff.recover_local(world.house, ada, by=BY)
    for by, word in ((BY, "has-staff"), (acts(ada), "same-person"), (acts(friend), "of-one-line")):
        assert await _refused(staff.review_recovery(world.house, ada, by=by)) == (word,)
    assert (await staff.review_recovery(world.house, ada, by=acts(eva))).recovered_at is None


async def test_who_enrolled_anew_waits_72_hours_again_and_holds_nothing_new_before(world: World) -> None:
    ada, eva = await hired(world, "ada"), await hired(world, "eva", roles=["admin", "officer"])
    vic, tom = await hired(world, "vic", roles=["officer"]), await hired(world, "tom")
    world.clock.pass_days(30)
    await staff.reset(world.house, vic, by=acts(ada))
    await staff.approve_reset(world.house, vic, by=acts(eva))
    await staff_roles.give(world.house, vic, "marketer", by=acts(ada))
    assert await _refused(staff_roles.approve(world.house, vic, "marketer", by=acts(eva))) == ("wrong-state",)
    await enrolled(world, vic)
    await staff_roles.give(world.house, tom, "support", by=acts(ada))
    assert await _refused(staff_roles.approve(world.house, tom, "support", by=acts(vic))) == ("too-young",)
    assert (await staff_roles.approve(world.house, vic, "marketer", by=acts(eva))).state == GIVEN


async def test_a_proposal_is_over_after_seven_days_or_without_whoever_made_it_and_is_made_anew(world: World) -> None:
    ada, ben = await hired(world, "ada"), await hired(world, "ben", roles=["admin"])
    eva, tom = await hired(world, "eva", roles=["officer"]), await hired(world, "tom")
    world.clock.pass_days(4)
    await staff_roles.give(world.house, tom, "support", by=acts(ben))
    world.clock.pass_days(7)
    assert await _refused(staff_roles.approve(world.house, tom, "support", by=acts(eva))) == ("wrong-state",)
    await staff_roles.give(world.house, tom, "support", by=acts(ben))
    await staff.disable(world.house, ben, by=acts(ada))
    assert await _refused(staff_roles.approve(world.house, tom, "support", by=acts(eva))) == ("wrong-state",)
    await staff_roles.give(world.house, tom, "support", by=acts(ada))
    assert (await staff_roles.approve(world.house, tom, "support", by=acts(eva))).state == GIVEN


async def test_who_is_invited_first_after_the_first_was_disabled_is_the_admin(world: World) -> None:
    first = await staff.invite(world.house, Called("a@shop.example", "A"), by=BY)
    await staff.disable(world.house, first.staff, by=BY)
    link = await staff.first_link(world.house, Called("b@shop.example", "B"), by=BY)
    assert link is not None
    assert [one.role for one in (await staff.show(world.house, link.staff)).roles] == ["admin"]


async def test_a_role_that_one_gave_alone_reads_nothing_by_a_later_policy_until_another_approves(world: World) -> None:
    auditor = "  auditor: {may: [ledger.read]"
    await world.approve(ROLES + auditor + "}\n")
    ada, eva = await hired(world, "ada"), await hired(world, "eva", roles=["officer"])
    tom = await hired(world, "tom")
    world.clock.pass_days(8)
    assert (await staff_roles.give(world.house, tom, "auditor", by=acts(ada))).state == GIVEN
    assert (await people(world.house)).member(tom).roles == {"auditor"}
    world.clock.pass_days(8)
    await world.approve(ROLES + auditor + ", for: [fulfilment], see: {contact: full}}\n")
    assert (await people(world.house)).member(tom).roles == frozenset()
    row = await account(world.house, tom)
    assert row is not None
    token, _ = await begin(world.house, row, Begin("passkey", 2, world.clock.at + 3_600_000), seen=Seen("", ""))
    live = await session.of(world.house, token)
    assert live is not None
    assert live.roles == frozenset()
    assert [one.state for one in (await staff.show(world.house, tom)).roles] == [PROPOSED]
    assert (await staff_roles.approve(world.house, tom, "auditor", by=acts(eva))).state == GIVEN
    live = await session.of(world.house, token)
    assert live is not None
    assert live.roles == {"auditor"}


async def test_the_only_admin_stays_one_while_their_link_is_open(world: World) -> None:
    ada, eva = await hired(world, "ada"), await hired(world, "eva", roles=["officer"])
    await staff.recover_local(world.house, ada, by=BY)
    assert await _refused(staff.disable(world.house, ada, by=acts(eva))) == ("last-admin",)
    assert await _refused(staff_roles.end(world.house, ada, "admin", by=BY)) == ("last-admin",)


async def test_what_somebody_began_who_is_disabled_meanwhile_is_not_done(world: World) -> None:
    ada, ben, tom = await hired(world, "ada"), await hired(world, "ben", roles=["admin"]), await hired(world, "tom")
    await staff.disable(world.house, ben, by=acts(ada))
    for deed in (
        staff_roles.give(world.house, tom, "analyst", by=acts(ben)), staff.disable(world.house, tom, by=acts(ben)),
        staff_roles.end(world.house, ada, "admin", by=acts(ben)), staff.reset(world.house, tom, by=acts(ben)),
    ):  # fmt: skip
        assert await _refused(deed) == ("not-active",)
    await staff.disable(world.house, tom, by=acts(ada))
    assert await _refused(staff.enable(world.house, tom, by=acts(ben))) == ("not-active",)
