"""A restore that stops early brought destroyed keys back and did not end them again: nobody opens what it left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from sqlite3 import connect
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.adapters.sqlite_copy import digest
from lockhouse.errors import Invalid, Tampered, Unavailable
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.flows import backup
from lockhouse.wiring import serve_writer
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

AWAY = OUTCOMES[Unavailable].exit_code


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A house, a copy of it, and one person who was erased since."""
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    person = desk.person()
    assert desk.call("backup create ../copy").code == 0
    opened = desk.call(f"request open {person}", json=True).value
    assert desk.call(f"request fulfil {opened['request']} --now --yes").code == 0
    return desk


def _is_closed(desk: Desk) -> None:
    for line in (
        "person find email -", "channel list", "accept restore --yes", "ledger verify", "key status",
        "backup create ../more",
    ):  # fmt: skip
        seen = desk.call(f"-C ../back {line}", typed=f"{EMAIL}\n", json=True)
        assert (seen.code, seen.error["message"]) == (
            AWAY, "house: expected one that was brought back to the end, got one whose restore is under way or stopped",
        ), line  # fmt: skip
        assert f"remove {desk.folder / 'back'}" in seen.error["hint"].replace("shop/../", "")
    with pytest.raises(Unavailable, match="brought back to the end"):
        serve_writer(desk.folder / "back")
    said = desk.call("-C ../back doctor", json=True).value["results"]
    assert {one["state"] for one in said if one["check"] == "ledger"} == {"ERROR"}


def _killed_while_it_reads_the_journal(desk: Desk) -> None:
    """The shipped journal is a pipe: the restore stands still in it, with both stores in their places."""
    [shipped] = desk.house.rglob("*.destroyed.jsonl")
    kept = shipped.rename(shipped.with_suffix(".kept"))
    os.mkfifo(shipped)
    restore = [sys.executable, "-m", "lockhouse", "backup", "restore", "copy", "--to", "back"]
    child = subprocess.Popen(restore, cwd=desk.folder)
    pipe, until = -1, time.monotonic() + 30
    while pipe < 0 and time.monotonic() < until:
        try:
            pipe = os.open(shipped, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    os.close(pipe)
    kept.replace(shipped)


def test_a_restore_that_was_killed_leaves_no_house_that_opens(desk: Desk) -> None:
    _killed_while_it_reads_the_journal(desk)
    left = {path.name for path in (desk.folder / "back").iterdir()}
    assert {"identity.db", "lockhouse.toml", "record.db", "restoring"} <= left
    _is_closed(desk)
    for more in ("", " --only record"):
        again = desk.call(f"backup restore ../copy --to ../back{more}", json=True)
        assert again.code == OUTCOMES[Invalid].exit_code
        assert again.error["hint"] == "remove it first, if nothing restores it any more"
    assert desk.call("-C ../back backup restore ../copy --to ../other --only record").code == AWAY
    shutil.rmtree(desk.folder / "back")
    assert desk.call("backup restore ../copy --to ../back", json=True).value["replayed"]["persons"] == 1
    assert desk.call("-C ../back person find email -", typed=f"{EMAIL}\n", json=True).value["persons"] == []


def test_a_restore_that_finds_a_journal_with_a_hole_leaves_no_house_that_opens(desk: Desk) -> None:
    [shipped] = desk.house.rglob("*.destroyed.jsonl")
    first, *_ = shipped.read_bytes().splitlines(keepends=True)
    shipped.write_bytes(first + first)
    assert desk.call("-C ../lost backup restore ../copy --to ../back").code == OUTCOMES[Tampered].exit_code
    _is_closed(desk)


def test_a_restore_that_finds_an_edited_row_leaves_no_house_that_opens(desk: Desk) -> None:
    record = desk.folder / "copy" / "record.db"
    with closing(connect(record)) as store:
        store.execute("UPDATE policy_version SET at = at + 1")
        store.commit()
    manifest = backup.parse_manifest((desk.folder / "copy" / backup.MANIFEST).read_bytes())
    edited = msgspec.structs.replace(manifest, files=manifest.files | {"record": digest(record)})
    (desk.folder / "copy" / backup.MANIFEST).write_bytes(msgspec.json.encode(edited))
    assert desk.call("backup restore ../copy --to ../back").code == OUTCOMES[Tampered].exit_code
    _is_closed(desk)


def test_a_restore_that_came_to_its_end_leaves_no_mark(desk: Desk) -> None:
    assert desk.call("backup restore ../copy --to ../back").code == 0
    assert not (desk.folder / "back" / "restoring").exists()
