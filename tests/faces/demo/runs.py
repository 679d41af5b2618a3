"""The demo as somebody starts it: a process of its own with a temporary folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

LIMIT_S = 120


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "lockhouse.faces.demo", *arguments]


def environment(temporary: Path) -> dict[str, str]:
    temporary.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOCKHOUSE_", "COV_"))}
    return {**kept, "TMPDIR": str(temporary)}


def figures(temporary: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    """The figures of a finished demo, and its story."""
    ended = subprocess.run(
        command("--json", *arguments), env=environment(temporary), capture_output=True, text=True, check=False,
        timeout=LIMIT_S,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout), ended.stderr


def processes_of(folder: Path) -> list[str]:
    """Command lines of running processes that name this folder."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = each.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def is_gone(folder: Path, *, within_s: float = 25.0) -> bool:
    """Whether soon nothing is left: no file below the folder, no process that names it."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if not list(folder.iterdir()) and not processes_of(folder):
            return True
        time.sleep(0.1)
    return False
