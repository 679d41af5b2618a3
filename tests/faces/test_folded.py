"""On disk: a house folds whoever has more records than a look opens, by its worker or when it is told to."""

from __future__ import annotations

import asyncio
from contextlib import closing
from sqlite3 import connect
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from lockhouse.gates.disclose import FOLD_LIMIT
from tests.faces.cli.house import EMAIL, Desk
from tests.faces.test_worker_endings import _working
from tests.world import Clock

if TYPE_CHECKING:
    from pathlib import Path

NAME, MANY = "Canary Schmidt", FOLD_LIMIT + 20


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A house with a customer of many orders, of which the first alone bears her name."""
    return _filled(Desk(tmp_path))


def _filled(desk: Desk) -> Desk:
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-0", "name": NAME}))
    desk.clock.now += 1
    desk.send(*(("Order Completed", {"email": EMAIL, "order_id": f"A-{number}"}) for number in range(1, MANY)))
    return desk


def _snapshots(desk: Desk) -> int:
    with closing(connect(desk.house / "record.db")) as store:
        [many] = store.execute("SELECT count(*) FROM snapshot").fetchone()
        return int(many)


def _revealed(desk: Desk, person: str) -> tuple[bool, str | None]:
    view = desk.call(f"person reveal {person} --as support --reason 'call back'", json=True).value
    return view["truncated"], view["fields"].get("name", {}).get("value")


def test_a_profile_is_whole_once_it_was_folded_and_the_records_still_verify(desk: Desk) -> None:
    person = desk.person()
    assert _revealed(desk, person) == (True, None)
    plan = desk.call("key snapshot --dry-run", json=True).value
    assert (plan["dry_run"], plan["persons"], plan["records"], _snapshots(desk)) == (True, 1, 0, 0)
    assert plan["snapshots"] > 0
    told = desk.call(f"key snapshot {person}").out
    assert told == f"Made: {plan['snapshots']} snapshots of 1 person, from {MANY} records.\n"
    assert _snapshots(desk) == plan["snapshots"]
    assert _revealed(desk, person) == (False, NAME)
    assert desk.call("key snapshot").out.startswith("Nothing is to be folded: ")
    assert desk.call("ledger verify --records").out.endswith("and every record is as it was signed.\n")
    assert NAME.encode() not in b"".join(one.read_bytes() for one in desk.house.glob("record.db*"))


@pytest.mark.parametrize("how", ["covers = -1", "epoch = -1", "blob = zeroblob(length(blob))"])
def test_snapshots_that_are_none_of_ours_are_made_anew_for_whoever_is_asked_for_by_name(desk: Desk, how: str) -> None:
    person = desk.person()
    desk.call("key snapshot")
    many = _snapshots(desk)
    with closing(connect(desk.house / "record.db")) as store, store:
        store.execute(f"UPDATE snapshot SET {how}")  # noqa: S608  # one of the three above
    told = desk.call(f"key snapshot {person}").out
    assert told.startswith(f"Made: {many} snapshots of 1 person, from {MANY} records. {many} snapshots did not open")
    assert _snapshots(desk) == many
    assert _revealed(desk, person) == (False, NAME)
    assert desk.call(f"key snapshot {person}", json=True).value["mended"] == 0


async def test_the_worker_folds_and_says_how_much(tmp_path: Path) -> None:
    desk, clock = Desk(tmp_path), Clock()
    await asyncio.to_thread(_filled, desk)
    clock.at = desk.clock.now
    with capture_logs() as lines:
        async with _working(desk.house, clock) as (worker, _):
            await worker.snapshots()
            await worker.snapshots()
    [said] = [line for line in lines if line["event"] == "folded"]
    assert (said["persons"], said["records"]) == (1, MANY)
    assert said["snapshots"] == _snapshots(desk) > 0
