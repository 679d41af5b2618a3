"""On disk: what waits for a replay is not read in stolen files, and the worker ends it when its 72 hours are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from lockhouse import wiring
from lockhouse.flows import approve
from lockhouse.gates.quarantine import KEEP_MS
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import EpochKey, Quarantined
from lockhouse.model.scale import KeyState
from lockhouse.policy.document import parse
from lockhouse.wiring import KINDS, template
from tests.attack.real_house import found, send, today
from tests.faces.test_worker_endings import _working
from tests.flows.test_trial import TRIAL
from tests.world import Clock

if TYPE_CHECKING:
    from pathlib import Path

CANARY = b"canary"


async def tried(folder: Path, clock: Clock) -> Path:
    """A house with an order of whose fields the policy lacks one, and an event that it does not name."""
    house = await found(folder)
    async with wiring.opened(house, role="console", clock=clock) as one:
        draft = await approve.draft_of(one.house, parse({"policy.yaml": TRIAL}, templates=template), KINDS)
        await approve.approve(one.house, draft, TRIAL.encode(), by="os-user:0")
        order = {"email": "anna@example.com", "order_id": "A-1", "canary_key": "canary value"}
        quiz = {"email": "anna@example.com", "canary_key": "canary value"}
        await send(one.house, [("backend", "Order Completed", order)])
        await send(one.house, [("backend", "Canary Event", quiz)])
        assert len([row async for rows in one.house.reads.scan(Quarantined) for row in rows]) == 2
    return house


async def test_stolen_files_show_neither_values_nor_keys_nor_names_of_what_waits(tmp_path: Path) -> None:
    house = await tried(tmp_path, today())
    files = [path for path in house.rglob("*") if path.is_file()]
    assert any(b"quarantine" in path.read_bytes() for path in files)
    assert [path.name for path in files if CANARY in path.read_bytes().lower()] == []


async def test_the_worker_ends_what_nobody_replayed(tmp_path: Path) -> None:
    clock = today()
    house = await tried(tmp_path, clock)
    with capture_logs() as lines:
        async with _working(house, clock) as (worker, one):
            clock.pass_days((KEEP_MS + DAY_MS) / DAY_MS)
            await worker.quarantine()
            await worker.quarantine()
            assert [row async for rows in one.house.reads.scan(Quarantined) for row in rows] == []
            keys = [row async for rows in one.house.reads.scan(EpochKey) for row in rows if not row.compartment]
            assert [(key.state, key.wrapped) for key in keys] == [(KeyState.DESTROYED, None)]
    assert [(line["events"], line["days"]) for line in lines if line["event"] == "quarantine ended"] == [(2, 1)]
