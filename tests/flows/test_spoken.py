"""What is written out of consents says elsewhere what it says here: no yes outlives the no of whoever is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.cli.consents_out import Written
from lockhouse.flows.spoken import Told, identifying_of, spoken
from lockhouse.gates.disclose.decided import with_facts
from lockhouse.gates.facts import merge_facts
from tests.flows.consent_files import heard, words
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL, CARD = "anna@example.com", "L-1"
MOVING = f"{POLICY}  mover: {{for: [fulfilment], see: {{contact: full, identity: full}}}}\n"


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _standing(world: World) -> dict[str, bool]:
    """What stands of the person with her address, and of everybody who is the same."""
    [group] = await with_facts(world.house, [await world.person(EMAIL)])
    return merge_facts(list(group.values()))[0]


async def _written(world: World) -> list[str]:
    ask, out = await world.ask("mover", action="show", purpose="fulfilment"), Written(identifying_of(world.house))
    lines = [out.head()]
    async for said in spoken(world.house, ask, Told()):
        lines += map(out.line, said)
    return [line.decode().strip() for line in lines]


async def _elsewhere(world: World, folder: Path) -> World:
    """Another house that has read what this one wrote."""
    other = await World.make(_new(folder), MOVING, at=world.clock.at)
    head, *lines = await _written(world)
    done = await heard(other, words(other, *lines, head=head))
    assert done.heard.rejects == []
    return other


async def _said_no_then_yes(world: World) -> None:
    """No under her address, later yes under her card; then she proves that both are hers."""
    await world.send("account", "identify", email=EMAIL, consent={"Advertising": False})
    world.clock.pass_days(1)
    await world.send("account", "identify", loyalty_id=CARD, consent={"Advertising": True})
    world.clock.pass_days(1)
    await world.send("account", "identify", email=EMAIL, loyalty_id=CARD)


async def test_a_no_here_is_a_no_where_it_is_read_again(tmp_path: Path) -> None:
    world = await World.make(_new(tmp_path / "one"), MOVING)
    await _said_no_then_yes(world)
    assert await _standing(world) == {"marketing": False}
    other = await _elsewhere(world, tmp_path / "two")
    assert await _standing(other) == {"marketing": False}
    head, *lines = await _written(world)
    await heard(world, words(world, *lines, head=head))
    assert await _standing(world) == {"marketing": False}, "nor does reading it here again change it"


async def test_a_no_of_whom_the_brake_holds_apart_goes_along(tmp_path: Path) -> None:
    world = await World.make(_new(tmp_path / "one"), MOVING)
    await world.send("account", "identify", loyalty_id=CARD, consent={"Advertising": False})
    await world.send("account", "identify", email=EMAIL, consent={"Advertising": True})
    await world.send("account", "identify", email=EMAIL, loyalty_id=CARD)
    for n in range(4):
        await world.send("account", "identify", loyalty_id=CARD, phone=f"+493020{n:05}")
    assert await _standing(world) == {"marketing": False}
    other = await _elsewhere(world, tmp_path / "two")
    assert await _standing(other) == {"marketing": False}


async def test_what_one_person_said_in_turn_is_told_in_turn(tmp_path: Path) -> None:
    world = await World.make(_new(tmp_path / "one"), MOVING)
    for answer in (True, False, True):
        await world.send("account", "identify", email=EMAIL, consent={"Advertising": answer})
        world.clock.pass_days(1)
    _, *lines = await _written(world)
    assert [",granted," in line for line in lines] == [True, False, True]
    assert await _standing(await _elsewhere(world, tmp_path / "two")) == {"marketing": True}
