"""A command and a house that somebody else holds just now: it waits a moment, then it says who."""

from __future__ import annotations

import fcntl
import threading
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Unavailable
from lockhouse.faces.outcomes import OUTCOMES
from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.found()
    return made


def test_a_command_waits_a_moment_for_a_writer_that_starts(desk: Desk) -> None:
    """It holds the lock some time before it listens: a command that comes in between is not turned away."""
    with (desk.house / "writer.lock").open("rb+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        release = threading.Timer(0.7, fcntl.flock, (lock, fcntl.LOCK_UN))
        release.start()
        seen = desk.call("channel add shop")
        release.join()
    assert (seen.code, seen.err) == (0, "")


def test_a_command_that_waits_in_vain_says_what_is_held(desk: Desk) -> None:
    with (desk.house / "writer.lock").open("rb+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        seen = desk.call("channel add shop", json=True)
    assert (seen.code, seen.error["code"]) == (OUTCOMES[Unavailable].exit_code, "unavailable")
    assert seen.error["message"].startswith("writer.lock: expected to be the only writer of this house")
