"""Whoever may check what a caller says guesses a value: by many tries, roles, processes, services, and by SQL."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest

from lockhouse.errors import Tampered
from lockhouse.flows import check, look
from lockhouse.gates.authority import signed
from lockhouse.gates.disclose.hour import EVERYBODY, MAX_TRIED_OF_PART, PARTS, part_of
from lockhouse.model.change import Change, Put
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Quota
from tests.attack.test_quotas import limited, sent
from tests.flows.test_check import CHECKING, EMAIL, PHONE, check_of
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.flows.check import Checked
    from lockhouse.model.ports import Commits

TWO_ROLES = CHECKING.replace("  accountant:", "  till: {for: [fulfilment], check: [contact]}\n  accountant:")


async def _two(tmp_path: Path) -> tuple[World, bytes, bytes]:
    world = await World.make(tmp_path, TWO_ROLES)
    await world.send("account", "Order Completed", email=EMAIL, phone=PHONE, name="Anna", order_id="A-1")
    await world.send("account", "Order Completed", email="bert@example.com", phone="+4915187654321", order_id="A-2")
    return world, await world.person(EMAIL), await world.person("bert@example.com")


async def test_after_three_tries_a_field_of_a_person_is_shut_and_right_ones_count_too(tmp_path: Path) -> None:
    world, anna, bert = await _two(tmp_path)
    said = [await check_of(world, anna, "phone", f"0151 1234567{number}") for number in (7, 8, 9)]
    assert [(one.matches, one.view.tries_left) for one in said] == [(False, 2), (True, 1), (False, 0)]
    for guess in (PHONE, "0151 12345670"):
        shut = await check_of(world, anna, "phone", guess)
        assert (shut.matches, shut.view.refused) == (None, ("tries",))
        assert shut.view.spent is not None, "and when it is free again"
    assert (await check_of(world, anna, "name", "Anna")).matches, "another field has its own tries"
    assert (await check_of(world, bert, "phone", "0151 87654321")).matches, "and so has another person"
    world.clock.pass_days(1 / 24)
    assert (await check_of(world, anna, "phone", PHONE)).matches


async def test_several_accounts_have_no_more_than_nine_tries_of_a_field_of_a_person_together(tmp_path: Path) -> None:
    world, anna, bert = await _two(tmp_path)
    seen = []
    for number in range(5):
        actor = Actor(id=f"staff:{number:032x}", kind="staff", roles=("support",))
        for guess in range(2):
            said = await check_of(world, anna, "phone", f"0151 1234567{guess}", actor=actor)
            seen.append((said.view.refused, said.view.tries_left))
    assert [left for _, left in seen] == [2, 1, 2, 1, 2, 1, 2, 1, 0, None]
    assert seen[-1][0] == ("tries",)
    token = Actor(id="service:" + "1" * 32, kind="token", roles=("support",), owner="staff:" + "7" * 32)
    assert (await check_of(world, anna, "phone", PHONE, actor=token)).view.refused == ("tries",)
    assert (await check_of(world, anna, "name", "Anna", actor=token)).matches, "another field has its own tries"
    assert (await check_of(world, bert, "phone", "0151 87654321", actor=token)).matches, "and so has another person"
    other = await world.second()
    assert (await check_of(other, anna, "phone", PHONE)).view.refused == ("tries",), "in every process"
    world.clock.pass_days(1 / 24)
    assert (await check_of(world, anna, "phone", PHONE)).matches


class _Moving:
    """Commits behind some of which an erasure elsewhere moves the key epoch."""

    def __init__(self, world: World, times: int) -> None:
        self._world, self._commits, self._times = world, world.house.commits, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._commits, name)

    async def commit(self, change: Change) -> Any:
        answer = await self._commits.commit(change)
        if self._times > 0 and {entry.kind for entry in change.entries} & {"disclosure", "refusal"}:
            self._times -= 1
            await self._world.house.epochs.announce(key=True)
        return answer


async def test_a_check_during_which_the_keys_move_takes_one_try(tmp_path: Path) -> None:
    world, anna, _ = await _two(tmp_path)
    world.house.commits = cast("Commits", _Moving(world, 2))
    first = await check_of(world, anna, "phone", "0151 12345670")
    assert (first.matches, first.view.tries_left) == (False, 2)
    assert (await world.kinds()).count("quota") == 2, "in the owner's hour and in everybody's"
    assert [(await check_of(world, anna, "phone", PHONE)).view.tries_left for _ in range(2)] == [1, 0]
    world.house.commits = cast("Commits", _Moving(world, 1))
    assert (await check_of(world, anna, "phone", PHONE)).view.refused == ("tries",)
    world.clock.pass_days(1 / 24)
    for left in (2, 1, 0):
        world.house.commits = cast("Commits", _Moving(world, 1))
        assert (await check_of(world, anna, "phone", PHONE)).view.tries_left == left, "the last one is answered too"


async def test_who_has_ended_is_counted_once_a_look_during_which_the_keys_move(tmp_path: Path) -> None:
    world = await World.make(tmp_path, limited(2))
    anna, _ = await sent(world, 2)
    await world.erase(anna, now=False)
    for persons in (1, 2):
        world.house.commits = cast("Commits", _Moving(world, 2))
        await look.show(world.house, await world.ask("support"), anna)
        [row] = await world.rows(Quota)
        assert row.persons == persons


async def test_roles_processes_and_services_of_one_owner_share_the_tries(tmp_path: Path) -> None:
    world, anna, _ = await _two(tmp_path)
    await check_of(world, anna, "phone", "0151 12345670")
    await check_of(await world.second(), anna, "phone", "0151 12345671", role="till")
    service = Actor(id="service:t1", kind="service", roles=("till",), owner="os-user:1000")
    ask = await look.ask_of(world.house, service, action="check", purpose=None, fields=("phone",))

    async def by_service() -> Checked:
        return await check.check(world.house, ask, anna, check.readable(world.house, "phone", PHONE))

    assert (await by_service()).view.tries_left == 0
    assert (await by_service()).view.refused == ("tries",)
    assert (await check_of(world, anna, "phone", PHONE)).view.refused == ("tries",)


async def test_a_person_known_twice_and_linked_is_not_tried_six_times(tmp_path: Path) -> None:
    from lockhouse.flows import link  # noqa: PLC0415  # only this test joins anybody

    world, anna, bert = await _two(tmp_path)
    await link.make(world.house, anna, bert, by="os-user:0")
    seen = [await check_of(world, person, "phone", "0151 12345670") for person in (anna, bert, anna, bert)]
    assert [one.view.refused for one in seen] == [(), (), (), ("tries",)]


async def test_whoever_checks_as_much_as_a_row_holds_shuts_it_for_few_and_for_none_of_the_others(
    tmp_path: Path,
) -> None:
    world, anna, _ = await _two(tmp_path)
    for number in range(3):
        await world.send(
            "account", "Order Completed", email=f"c{number}@example.com", phone=PHONE, order_id=f"B-{number}"
        )
    others = [await world.person(f"c{number}@example.com") for number in range(3)]
    other_part = next(one for one in others if part_of(world.house, one) != part_of(world.house, anna))
    await check_of(world, anna, "phone", "0151 12345670")
    [row] = [row for row in await world.rows(Quota) if row.owner == part_of(world.house, anna)]
    full = b"".join(number.to_bytes(8) + b"\x01" for number in range(MAX_TRIED_OF_PART))
    await world.house.commits.commit(
        Change(
            "record",
            puts=(
                Put(Quota.TABLE, signed(msgspec.structs.replace(row, tries=full, mac=b""), world.house.integrity_key)),
            ),
        )
    )
    other = await world.second()
    assert (await check_of(other, anna, "name", "Anna")).view.refused == ("tries",)
    assert (await check_of(other, other_part, "phone", PHONE)).matches, "nobody else's checks are shut with hers"


async def test_people_are_spread_evenly_over_the_rows_of_tries_and_no_part_tells_of_another_house(
    tmp_path: Path,
) -> None:
    (tmp_path / "other").mkdir()
    world, other = await World.make(tmp_path, TWO_ROLES), await World.make(tmp_path / "other", TWO_ROLES)
    people = [number.to_bytes(16) for number in range(20_000)]
    parts = [part_of(world.house, one) for one in people]
    many = Counter(parts)
    assert len(many) > PARTS * 0.95
    assert max(many.values()) < 25
    assert sum(part_of(other.house, one) == part for one, part in zip(people, parts, strict=True)) < 50


@pytest.mark.parametrize("change", [{"tries": b""}, {"since": 0}])
@pytest.mark.parametrize("owner", ["os-user:1000", EVERYBODY])
async def test_tries_given_back_by_sql_are_refused(tmp_path: Path, change: dict[str, object], owner: str) -> None:
    world, anna, _ = await _two(tmp_path)
    for _ in range(3):
        await check_of(world, anna, "phone", "0151 12345670")
    whose = part_of(world.house, anna) if owner == EVERYBODY else owner
    [row] = [row for row in await world.rows(Quota) if row.owner == whose]
    world.plant(msgspec.structs.replace(row, **change))
    with pytest.raises(Tampered, match="mac verifies"):
        await check_of(world, anna, "phone", PHONE)
    world.drop(row)
    for process in (world, await world.second()):
        with pytest.raises(Tampered, match=r"got an older one or none|tells of, got none"):
            await check_of(process, anna, "phone", PHONE)
