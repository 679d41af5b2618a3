"""A write key can be ended: at once, in every process, for good, and noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.crypto.derive import wrap
from lockhouse.errors import Invalid, NotFound, Tampered
from lockhouse.flows.channel import (
    authenticate,
    credentials_for,
    credentials_of,
    end_credential,
    make_credential,
    rotate_credential,
)
from lockhouse.gates.authority import signed
from lockhouse.gates.credentials import LIVE
from lockhouse.gates.state import verify_state
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import Credential, HouseSecret, LedgerEntry
from lockhouse.secret import Secret
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

BY = "os-user:1"


async def _key(world: World) -> str:
    return (await make_credential(world.house, "account", by=BY)).reveal().decode()


async def _alone(world: World) -> Credential:
    [row] = (await credentials_of(world.house))["account"]
    return row


async def test_an_ended_key_is_refused_in_every_process_and_its_end_is_noted(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other, key = await world.second(), await _key(world)
    assert await authenticate(other.house, key) is not None
    seen = other.house.seen_key
    row = await end_credential(world.house, "account", (await _alone(world)).shown + "…", by=BY)
    assert await authenticate(world.house, key) is None
    assert await authenticate(other.house, key) is None
    assert other.house.seen_key > seen  # whoever remembered the key has been told to forget it
    entry = next(one for one in await world.rows(LedgerEntry) if one.id == row.entry)
    body = msgspec.json.decode(entry.body)["body"]
    assert (entry.kind, body["change"], body["by"]) == ("credential", "ended", BY)


async def test_a_key_is_ended_by_all_of_it_too_and_only_once(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    key, kept = await _key(world), await _key(world)
    await end_credential(world.house, "account", key, by=BY)
    assert await authenticate(world.house, key) is None
    assert await authenticate(world.house, kept) is not None
    with pytest.raises(NotFound, match="living key of this channel"):
        await end_credential(world.house, "account", key, by=BY)


async def test_beginnings_that_are_too_short_or_fit_no_key_end_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    keys = [await _key(world), await _key(world)]
    for short in (keys[0][:4], keys[0][:7]):
        with pytest.raises(Invalid, match="the 8 characters that are shown of it, or all of it, got fewer"):
            await end_credential(world.house, "account", short, by=BY)
    for wrong in ("", "…", "lhs_!!!!"):
        with pytest.raises(NotFound, match="first characters"):
            await end_credential(world.house, "account", wrong, by=BY)
    with pytest.raises(NotFound, match="first characters"):
        await end_credential(world.house, "web", keys[0], by=BY)
    assert None not in [await authenticate(world.house, key) for key in keys]


async def test_characters_that_two_keys_begin_with_end_neither(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    keys = [await _key(world), await _key(world)]
    first, second = (await credentials_of(world.house))["account"]
    twin = signed(msgspec.structs.replace(second, shown=first.shown, mac=b""), world.house.integrity_key)
    await world.house.commits.commit(Change("identity", puts=(Put(Credential.TABLE, twin),)))
    with pytest.raises(Invalid, match="those of 2 keys"):
        await end_credential(world.house, "account", first.shown, by=BY)
    await end_credential(world.house, "account", keys[0], by=BY)
    assert [await authenticate(world.house, key) is None for key in keys] == [True, False]


async def test_a_key_made_under_a_former_version_of_the_secret_is_taken_and_a_new_one_is_made_under_the_newest(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    old, house = await _key(world), world.house
    secret = wrap(
        house.keks[house.generation], Secret(house.ids.random(32)), house=house.id, purpose="secret", name="credential",
        generation=house.generation, version=2,
    )  # fmt: skip
    row = HouseSecret("credential", 2, house.generation, secret, None)
    await house.commits.commit(Change("identity", puts=(Put(HouseSecret.TABLE, row),)))
    later = await world.second()
    new = await _key(later)
    assert [one.generation for one in (await credentials_of(later.house))["account"]] == [1, 2]
    assert None not in [await authenticate(later.house, key) for key in (old, new)]
    assert await authenticate(world.house, new) is None  # a process from before knows only the former secret
    await end_credential(later.house, "account", old, by=BY)
    assert await authenticate(later.house, old) is None
    assert await authenticate(later.house, new) is not None


async def test_a_key_with_a_last_day_is_refused_from_then_on(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    key, now = await _key(world), world.house.clock.now_ms()
    row = msgspec.structs.replace(await _alone(world), until_at=now + 1_000, mac=b"")
    await world.house.commits.commit(
        Change("identity", puts=(Put(Credential.TABLE, signed(row, world.house.integrity_key)),))
    )
    assert await authenticate(world.house, key) is not None
    world.clock.at += 1_000
    assert await authenticate(world.house, key) is None
    assert (await _alone(world)).state == LIVE


async def test_a_rotated_key_is_taken_beside_the_new_one_until_its_end_and_then_no_more(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other, old = await world.second(), await _key(world)
    made, [ending] = await rotate_credential(world.house, "account", overlap_hours=24, by=BY)
    new = made.reveal().decode()
    assert ending.until_at == world.clock.now_ms() + 24 * 3_600_000
    assert [await authenticate(other.house, key) is not None for key in (old, new)] == [True, True]
    world.clock.pass_days(0.99)
    assert await authenticate(other.house, old) is not None
    world.clock.pass_days(0.02)
    assert [await authenticate(other.house, key) is not None for key in (old, new)] == [False, True]
    entry = next(one for one in await world.rows(LedgerEntry) if one.id == ending.entry)
    body = msgspec.json.decode(entry.body)["body"]
    assert (body["change"], body["by"], body["until"]) == ("ended", BY, ending.until_at)
    assert (await verify_state(world.house)).findings.kept == []


async def test_rotating_again_lengthens_no_end_that_a_key_was_given(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _key(world)
    _, [first] = await rotate_credential(world.house, "account", overlap_hours=1, by=BY)
    _, ending = await rotate_credential(world.house, "account", overlap_hours=720, by=BY)
    assert first.hash not in {row.hash for row in ending}
    assert len(ending) == 1
    rows = {row.hash: row for row in (await credentials_of(world.house))["account"]}
    assert rows[first.hash].until_at == first.until_at


@pytest.mark.parametrize("hours", [0, -1, 721])
async def test_an_overlap_that_is_none_or_endless_is_refused_before_a_key_is_made(tmp_path: Path, hours: int) -> None:
    world = await World.make(tmp_path)
    await _key(world)
    with pytest.raises(Invalid, match="overlap-hours"):
        await rotate_credential(world.house, "account", overlap_hours=hours, by=BY)
    assert len((await credentials_of(world.house))["account"]) == 1


async def test_an_end_that_is_taken_off_a_rotated_key_by_hand_is_noticed(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    old = await _key(world)
    _, [ending] = await rotate_credential(world.house, "account", overlap_hours=1, by=BY)
    world.plant(msgspec.structs.replace(ending, until_at=None))
    world.clock.pass_days(1)
    with pytest.raises(Tampered):
        await authenticate(world.house, old)


async def test_the_keys_of_a_channel_are_those_of_its_name_also_once_the_house_has_forgotten_it(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    for channel in ("account", "backend", "backend"):
        await make_credential(world.house, channel, by=BY)
    every = await credentials_of(world.house)
    for name in ("account", "backend"):
        assert await credentials_for(world.house, name) == every[name]
    row = msgspec.structs.replace(every["account"][0], channel=99, mac=b"")
    world.plant(signed(row, world.house.integrity_key))
    assert await credentials_for(world.house, "#99") == (await credentials_of(world.house))["#99"]
    assert await credentials_for(world.house, "nowhere") == []
