"""What is published is what is here: the wheel holds every file, installs by hash and runs from anywhere."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path
from subprocess import CompletedProcess, run

import pytest

ROOT = Path(__file__).parents[2]
LIMIT_S = 280
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel"), pytest.mark.timeout(600)]


def _run(*command: str | Path, cwd: Path) -> CompletedProcess[str]:
    """Run with an all but empty environment, so that nothing of this checkout leaks in."""
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(cwd), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    ended = run(list(map(str, command)), cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert ended.returncode == 0, f"{command[0]} ended with {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    return ended


def _sources(src: Path) -> list[str]:
    return sorted(path.relative_to(src).as_posix() for path in (src / "lockhouse").rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of this tree."""
    work = tmp_path_factory.mktemp("build")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, work)
    shutil.copytree(ROOT / "src", work / "src", ignore=shutil.ignore_patterns("__pycache__"))
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", cwd=work)
    [built] = (work / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a fresh environment with the locked run-time packages and the wheel."""
    work = tmp_path_factory.mktemp("installed")
    _run(sys.executable, "-m", "venv", work / "venv", cwd=work)
    pip = (work / "venv/bin/python", "-m", "pip", "install", "--quiet", "--no-deps")
    _run(*pip, "--require-hashes", "--requirement", ROOT / "requirements/run.lock", cwd=work)
    _run(*pip, "--no-index", wheel, cwd=work)
    return work / "venv/bin"


@pytest.fixture
def command(installed: Path) -> Path:
    """The installed `lockhouse` command."""
    return installed / "lockhouse"


def test_the_wheel_holds_every_file_of_the_package_and_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert sorted(name for name in names if name.startswith("lockhouse/")) == _sources(wheel.parents[1] / "src")
    assert "lockhouse/py.typed" in names
    assert [name for name in names if name.endswith("/licenses/LICENSE")]
    assert {name.split("/")[0].split("-")[0] for name in names} == {"lockhouse"}


def test_the_installed_package_imports_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    code = "import lockhouse; print(lockhouse.__version__, lockhouse.__file__)"
    version, file = _run(installed / "python", "-c", code, cwd=tmp_path).stdout.split()
    assert version in (ROOT / "pyproject.toml").read_text("utf-8")
    assert Path(file).is_relative_to(installed.parent)


def test_the_locked_packages_agree_with_each_other(installed: Path, tmp_path: Path) -> None:
    ended = _run(installed / "python", "-m", "pip", "check", cwd=tmp_path)
    assert ended.stdout == "No broken requirements found.\n"


def test_the_installed_command_tells_its_version(command: Path, tmp_path: Path) -> None:
    assert "0.1.0" in _run(command, "version", cwd=tmp_path).stdout


def test_the_installed_command_tells_its_story(command: Path, tmp_path: Path) -> None:
    story = json.loads(_run(command, "demo", "--once", "--json", cwd=tmp_path).stdout)
    told = {"accepted", "duplicate", "refused", "trimmed", "dropped_paths", "persons", "channels", "erased"}
    assert told | {"ledger_size", "ledger_verified"} <= set(story)
    assert story["ledger_verified"] is True
    assert story["accepted"] > 0
    assert list(tmp_path.iterdir()) == []
