"""Starting the writer process so that it cannot outlive whoever started it."""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

LIFELINE_VARIABLE = "LOCKHOUSE_LIFELINE"
"""`parent pid:file descriptor` of the pipe; read and removed by the child first thing."""


@dataclass(slots=True)
class WriterProcess:
    """A running writer. Closing its lifeline, or dying, ends it."""

    popen: subprocess.Popen[bytes]
    _lifeline: int

    def stop(self, *, timeout_s: float = 10.0) -> int:
        """Ask it to end in order, and wait; returns its exit code.

        Raises:
            Unavailable: it did not end in time.
        """
        self.let_go()
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise Unavailable("writer: expected it to end when asked, got a process that goes on") from error

    def let_go(self) -> None:
        """Close the lifeline, as this process's death would."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


def spawn_writer(argv: Sequence[str]) -> WriterProcess:
    """Start a command that calls `run_writer`. Never a fork: threads and open databases do not survive one.

    Raises:
        Unavailable: not called from the main thread, whose end alone means the end of this process.
    """
    if threading.current_thread() is not threading.main_thread():
        raise Unavailable("writer: expected to be started from the main thread, got another")
    theirs, ours = os.pipe()
    try:
        environment = {**os.environ, LIFELINE_VARIABLE: f"{os.getpid()}:{theirs}"}
        popen = subprocess.Popen(argv, env=environment, pass_fds=(theirs,))  # noqa: S603  # our own command
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return WriterProcess(popen, ours)
