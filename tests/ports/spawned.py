"""Processes of a house for tests, started so that they cannot outlive them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.adapters.lifeline import LIFELINE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class WriterProcess:
    """A running writer. Closing its lifeline, or dying, ends it."""

    popen: subprocess.Popen[bytes]
    _lifeline: int

    def stop(self, *, timeout_s: float = 10.0) -> int:
        """Ask it to end in order, and wait; returns its exit code."""
        self.let_go()
        return self.popen.wait(timeout_s)

    def let_go(self) -> None:
        """Close the lifeline, as this process's death would."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


def spawn_writer(argv: Sequence[str]) -> WriterProcess:
    """Start a command that calls `run_writer`; from the main thread, whose end alone means the end of this process."""
    theirs, ours = os.pipe()
    try:
        environment = {**os.environ, LIFELINE_VARIABLE: f"{os.getpid()}:{theirs}"}
        popen = subprocess.Popen(argv, env=environment, pass_fds=(theirs,))
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return WriterProcess(popen, ours)


def start_client(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Another process of the house (`client_entry.py`), which says what it sees."""
    command = [sys.executable, "-m", "tests.ports.client_entry", str(folder), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def said(client: subprocess.Popen[str]) -> str:
    """The next line that it says."""
    assert client.stdout is not None
    return client.stdout.readline().strip()


def until_said(client: subprocess.Popen[str], wanted: str) -> list[str]:
    """What it says until it says that; on a busy machine a lease may lapse for a moment in between."""
    told = [said(client)]
    while told[-1] != wanted:
        told.append(said(client))
    return told


def end(client: subprocess.Popen[str]) -> None:
    """Kill it."""
    client.kill()
    client.wait()
    assert client.stdout is not None
    client.stdout.close()
