"""The scripts say what they want when they cannot go on, and never wait for a terminal."""

from __future__ import annotations

import shutil
from pathlib import Path
from subprocess import DEVNULL, CompletedProcess, run

import pytest

ROOT = Path(__file__).parents[2]
BESIDE_A_SERVER = "script/postgres .venv/bin/pytest tests/ports"
NEEDED = ["bash", "env", "dirname", "basename", "cat", "grep", "sha256sum", "cut", "id"]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout on a machine that has a shell and nothing else; returns its folder."""
    shutil.copytree(ROOT / "script", tmp_path / "tree/script")
    shutil.copytree(ROOT / "requirements", tmp_path / "tree/requirements")
    shutil.copytree(ROOT / ".ci", tmp_path / "tree/.ci")
    (tmp_path / "bin").mkdir()
    for name in NEEDED:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    return tmp_path


def _run(bare: Path, command: str, *words: str) -> CompletedProcess[str]:
    # On the bare machine, not here: a script that overlooked its words would go on to run this very test.
    env = {"PATH": str(bare / "bin"), "HOME": str(bare)}
    command = str(bare / "tree" / command)
    return run(
        [command, *words], cwd=bare, env=env, stdin=DEVNULL, capture_output=True, text=True, check=False, timeout=30
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["script/test", "--fast"], "test: error: --fast: expected --quick, --only or --\n"),
        (["script/test", "--only", "some"], "test: error: --only: expected check, unit or all\n"),
        (["script/test", "--only"], "test: error: --only: expected check, unit or all\n"),
        (["script/setup", "all"], "setup: error: all: expected work or run\n"),
        (
            ["script/postgres"],
            f"postgres: error: nothing: expected a command\npostgres: hint: {BESIDE_A_SERVER}\n",
        ),
        ([".ci/run", "--help"], "test: error: --help: expected --quick, --only or --\n"),
        (["script/lock", "--now"], "lock: error: --now: expected --upgrade or nothing\n"),
    ],
)
def test_a_word_it_does_not_know_is_named(bare: Path, command: list[str], said: str) -> None:
    ended = _run(bare, *command)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", said)


def test_a_machine_without_python_is_told_so(bare: Path) -> None:
    ended = _run(bare, "script/demo")
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "demo: error: Python 3.11 or newer not found\n" in ended.stderr
    assert "demo: hint: on Debian 12 or Ubuntu 24.04: apt-get install python3\n" in ended.stderr


def test_an_older_python_is_passed_over(bare: Path) -> None:
    old = bare / "bin/python3"
    old.write_text("#!/usr/bin/env bash\nexit 1\n", "utf-8")  # what 3.10 answers when asked whether it is 3.11
    old.chmod(0o755)
    ended = _run(bare, "script/setup")
    assert "setup: error: Python 3.11 or newer not found\n" in ended.stderr


def test_a_failed_part_ends_the_script_and_is_named(bare: Path) -> None:
    broken = bare / "bin/python3"
    # Answers every question with yes and then cannot make an environment.
    broken.write_text('#!/usr/bin/env bash\n[[ "$*" != *"-m venv"* ]] || exit 3\n', "utf-8")
    broken.chmod(0o755)
    ended = _run(bare, "script/setup")
    assert ended.returncode == 3
    assert ended.stdout == "[1/5] Python and its virtual environment …\n"
    assert ended.stderr.startswith("setup: Python and its virtual environment failed; the same command goes on")
