"""Both sides of the bench store the same events: what is compared must work, and differ in the lock alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.mix import Mix
from bench.policy import CHANNEL, POLICY
from bench.unsealed import UnsealedIntake
from lockhouse.channels import segment
from lockhouse.gates.collect import Intake
from lockhouse.model.event import Batch, Fault
from lockhouse.model.rows import KeyRing, Person, Record, tables
from lockhouse.model.scale import Assurance
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("side", [Intake, UnsealedIntake])
async def test_every_event_of_the_mix_is_stored(side: type[Intake], tmp_path: Path) -> None:
    world = await World.make(tmp_path, POLICY)
    raw = b'{"batch":[' + b",".join(said.raw for said in Mix(1, population=50).events(60)) + b"]}"
    parsed = segment.parse_batch(raw, path="batch", received_at=world.clock.at, remote_network=None)
    assert not isinstance(parsed, Fault)
    batch = Batch(
        channel=CHANNEL, assurance=Assurance.SECRET, credential="shop/2", received_at=world.clock.at, items=parsed.items
    )
    replies = await side(world.house).collect(batch)
    assert {reply.outcome for reply in replies} <= {"stored", "trimmed"}
    assert len(await world.rows(Record)) == 60
    assert bool(await world.rows(KeyRing)) is (side is Intake)
    assert len(await world.rows(Person)) > 1


async def test_both_sides_write_the_same_rows_but_for_the_locks_own(tmp_path: Path) -> None:
    written: list[dict[str, int]] = []
    for side in (Intake, UnsealedIntake):
        (folder := tmp_path / side.__name__).mkdir()
        world = await World.make(folder, POLICY)
        raw = b'{"batch":[' + b",".join(said.raw for said in Mix(1, population=50).events(200)) + b"]}"
        parsed = segment.parse_batch(raw, path="batch", received_at=world.clock.at, remote_network=None)
        assert not isinstance(parsed, Fault)
        await side(world.house).collect(
            Batch(
                channel=CHANNEL, assurance=Assurance.SECRET, credential="shop/2", received_at=world.clock.at,
                items=parsed.items,
            )
        )  # fmt: skip
        written.append({name: len(await world.rows(row)) for name, row in tables().items()})
    differ = {name for name in written[0] if written[0][name] != written[1][name]}
    assert differ == {"key_ring", "intake", "ledger_entry"}
