"""Somebody tries to see more by a grant: by their own word, a puppet's, an old one, SQL, a race, two at once.

Attackers: a rogue admin alone and with a sock puppet, a curious clerk, whoever may write to the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.access.grants import MOST_DUE, Terms, encoded
from lockhouse.errors import Refused, Tampered, Unavailable
from lockhouse.flows import grant, link, look, staff, vouch
from lockhouse.gates.state import verify_state
from lockhouse.model.decision import Actor
from lockhouse.model.rows import AccessGrant
from tests.flows.granted import ROLES, Shop, shop_in, told, wanted
from tests.flows.staffed import acts, hired
from tests.world import POLICY

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.change import Change, Committed, Conflict


@pytest.fixture
async def shop(tmp_path: Path) -> Shop:
    return await shop_in(tmp_path)


async def _why(shop: Shop, row: AccessGrant, who: bytes) -> tuple[str, ...]:
    with pytest.raises(Refused) as refused:
        await grant.approve(shop.world.house, row.id, by=acts(who))
    return refused.value.reasons


async def test_nobody_approves_their_own_request(shop: Shop) -> None:
    row = await grant.request(shop.world.house, wanted(shop), by=acts(shop.clerk))
    assert await _why(shop, row, shop.clerk) == ("same-person",)


async def test_an_admin_who_may_do_both_grants_nothing_to_themselves(tmp_path: Path) -> None:
    both = POLICY + ROLES + "  admin: {for: [fulfilment], may: [grant.*, staff.*]}\n"
    shop = await shop_in(tmp_path, both)
    admin = await hired(shop.world, "root", roles=["admin"])
    shop.world.clock.pass_days(4)
    row = await grant.request(shop.world.house, wanted(shop), by=acts(admin))
    assert await _why(shop, row, admin) == ("same-person",)
    view = await shop.looked(shop.anna, who=admin, role="admin")
    assert "no-role" in view.refused
    assert not [field for field in view.fields.values() if field.state != "shut"]


async def test_a_sock_puppet_whom_the_asker_invited_approves_nothing(shop: Shop) -> None:
    puppet = await hired(shop.world, "puppet", by=acts(shop.clerk), roles=["officer"])
    shop.world.clock.pass_days(4)
    row = await shop.asked()
    assert await _why(shop, row, puppet) == ("of-one-line",)


async def test_two_whom_one_member_invited_approve_nothing_of_each_other(shop: Shop) -> None:
    pair = [await hired(shop.world, f"two{n}", by=acts(shop.lead), roles=["clerk", "officer"]) for n in range(2)]
    shop.world.clock.pass_days(4)
    row = await grant.request(shop.world.house, wanted(shop), by=acts(pair[0]))
    assert await _why(shop, row, pair[1]) == ("of-one-line",)


async def test_whoever_enrolled_within_72_hours_approves_nothing(shop: Shop) -> None:
    new = await hired(shop.world, "new", roles=["officer"])
    shop.world.clock.pass_days(2.9)
    assert await _why(shop, await shop.asked(), new) == ("too-young",)


async def test_who_may_approve_nothing_by_the_policy_and_the_machine_itself_approve_nothing(shop: Shop) -> None:
    other = await hired(shop.world, "other", roles=["clerk"])
    shop.world.clock.pass_days(4)
    row = await shop.asked()
    assert await _why(shop, row, other) == ("not-allowed",)
    for deed in (grant.approve, grant.refused):
        with pytest.raises(Refused) as refused:
            await deed(shop.world.house, row.id, by="os-user:1000")
        assert refused.value.reasons == ("not-staff",)


async def test_nobody_reviews_their_own_break_glass_nor_that_of_their_puppet(shop: Shop) -> None:
    puppet = await hired(shop.world, "puppet", by=acts(shop.clerk), roles=["officer"])
    shop.world.clock.pass_days(4)
    row = await grant.break_glass(shop.world.house, wanted(shop), by=acts(shop.clerk))
    for who, word in ((shop.clerk, "same-person"), (puppet, "of-one-line")):
        with pytest.raises(Refused) as refused:
            await grant.review(shop.world.house, row.id, in_order=True, words="Fine.", by=acts(who))
        assert refused.value.reasons == (word,)


async def test_an_admin_vouches_for_no_grant_of_staff(shop: Shop) -> None:
    house, until = shop.world.house, shop.world.clock.at + 3_600_000
    await vouch.record(house, acts(shop.clerk), ("grant", "CASE-1"), until=until, by="os-user:1000")
    facts = await house.actor_facts.of(Actor(id=acts(shop.clerk), kind="staff"))
    assert (facts.grant, facts.grants) == (None, ())


async def test_a_grant_for_one_person_shows_nobody_else(shop: Shop) -> None:
    await shop.given()
    assert (await shop.looked(shop.anna)).fields["email"].state == "open"
    other = await shop.looked(shop.berta)
    assert (other.fields["email"].state, other.grants) == ("shut", ())


async def test_a_grant_for_one_person_does_not_grow_by_joining_another_to_them(shop: Shop) -> None:
    await shop.given()
    await link.make(shop.world.house, shop.anna, shop.berta, by="os-user:1000")
    both = await shop.looked(shop.anna)
    assert (both.fields["email"].state, both.grants) == ("shut", ())


async def test_a_grant_for_one_person_finds_nobody_by_what_it_opens(shop: Shop) -> None:
    await shop.given()
    house, actor = shop.world.house, Actor(id=acts(shop.clerk), kind="staff", roles=("clerk",))
    ask = await look.ask_of(house, actor, action="find", purpose="fulfilment", mode="masked")
    with pytest.raises(Refused) as refused:
        await look.find(house, ask, by="email", value="berta@example.com")
    assert refused.value.reasons == ("class-not-seen",)


async def test_two_grants_are_not_added_up(shop: Shop) -> None:
    await shop.given(classes=(), fields=("email",), persons=(shop.anna,))
    await shop.given(classes=("identity",), persons=(shop.berta,))
    anna, berta = await shop.looked(shop.anna), await shop.looked(shop.berta)
    assert (anna.fields["email"].state, berta.fields["email"].state) == ("open", "shut")
    assert (anna.fields["phone"].state, anna.fields["loyalty_id"].state) == ("shut", "shut")


async def test_a_grant_is_for_its_purpose_alone(tmp_path: Path) -> None:
    policy = POLICY + ROLES.replace("clerk: {for: [fulfilment]", "clerk: {for: [fulfilment, accounting]")
    shop = await shop_in(tmp_path, policy)
    await shop.given(classes=("transactions", "contact"))
    house = shop.world.house
    actor = Actor(id=acts(shop.clerk), kind="staff", roles=("clerk",))
    ask = await look.ask_of(house, actor, action="show", purpose="accounting")
    assert (await look.show(house, ask, shop.anna)).grants == ()


async def test_an_old_grant_opens_nothing_though_the_clock_is_set_back(shop: Shop) -> None:
    await shop.given()
    shop.world.clock.pass_days(1)
    await shop.looked(shop.anna)
    shop.world.clock.jump_days(-1)
    with pytest.raises(Unavailable):
        await shop.looked(shop.anna)


@pytest.mark.parametrize(
    "edit",
    [
        {"until_at": 2**50}, {"staff": b"somebody-else---"}, {"state": 1}, {"review": 1},
        {"terms": encoded(Terms(purpose="fulfilment", fields=("email",), persons=(), reason="x", ticket="T-1",
                                lasts_ms=1))},
    ],
    ids=["until", "staff", "state", "review", "terms"],
)  # fmt: skip
async def test_an_edited_grant_is_refused_where_it_is_read_and_named(shop: Shop, edit: dict[str, Any]) -> None:
    row = await (shop.asked() if edit == {"state": 1} else shop.given())
    shop.world.drop(row)
    shop.world.plant(msgspec.structs.replace(row, **edit, **({"until_at": 2**50} if edit == {"state": 1} else {})))
    with pytest.raises(Tampered):
        await grant.show(shop.world.house, row.id)
    if "staff" not in edit:
        with pytest.raises(Tampered):
            await shop.looked(shop.anna)
    state = await verify_state(shop.world.house)
    assert "edited-row" in [one.kind for one in state.findings.kept]


async def test_a_planted_grant_shows_nothing_and_is_named(shop: Shop) -> None:
    real = await shop.given()
    planted = msgspec.structs.replace(real, id=b"planted---------", staff=shop.clerk)
    shop.world.plant(planted)
    with pytest.raises(Tampered):
        await shop.looked(shop.berta)
    state = await verify_state(shop.world.house)
    assert ("edited-row", "access_grant") in [(one.kind, one.where.split(",")[0]) for one in state.findings.kept]


async def test_a_grant_put_back_as_it_was_and_one_taken_away_are_named(shop: Shop) -> None:
    before = await shop.given()
    shop.world.clock.at += 1_000
    after = await grant.end(shop.world.house, before.id, by=acts(shop.officer))
    shop.world.drop(after)
    shop.world.plant(before)
    state = await verify_state(shop.world.house)
    assert [one.kind for one in state.findings.kept] == ["rolled-back-row"]
    shop.world.drop(before)
    state = await verify_state(shop.world.house)
    assert [one.kind for one in state.findings.kept] == ["missing-row"]


class _EndsMeanwhile:
    """Ends the grant in the midst of the look: behind its decision, before its note is durable."""

    def __init__(self, shop: Shop, row: AccessGrant) -> None:
        self._shop, self._row, self._inner = shop, row, shop.world.house.commits
        self.done = False

    async def commit(self, change: Change) -> Committed | Conflict:
        if not self.done and any(draft.kind == "disclosure" for draft in change.entries):
            self.done = True
            self._shop.world.house.commits = self._inner
            await grant.end(self._shop.world.house, self._row.id, by=acts(self._shop.officer))
            self._shop.world.house.commits = self  # type: ignore[assignment]  # it only commits
        return await self._inner.commit(change)


async def test_a_grant_that_ends_while_a_look_is_noted_shows_nothing_any_more(shop: Shop) -> None:
    row = await shop.given()
    race = _EndsMeanwhile(shop, row)
    shop.world.house.commits = race  # type: ignore[assignment]  # it only commits
    view = await shop.looked(shop.anna)
    assert race.done
    assert (view.fields["email"].state, view.grants) == ("shut", ())


async def test_the_hours_limit_holds_for_who_looks_by_a_grant(tmp_path: Path) -> None:
    limited = ROLES.replace("identity: full}, may", "identity: full}, limits: {persons_per_hour: 1}, may")
    shop = await shop_in(tmp_path, POLICY + limited)
    await shop.given(persons=())
    first, second = await shop.looked(shop.anna), await shop.looked(shop.berta)
    assert first.fields["email"].state == "open"
    assert second.fields["email"].state == "shut"
    assert second.grants == ()
    assert len(await told(shop.world, "quota")) >= 1


async def test_a_grant_undoes_no_guard_of_ones_own_roles(tmp_path: Path) -> None:
    own = ROLES.replace(
        "see: {transactions: full}, may: [grant.req",
        "see: {transactions: full}, reveal: {contact: {reason: [call back], step_up: 5 minutes, grant: required}}, "
        "may: [grant.req",
    )
    shop = await shop_in(tmp_path, POLICY + own)
    await shop.given()
    view = await shop.looked(shop.anna, action="reveal", reason="call back")
    assert view.fields["email"].because == ("step-up",)


async def test_a_grant_is_over_though_the_machine_that_disables_its_holder_is_a_minute_behind(shop: Shop) -> None:
    await shop.given()
    shop.world.clock.at -= 60_000
    await staff.disable(shop.world.house, shop.clerk, by=acts(shop.officer))
    await staff.enable(shop.world.house, shop.clerk, by="os-user:1000")
    shop.world.clock.at += 61_000
    assert (await shop.looked(shop.anna)).fields["email"].state == "shut"
    await shop.given()
    assert (await shop.looked(shop.anna)).fields["email"].state == "open"


async def test_one_glass_broken_each_hour_is_not_three_days_of_access_unreviewed(shop: Shop) -> None:
    broken = []
    for _ in range(MOST_DUE):
        broken.append(await grant.break_glass(shop.world.house, wanted(shop), by=acts(shop.clerk)))
        shop.world.clock.pass_days(1 / 24)
    with pytest.raises(Refused) as refused:
        await grant.break_glass(shop.world.house, wanted(shop), by=acts(shop.clerk))
    assert refused.value.reasons == ("glass-overdue",)
    await grant.review(shop.world.house, broken[0].id, in_order=True, words="Fine.", by=acts(shop.officer))
    again = await grant.break_glass(shop.world.house, wanted(shop), by=acts(shop.clerk))
    assert again.until_at > shop.world.clock.at
