"""Processes that cannot outlive their supervisor, and that leave nothing of their memory behind.

A child binds itself to the supervisor by `lockhouse.adapters.lifeline`. Never a fork: threads and open databases do
not survive one.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

_PR_SET_DUMPABLE = 4
MODULE = "lockhouse.faces.workers.child"
HELD_VARIABLE = "LOCKHOUSE_HELD"
"""An open socket: the child says there that it could start, and waits for the word; read and removed by the child."""


@dataclass(slots=True)
class Child:
    """A running child. Closing its lifeline, or dying, ends it.

    Attributes:
        pidfd: becomes readable when it ends.
        lifeline: the end of a pipe that only this process holds.
        word: where a child that is held says whether it could start; None once it has the word, or needed none.
    """

    pid: int
    pidfd: int
    lifeline: int
    word: socket.socket | None = None
    popen: subprocess.Popen[bytes] | None = None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens if it is gone."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)

    def wait(self) -> int:
        """Its exit code, once it has ended; minus the signal that ended it."""
        if self.popen is not None:
            return self.popen.wait()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def close(self) -> None:
        """Let go of the lifeline and of the handle, once it has ended or to end it."""
        for descriptor in (self.lifeline, self.pidfd):
            if descriptor >= 0:
                os.close(descriptor)
        self.lifeline = self.pidfd = -1
        if self.word is not None:
            self.word.close()
            self.word = None


def adopt(pid: int, *, lifeline: int) -> Child:
    """A child that this process started before it became another program."""
    os.set_inheritable(lifeline, False)  # noqa: FBT003  # by position only
    return Child(pid, os.pidfd_open(pid), lifeline)


def spawn(
    arguments: Sequence[str], *, keep: Sequence[int] = (), python: str = sys.executable, held: bool = False
) -> Child:
    """Start `python -m lockhouse.faces.workers.child ARGUMENTS`, in a process group of its own.

    What a shell sends to a job (Ctrl-C, `kill %1`) reaches the supervisor alone, which ends its children in order.

    Args:
        arguments: what the child is and of which house.
        keep: open files that it gets under the same numbers.
        python: whose code it runs.
        held: it gets ready, says so through `word` and does nothing else until it has the word.

    Raises:
        Unavailable: not called from the main thread, whose end alone means the end of this process.
        OSError: the system has no room for a process or an open file more, or cannot start this one; nothing is left.
    """
    from lockhouse.wiring import LIFELINE_VARIABLE  # noqa: PLC0415  # `harden` is called by every command, also by the least

    if threading.current_thread() is not threading.main_thread():
        raise Unavailable("serve: expected to be started from the main thread, got another")
    theirs, ours = os.pipe()
    word, their_word = socket.socketpair() if held else (None, None)
    # `-P`: what lies in the folder that `serve` was called from is never imported.
    command = [python, "-P", "-m", MODULE, *arguments]
    try:
        environment = {**os.environ, LIFELINE_VARIABLE: f"{os.getpid()}:{theirs}"}
        passed = [theirs, *keep]
        if their_word is not None:
            passed.append(their_word.fileno())
            environment[HELD_VARIABLE] = str(their_word.fileno())
        popen = subprocess.Popen(  # noqa: S603  # our own command
            command, env=environment, pass_fds=passed, stdin=subprocess.DEVNULL, process_group=0
        )
        pidfd = _watched(popen)
    except BaseException:
        os.close(ours)
        if word is not None:
            word.close()
        raise
    finally:
        os.close(theirs)
        if their_word is not None:
            their_word.close()
    return Child(popen.pid, pidfd, ours, word, popen)


def _watched(popen: subprocess.Popen[bytes]) -> int:
    """A handle of the process that was started; one that cannot be watched is ended."""
    try:
        return os.pidfd_open(popen.pid)
    except OSError:
        popen.kill()
        popen.wait()
        raise


def harden() -> None:
    """No core file holds this process's keys, and no other process of this user may read its memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
