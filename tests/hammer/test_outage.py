"""A store is away for ten minutes under load: nothing is refused, and nothing that was answered is lost or doubled.

What is away: the writer, stopped or killed whenever it comes back, so that neither store can be written; or the record
store alone, whose file another program holds locked. The root key file is away as well, as a KMS would be.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters.tables import FILES
from lockhouse.flows import audit
from lockhouse.model.rows import Intake, Record
from lockhouse.wiring import opened
from tests.faces.serve_world import Place, Served, make_place, run, served, set_aside
from tests.faces.steady_load import SteadyLoad

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AWAY_S = float(os.environ.get("HAMMER_AWAY_S", "600"))


async def each_is_there_once(place: Place, answered: list[str]) -> None:
    """After a cold start: a record for every answered event and no other, and the ledger covers and verifies them."""
    async with opened(place.folder, role="console") as house:
        assert house.alone
        trusted = audit.Trusted([house.verifier], house.lane_key, anchors=house.anchors)
        report = await audit.verify(house.house, sequencer=house.writer, trusted=trusted, records=True)
        assert report.clean
    records, intakes = await place.rows(Record), await place.rows(Intake)
    assert len(answered) == len(set(answered)) == len(records)
    covered = [row.records[at : at + 16] for row in intakes for at in range(0, len(row.records), 16)]
    assert sorted(covered) == sorted(record.id for record in records)


@contextmanager
def stopped(house: Served) -> Iterator[None]:
    """The writer stands still."""
    pid = house.pids()["writer"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def locked(house: Served) -> Iterator[None]:
    """Another program holds the record store for writing."""
    with closing(sqlite3.connect(house.place.folder / FILES["record"], isolation_level=None, timeout=60)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def hold_away(house: Served, how: str, seconds: float) -> None:
    """What is away stays away for so long."""
    end = time.monotonic() + seconds
    if how == "killed":
        while time.monotonic() < end:
            with suppress(KeyError, ProcessLookupError):
                house.kill("writer")
            time.sleep(0.5)
        return
    with stopped(house) if how == "stopped" else locked(house):
        time.sleep(seconds)


def an_outage(place: Place, how: str, seconds: float) -> SteadyLoad:
    """Load before, while and after; then everything is looked through: each answered event is there once."""
    root = place.folder.parent / "root" / "house.root"
    with served(place) as house:
        with SteadyLoad(place, kept=4, new=1, idle=2) as load:
            load.goes_on(50)
            root.rename(root.with_suffix(".away"))
            hold_away(house, how, seconds)
            root.with_suffix(".away").rename(root)
            waited, began = set_aside(place), time.monotonic()
            load.goes_on(50)
        assert waited > 0
        back_s = time.monotonic() - began
        print(f"{how} for {seconds:.0f} s: {len(load.answered)} answered, none refused, the longest in "  # noqa: T201
              f"{load.longest_s:.1f} s; {waited:,} bytes waited and were in after {back_s:.0f} s")  # fmt: skip
        assert house.stop() == 0
    run(each_is_there_once(place, load.answered))
    return load


@pytest.mark.slow
@pytest.mark.parametrize(("how", "seconds"), [("stopped", 20.0), ("killed", 8.0), ("locked", 8.0)])
def test_an_outage_of_some_seconds_loses_and_refuses_nothing(tmp_path: Path, how: str, seconds: float) -> None:
    load = an_outage(run(make_place(tmp_path)), how, seconds)
    assert (set(load.statuses), load.lost) == ({200}, {})


@pytest.mark.hammer
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("how", ["stopped", "killed", "locked"])
def test_an_outage_of_ten_minutes_loses_and_refuses_nothing(tmp_path: Path, how: str) -> None:
    load = an_outage(run(make_place(tmp_path)), how, AWAY_S)
    assert (set(load.statuses), load.lost) == ({200}, {})
