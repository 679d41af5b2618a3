"""The rows that give authority in a house at work, in one with entries of an earlier version, and in one restored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.crypto.merkle import leaf_hash
from lockhouse.flows import channel, consent, link, request, vouch
from lockhouse.gates.state import verify_state
from lockhouse.model.rows import Attestation, Consent, Credential, Import, Imported, LedgerEntry, Link, tables
from tests.flows.anna import anna
from tests.flows.files import brought, orders, paper
from tests.flows.restored import copied, restored
from tests.world import POLICY, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from lockhouse.gates.state import State
    from lockhouse.model.rows import Row

BY, WHO, BERT = "os-user:1", "os-user:1000", "bert@example.org"


async def _found(world: World) -> list[tuple[str, str]]:
    state = await verify_state(world.house)
    return [(one.kind, one.where.partition(",")[0]) for one in state.findings.kept]


async def _lived(tmp_path: Path) -> tuple[World, bytes, bytes]:
    """Anna, Bert, a link, a suppression, a grant and a write key."""
    world = await World.make(tmp_path)
    one = await anna(world)
    await world.send("account", "Order Completed", email=BERT, order_id="B-1")
    other = await world.person(BERT)
    await link.make(world.house, one, other, by=BY)
    await consent.suppress(world.house, "email", BERT, purposes=["marketing"], reason="asked", by=BY)
    await vouch.record(world.house, WHO, ("network", "10.0.0.0/8"), until=world.clock.at + 10**9, by=BY)
    await channel.make_credential(world.house, "backend", by=BY)
    return world, one, other


class AtWork:
    """Reads of a house in which something happens whenever a table has been read."""

    def __init__(self, world: World, deeds: list[Callable[[], Awaitable[Any]]], *, after: int) -> None:
        self._inner = world.house.reads
        self._deeds = deeds
        self._left = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def scan(self, row: type[Row], **how: Any) -> AsyncIterator[list[Any]]:
        async for rows in self._inner.scan(row, **how):
            yield rows
        self._left -= 1
        if self._left <= 0 and self._deeds:
            await self._deeds.pop(0)()


async def test_every_table_that_gives_authority_is_held(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    held = (await verify_state(world.house)).rows.keys()
    with_mac = {name for name, row in tables().items() if "mac" in row.__struct_fields__}
    assert with_mac - held == {"lane"}  # heads of lanes are held by `verify` itself


async def test_of_an_import_its_rows_are_known_as_the_houses_own(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await brought(world, paper(world, orders(2)))
    assert await _found(world) == []
    [batch], [one, _] = await world.rows(Import), await world.rows(Imported)
    world.plant(msgspec.structs.replace(batch, stored=9))
    world.plant(msgspec.structs.replace(one, message=bytes(len(one.message))))
    assert sorted(await _found(world)) == [
        ("edited-row", "import_batch"), ("edited-row", f"import_record {one.record.hex()}"),
    ]  # fmt: skip


@pytest.mark.parametrize("after", range(1, 22))
async def test_what_a_house_at_work_changes_meanwhile_is_no_finding(tmp_path: Path, after: int) -> None:
    world, one, other = await _lived(tmp_path)
    busy = await world.second()

    async def erase() -> None:
        done = await request.open_erasure(busy.house, other, by=BY)
        await request.fulfil(busy.house, done.case, journal=busy.journal, now=True)

    async def revoke() -> None:
        [row] = await world.rows(Credential)
        await channel._ended(busy.house, row, by=BY)

    async def end_grant() -> None:
        await vouch.end(busy.house, WHO, ("network", "10.0.0.0/8"), by=BY)

    async def later() -> None:
        world.clock.at += 1_000

    deeds: list[Callable[[], Awaitable[Any]]] = [
        lambda: consent.record(busy.house, one, "marketing", granted=False), later,
        lambda: consent.lift(busy.house, "email", BERT, reason="typo", by=BY), end_grant, revoke, later,
        lambda: link.undo(busy.house, one, other, by=BY), erase,
        lambda: busy.approve(POLICY.replace("13 months", "9 months")),
    ]  # fmt: skip
    world.clock.at += 1_000
    world.house.reads = AtWork(world, deeds, after=after)
    assert await _found(world) == []
    assert await _found(busy) == []


async def test_a_row_whose_entry_nobody_brought_yet_is_counted_and_no_finding(tmp_path: Path) -> None:
    world, one, _ = await _lived(tmp_path)
    word = await consent.record(world.house, one, "marketing", granted=False)
    [entry] = [row for row in await world.rows(LedgerEntry) if row.id == word.entry]
    world.drop(entry)
    state: State = await verify_state(world.house)
    assert (state.findings.kept, state.untold) == ([], 1)


def _placeless(row: LedgerEntry) -> LedgerEntry:
    """The entry as version 0.1.0 wrote it."""
    body = re.sub(rb'"place":"[0-9a-f]{64}",', b"", row.body)
    return msgspec.structs.replace(row, body=body, leaf=leaf_hash(body))


async def test_entries_that_name_no_place_hide_no_edit_and_make_no_row_missing(tmp_path: Path) -> None:
    world, one, other = await _lived(tmp_path)
    for row in await world.rows(LedgerEntry):
        world.plant(_placeless(row))
    assert await _found(world) == []
    [joined], [fact], [key] = await world.rows(Link), await world.rows(Attestation), await world.rows(Credential)
    world.drop(key)
    assert await _found(world) == []
    world.plant(key)
    world.clock.at += 1_000
    await link.undo(world.house, one, other, by=BY)
    await vouch.end(world.house, WHO, ("network", "10.0.0.0/8"), by=BY)
    assert await _found(world) == []
    world.plant(joined)
    world.plant(fact)
    assert sorted(await _found(world)) == [("rolled-back-row", "attestation"), ("rolled-back-row", "link")]


async def test_in_a_restored_house_what_the_older_store_lacks_is_said_to_be_from_before(tmp_path: Path) -> None:
    world, one, _ = await _lived(tmp_path)
    tables = copied(world, "identity")
    world.clock.at += 1_000
    granted = await consent.record(world.house, one, "marketing", granted=True)
    back = await restored(world, tables, only="identity", anyway=True)
    assert granted not in await back.rows(Consent)
    state = await verify_state(back.house)
    assert [(one.kind, one.where) for one in state.findings.kept] == [
        ("missing-row", f"consent, entry {granted.entry.hex()}")
    ]
    assert "it may be that the copy did not have it" in state.findings.kept[0].sentence
