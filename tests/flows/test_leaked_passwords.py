"""A password that leaked is not taken where the house has a list of them; where nobody can say, none is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters.leaked_file import LeakedFile
from lockhouse.crypto.leaked import leaked_hashes
from lockhouse.errors import Invalid, Unavailable
from lockhouse.flows import enrol, sign_in
from lockhouse.gates.staff.passwords import HINTS
from lockhouse.model.rows import Ceremony
from tests.authenticator import Authenticator
from tests.flows.signing import PASSWORD, SEEN, cheaply, invited, with_passkey, with_password
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

LEAKED = "eleven toads hum softly"


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = await World.make(tmp_path)
    cheaply(made)
    place = tmp_path / "leaked.txt"
    known = sorted(one for word in ("password", LEAKED) for one in leaked_hashes(word))
    place.write_text("".join(f"{one.hex().upper()}:7\n" for one in known), "ascii")
    made.house.proving.leaked = LeakedFile(place)
    return made


@pytest.mark.asvs("6.2.12")
async def test_a_password_that_leaked_is_not_taken_and_another_is(world: World) -> None:
    link = await invited(world)
    with pytest.raises(Invalid) as caught:
        await enrol.with_password(world.house, link, LEAKED)
    assert (caught.value.got, caught.value.hint) == ("leaked", HINTS["leaked"])
    assert LEAKED not in caught.value.text
    assert (await enrol.with_password(world.house, link, PASSWORD)).seed


@pytest.mark.asvs("6.2.12")
async def test_while_the_list_is_away_nobody_chooses_a_password_and_everybody_signs_in(
    world: World, tmp_path: Path
) -> None:
    mia = await with_password(world)
    (tmp_path / "leaked.txt").unlink()
    link = await invited(world, "ben")
    before = await world.rows(Ceremony)
    with pytest.raises(Unavailable, match="leaked_passwords: expected a file"):
        await enrol.with_password(world.house, link, PASSWORD)
    assert await world.rows(Ceremony) == before
    assert (await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)).staff == mia.staff
    assert await with_passkey(world, "ada", authenticator=Authenticator())


async def test_a_house_without_a_list_asks_nobody(world: World) -> None:
    world.house.proving.leaked = None
    assert (await enrol.with_password(world.house, await invited(world), LEAKED)).seed
