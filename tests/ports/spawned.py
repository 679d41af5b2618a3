"""A writer process for tests, started so that it cannot outlive them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.adapters.lifeline import LIFELINE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence


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
