"""Processes that cannot outlive their supervisor, and that leave nothing of their memory behind.

A child binds itself to the supervisor by `lockhouse.adapters.lifeline`. Never a fork: threads and open databases do
not survive one.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.errors import Unavailable
from lockhouse.wiring import LIFELINE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

_PR_SET_DUMPABLE = 4
MODULE = "lockhouse.faces.workers.child"


@dataclass(slots=True)
class Child:
    """A running child. Closing its lifeline, or dying, ends it."""

    popen: subprocess.Popen[bytes]
    pidfd: int
    _lifeline: int

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens if it is gone."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)

    def close(self) -> None:
        """Let go of the lifeline and of the handle, once it has ended or to end it."""
        for descriptor in (self._lifeline, self.pidfd):
            if descriptor >= 0:
                os.close(descriptor)
        self._lifeline = self.pidfd = -1


def spawn(arguments: Sequence[str], *, keep: Sequence[int] = ()) -> Child:
    """Start `python -m lockhouse.faces.workers.child ARGUMENTS`, in a process group of its own.

    What a shell sends to a job (Ctrl-C, `kill %1`) reaches the supervisor alone, which ends its children in order.

    Args:
        arguments: what the child is and of which house.
        keep: open files that it gets under the same numbers.

    Raises:
        Unavailable: not called from the main thread, whose end alone means the end of this process.
    """
    if threading.current_thread() is not threading.main_thread():
        raise Unavailable("serve: expected to be started from the main thread, got another")
    theirs, ours = os.pipe()
    # `-P`: what lies in the folder that `serve` was called from is never imported.
    command = [sys.executable, "-P", "-m", MODULE, *arguments]
    try:
        environment = {**os.environ, LIFELINE_VARIABLE: f"{os.getpid()}:{theirs}"}
        popen = subprocess.Popen(  # noqa: S603  # our own command
            command, env=environment, pass_fds=(theirs, *keep), stdin=subprocess.DEVNULL, process_group=0
        )
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return Child(popen, os.pidfd_open(popen.pid), ours)


def harden() -> None:
    """No core file holds this process's keys, and no other process of this user may read its memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
