"""A provider's secret: sealed, two while it rotates, and proof of nothing once it is ended or touched."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.channels.hooks import Delivery
from lockhouse.channels.hooks.scheme import sign
from lockhouse.errors import Conflict, Invalid, NotFound, Tampered
from lockhouse.faces.hook_kinds import way_of
from lockhouse.flows.channel import authenticate, credentials_of, end_credential
from lockhouse.flows.hook import Door, add_secret, door, forget_lapsed, rotate_secret
from lockhouse.gates.hook_secrets import MOST_LIVE, living
from lockhouse.gates.state.verify import verify_state
from lockhouse.model.rows import Credential, HookSecret, LedgerEntry
from lockhouse.secret import Secret
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.faces.hook_kinds import Way
    from lockhouse.gates.house import House

BY = "os-user:1"
CRM = """
  crm:
    kind: hmac
    sign: {header: x-sig, signed: "{timestamp}.{body}", timestamp: header:x-at, id: body:id, event: body:type}
"""


async def _world(folder: Path) -> tuple[World, Way]:
    world = await World.make(folder, policy=POLICY.replace("\nchannels:", "\nchannels:" + CRM, 1))
    way = way_of(world.house.live().policy.channels["crm"])
    assert way is not None
    return world, way


async def _door(world: World, way: Way) -> Door:
    return await door(world.house, "crm", form=way.form)


async def test_a_secret_that_was_made_proves_what_is_signed_with_it(tmp_path: Path) -> None:
    world, way = await _world(tmp_path)
    assert (await _door(world, way)).secrets == ()
    secret, shown = await add_secret(world.house, "crm", None, form=way.form, by=BY)
    found = await _door(world, way)
    assert found.secrets == (secret,)
    assert shown.startswith("#")
    assert secret.reveal().decode()[:4] not in shown
    text = sign(way.signing, {"timestamp": b"1", "body": b"x"}, key=secret)
    assert isinstance(Delivery(headers=[(b"x-sig", text.encode())], body=b"x", received_at=0).one("x-sig"), str)


async def test_no_row_holds_the_secret_and_no_write_key_is_made_of_it(tmp_path: Path) -> None:
    world, way = await _world(tmp_path)
    secret, _ = await add_secret(world.house, "crm", Secret(b"provider-shows-this-text"), form=way.form, by=BY)
    [box], rows = await world.rows(HookSecret), await world.rows(Credential)
    raw = msgspec.msgpack.encode([box, *rows, *await world.rows(LedgerEntry)])
    assert secret.reveal() not in raw
    assert await authenticate(world.house, secret.reveal().decode()) is None


async def test_a_secret_that_is_compared_as_it_was_typed_is_as_long_as_a_key(tmp_path: Path) -> None:
    world, way = await _world(tmp_path)
    form = msgspec.structs.replace(way.form, keyed=False)
    with pytest.raises(Invalid, match="a key of 16 to 512 bytes"):
        await add_secret(world.house, "crm", Secret(b"short"), form=form, by=BY)
    assert await world.rows(HookSecret) == []


async def test_two_live_while_it_rotates_and_a_third_is_refused(tmp_path: Path) -> None:
    world, way = await _world(tmp_path)
    first, shown = await add_secret(world.house, "crm", None, form=way.form, by=BY)
    with pytest.raises(Conflict, match="a new secret"):
        await add_secret(world.house, "crm", first, form=way.form, by=BY)
    second, _ = await add_secret(world.house, "crm", None, form=way.form, by=BY)
    with pytest.raises(Conflict, match="at most one live secret"):
        await add_secret(world.house, "crm", None, form=way.form, by=BY)
    assert len((await _door(world, way)).secrets) == 2
    await end_credential(world.house, "crm", shown, by=BY)
    assert (await _door(world, way)).secrets == (second,)
    assert len(await world.rows(HookSecret)) == 1  # the bytes of the old one are gone


async def test_another_process_hears_of_a_secret_at_once(tmp_path: Path) -> None:
    world, way = await _world(tmp_path)
    other = await world.second()
    seen = other.house.seen_key
    await add_secret(world.house, "crm", None, form=way.form, by=BY)
    assert len((await _door(other, way)).secrets) == 1
    assert other.house.seen_key > seen


async def test_a_box_that_was_moved_or_taken_away_is_noticed(tmp_path: Path) -> None:
    world, way = await _world(tmp_path)
    await add_secret(world.house, "crm", None, form=way.form, by=BY)
    await add_secret(world.house, "crm", None, form=way.form, by=BY)
    first, second = await world.rows(HookSecret)
    world.plant(msgspec.structs.replace(first, box=second.box))
    with pytest.raises(Tampered):
        await _door(world, way)
    world.drop(first)
    with pytest.raises(Tampered, match="a box beside its credential"):
        await _door(world, way)


async def test_an_ended_secret_that_is_brought_back_by_hand_with_its_box_proves_nothing(tmp_path: Path) -> None:
    world, way = await _world(tmp_path)
    _, shown = await add_secret(world.house, "crm", None, form=way.form, by=BY)
    [box] = await world.rows(HookSecret)
    await end_credential(world.house, "crm", shown, by=BY)
    [row] = (await credentials_of(world.house))["crm"]
    world.plant(box)
    world.plant(msgspec.structs.replace(row, state=0, until_at=None))
    with pytest.raises(Tampered, match="credential"):
        await _door(world, way)


async def test_each_secret_is_an_entry_and_the_state_agrees_with_it(tmp_path: Path) -> None:
    world, way = await _world(tmp_path)
    await add_secret(world.house, "crm", None, form=way.form, by=BY)
    [row] = (await credentials_of(world.house))["crm"]
    entry = next(one for one in await world.rows(LedgerEntry) if one.id == row.entry)
    body = msgspec.json.decode(entry.body)["body"]
    assert (entry.kind, body["change"], body["assurance"], body["by"]) == ("credential", "made", 3, BY)
    state = await verify_state(world.house)
    assert (state.rows["credential"], state.untold, state.findings.kept) == (1, 0, [])


async def test_short_secrets_and_unknown_channels_are_refused(tmp_path: Path) -> None:
    world, way = await _world(tmp_path)
    with pytest.raises(Invalid, match="16 to 512 bytes"):
        await add_secret(world.house, "crm", Secret(b"hush"), form=way.form, by=BY)
    with pytest.raises(NotFound):
        await add_secret(world.house, "nobody", None, form=way.form, by=BY)
    assert await world.rows(HookSecret) == []


async def test_of_several_added_in_one_moment_no_third_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, way = await _world(tmp_path)
    await add_secret(world.house, "crm", None, form=way.form, by=BY)
    both, read = asyncio.Barrier(2), 0

    async def once_both_have_read(house: House, channel: int) -> list[Credential]:
        nonlocal read
        found, read = await living(house, channel), read + 1
        if read <= 2:
            await both.wait()
        return found

    monkeypatch.setattr("lockhouse.flows.hook.living", once_both_have_read)
    adding = (add_secret(world.house, "crm", None, form=way.form, by=BY) for _ in range(2))
    seen = await asyncio.gather(*adding, return_exceptions=True)
    assert any(isinstance(one, Conflict) for one in seen)
    stay = [one for one in seen if not isinstance(one, BaseException)]
    assert len((await _door(world, way)).secrets) == 1 + len(stay) <= MOST_LIVE
    assert len(await world.rows(HookSecret)) == 1 + len(stay)
    state = await verify_state(world.house)
    assert (state.untold, state.findings.kept) == (0, [])


async def test_a_rotated_secret_proves_beside_the_new_one_until_its_end_and_its_bytes_go(tmp_path: Path) -> None:
    world, way = await _world(tmp_path)
    first, _ = await add_secret(world.house, "crm", None, form=way.form, by=BY)
    second, shown, [ending] = await rotate_secret(
        world.house, "crm", None, form=way.form, overlap_hours=24, by=BY
    )  # fmt: skip
    assert sorted(one.reveal() for one in (await _door(world, way)).secrets) == sorted(
        [first.reveal(), second.reveal()]
    )
    assert shown != ending.shown
    with pytest.raises(Conflict, match="at most one live secret"):
        await rotate_secret(world.house, "crm", None, form=way.form, overlap_hours=24, by=BY)
    assert await forget_lapsed(world.house) == 0
    world.clock.pass_days(1.01)
    assert (await _door(world, way)).secrets == (second,)
    assert await forget_lapsed(world.house) == 1
    assert len(await world.rows(HookSecret)) == 1
    assert (await _door(world, way)).secrets == (second,)
    assert (await verify_state(world.house)).findings.kept == []
