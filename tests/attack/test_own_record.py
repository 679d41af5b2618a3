"""A curious agent looks at themselves, a colleague, somebody everybody knows; and hides that they are one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Invalid, NotFound, Refused, Tampered
from lockhouse.flows import check, flag, grant, look, staff_identifier
from lockhouse.gates.state import verify_state
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Identifier, PersonFlag, StaffIdentifier
from tests.flows.granted import ANNA, BERTA, ROLES, Shop, shop_in, told, wanted
from tests.flows.staffed import acts, hired
from tests.world import POLICY

if TYPE_CHECKING:
    from pathlib import Path

HOST = "os-user:1000"


@pytest.fixture
async def shop(tmp_path: Path) -> Shop:
    """Anna is the clerk; the lead sees contact data and may look at whoever is flagged, not at colleagues."""
    made = await shop_in(tmp_path)
    await staff_identifier.add(made.world.house, made.clerk, "email", ANNA, by=acts(made.officer))
    return made


async def test_a_member_shuts_a_strangers_record_to_themselves_alone_until_another_confirms_it(tmp_path: Path) -> None:
    shop = await shop_in(tmp_path)
    house = shop.world.house
    for email in (ANNA, BERTA):
        await staff_identifier.add(house, shop.clerk, "email", email, by=acts(shop.clerk))
        await staff_identifier.add(house, shop.clerk, "email", email, by=acts(shop.clerk))
    assert (await shop.looked(shop.anna)).refused == ("own-record",)
    view = await shop.looked(shop.anna, who=shop.lead, role="lead")
    assert (view.fields["email"].state, view.marks) == ("open", ())
    confirmed = await staff_identifier.add(house, shop.clerk, "email", ANNA, by=acts(shop.officer))
    assert (await shop.looked(shop.anna, who=shop.lead, role="lead")).fields["email"].because == ("colleague",)
    assert (await shop.looked(shop.berta, who=shop.lead, role="lead")).fields["email"].state == "open"
    assert confirmed.id in [row.id for row in await staff_identifier.of(house, shop.clerk)]
    assert len(await staff_identifier.of(house, shop.clerk)) == 2
    assert await staff_identifier.add(house, shop.clerk, "email", ANNA, by=acts(shop.clerk)) == confirmed
    assert (await verify_state(house)).findings.kept == []


async def test_nobody_looks_at_their_own_record_also_by_a_grant(shop: Shop) -> None:
    assert (await shop.looked(shop.anna)).refused == ("own-record",)
    await shop.given()
    assert (await shop.looked(shop.anna)).refused == ("own-record",)
    assert (await told(shop.world, "refusal"))[-1].because == ["own-record"]


async def test_nobody_checks_their_own_record(tmp_path: Path) -> None:
    checks = ROLES.replace("see: {transactions: full}, may", "see: {transactions: full}, check: [contact], may")
    shop = await shop_in(tmp_path, POLICY + checks)
    await staff_identifier.add(shop.world.house, shop.clerk, "email", ANNA, by=acts(shop.clerk))
    house, actor = shop.world.house, Actor(id=acts(shop.clerk), kind="staff", roles=("clerk",))
    ask = await look.ask_of(house, actor, action="check", purpose="fulfilment", fields=("email",))
    answer = await check.check(house, ask, shop.anna, check.readable(house, "email", ANNA))
    assert (answer.matches, answer.view.refused) == (None, ("own-record",))


async def test_a_record_that_is_joined_to_ones_own_is_ones_own(shop: Shop) -> None:
    from lockhouse.flows import link  # noqa: PLC0415  # this story alone

    await link.make(shop.world.house, shop.anna, shop.berta, by=HOST)
    assert (await shop.looked(shop.berta)).refused == ("own-record",)


async def test_a_colleagues_record_is_shut_and_says_that_a_grant_may_be_asked_for(shop: Shop) -> None:
    assert (await shop.looked(shop.anna, who=shop.lead, role="lead")).fields["email"].because == ("colleague",)
    assert (await shop.looked(shop.berta, who=shop.lead, role="lead")).fields["email"].state == "open"


async def test_a_colleague_is_opened_by_a_grant_that_names_them_and_the_look_is_marked(shop: Shop) -> None:
    other = await hired(shop.world, "clerk2", roles=["clerk"])
    shop.world.clock.pass_days(4)
    for persons, state in (((), "shut"), ((shop.anna,), "open")):
        row = await grant.request(shop.world.house, wanted(shop, persons=persons), by=acts(other))
        await grant.approve(shop.world.house, row.id, by=acts(shop.officer))
        view = await shop.looked(shop.anna, who=other)
        assert view.fields["email"].state == state
    assert view.marks == ("colleague",)
    assert (await told(shop.world, "disclosure"))[-1].marked == ["colleague"]


async def test_who_would_see_nothing_of_anybody_is_not_told_that_it_is_a_colleague(shop: Shop) -> None:
    ask = await look.ask_of(
        shop.world.house, Actor(id=acts(shop.lead), kind="staff", roles=("officer",)), action="show",
        purpose="fulfilment",
    )  # fmt: skip
    view = await look.show(shop.world.house, ask, shop.anna)
    assert "colleague" not in view.refused
    assert view.marks == ()


async def test_a_role_that_may_looks_at_colleagues_and_the_look_is_marked(tmp_path: Path) -> None:
    shop = await shop_in(tmp_path, POLICY + ROLES.replace("person.flagged]", "person.flagged, person.colleague]"))
    await staff_identifier.add(shop.world.house, shop.clerk, "email", ANNA, by=acts(shop.officer))
    view = await shop.looked(shop.anna, who=shop.lead, role="lead")
    assert (view.fields["email"].state, view.marks) == ("open", ("colleague",))


async def test_a_flagged_person_is_seen_by_the_role_that_may_and_by_nobody_else(shop: Shop) -> None:
    await flag.flag(shop.world.house, shop.berta, reason="public-life", by=acts(shop.officer))
    clerk = await shop.looked(shop.berta)
    assert clerk.fields["order_id"].because == ("flagged",)
    lead = await shop.looked(shop.berta, who=shop.lead, role="lead")
    assert (lead.fields["email"].state, lead.marks) == ("open", ("flagged",))


async def test_a_flagged_person_is_opened_by_a_grant_that_names_them_alone(shop: Shop) -> None:
    await flag.flag(shop.world.house, shop.berta, reason="public-life", by=acts(shop.officer))
    await shop.given(persons=(), classes=("transactions",))
    assert (await shop.looked(shop.berta)).fields["order_id"].state == "shut"
    row = await shop.given(persons=(shop.berta,), classes=("transactions",))
    view = await shop.looked(shop.berta)
    assert (view.fields["order_id"].state, view.grants) == ("open", (row.id.hex(),))


async def test_a_flag_ends_and_is_told_both_times(shop: Shop) -> None:
    house = shop.world.house
    await flag.flag(house, shop.berta, reason="at-risk", by=acts(shop.officer))
    assert [row.person for row in await flag.flagged(house)] == [shop.berta]
    await flag.unflag(house, shop.berta, by=acts(shop.officer))
    assert (await shop.looked(shop.berta)).fields["order_id"].state == "open"
    assert [(one.change, one.reason) for one in await told(shop.world, "flag")] == [
        ("made", "at-risk"), ("ended", "at-risk"),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        await flag.unflag(house, shop.berta, by=acts(shop.officer))
    with pytest.raises(Invalid):
        await flag.flag(house, shop.berta, reason="Berta Schmidt", by=acts(shop.officer))


async def test_a_flag_goes_with_its_person_and_the_state_is_clean(shop: Shop) -> None:
    await flag.flag(shop.world.house, shop.berta, reason="at-risk", by=acts(shop.officer))
    await shop.world.erase(shop.berta)
    assert await shop.world.rows(PersonFlag) == []
    state = await verify_state(shop.world.house)
    assert state.findings.kept == []


@pytest.mark.parametrize("row", [PersonFlag, StaffIdentifier])
async def test_a_row_edited_or_taken_away_by_sql_is_refused_or_named(
    shop: Shop, row: type[PersonFlag | StaffIdentifier]
) -> None:
    await flag.flag(shop.world.house, shop.anna, reason="at-risk", by=acts(shop.officer))
    [stands] = await shop.world.rows(row)
    shop.world.drop(stands)
    state = await verify_state(shop.world.house)
    assert [one.kind for one in state.findings.kept] == ["missing-row"]
    shop.world.plant(msgspec.structs.replace(stands, state=0))
    with pytest.raises(Tampered):
        await shop.looked(shop.anna, who=shop.lead, role="lead")


async def test_no_table_leads_from_a_member_to_the_customer_they_are(shop: Shop) -> None:
    [held] = await shop.world.rows(StaffIdentifier)
    indexes = await shop.world.rows(Identifier)
    assert len(indexes) > 1
    assert not [row for row in indexes if row.tag in held.tag or held.tag in row.tag]
    assert ANNA.encode() not in msgspec.msgpack.encode(held)


async def test_nobody_ends_their_own_identifier_and_only_who_may_ends_anybodys(shop: Shop) -> None:
    house = shop.world.house
    [held] = await staff_identifier.of(house, shop.clerk)
    for who, word in ((shop.clerk, "same-person"), (shop.lead, "not-allowed")):
        with pytest.raises(Refused) as refused:
            await staff_identifier.end(house, shop.clerk, held.id, by=acts(who))
        assert refused.value.reasons == (word,)
    await staff_identifier.end(house, shop.clerk, held.id, by=acts(shop.officer))
    assert (await shop.looked(shop.anna)).fields["order_id"].state == "open"
    again = await staff_identifier.add(house, shop.clerk, "email", ANNA.upper(), by=acts(shop.clerk))
    assert (await shop.looked(shop.anna)).refused == ("own-record",)
    assert again.state == 1


async def test_nobody_says_of_somebody_else_what_they_are_but_who_may(shop: Shop) -> None:
    house = shop.world.house
    with pytest.raises(Refused):
        await staff_identifier.add(house, shop.clerk, "email", BERTA, by=acts(shop.lead))
    with pytest.raises(Invalid):
        await staff_identifier.add(house, shop.clerk, "order_id", "A-1", by=acts(shop.clerk))
    await staff_identifier.add(house, shop.lead, "email", BERTA, by=acts(shop.officer))
    assert (await shop.looked(shop.berta, who=shop.lead, role="lead")).refused[-1:] == ("own-record",)


async def test_one_member_says_of_no_more_than_twenty(shop: Shop) -> None:
    house = shop.world.house
    for number in range(staff_identifier.MOST - 1):
        await staff_identifier.add(house, shop.clerk, "email", f"me{number}@example.com", by=acts(shop.clerk))
    with pytest.raises(Invalid):
        await staff_identifier.add(house, shop.clerk, "email", "onemore@example.com", by=acts(shop.clerk))
    assert len(await staff_identifier.of(house, shop.clerk)) == staff_identifier.MOST
