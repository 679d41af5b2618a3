"""The floors hold, and every contract that says so bites when it is broken."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import run
from sys import executable

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
CONTRACTS = {each["name"]: each for each in CONFIG["contracts"]}
# errors, secret and the packages themselves: the planted files import only these and each other.
FLOOR_5 = [
    "policy",
    "channels",
    "identity",
    "access",
    "rights",
    "posture",
    "detection",
    "training",
    "insight",
    "ledger",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Files that break one contract: path below `lockhouse` to text."""

    contract: str
    why: str
    files: dict[str, str] = field(default_factory=dict)


def _one(contract: str, why: str, path: str, text: str) -> Planted:
    return Planted(contract=contract, why=why, files={path: f"{text}\n"})


IMPURE = {
    "policy": "time", "channels": "socket", "identity": "random", "access": "secrets",
    "rights": "os", "posture": "asyncio", "ledger": "sqlite3", "insight": "logging",
}  # fmt: skip

PLANTED = [
    _one("Floors", "errors look up", "errors.py", "import lockhouse.secret"),
    _one("Floors", "crypto knows model", "crypto/planted.py", "import lockhouse.model"),
    _one("Floors", "model knows crypto", "model/planted.py", "import lockhouse.crypto"),
    _one("Floors", "a room knows its neighbour", "policy/planted.py", "import lockhouse.ledger"),
    _one("Floors", "a gate knows a flow", "gates/planted.py", "import lockhouse.flows"),
    _one("Floors", "a flow knows an adapter", "flows/planted.py", "import lockhouse.adapters"),
    _one("Floors", "a module without a floor", "utils.py", "HELPFUL = True"),
    Planted(
        contract="Flows do not call each other",
        why="one verb calls another",
        files={"flows/planted.py": "import lockhouse.flows.planted_too\n", "flows/planted_too.py": ""},
    ),
    Planted(
        contract="No rings anywhere",
        why="two files need each other",
        files={
            "policy/planted.py": "import lockhouse.policy.planted_too\n",
            "policy/planted_too.py": "import lockhouse.policy.planted\n",
        },
    ),
    *(
        _one("Decisions are pure", f"{room} imports {module}", f"{room}/planted.py", f"import {module}")
        for room, module in IMPURE.items()
    ),
    Planted(
        contract="Faces never import an adapter",
        why="a face reaches past wiring",
        files={"faces/planted.py": "import lockhouse.adapters.planted\n", "adapters/planted.py": ""},
    ),
    _one(
        "Only crypto imports cryptography",
        "an adapter encrypts by itself",
        "adapters/planted.py",
        "import cryptography.fernet",
    ),
    _one(
        "Only crypto imports what proves who somebody is",
        "a flow weighs a passkey itself",
        "flows/planted.py",
        "import webauthn.helpers",
    ),
    _one("Only the SQLite writer imports apsw", "a reader may write", "adapters/planted.py", "import apsw"),
    _one("Only the PostgreSQL adapter imports asyncpg", "a flow asks a server", "flows/planted.py", "import asyncpg"),
    _one("The verifier stands alone", "it needs the product", "ledger/verify/planted.py", "import lockhouse.model"),
    Planted(
        contract="The verifier stands alone",
        why="it needs the product through a neighbour",
        files={
            "ledger/verify/planted.py": "import lockhouse.ledger.planted\n",
            "ledger/planted.py": "import lockhouse.model\n",
        },
    ),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, to be broken."""
    here = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "src/lockhouse", here / "lockhouse", ignore=shutil.ignore_patterns("__pycache__"))
    return here


def _lint_imports(folder: Path, *contracts: str) -> tuple[int, str]:
    """Run import-linter with this project's contracts on the `lockhouse` in `folder`."""
    chosen = [part for name in contracts for part in ("--contract", name)]
    code = (
        f"import sys; sys.path.insert(0, {str(folder)!r})\n"
        "from importlinter.cli import lint_imports_command; lint_imports_command()"
    )
    command = [executable, "-c", code, "--config", str(ROOT / "pyproject.toml"), "--no-cache", "--no-logo", *chosen]
    ended = run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    return ended.returncode, ended.stdout + ended.stderr


def _broken(output: str) -> set[str]:
    return {name for name in CONTRACTS if f"{name} BROKEN" in output}


def test_the_product_keeps_every_contract() -> None:
    code, output = _lint_imports(ROOT / "src")
    assert (code, _broken(output)) == (0, set()), output


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: f"{planted.contract}: {planted.why}")
def test_a_contract_bites(tree: Path, tmp_path: Path, planted: Planted) -> None:
    shutil.copytree(tree / "lockhouse", tmp_path / "lockhouse")
    for path, text in planted.files.items():
        (tmp_path / "lockhouse" / path).write_text(text, "utf-8")
    code, output = _lint_imports(tmp_path)
    assert code == 1, output
    assert planted.contract in _broken(output), output


def test_every_contract_has_a_planted_violation() -> None:
    assert {planted.contract for planted in PLANTED} == set(CONTRACTS)


def test_the_pure_rooms_are_those_of_their_floor() -> None:
    [floor] = [layer for layer in CONTRACTS["Floors"]["layers"] if "policy" in layer]
    rooms = floor.split(" | ")
    assert rooms == FLOOR_5
    assert CONTRACTS["Decisions are pure"]["source_modules"] == [f"lockhouse.{room}" for room in rooms]


def test_the_verifier_is_kept_from_every_room_but_those_it_needs() -> None:
    floors = " | ".join(CONTRACTS["Floors"]["layers"]).split(" | ")
    kept_from = {f"lockhouse.{room}" for room in floors if room not in {"ledger", "crypto", "secret", "errors"}}
    assert kept_from <= set(CONTRACTS["The verifier stands alone"]["forbidden_modules"])


def test_every_folder_with_code_is_a_package() -> None:
    # A folder without __init__.py is invisible to the contracts, which would then hold of nothing.
    folders = {path.parent for path in (ROOT / "src/lockhouse").rglob("*.py")}
    assert [folder.name for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_the_verifier_loads_nothing_of_the_product_but_crypto_and_errors() -> None:
    code = "import sys, lockhouse.ledger.verify; print(*sorted(n for n in sys.modules if n.startswith('lockhouse.')))"
    ended = run([executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.removeprefix("lockhouse.") for name in ended.stdout.split()}
    needed = {name for name in loaded if f"{name}.".startswith(("ledger.verify.", "crypto.", "secret.", "errors."))}
    assert "ledger.verify" in needed
    assert loaded - needed == {"ledger"}
