"""Processes are killed while events come in: what was answered is there, once, and the house goes on."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from lockhouse.adapters.writer_protocol import LEASE_S
from lockhouse.faces.serve.patience import WAIT_S
from lockhouse.model.rows import Intake, Receipt, Record
from tests.faces.serve_world import Place, Senders, Served, make_place, order, run, served, set_aside, stored, until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made: Place = run(make_place(tmp_path))
    return made


class Load(Senders):
    """Senders that repeat an event until it is answered, as the public clients do."""

    def __init__(self, house: Served, *, senders: int = 4) -> None:
        self.answered: list[str] = []
        self.repeats = 0
        super().__init__(house, senders=senders)

    def _send(self, sender: int) -> None:
        with httpx.Client(base_url=self._house.place.url, auth=(self._house.place.key, ""), timeout=5) as client:
            number = 0
            while not self._stop.is_set():
                event = order(f"{sender}-{number}")
                while not self._is_taken(client, event) and not self._stop.is_set():
                    self.repeats += 1
                    time.sleep(0.02)
                number += 1

    def _is_taken(self, client: httpx.Client, event: dict[str, object]) -> bool:
        try:
            answer = client.post("/v1/batch", json={"batch": [event]}, headers={"Prefer": "return=representation"})
        except httpx.HTTPError:
            return False
        if answer.status_code != 200:
            assert answer.status_code == 503
            return False
        [item] = answer.json()["items"]
        assert item["code"] in {"LH-0000", "LH-0100", "LH-0300"}
        self.answered.append(str(event["messageId"]))
        return True

    def goes_on(self) -> None:
        """Returns once events are answered that were not answered before the call."""
        before = len(self.answered)
        until(lambda: len(self.answered) > before + 8, 15)


@pytest.mark.parametrize("name", ["writer", "collect-0"])
def test_a_process_killed_under_load_loses_and_doubles_nothing(place: Place, name: str) -> None:
    with served(place) as house:
        with Load(house) as load:
            for _ in range(2):
                load.goes_on()
                killed = house.kill(name)
                load.goes_on()
                until(lambda was=killed: house.pids().get(name) not in {None, was}, 5)
        assert len(house.lines("restarting")) == 2
        until(lambda: set_aside(place) == 0)
        assert house.stop() == 0
    records, receipts = run(place.rows(Record)), run(place.rows(Receipt))
    assert len(load.answered) == len(set(load.answered)) > 30
    # Events whose answer was cut off with the process may have been stored too: they were sent, never answered twice.
    assert len(set(load.answered)) <= len(receipts) <= len(set(load.answered)) + 4
    assert {receipt.record for receipt in receipts} == {record.id for record in records}
    assert len(records) == len(receipts)
    covered = [row.records[at : at + 16] for row in run(place.rows(Intake)) for at in range(0, len(row.records), 16)]
    assert sorted(covered) == sorted(record.id for record in records)


def test_a_request_that_meets_no_writer_waits_for_the_next_one(place: Place) -> None:
    with served(place) as house, Load(house) as load:
        for _ in range(2):
            load.goes_on()
            house.kill("writer")
            load.goes_on()
        assert load.repeats == 0


def test_a_writer_that_does_not_come_back_is_waited_for_only_so_long(place: Place) -> None:
    place.set(spool_mb=0)
    with served(place) as house:
        assert house.post(order(1)).status_code == 200
        os.kill(house.pids()["writer"], signal.SIGSTOP)
        time.sleep(LEASE_S)
        started = time.monotonic()
        answer = house.post(order(2))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert WAIT_S - 0.5 < time.monotonic() - started < WAIT_S + 2
        os.kill(house.pids()["writer"], signal.SIGCONT)
        assert house.post(order(2)).status_code == 200
    assert run(stored(place)) == (2, 2)


def test_the_public_listener_refuses_nobody_while_collecting_is_restarted(place: Place) -> None:
    with served(place) as house:
        house.kill("collect-0")
        assert house.post(order(1)).status_code == 200
        [line] = house.lines("restarting")
        assert line["part"] == "collect-0"


def test_the_worker_is_restarted_too(place: Place) -> None:
    with served(place) as house:
        killed = house.kill("work")
        until(lambda: house.pids().get("work") not in {None, killed}, 5)
        until(lambda: len(house.lines("working")) == 2, 5)
        assert 'lockhouse_process_alive{process="work"} 1.0' in httpx.get(place.metrics).text
