"""Who signs in from somewhere new hears of it by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Unproven
from lockhouse.flows import sign_in
from lockhouse.flows.mail import send_mail
from lockhouse.gates.staff.sessions import Seen
from lockhouse.model.rows import QueuedMail
from tests.authenticator import Authenticator
from tests.flows.signing import ELSEWHERE, SEEN, by_passkey, cheaply, with_passkey, with_password
from tests.flows.test_mail import Way
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path


async def _world(folder: Path) -> World:
    world = await World.make(folder)
    world.house.sends_mail = True
    cheaply(world)
    return world


async def _kinds(world: World) -> list[str]:
    return sorted(row.kind for row in await world.rows(QueuedMail))


@pytest.mark.asvs("6.3.5")
async def test_a_sign_in_from_a_new_network_is_told_once_with_where_and_by_what(tmp_path: Path) -> None:
    world, device, way = await _world(tmp_path), Authenticator(), Way()
    await with_passkey(world, authenticator=device)
    await by_passkey(world, device, seen=SEEN)
    assert await _kinds(world) == []
    await by_passkey(world, device, seen=ELSEWHERE)
    await by_passkey(world, device, seen=ELSEWHERE)
    assert await _kinds(world) == ["new-network"]
    await send_mail(world.house, way.out())
    [letter] = way.asked
    assert letter.to == "mia@shop.example"
    assert ELSEWHERE.network in letter.text
    assert ELSEWHERE.agent in letter.text


async def test_another_address_of_the_same_network_is_not_new(tmp_path: Path) -> None:
    world, device = await _world(tmp_path), Authenticator()
    await with_passkey(world, authenticator=device)
    for last in (1, 2, 3):
        await by_passkey(world, device, seen=Seen(SEEN.network, SEEN.agent, f"192.0.2.{last}"))
    assert await _kinds(world) == []


async def test_after_ninety_days_without_it_a_network_is_new_again(tmp_path: Path) -> None:
    world, device = await _world(tmp_path), Authenticator()
    await with_passkey(world, authenticator=device)
    world.clock.pass_days(89)
    await by_passkey(world, device)
    world.clock.pass_days(89)
    await by_passkey(world, device)
    assert await _kinds(world) == []
    world.clock.pass_days(90)
    await by_passkey(world, device)
    assert await _kinds(world) == ["new-network"]


async def test_a_password_from_elsewhere_is_told_too_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    member = await with_password(world)
    with pytest.raises(Unproven):
        await sign_in.by_password(world.house, member.typed(world, "wrong horse battery"), seen=ELSEWHERE)
    assert await _kinds(world) == []
    world.clock.pass_days(1 / 72)
    await sign_in.by_password(world.house, member.typed(world), seen=ELSEWHERE)
    assert await _kinds(world) == ["new-network"]
