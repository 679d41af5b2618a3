"""A channel or a recipient is taken out of service and put back: in every process, noted, and by nobody's SQL."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.errors import Conflict, NotFound, Refused, Tampered
from lockhouse.faces.collect.ports import Sender
from lockhouse.faces.serve.collector import HouseCollector
from lockhouse.faces.serve.desk import Answers
from lockhouse.faces.workers import sending
from lockhouse.flows.channel import make_credential
from lockhouse.flows.forward import Sent
from lockhouse.flows.pause import Undoing, pause, resume
from lockhouse.gates.authority import signed
from lockhouse.gates.pauses import is_paused, pauses
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import LedgerEntry, Pause
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

BY = "os-user:1000"


async def _is_paused(collector: HouseCollector, key: str) -> bool:
    sender = await collector.authenticate(key)
    assert isinstance(sender, Sender)
    return sender.paused


async def test_a_paused_channels_sender_is_told_so_at_once_and_taken_again_once_it_is_resumed(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    key = (await make_credential(world.house, "backend", by=BY)).reveal().decode()
    collector = HouseCollector(world.house, Answers())
    assert not await _is_paused(collector, key)
    await pause(world.house, "channel", "backend", by=BY)
    assert await _is_paused(collector, key)  # though the key was remembered a moment ago
    await resume(world.house, "channel", "backend", by=BY)
    assert not await _is_paused(collector, key)


async def test_each_is_noted_once_and_what_stands_already_is_a_conflict(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    with pytest.raises(Conflict):
        await resume(world.house, "channel", "web", by=BY)
    row = await pause(world.house, "channel", "web", by=BY)
    with pytest.raises(Conflict):
        await pause(world.house, "channel", "web", by=BY)
    await resume(world.house, "channel", "web", by=BY)
    entries = [one async for some in world.store.scan(LedgerEntry) for one in some if one.kind == "pause"]
    told = [msgspec.json.decode(one.body)["body"] for one in entries]
    assert [(one["step"], one["what"], one["by"]) for one in told] == [
        ("paused", "channel", BY), ("resumed", "channel", BY),
    ]  # fmt: skip
    assert entries[0].id == row.entry
    for what, name in (("channel", "none"), ("recipient", "web")):
        with pytest.raises(NotFound):
            await pause(world.house, what, name, by=BY)  # type: ignore[arg-type]  # one of the two


async def test_what_somebody_else_paused_is_put_back_by_who_confirmed_it_and_only_the_pause_that_is_meant(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    house, web = world.house, world.house.live().policy.channels["web"].id
    first = await pause(house, "channel", "web", by=BY)
    with pytest.raises(Refused, match="somebody else's"):
        await resume(house, "channel", "web", by="service:" + "ab" * 16)
    await resume(house, "channel", "web", by="os-user:7", undoing=Undoing(confirmed=True))
    await pause(house, "channel", "web", by=BY)
    with pytest.raises(Conflict):
        await resume(house, "channel", "web", by=BY, undoing=Undoing(of=first.entry.hex(), confirmed=True))
    assert await is_paused(house, "channel", web)
    entries = [one async for some in world.store.scan(LedgerEntry) for one in some if one.kind == "pause"]
    told = [msgspec.json.decode(one.body)["body"].get("undoes") for one in entries]
    assert told == [None, first.entry.hex(), None]


async def test_a_row_that_sql_planted_or_edited_is_none_of_ours(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    house, web = world.house, world.house.live().policy.channels["web"].id
    row = await pause(house, "channel", "web", by=BY)
    edited = msgspec.structs.replace(row, state=0)
    await house.commits.commit(Change("record", puts=(Put(Pause.TABLE, edited),)))
    with pytest.raises(Tampered):
        await is_paused(house, "channel", web)
    with pytest.raises(Tampered):
        await resume(house, "channel", "web", by=BY)
    other = signed(msgspec.structs.replace(row, number=web + 1), house.receipt_key)  # not the integrity key
    await house.commits.commit(Change("record", puts=(Put(Pause.TABLE, other),)))
    with pytest.raises(Tampered):
        await pauses(house, "channel", [web + 1])


async def test_of_two_at_once_one_is_told_that_it_moved(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    house, real = world.house, world.house.commits.commit

    async def beaten(change: Change) -> Any:
        house.commits.commit = real  # type: ignore[method-assign]  # only the first time
        await pause(house, "channel", "web", by="os-user:7")
        return await real(change)

    house.commits.commit = beaten  # type: ignore[method-assign]  # somebody is quicker
    with pytest.raises(Conflict):
        await pause(house, "channel", "web", by=BY)
    number = house.live().policy.channels["web"].id
    assert (await pauses(house, "channel", [number]))[number].by == "os-user:7"


async def test_nothing_is_sent_to_a_paused_recipient_until_it_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await World.make(tmp_path)
    sent: list[str] = []

    async def forward(_house: Any, name: str, **_: Any) -> Sent:
        sent.append(name)
        return Sent()

    monkeypatch.setattr(sending, "forward", forward)
    monkeypatch.setattr(sending, "write_key", lambda *_: "k")
    rounds = sending.Sending(SimpleNamespace(house=world.house, folder=tmp_path, http=None))  # type: ignore[arg-type]
    await pause(world.house, "recipient", "rudder", by=BY)
    await rounds._send("rudder")
    assert sent == []
    await resume(world.house, "recipient", "rudder", by=BY)
    await rounds._send("rudder")
    assert sent == ["rudder"]
