"""Whoever works here is told of what others do with their account, at their login, if mail is sent at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Refused
from lockhouse.flows import enrol, staff, staff_roles
from lockhouse.flows.mail import send_mail
from lockhouse.gates.staff.called import Called
from lockhouse.model.rows import QueuedMail, Staff
from tests.authenticator import Authenticator
from tests.flows.signing import SEEN, cheaply, with_passkey
from tests.flows.staffed import BY, enrolled, hired
from tests.flows.test_mail import Way
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

WITH_ADMIN = POLICY + "  admin: {may: [staff.invite, staff.role, staff.reset]}\n  auditor: {may: [ledger.read]}\n"


async def _world(folder: Path, *, sends_mail: bool = True) -> World:
    world = await World.make(folder, WITH_ADMIN)
    world.house.sends_mail = sends_mail
    return world


@pytest.mark.asvs("6.3.7")
async def test_a_reset_and_a_proposed_role_are_told_to_the_one_they_are_about(tmp_path: Path) -> None:
    world, way = await _world(tmp_path), Way()
    await hired(world, "ada")
    mia = await hired(world, "mia")
    await staff.reset(world.house, mia, by=BY)
    await staff_roles.give(world.house, mia, "support", by=BY)
    assert {row.kind for row in await world.rows(QueuedMail)} == {"reset-begun", "role-proposed"}
    await send_mail(world.house, way.out())
    assert [letter.to for letter in way.asked] == ["mia@shop.example"] * 2
    assert ['role "support"' in letter.text for letter in way.asked] == [False, True]
    assert not [letter for letter in way.asked if "ada" in letter.text]


async def test_a_role_that_is_given_at_once_and_a_deed_that_is_refused_tell_nobody(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await hired(world, "ada")
    mia = await hired(world, "mia")
    await staff_roles.give(world.house, mia, "auditor", by=BY)
    with pytest.raises(Refused):
        await staff.reset(world.house, mia, by=f"staff:{mia.hex()}")
    assert await world.rows(QueuedMail) == []


async def test_a_login_that_is_no_address_or_a_house_without_mail_keeps_nothing_from_being_done(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    link = await staff.invite(world.house, Called("mia", "Mia"), by=BY)
    await enrolled(world, link.staff)
    await staff.reset(world.house, link.staff, by=BY)
    (tmp_path / "silent").mkdir()
    silent = await _world(tmp_path / "silent", sends_mail=False)
    ada = await hired(silent, "ada")
    await staff.reset(silent.house, ada, by=BY)
    assert [row.step for one in (world, silent) for row in await one.rows(Staff)] == ["reset-begun"] * 2
    assert [row for one in (world, silent) for row in await one.rows(QueuedMail)] == []


@pytest.mark.asvs("6.3.7")
async def test_a_reset_that_was_carried_out_is_told_with_what_signs_in_since(tmp_path: Path) -> None:
    world, way = await _world(tmp_path), Way()
    cheaply(world)
    mia = await with_passkey(world, authenticator=Authenticator())
    assert await world.rows(QueuedMail) == []
    await staff.reset(world.house, mia, by=BY)
    link = await staff.approve_reset(world.house, mia, by=BY)
    begun = await enrol.begin(world.house, link.token)
    answer = Authenticator().make(begun.options_json)
    await enrol.with_passkey(world.house, begun.ceremony, answer, name="thief", seen=SEEN)
    await send_mail(world.house, way.out())
    assert [letter.to for letter in way.asked] == ["mia@shop.example"] * 2
    assert "Added to your account at Northwind on" in way.asked[1].text
