"""More than one's roles give, for a case and a while: asked for, approved by another, ended, and named in each look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid, NotFound, Refused
from lockhouse.flows import grant, staff, staff_roles
from lockhouse.flows import session as sessions
from lockhouse.flows.staff_audit import examined
from lockhouse.gates.state import verify_state
from lockhouse.model.rows import QueuedMail
from lockhouse.posture.grants import reviewed
from tests.flows.granted import Shop, shop_in, told, wanted
from tests.flows.staffed import acts

if TYPE_CHECKING:
    from pathlib import Path

MINUTE = 1 / 24 / 60


@pytest.fixture
async def shop(tmp_path: Path) -> Shop:
    return await shop_in(tmp_path)


async def test_what_no_role_of_theirs_gives_is_shut_and_says_that_a_grant_may_be_asked_for(shop: Shop) -> None:
    view = await shop.looked(shop.anna)
    assert view.fields["email"].state == "shut"
    assert view.fields["email"].because == ("class-not-seen",)
    assert view.grants == ()


async def test_a_request_alone_opens_nothing(shop: Shop) -> None:
    row = await shop.asked()
    assert (await shop.looked(shop.anna)).fields["email"].state == "shut"
    assert (await grant.show(shop.world.house, row.id)).how == "waiting"


async def test_an_approved_grant_opens_its_fields_of_its_person_and_each_look_names_it(shop: Shop) -> None:
    row = await shop.given()
    view = await shop.looked(shop.anna)
    assert view.fields["email"].state == "open"
    assert view.fields["order_id"].state == "open"
    assert view.grants == (row.id.hex(),)
    looked = (await told(shop.world, "disclosure"))[-1]
    assert looked.grants == [row.id.hex()]


async def test_a_look_that_would_be_the_same_without_the_grant_does_not_name_it(shop: Shop) -> None:
    await shop.given()
    view = await shop.looked(shop.anna, fields=("order_id",))
    assert (view.fields["order_id"].state, view.grants) == ("open", ())


async def test_the_ledger_tells_of_each_step_and_every_row_is_told(shop: Shop) -> None:
    row = await shop.given()
    await grant.end(shop.world.house, row.id, by=acts(shop.clerk))
    steps = [(one.step, one.persons, one.fields) for one in await told(shop.world, "grant")]
    assert [step for step, _, _ in steps] == ["asked", "approved", "ended"]
    assert steps[0][1:] == (1, ["email", "name", "phone"])
    state = await verify_state(shop.world.house)
    assert (state.findings.kept, state.untold) == ([], 0)


async def test_it_ends_by_time(shop: Shop) -> None:
    row = await shop.given()
    shop.world.clock.pass_days(30 * MINUTE)
    assert (await shop.looked(shop.anna)).fields["email"].state == "shut"
    assert (await grant.show(shop.world.house, row.id)).how == "over"


async def test_it_ends_by_hand_at_once(shop: Shop) -> None:
    row = await shop.given()
    await grant.end(shop.world.house, row.id, by=acts(shop.officer))
    assert (await shop.looked(shop.anna)).fields["email"].state == "shut"
    assert (await grant.show(shop.world.house, row.id)).how == "ended"


async def test_who_has_nothing_to_say_over_it_does_not_end_it(shop: Shop) -> None:
    await grant.end(shop.world.house, (await shop.given()).id, by=acts(shop.lead))  # may approve, so may end
    row = await grant.request(shop.world.house, wanted(shop), by=acts(shop.clerk))
    await staff_roles.end(shop.world.house, shop.lead, "lead", by="os-user:1000")
    with pytest.raises(Refused) as refused:
        await grant.end(shop.world.house, row.id, by=acts(shop.lead))
    assert refused.value.reasons == ("not-allowed",)


@pytest.mark.parametrize("deed", ["disable", "role", "sessions"])
async def test_it_ends_with_the_account_a_role_or_every_session_and_does_not_come_back(shop: Shop, deed: str) -> None:
    row, house = await shop.given(), shop.world.house
    shop.world.clock.at += 1_000
    if deed == "disable":
        await staff.disable(house, shop.clerk, by="os-user:1000")
        shop.world.clock.at += 1_000
        await staff.enable(house, shop.clerk, by="os-user:1000")
    elif deed == "role":
        await staff_roles.end(house, shop.clerk, "clerk", by="os-user:1000")
    else:
        await sessions.end_all(house, shop.clerk, by="os-user:1000")
    assert (await shop.looked(shop.anna)).fields["email"].state == "shut"
    assert (await grant.show(house, row.id)).how == "ended"


async def test_a_request_lapses_after_a_day_and_when_its_asker_was_disabled_since(shop: Shop) -> None:
    row = await shop.asked()
    shop.world.clock.pass_days(1)
    with pytest.raises(Refused) as late:
        await grant.approve(shop.world.house, row.id, by=acts(shop.officer))
    assert late.value.reasons == ("no-longer",)


async def test_a_refused_request_opens_nothing_and_is_decided_once(shop: Shop) -> None:
    row = await shop.asked()
    await grant.refused(shop.world.house, row.id, by=acts(shop.officer))
    with pytest.raises(Refused):
        await grant.approve(shop.world.house, row.id, by=acts(shop.lead))
    assert (await shop.looked(shop.anna)).fields["email"].state == "shut"


async def test_what_is_asked_for_is_of_the_policy_and_of_a_person_who_is_known(shop: Shop) -> None:
    for wrong in (
        {"purpose": "another"}, {"classes": ("special",)}, {"fields": ("page_path",)}, {"reason": "because"},
        {"ticket": "Anna Schmidt"}, {"minutes": 481}, {"minutes": 0}, {"classes": ()},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            await shop.asked(**wrong)
    with pytest.raises(NotFound):
        await shop.asked(persons=(bytes(16),))


async def test_a_broken_glass_opens_at_once_ends_within_the_hour_and_who_could_approve_is_told(shop: Shop) -> None:
    house = shop.world.house
    house.sends_mail = True
    row = await grant.break_glass(house, wanted(shop, minutes=60), by=acts(shop.clerk))
    assert (await shop.looked(shop.anna)).fields["email"].state == "open"
    assert [mail.kind for mail in await shop.world.rows(QueuedMail)] == ["glass-broken"] * 2
    known = await grant.show(house, row.id)
    assert (known.how, known.is_due, known.is_overdue) == ("open", True, False)
    shop.world.clock.pass_days(60 * MINUTE)
    assert (await shop.looked(shop.anna)).fields["email"].state == "shut"
    with pytest.raises(Invalid):
        await grant.break_glass(house, wanted(shop, minutes=61), by=acts(shop.clerk))


async def test_a_review_ends_it_and_keeps_the_reviewers_words_sealed(shop: Shop) -> None:
    house = shop.world.house
    row = await grant.break_glass(house, wanted(shop), by=acts(shop.clerk))
    done = await grant.review(house, row.id, in_order=False, words="No such call came in.", by=acts(shop.lead))
    assert (await shop.looked(shop.anna)).fields["email"].state == "shut"
    known = await grant.show(house, row.id)
    assert (known.words, known.is_due, known.row.review) == ("No such call came in.", False, 2)
    assert b"No such call" not in done.box
    with pytest.raises(Refused):
        await grant.review(house, row.id, in_order=True, words="It was in order.", by=acts(shop.officer))


async def test_a_break_glass_that_was_not_reviewed_in_time_is_a_finding(shop: Shop) -> None:
    row = await grant.break_glass(shop.world.house, wanted(shop), by=acts(shop.clerk))
    shop.world.clock.pass_days(2.9)
    found = await examined(shop.world.house)
    assert (found.glass_due, found.glass_overdue, reviewed(found.glass_due, found.glass_overdue)[0]) == (
        (row.id.hex(),),
        (),
        "PASS",
    )
    shop.world.clock.pass_days(0.1)
    found = await examined(shop.world.house)
    assert (found.glass_overdue, reviewed(found.glass_due, found.glass_overdue)[0]) == ((row.id.hex(),), "FAIL")


async def test_an_overdue_review_shuts_further_break_glass_of_its_holder_until_it_is_reviewed(shop: Shop) -> None:
    house = shop.world.house
    row = await grant.break_glass(house, wanted(shop), by=acts(shop.clerk))
    await grant.break_glass(house, wanted(shop), by=acts(shop.clerk))
    shop.world.clock.pass_days(3)
    assert (await grant.show(house, row.id)).is_overdue
    with pytest.raises(Refused) as refused:
        await grant.break_glass(house, wanted(shop), by=acts(shop.clerk))
    assert refused.value.reasons == ("glass-overdue",)
    for one in await grant.listed(house):
        await grant.review(house, one.row.id, in_order=True, words="A customer called.", by=acts(shop.officer))
    assert (await grant.break_glass(house, wanted(shop), by=acts(shop.clerk))).state == 1
