"""A process that was started by another ends with it, and does not begin without it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from lockhouse.adapters.lifeline import LIFELINE_VARIABLE
from lockhouse.errors import Unavailable
from lockhouse.faces.serve.bound import spawn

BINDS = """
import os
from lockhouse.adapters.lifeline import LIFELINE_VARIABLE, bind_to_parent
from lockhouse.errors import Unavailable
try:
    print(bind_to_parent(), LIFELINE_VARIABLE in os.environ)
except Unavailable as error:
    print(error)
"""


def _said(lifeline: str) -> str:
    environment = {**os.environ, LIFELINE_VARIABLE: lifeline}
    return subprocess.run(
        [sys.executable, "-c", BINDS], env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_child_takes_its_lifeline_and_leaves_none_to_its_own_children() -> None:
    assert _said(f"{os.getpid()}:7") == "7 False"


def test_a_process_that_nobody_bound_has_no_lifeline() -> None:
    assert _said("") == "-1 False"


def test_a_child_whose_parent_is_gone_does_not_begin() -> None:
    assert _said("0:7") == "process: expected its parent to be there, got none"


async def test_only_the_main_thread_may_start_a_child() -> None:
    with pytest.raises(Unavailable, match="main thread"):
        await asyncio.to_thread(spawn, ["writer", "nowhere"])
