"""While the writer is away, events are set aside and answered; once it is back, each is there, once."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from lockhouse.adapters.spool_file import FILE
from tests.faces.serve_world import Place, Served, make_place, order, run, served, stored, until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made: Place = run(make_place(tmp_path))
    return made


def stop_writer(house: Served) -> int:
    """The writer stands still, and every lease on it has run out."""
    pid = house.pids()["writer"]
    os.kill(pid, signal.SIGSTOP)
    time.sleep(2.1)
    return pid


def waiting(place: Place) -> int:
    """How many bytes wait in the spool."""
    return (place.folder / FILE).stat().st_size


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
        until(lambda: waiting(place) == 0, 20)
        [drained] = house.lines("spool drained")
        assert (drained["events"], drained["failed"]) == (3, 0)
        assert house.get("/readyz").json() == {"status": "ok"}
        assert codes_of(house.post(order(2))) == ["LH-0100"]
    assert run(stored(place)) == (3, 3)
