"""A process that cannot outlive whoever started it.

It is bound twice: by a signal that the kernel sends when the main thread of its parent ends, which also ends a process
that is stalled; and by a pipe whose other end only the parent holds.
"""

from __future__ import annotations

import ctypes
import os
import signal

from lockhouse.errors import Unavailable

LIFELINE_VARIABLE = "LOCKHOUSE_LIFELINE"
"""`parent pid:file descriptor` of the pipe; read and removed by the child first thing."""
_PR_SET_PDEATHSIG = 1


def bind_to_parent() -> int:
    """End with the parent from here on; the pipe to watch for its end, -1 when nobody started this process so.

    The signal fires when the parent's *thread* ends, so the parent spawns from its main thread; and it is asked for
    after the parent may have died already, so the parent is asked for once more.

    Raises:
        Unavailable: the parent is gone.
    """
    told = os.environ.pop(LIFELINE_VARIABLE, "")
    if not told:
        return -1
    parent, lifeline = (int(part) for part in told.split(":"))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise Unavailable("process: expected to be told of its parent's end, got an error from prctl")
    if os.getppid() != parent:
        raise Unavailable("process: expected its parent to be there, got none")
    return lifeline
