"""Signing in at an identity provider: a real one over HTTP, and what the house makes of what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.flows import staff, staff_roles
from lockhouse.gates.staff.called import Called
from lockhouse.model.rows import Ceremony, Session, StaffRole
from tests.faces.console.federated import Federated, federated
from tests.faces.console.world import HOST

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faces.console.world import Browser

ROLES = ("readers=reader", "support=support", "admins=admin")


async def _roles(world: Federated, name: str) -> dict[str, tuple[int, str]]:
    known = next(one for one in await staff.everybody(world.desk.house) if one.called.name == name)
    return {row.role: (row.state, row.by) for row in known.roles if row.state != 2}


async def _in(browser: Browser) -> bool:
    return (await browser.get("/")).status_code == 200


async def test_whoever_linked_an_identity_signs_in_by_it(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        landed = await world.back(mia)
        assert landed.headers["refresh"] == "0; url=/"
        assert await _in(mia)
        rows = [row async for some in world.desk.house.reads.scan(Session) for row in some]
        assert sorted(row.level for row in rows) == [2, 3]
        assert "Firm ID" in (await mia.get("/account")).text


async def test_it_asks_with_pkce_a_nonce_and_a_state_and_stores_nothing_of_a_sign_in_before_it_is_answered(
    tmp_path: Path,
) -> None:
    async with federated(tmp_path) as world:
        doors = [await world.away(world.desk.another()) for _ in range(2)]
        parts = [dict(pair.split("=", 1) for pair in one.partition("?")[2].split("&")) for one in doors]
        assert all(len(one["nonce"]) == len(one["code_challenge"]) == 43 for one in parts)
        assert all(parts[0][name] != parts[1][name] for name in ("nonce", "state", "code_challenge"))
        assert [row async for some in world.desk.house.reads.scan(Ceremony) for row in some] == []


@pytest.mark.asvs("6.8.1")
async def test_an_identity_that_no_account_has_signs_nobody_in_and_makes_nobody(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        await world.desk.hired("ada")
        stranger = world.desk.another()
        assert (await world.back(stranger)).status_code == 403
        assert not await _in(stranger)
        assert len(await staff.everybody(world.desk.house)) == 1


@pytest.mark.asvs("6.8.4")
async def test_one_factor_there_is_not_enough_and_asks_for_the_own_passkey(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        world.at.claims["amr"] = ["pwd"]
        landed = await world.back(mia)
        assert landed.status_code == 403
        assert "one factor" in landed.text
        assert not await _in(mia)
        assert (await mia.sign_in()).status_code == 303


async def test_a_link_is_opened_at_the_provider_and_ends_with_a_passkey_beside_the_identity(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        await world.desk.hired("ada")
        link = await staff.invite(world.desk.house, Called("ben@shop.example", "ben"), by=HOST)
        ben = world.desk.another()
        page = await ben.arrive(await world.at.visit(await world.away(ben, on="/enrol", link=link.token)))
        assert "knows you" in page.text
        made = await ben.post("/enrol/passkey", ben.answer(page) | {"link": "", "name": "laptop"}, on=page)
        assert made.status_code == 303
        ben.client.cookies.delete("__Host-lh")
        assert (await world.back(ben)).headers["refresh"] == "0; url=/"
        again = world.desk.another()
        closed = await again.post("/enrol", {"link": link.token}, on=await again.get("/enrol"))
        assert closed.status_code == 403


async def test_the_provider_proves_nothing_for_a_deed_that_a_session_alone_must_not_do(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        await world.back(mia)
        fields = {"login": "eve@shop.example", "name": "eve", "language": "en"}
        page = await mia.post("/staff/invite", fields, on=await mia.get("/staff"))
        assert 'data-passkey="get"' in page.text
        assert len(await staff.everybody(world.desk.house)) == 1


async def test_groups_give_a_role_that_one_may_give_and_propose_one_that_takes_two(tmp_path: Path) -> None:
    async with federated(tmp_path, oidc_roles=ROLES) as world:
        await world.desk.hired("ada")
        ben = await world.linked("ben")
        world.at.claims["groups"] = ["readers", "support", "admins", "strangers"]
        await world.back(ben)
        assert await _in(ben)
        own = "identity-provider"
        assert await _roles(world, "ben") == {"reader": (1, own), "support": (0, own), "admin": (0, own)}


@pytest.mark.asvs("7.6.1", "8.3.2")
async def test_a_group_that_is_lost_ends_the_role_and_every_session(tmp_path: Path) -> None:
    async with federated(tmp_path, oidc_roles=ROLES) as world:
        await world.desk.hired("ada")
        ben = await world.linked("ben")
        world.at.claims["groups"] = ["readers"]
        await world.back(ben)
        assert await _in(ben)
        desk = world.desk.another()
        assert await _roles(world, "ben") == {"reader": (1, "identity-provider")}
        world.at.claims["groups"] = []
        world.desk.clock.at += 1_000
        await world.back(desk)
        assert await _in(desk)
        assert not await _in(ben)
        assert await _roles(world, "ben") == {}


async def test_what_a_member_ended_no_group_gives_again(tmp_path: Path) -> None:
    async with federated(tmp_path, oidc_roles=ROLES) as world:
        await world.desk.hired("ada")
        ben = await world.linked("ben")
        world.at.claims["groups"] = ["readers"]
        await world.back(ben)
        rows = [row async for some in world.desk.house.reads.scan(StaffRole) for row in some if row.role == "reader"]
        await staff_roles.end(world.desk.house, rows[0].staff, "reader", by=HOST)
        world.desk.clock.at += 1_000
        ben.client.cookies.delete("__Host-lh")
        await world.back(ben)
        assert await _in(ben)
        assert await _roles(world, "ben") == {}


async def test_the_last_admin_stays_one_whatever_groups_say(tmp_path: Path) -> None:
    async with federated(tmp_path, oidc_roles=ROLES) as world:
        ada = await world.linked("ada")
        world.at.claims["groups"] = []
        await world.back(ada)
        assert await _in(ada)
        assert list(await _roles(world, "ada")) == ["admin"]


async def test_where_the_settings_say_so_an_account_with_an_identity_opens_by_it_alone(tmp_path: Path) -> None:
    async with federated(tmp_path, oidc_only=True) as world:
        await world.desk.hired("ada")
        ben = await world.linked("ben")
        assert (await ben.sign_in()).status_code == 403
        await world.back(ben)
        assert await _in(ben)


async def test_whoever_is_disabled_signs_in_by_no_identity(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        await world.desk.hired("ada")
        ben = await world.linked("ben")
        known = next(one for one in await staff.everybody(world.desk.house) if one.called.name == "ben")
        await staff.disable(world.desk.house, known.row.id, by=HOST)
        assert (await world.back(ben)).status_code == 403
        assert not await _in(ben)


async def test_keys_that_change_are_read_anew_and_both_algorithms_are_taken(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        world.at.keys = [world.at.keys[1]]
        world.at.header = {"alg": "ES256", "kid": "ec-1"}
        assert (await world.back(mia)).headers["refresh"] == "0; url=/"
        mia.client.cookies.delete("__Host-lh")
        world.desk.clock.at += 61_000
        world.at.keys[0]["kid"] = "ec-2"
        world.at.header["kid"] = "ec-2"
        assert (await world.back(mia)).headers["refresh"] == "0; url=/"


async def test_a_provider_that_is_away_keeps_nobody_from_their_passkey(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        world.port._document = None  # as an hour later
        world.at.raw["/.well-known/openid-configuration"] = b"no"
        page = await mia.post("/sign-in/identity", {}, on=await mia.get("/sign-in"))
        assert page.status_code == 503
        assert (await mia.sign_in()).status_code == 303


async def test_a_house_without_a_provider_shows_no_such_way_and_has_none(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        world.desk.house.proving.provider = None
        browser = world.desk.another()
        page = await browser.get("/sign-in")
        assert "/sign-in/identity" not in page.text
        assert (await browser.post("/sign-in/identity", {}, on=page)).status_code == 404
        assert (await browser.arrive("/sign-in/identity/back?code=a&state=b")).status_code == 404
