"""What a command loads: who starts one waits for all of it, so that what only few commands need is left until then."""

from __future__ import annotations

import sys
from subprocess import run
from typing import TYPE_CHECKING

import pytest

from tests.attack.real_house import found

if TYPE_CHECKING:
    from pathlib import Path

_SAYS = """
import sys
from lockhouse.faces.cli.app import main
ended = main(sys.argv[1:])
print(*sorted({name.split(".")[0] for name in sys.modules} | {name for name in sys.modules if "lockhouse" in name}),
      file=sys.stderr)
sys.exit(ended)
"""
_SELDOM = {"alembic", "apsw", "cedarpy", "email_validator", "httpx", "ruamel", "sqlalchemy", "uvicorn"}


def _loaded(*words: str) -> set[str]:
    ended = run([sys.executable, "-c", _SAYS, *words], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return set(ended.stderr.split())


@pytest.mark.parametrize("words", [("version",), ("--help",), ("request", "--help")])
def test_a_command_that_opens_no_house_loads_nothing_that_could_open_one(words: tuple[str, ...]) -> None:
    loaded = _loaded(*words)
    assert "lockhouse.faces.cli.app" in loaded
    assert loaded.isdisjoint({"lockhouse.wiring", *_SELDOM})


async def test_a_command_that_reads_a_house_loads_nothing_that_migrates_sends_or_reads_policies(tmp_path: Path) -> None:
    loaded = _loaded("-C", str(await found(tmp_path)), "request", "list", "--json")
    assert {"lockhouse.wiring", "apsw"} <= loaded
    assert loaded.isdisjoint(_SELDOM - {"apsw"})
