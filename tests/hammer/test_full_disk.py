"""A disk that is full costs senders time and nothing else: the house says so, and goes on when there is room again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ALONE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
"""A mount namespace of its own, so that a small disk can be mounted; without root it takes a user namespace."""


def _namespaces() -> bool:
    return subprocess.run([*ALONE, "true"], check=False, capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(
    not _namespaces(), reason="a small disk cannot be mounted: run as root, or allow user namespaces"
)


def _seen(folder: Path, what: str) -> dict[str, Any]:
    command = [*ALONE, sys.executable, "-m", "tests.hammer.full_disk", str(folder), what]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=290)
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert not seen["traceback"]
    assert seen["odd"] == []
    assert {"cannot write", "writes again"} <= set(seen["events"])
    assert seen["again"]["answered"] > 200
    return seen


@pytest.mark.slow
def test_where_the_house_lies_nothing_is_answered_until_there_is_room_and_nothing_answered_is_lost(
    tmp_path: Path,
) -> None:
    seen = _seen(tmp_path, "house")
    assert seen["full"]["answered"] < 60
    assert seen["full"]["ready"] == 503
    [why] = seen["full"]["why"]
    assert "spool: expected room on the disk of the house" in why
    assert seen["again"]["ready"] == 200


@pytest.mark.hammer
@pytest.mark.timeout(300)
def test_where_the_root_key_lies_events_are_taken_and_checkpoints_wait_for_their_copies(tmp_path: Path) -> None:
    assert _seen(tmp_path, "keys")["full"]["answered"] > 200
