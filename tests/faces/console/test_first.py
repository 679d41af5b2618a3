"""What whoever starts a house at a terminal is told while nobody can sign in to it: never an error that ends it."""

from __future__ import annotations

import pwd
from pathlib import Path

import msgspec
import pytest

from lockhouse.faces.workers.first import first, machine_user, nobody_yet
from lockhouse.flows import staff
from lockhouse.gates.staff.called import Called
from lockhouse.model.rows import Staff
from tests.flows.staffed import BY, enrolled
from tests.world import POLICY, World

FOLDER = Path("/srv/my shop")
URL = "http://localhost:8410"
ROLES = POLICY + "  door: {may: [staff.invite]}\n  head: {may: [staff.*]}\n"
NO_NUMBER = 4_000_111_222


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = await World.make(tmp_path)
    await made.approve(ROLES)
    return made


async def _told(world: World) -> str:
    return "\n".join(await first(world.house, folder=FOLDER, url=URL))


@pytest.mark.asvs("6.3.2")
async def test_the_first_account_has_the_role_that_lets_people_in_and_gives_roles(world: World) -> None:
    assert f"{URL}/enrol#" in await _told(world)
    [known] = await staff.everybody(world.house)
    assert [one.role for one in known.roles] == ["head"]


async def test_where_no_role_does_both_no_link_is_made_and_it_is_said_what_is_missing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    assert "no role of the policy" in await _told(world)
    await world.approve(POLICY + "  door: {may: [staff.invite]}\n  desk: {may: [staff.role]}\n")
    told = await _told(world)
    assert "staff.invite, staff.role" in told
    assert "/enrol#" not in told
    assert await world.rows(Staff) == []


async def test_a_user_that_the_machine_has_no_name_for_is_called_by_number() -> None:
    assert machine_user(NO_NUMBER) == Called(f"uid-{NO_NUMBER}", f"uid-{NO_NUMBER}")


async def test_a_name_of_the_machine_that_cannot_be_printed_is_taken_without_those_signs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = pwd.struct_passwd(
        ("mara", "x", 7, 7, "M\x1bara\n Bergstr\N{LATIN SMALL LETTER O WITH DIAERESIS}m,,,", "/", "")
    )
    monkeypatch.setattr(pwd, "getpwuid", lambda _number: user)
    assert machine_user(7) == Called("mara", "Mara Bergstr\N{LATIN SMALL LETTER O WITH DIAERESIS}m")


async def test_one_row_that_was_changed_by_hand_is_a_line_and_the_house_goes_on(world: World) -> None:
    await staff.invite(world.house, Called("mia@shop.example", "Mia"), by=BY)
    [row] = await world.rows(Staff)
    world.plant(msgspec.structs.replace(row, language="de"))
    told = await _told(world)
    assert "The house is served all the same." in told
    assert "mia@shop.example" not in told
    assert not await nobody_yet(world.house)


async def test_a_second_start_names_the_command_as_it_works_here_and_nobody_who_is_disabled(world: World) -> None:
    gone = (await staff.invite(world.house, Called("mia@shop.example", "Mia"), by=BY)).staff
    waiting = (await staff.invite(world.house, Called("ben@shop.example", "Ben"), by=BY)).staff
    await staff.disable(world.house, gone, by=BY)
    assert f"lockhouse -C '/srv/my shop' staff link {waiting.hex()}" in await _told(world)
    assert await nobody_yet(world.house)
    await staff.disable(world.house, waiting, by=BY)
    assert f"lockhouse -C '/srv/my shop' staff enable {gone.hex()}" in await _told(world)


async def test_where_somebody_can_sign_in_nothing_is_told(world: World) -> None:
    link = await staff.invite(world.house, Called("mia@shop.example", "Mia"), by=BY)
    await enrolled(world, link.staff)
    assert await _told(world) == ""
    assert not await nobody_yet(world.house)
