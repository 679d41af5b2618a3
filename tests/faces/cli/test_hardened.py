"""A process of the command line may hold keys: it leaves no core file, and no other process reads its memory."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PR_GET_DUMPABLE = 3
ASKS = f"""
import ctypes, resource, sys
from lockhouse.faces.cli.app import main
code = main(sys.argv[1:])
print(code, resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl({PR_GET_DUMPABLE}))
"""


def test_a_command_leaves_no_core_and_is_read_by_nobody(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ASKS, "-C", str(tmp_path), "version"]
    said = subprocess.run(command, capture_output=True, check=True, text=True)
    assert said.stdout.splitlines()[-1] == "0 (0, 0) 0"
