"""While the writer is away, events are set aside and answered; once it is back, each is there, once."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from lockhouse.adapters.spool_file import FILE
from lockhouse.adapters.writer_protocol import LEASE_S
from lockhouse.model.rows import Record
from tests.faces.serve_world import START_S, Place, Served, make_place, order, run, served, set_aside, stored, until
from tests.faces.steady_load import SteadyLoad
from tests.hammer.test_outage import each_is_there_once

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made: Place = run(make_place(tmp_path))
    return made


SENDERS_WAIT_S = 10.0
"""The public clients give up a request after 10 to 15 s."""


def stop_writer(house: Served) -> int:
    """The writer stands still, and every lease on it has run out."""
    pid = house.pids()["writer"]
    os.kill(pid, signal.SIGSTOP)
    time.sleep(LEASE_S + 0.1)
    return pid


def codes_of(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["code"] for item in answer.json()["items"]]


def test_what_comes_in_while_the_writer_is_away_is_accepted_and_stored_once_it_is_back(place: Place) -> None:
    with served(place) as house:
        assert codes_of(house.post(order(1))) == ["LH-0000"]
        writer = stop_writer(house)
        assert codes_of(house.post(order(2), {"type": "odd"})) == ["LH-0300", "LH-1003"]
        began = time.monotonic()
        assert codes_of(house.post(order(3))) == ["LH-0300"]
        assert time.monotonic() - began < 2, "what waits behind others need not wait for the writer"
        assert house.get("/readyz").json() == {"status": "spooling"}
        assert (place.folder / FILE).stat().st_mode & 0o777 == 0o600
        os.kill(writer, signal.SIGCONT)
        until(lambda: set_aside(place) == 0, 20)
        until(lambda: bool(house.lines("spool drained")))
        [drained] = house.lines("spool drained")
        assert (drained["events"], drained["failed"]) == (3, 0)
        assert house.get("/readyz").json() == {"status": "ok"}
        assert codes_of(house.post(order(2))) == ["LH-0100"]
    assert run(stored(place)) == (3, 3)


def test_under_load_every_answer_is_a_200_and_each_event_is_there_once_afterwards(place: Place) -> None:
    place.set(collect_processes=2)
    with served(place) as house:
        with SteadyLoad(place, kept=4, new=1, idle=1) as load:
            load.goes_on(50)
            writer = stop_writer(house)
            load.goes_on(300)
            assert load.longest_s < SENDERS_WAIT_S
            os.kill(writer, signal.SIGCONT)
            load.goes_on(100)
        until(lambda: set_aside(place) == 0, 60)
        assert set(load.statuses) == {200}
        assert house.stop() == 0
    assert load.lost == {}
    run(each_is_there_once(place, load.answered))


def test_a_collecting_process_killed_while_events_wait_or_are_brought_back_loses_and_doubles_none(place: Place) -> None:
    with served(place) as house:
        writer = stop_writer(house)
        events = [order(number) | {"messageId": None} for number in range(40)]
        for event in events[:20]:
            assert codes_of(house.post(event)) == ["LH-0300"]
        house.kill("collect-0")
        os.kill(writer, signal.SIGCONT)
        until(lambda: bool(house.lines("spool drained")), START_S)
        os.kill(writer, signal.SIGSTOP)
        time.sleep(LEASE_S)
        for event in events[20:]:
            assert codes_of(house.post(event)) == ["LH-0300"]
        os.kill(writer, signal.SIGCONT)
        until(lambda: len(run(place.rows(Record))) > 20, START_S)
        house.kill("collect-0")
        until(lambda: set_aside(place) == 0, START_S)
    records = run(place.rows(Record))
    assert len(records) == len(events)


def test_what_waits_when_the_house_is_stopped_is_there_after_its_next_start(place: Place) -> None:
    with served(place) as house:
        stop_writer(house)
        assert codes_of(house.post(order(1), order(2))) == ["LH-0300", "LH-0300"]
        os.killpg(house.process.pid, signal.SIGKILL)
        for pid in house.pids().values():
            os.kill(pid, signal.SIGKILL)
    assert set_aside(place) > 0
    with served(place) as house:
        until(lambda: set_aside(place) == 0, START_S)
        assert 'lockhouse_spool_events_total{became="drained",process="collect-0"} 2.0' in httpx.get(place.metrics).text
    assert run(stored(place)) == (2, 2)


def test_a_full_spool_is_told_to_senders_and_to_whoever_asks_for_readiness(place: Place) -> None:
    place.set(spool_mb=1)
    with served(place) as house:
        writer = stop_writer(house)
        great = "x" * 20_000
        statuses = [house.post(order(number, note=great)).status_code for number in range(60)]
        assert statuses == sorted(statuses)
        assert set(statuses) == {200, 503}
        assert set_aside(place) <= 1 << 20
        assert "a spool that is full" in str(house.get("/readyz").json())
        os.kill(writer, signal.SIGCONT)
        until(lambda: set_aside(place) == 0, START_S)
    assert run(stored(place)) == (statuses.count(200),) * 2
