"""Many actors, each within their own limit, carry a class of data off together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest

from lockhouse.errors import Tampered
from lockhouse.flows import look
from lockhouse.gates.state import verify_state
from lockhouse.model.decision import Actor
from lockhouse.model.rows import LedgerEntry, Quota
from tests.attack.real_house import Sender, beside, found, send, writer
from tests.attack.test_quotas import email, limit_house
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.disclose import View
    from lockhouse.model.ports import Reads

CEILING = POLICY + "ceilings: {contact: {persons_per_hour: 2}}\n"


async def _house(tmp_path: Path, policy: str = CEILING) -> tuple[World, list[bytes]]:
    world = await World.make(tmp_path, policy)
    for number in range(4):
        sent = {"email": email(number), "phone": f"+49301234560{number}", "order_total": "12.50"}
        await world.send("account", "Order Completed", order_id=f"A-{number}", **sent)
    return world, [await world.person(email(number)) for number in range(4)]


async def _by(world: World, who: int, person: bytes, *, role: str = "support") -> View:
    actor = Actor(id=f"os-user:{who}", kind="os-user", roles=(role,))
    return await look.show(world.house, await look.ask_of(world.house, actor, action="show", purpose=None), person)


async def test_of_one_person_more_the_class_is_shut_to_everybody_and_the_rest_is_not(tmp_path: Path) -> None:
    world, (anna, bert, carla, _) = await _house(tmp_path)
    for who, person in ((1, anna), (2, bert), (3, anna)):
        assert (await _by(world, who, person)).fields["email"].state == "masked"
    for who, process in ((1, world), (4, await world.second())):
        view = await _by(process, who, carla)
        assert (view.fields["email"].state, view.fields["email"].because) == ("shut", ("ceiling",))
        assert view.fields["order_id"].state == "open", "orders are of another class"
    accountant = await _by(world, 5, carla, role="accountant")
    assert accountant.fields["order_id"].state == "open"
    world.clock.pass_days(1 / 24)
    assert (await _by(world, 4, carla)).fields["email"].state == "masked"


async def test_what_several_share_is_found_without_the_class(tmp_path: Path) -> None:
    world, (anna, bert, *_) = await _house(tmp_path)
    for person in (anna, bert):
        await _by(world, 1, person)
    for by, value in (("phone#last4", "5602"), ("email", email(3))):
        [view] = await world.find(value, by=by)
        assert (view.fields["email"].state, view.fields["order_id"].state) == ("shut", "open")
        assert view.fields["email"].value is None


async def test_a_ceiling_that_observes_shuts_nothing_and_is_noted(tmp_path: Path) -> None:
    world, people = await _house(tmp_path, CEILING.replace("hour: 2", "hour: 2, mode: observe"))
    for who, person in enumerate(people):
        assert (await _by(world, who, person)).fields["email"].state == "masked"
    [row] = await world.rows(Quota)
    assert (row.owner, row.persons) == ("class:contact", 4)
    assert (await world.kinds()).count("quota") == 4


class _Counting:
    """Reads that count the entries of the ledger, and the rows of quotas, that are asked for."""

    def __init__(self, reads: Any) -> None:
        self._reads = reads
        self.entries = self.rows = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reads, name)

    async def get(self, row: Any, *asked: Any) -> Any:
        found = await self._reads.get(row, *asked)
        await asyncio.sleep(0)  # as of a real store: others have a turn
        self.rows += row is Quota
        return found

    async def find(self, row: Any, *asked: Any, **limits: Any) -> Any:
        found = await self._reads.find(row, *asked, **limits)
        self.entries += len(found) if row is LedgerEntry else 0
        return found


async def test_a_ceiling_that_nobody_has_begun_reads_each_entry_of_the_last_hour_once(tmp_path: Path) -> None:
    world, (anna, *_) = await _house(tmp_path, POLICY + "ceilings: {behaviour: {persons_per_hour: 2}}\n")
    counting = _Counting(world.house.reads)
    world.house.reads = cast("Reads", counting)
    await _by(world, 1, anna)
    before, many = counting.entries, len(await world.rows(LedgerEntry))
    assert before > 0, "the row may have been deleted"
    for _ in range(5):
        await _by(world, 1, anna)
    assert counting.entries - before == len(await world.rows(LedgerEntry)) - many, "and then only what came since"


async def test_many_looks_at_once_begin_once_each_and_none_of_them_is_lost(tmp_path: Path) -> None:
    world, people = await _house(tmp_path, CEILING.replace("hour: 2", "hour: 9"))
    counting = _Counting(world.house.reads)
    world.house.reads = cast("Reads", counting)
    views = await asyncio.gather(*(_by(world, who, person) for who, person in enumerate(people)))
    assert [view.fields["email"].state for view in views] == ["masked"] * 4
    assert counting.rows == 4, "each reads the row when its turn comes"
    [row] = await world.rows(Quota)
    assert row.persons == 4
    assert not world.house.turns, "and nothing is kept of a turn that is over"


async def test_who_gives_up_waiting_holds_nobody_up(tmp_path: Path) -> None:
    world, (anna, bert, *_) = await _house(tmp_path)
    world.house.reads = cast("Reads", _Counting(world.house.reads))
    looks = [asyncio.create_task(_by(world, who, person)) for who, person in enumerate((anna, bert, anna))]
    await asyncio.sleep(0)
    looks[1].cancel()
    done = await asyncio.gather(*looks, return_exceptions=True)
    assert isinstance(done[1], asyncio.CancelledError)
    assert (await asyncio.wait_for(_by(world, 4, bert), 5)).fields["email"].state == "masked"


async def test_a_row_that_another_process_began_and_that_was_deleted_since_is_missed(tmp_path: Path) -> None:
    world, (anna, *_) = await _house(tmp_path)
    other = await world.second()
    await _by(other, 1, anna, role="accountant")  # sees nothing of the class, and has asked the ledger
    await _by(world, 1, anna)
    [row] = await world.rows(Quota)
    world.drop(row)
    with pytest.raises(Tampered, match=f"the row that ledger entry {row.entry.hex()} tells of, got none"):
        await _by(other, 1, anna)


async def test_a_ceilings_row_is_no_more_to_be_edited_or_deleted_than_an_actors(tmp_path: Path) -> None:
    world, (anna, bert, carla, _) = await _house(tmp_path)
    for person in (anna, bert):
        await _by(world, 1, person)
    [row] = await world.rows(Quota)
    world.plant(msgspec.structs.replace(row, persons=0))
    with pytest.raises(Tampered, match="mac verifies"):
        await _by(world, 1, carla)
    world.drop(row)
    with pytest.raises(Tampered, match="tells of, got none"):
        await _by(await world.second(), 1, carla)
    assert [one.kind for one in (await verify_state(world.house)).findings.kept] == ["missing-row"]


async def test_two_processes_with_the_last_places_of_the_house_take_each_once(tmp_path: Path) -> None:
    house = await found(tmp_path)
    await limit_house(house, CEILING.replace("hour: 2", "hour: 9"))
    with writer(house):
        async with beside(house) as opened:
            await send(opened.house, [("account", "Order Completed", {"email": email(n)}) for n in range(24)])
        lookers = [Sender(house, f"look-{number}", role="looker") for number in range(2)]
        try:
            assert [await one.hear() for one in lookers] == ["ready"] * 2
            for at, one in enumerate(lookers):
                one.tell([email(number) for number in range(at, 24, 2)])
            heard = await asyncio.gather(*(one.hear() for one in lookers))
        finally:
            for one in lookers:
                one.end()
    assert [word for words in heard for word in words].count("shown") == 9
