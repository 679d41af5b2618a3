"""Whoever has seen enough leaves nothing behind, whenever they leave and however rudely."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.faces.demo.runs import command, environment, is_gone

pytestmark = pytest.mark.xdist_group("demo")


def _started(tmp_path: Path, *, until: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        command("--once", "--json"), env=environment(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert child.stderr is not None
    for line in child.stderr:
        if until in line:
            return child
    raise AssertionError(f"the demo never said {until!r}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_order_at_any_moment(tmp_path: Path, number: signal.Signals) -> None:
    child = _started(tmp_path, until="Lockhouse in a house of its own")
    time.sleep(random.uniform(0.0, 5.0))  # noqa: S311  # any moment will do
    child.send_signal(number)
    _, story = child.communicate(timeout=30)
    is_told = "A house of your own" in story  # the moment may be the very last one
    assert child.returncode == 128 + number or (child.returncode == 0 and is_told), story
    assert "Its processes, files and keys are gone." in story
    assert is_gone(tmp_path)


def test_killed_without_a_word_it_is_cleaned_up_after(tmp_path: Path) -> None:
    child = _started(tmp_path, until="customers, five channels")
    child.kill()
    child.communicate(timeout=30)
    assert is_gone(tmp_path)
