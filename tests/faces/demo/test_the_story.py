"""One demo told to its end; every figure of it is found again in what it left, by other means than its own."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lockhouse.faces.demo.onward import LINES
from lockhouse.faces.demo.people import ANNA, crowd
from lockhouse.faces.demo.traffic import CHANNELS, traffic
from tests.faces.demo.runs import command, environment, figures, is_gone

PEOPLE = 150
pytestmark = pytest.mark.xdist_group("demo")


class Run(NamedTuple):
    told: dict[str, Any]
    story: str
    folder: Path

    def number(self, store: str, query: str) -> int:
        with closing(sqlite3.connect(self.folder / "house" / f"{store}.db")) as database:
            return int(database.execute(query).fetchone()[0])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("kept")
    temporary = tmp_path_factory.mktemp("temporary")
    told, story = figures(temporary, "--once", "--people", str(PEOPLE), "--keep", str(folder))
    assert list(temporary.iterdir()) == []
    return Run(told, story, folder)


def test_every_event_that_was_sent_was_answered_once(run: Run) -> None:
    told = run.told
    calls = list(traffic(crowd(PEOPLE, seed=7), seed=7))
    assert told["sent"] == sum(call.items for call in calls)
    assert told["accepted"] == told["stored"] + told["trimmed"]
    assert told["sent"] == told["accepted"] + told["duplicate"] + told["refused"]
    assert told["duplicate"] == sum(call.again for call in calls) > 0
    assert told["refused"] == sum(call.broken for call in calls) > 0
    assert set(told["by_channel"]) == set(CHANNELS)
    assert sum(sum(counts.values()) for counts in told["by_channel"].values()) == told["sent"]


def test_the_stores_hold_what_the_figures_say(run: Run) -> None:
    told = run.told
    assert told["records"] == told["accepted"]
    present = run.number("record", "SELECT count(*) FROM record")
    assert present + run.number("record", "SELECT count(*) FROM deletion") == told["records"]
    assert run.number("record", "SELECT count(*) FROM receipt WHERE code = '0'") == told["stored"]
    assert run.number("record", "SELECT count(*) FROM receipt WHERE code = '1'") == told["trimmed"]
    assert run.number("record", "SELECT count(DISTINCT channel) FROM record") == told["channels"] == len(CHANNELS)
    people = told["persons"] + told["devices"]
    assert run.number("identity", "SELECT count(*) FROM person") == people
    assert run.number("identity", "SELECT count(*) FROM person WHERE state & 16") == told["erased"] == 1
    assert run.number("identity", "SELECT count(*) FROM tombstone") == told["erased_keys"]
    assert PEOPLE * 0.8 < told["persons"] <= PEOPLE
    assert told["dropped_paths"] == len({path.split(" (")[0] for path in told["dropped"]})


def test_the_thief_finds_nobody_and_the_backup_stays_dead(run: Run) -> None:
    assert run.told["grep_hits"] == 0
    assert run.told["grep_control"] > 0
    assert run.told["backup_boxes"] > 0
    assert run.told["backup_opens"] == run.told["backup_found"] == 0
    assert f"{run.told['backup_boxes']} of them name a destroyed key" in run.story
    assert "opens no more" in run.story
    assert "every copy" not in run.story
    for store in (run.folder / "house", run.folder / "backup-from-before", run.folder / "brought-back"):
        for file in store.rglob("*"):
            raw = file.read_bytes().lower() if file.is_file() else b""
            assert ANNA.email.encode() not in raw
            assert ANNA.last.lower().encode("utf-16-le") not in raw


def test_certificate_and_ledger_verify_without_the_house(run: Run) -> None:
    assert run.told["certificate_verified"] is True
    assert run.told["ledger_verified"] is True
    vkey = re.findall(r"--vkey (\S+)", run.story)[-1]
    for arguments in (["certificate.json", "--certificate"], ["ledger.export"]):
        ended = subprocess.run(
            [sys.executable, "-m", "lockhouse.ledger.verify", *arguments, "--vkey", vkey],
            cwd=run.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout
    [exported] = re.findall(r"^([0-9,]+) entries in ", ended.stdout, re.MULTILINE)
    behind = run.told["ledger_size"] - int(exported.replace(",", ""))
    assert 0 <= behind <= 3, "what the house notes by itself may come between the export and the look at the records"


def test_the_audit_names_both_crimes(run: Run) -> None:
    record, position = run.told["tampering_named"]
    assert f"edited-record: {record}:" in run.story
    assert f"deleted-entry: {position}:" in run.story
    [typed] = re.findall(r"^\$ lockhouse (-C .* ledger verify --records)$", run.story, re.MULTILINE)
    again = subprocess.run(
        [sys.executable, "-m", "lockhouse", *shlex.split(typed)], capture_output=True, text=True, check=False
    )
    assert f"deleted-entry: {position}:" in again.stdout


def test_what_users_have_makes_the_backup_and_brings_it_back(run: Run) -> None:
    for words in ("backup create ", "backup restore "):
        assert re.search(rf"^\$ lockhouse -C \S+ {words}", run.story, re.MULTILINE)
    manifest = json.loads((run.folder / "backup-from-before" / "manifest.json").read_bytes())
    assert manifest


def test_the_ledger_says_what_we_looked_at_and_why(run: Run) -> None:
    assert run.told["looks"] == 2
    assert "delivery-problem" in run.story
    assert "erasure-request" in run.story
    assert ANNA.email not in run.story


def test_the_first_event_is_sealed_soon(run: Run) -> None:
    assert 0 < run.told["first_event_s"] < 60
    assert run.told["first_event_s"] < run.told["seconds"] < 180


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path) -> None:
    told, story = figures(tmp_path, "--once", "--people", "12", "--seed", "3")
    assert told["accepted"] > 0
    assert "Its processes, files and keys are gone." in story
    assert is_gone(tmp_path, within_s=1.0)


def test_without_a_terminal_it_is_asked_by_line(tmp_path: Path) -> None:
    ended = subprocess.run(
        command("--people", "12"), env=environment(tmp_path), input="1\nwhat?\n2\n2\nq\n", capture_output=True,
        text=True, check=True, timeout=60,
    )  # fmt: skip
    acts = re.findall(r"^\[(\d)\] [A-Z]", ended.stdout, re.MULTILINE)
    assert acts == ["1", "2", "2"]
    assert "She was erased already" in ended.stdout
    assert "\nIts processes, files and keys are gone.\n\nA house of your own" in ended.stdout
    assert [line for line in LINES if f"\n  {line}" not in ended.stdout] == []
    assert is_gone(tmp_path, within_s=1.0)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--people 0", "--people"),
        ("--people -3", "--people"),
        ("--limit 5", "--real beside it"),
        ("--real --limit -1", "0"),
    ],
)
def test_what_would_be_ignored_is_refused(tmp_path: Path, words: str, says: str) -> None:
    ended = subprocess.run(
        command("--once", *words.split()), env=environment(tmp_path), capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert (ended.returncode, says in ended.stderr, ended.stdout) == (2, True, "")


def test_a_folder_that_holds_something_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "lockhouse.faces.demo", "--once", "--keep", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "error[invalid]: --keep: expected an empty or new folder" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
