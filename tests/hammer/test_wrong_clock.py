"""The machine's clock is set wrong under a served house or before it starts: it closes, says so, and ends nothing.

What must hold: while the clock is wrong nothing more is answered and nothing is destroyed, though an erasure and every
month of keys would be due by then; no ledger time is ahead of the true one; when the clock is right again, everything
that was answered is there once and opens.
"""

from __future__ import annotations

import os
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lockhouse.flows import request
from lockhouse.gates.ending import open_cases
from lockhouse.model import codes
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import EpochKey, KeyRing, LedgerEntry, Tombstone
from lockhouse.wiring import opened
from tests.faces.serve_world import Place, Served, make_place, run, served, until
from tests.hammer.test_kill import POLICY, Load, checked, verified

SHIM = Path(__file__).with_name("wrong_clock")
RUNNING = {"70 years": 25_568.0, "25 hours": 25 / 24, "a month": 31.0, "a day back": -1.0}
BETWEEN = {"70 years": 25_568.0, "two months": 62.0, "a day back": -1.0}
"""One that is ahead by 25 hours or a month cannot be told from a house that rested: it starts, and ends nothing."""
REFUSED = frozenset({codes.ERASED_BEFORE})
"""An order of whoever is shut that was under way then: it is from before."""
SLACK_MS = 5_000
LONG_S = 60.0


class WrongClock:
    """What the machine's clock says to the processes of the house."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0.0)

    def set(self, days: float) -> None:
        """Set it wrong by so many days; 0 is right."""
        beside = self._file.with_suffix(".new")
        beside.write_text(str(int(days * DAY_MS)), encoding="ascii")
        beside.replace(self._file)


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WrongClock:
    """For every process that is started from now on, and for this one never."""
    monkeypatch.setenv("WRONG_CLOCK_FILE", str(tmp_path / "clock"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(SHIM), os.environ.get("PYTHONPATH", "")])))
    return WrongClock(tmp_path / "clock")


async def _request(place: Place) -> bytes:
    """Somebody asks to be erased: shut, and due when the cooling time is over."""
    person = (await place.rows(KeyRing))[0].person
    async with opened(place.folder, role="console") as own:
        done = await request.open_erasure(own.house, person, by="os-user:0")
        assert done.case.step == "shut"
        return done.case.id


async def _nothing_ended(place: Place, keys: list[Any], case: bytes) -> None:
    """No key is gone, the request is still only shut, and no entry is ahead of the true time."""
    assert await place.rows(Tombstone) == []
    now_keys = {(row.compartment, row.epoch): row for row in await place.rows(EpochKey)}
    assert all(now_keys[row.compartment, row.epoch] == row for row in keys)
    async with opened(place.folder, role="console") as own:
        assert [(one.id, one.step) for one in await open_cases(own.house)] == [(case, "shut")]
    entries = sorted(await place.rows(LedgerEntry), key=lambda entry: (entry.lane, entry.counter))
    assert max(entry.at for entry in entries) <= time.time_ns() // 1_000_000 + SLACK_MS
    for one, following in pairwise(entries):
        assert one.lane != following.lane or one.at <= following.at


def _is_closed(house: Served) -> bool:
    ready = house.get("/readyz")
    return ready.status_code == 503 and "clock: expected" in str(ready.json().get("reasons"))


def _answers_more(load: Load) -> None:
    before = len(load.answered)
    until(lambda: len(load.answered) > before + 20, LONG_S)


async def _called_off(place: Place) -> None:
    async with opened(place.folder, role="console") as own:
        [case] = await open_cases(own.house)
        await request.undo(own.house, case, by="os-user:0")


@pytest.mark.hammer
def test_a_clock_set_wrong_under_a_served_house_closes_it_and_ends_nothing(tmp_path: Path, clock: WrongClock) -> None:
    place = run(make_place(tmp_path, policy=POLICY))
    with served(place) as house, Load(house, seed=7, senders=2) as load:
        _answers_more(load)
        case, keys = run(_request(place)), run(place.rows(EpochKey))
        for days in RUNNING.values():
            clock.set(days)
            until(lambda: _is_closed(house), LONG_S)
            time.sleep(1.0)  # what was under way is answered
            before = len(load.answered)
            time.sleep(2.0)
            assert len(load.answered) == before
            run(_nothing_ended(place, keys, case))
            clock.set(0.0)
            _answers_more(load)
    run(_called_off(place))
    verified(tmp_path / "export", run(checked(place, [load], refused=REFUSED)))


@pytest.mark.hammer
def test_a_house_does_not_start_under_a_wrong_clock_and_ends_nothing(tmp_path: Path, clock: WrongClock) -> None:
    place = run(make_place(tmp_path, policy=POLICY))
    with served(place) as house, Load(house, seed=8, senders=2) as load:
        _answers_more(load)
        case, keys = run(_request(place)), run(place.rows(EpochKey))
    for days in BETWEEN.values():
        clock.set(days)
        with served(place, wait=False) as house:
            assert house.process.wait(LONG_S) != 0
            assert "clock: expected it to be" in house.log
            assert "set this machine's clock right" in house.log
        run(_nothing_ended(place, keys, case))
        clock.set(0.0)
    with served(place) as house, Load(house, seed=9, senders=2) as again:
        _answers_more(again)
    run(_called_off(place))
    verified(tmp_path / "export", run(checked(place, [load, again], refused=REFUSED)))
