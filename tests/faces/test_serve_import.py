"""Imports beside a running house, with kill -9: of the import, of the writer; each row is there once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.model.rows import Import, Imported, Record
from tests.faces.serve_world import Place, make_place, run, served, until

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 4_000
MAP = "import: 1\nevent: Order Completed\ntime: now\nfields: {email: mail, order_id: number, country: land}\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made: Place = run(make_place(tmp_path))
    (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")
    lines = [f"person-{number % 700}@example.com,o-{number},DE" for number in range(ROWS)]
    (tmp_path / "orders.csv").write_text("\n".join(["mail,number,land", *lines]), encoding="utf-8")
    return made


def _command(place: Place, *words: str) -> list[str]:
    return [sys.executable, "-m", "lockhouse", "-C", str(place.folder), "--json", *words]


def _importing(place: Place) -> list[str]:
    at = place.folder.parent
    return _command(place, "import", str(at / "orders.csv"), "--channel", "backend", "--map", str(at / "map.yaml"))


def _done(words: list[str]) -> Any:
    ended = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def _is_writing(place: Place) -> bool:
    """Whether a writer takes what is to be committed: a new one has the house's lock before it has its socket."""
    ended = subprocess.run(_command(place, "ledger", "checkpoint"), capture_output=True, timeout=60, check=False)
    return ended.returncode == 0


def _line(place: Place) -> int:
    """Up to which line the batch is durable."""
    rows: list[Import] = run(place.rows(Import))
    return max((row.line for row in rows), default=0)


def _killed_at(place: Place, line: int) -> None:
    """An import goes on until so many lines are durable, and ends there."""
    process = subprocess.Popen(_importing(place), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: _line(place) > line or process.poll() is not None, 60)
    process.send_signal(signal.SIGKILL)
    assert process.wait(15) == -signal.SIGKILL


def _verified(place: Place) -> None:
    assert _done(_command(place, "ledger", "verify", "--records"))
    assert len(run(place.rows(Record))) == len(run(place.rows(Imported))) == ROWS


def test_an_import_that_is_killed_beside_a_running_house_goes_on(place: Place) -> None:
    with served(place, only="work"):
        for wanted in (1, 1_500):
            _killed_at(place, wanted)
            assert wanted < _line(place) < ROWS
        told = _done(_importing(place))
        assert (told["stored"], told["duplicate"], told["refused"], told["state"]) == (ROWS, 0, 0, "done")
        _verified(place)


def test_an_import_whose_writer_is_killed_says_so_and_goes_on(place: Place) -> None:
    with served(place, only="work") as house:
        process = subprocess.Popen(_importing(place), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until(lambda: _line(place) > 1, 60)
        house.kill("writer")
        out, err = process.communicate(timeout=120)
        if process.returncode:  # else the new writer was there in time
            assert json.loads(err)["error"]["code"] == "unavailable", err
        else:
            assert json.loads(out)["stored"] == ROWS
        until(lambda: _is_writing(place), 20)
        told = _done(_importing(place))
        assert (told["stored"], told["duplicate"], told["state"]) == (ROWS, 0, "done")
        _verified(place)


def test_an_import_alone_that_is_killed_goes_on_and_goes_again(place: Place) -> None:
    process = subprocess.Popen(_importing(place), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: (place.folder / "record.db-wal").stat().st_size > 1_000_000 or process.poll() is not None, 60)
    process.send_signal(signal.SIGKILL)
    assert process.wait(15) == -signal.SIGKILL
    told = _done(_importing(place))
    assert (told["stored"], told["duplicate"]) == (ROWS, 0)
    _verified(place)
    undone = _done(_command(place, "import", "undo", told["batch"], "--yes"))
    assert undone["records"] == ROWS
    assert run(place.rows(Record)) == []
    assert _done(_command(place, "ledger", "verify", "--records"))
