"""Every package is pinned by hash, used, and explained."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = ["build", "run", "examples", "postgres", "dev"]
APART = ["quality"]
"""Locks of an environment of their own, whose versions are nobody else's."""
RUN_TIME = PYPROJECT["project"]["dependencies"]
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
MEASURED = [
    line for line in (ROOT / "requirements/quality.in").read_text("utf-8").splitlines() if not line.startswith("#")
]
NAMED = [*RUN_TIME, *(each for extra in EXTRAS.values() for each in extra)]
ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ]+)(?: ; (?P<when>[^\\]+?))? \\$")


def _name(requirement: str) -> str:
    """The normal form of a package's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~ \[;]", requirement)[0]).lower()


def _locked(lock: str) -> dict[str, set[str]]:
    """Names in a lock, each with its versions (one for each kind of machine)."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / f"requirements/{lock}.lock").read_text("utf-8").splitlines():
        if entry := ENTRY.match(line):
            found.setdefault(_name(entry["name"]), set()).add(entry["version"])
    return found


def _rows() -> dict[str, list[str]]:
    """Rows of docs/dependencies.md: package to its further cells."""
    rows = [line.strip("| ").split(" | ") for line in (ROOT / "docs/dependencies.md").read_text("utf-8").splitlines()]
    return {_name(name): cells for names, *cells in rows if cells for name in names.split(", ")}


def _mentioned_in_source() -> set[str]:
    """Top-level modules that the product imports, and words it hands to others as text."""
    found: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {each.name for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
                if node.module == "uvicorn.protocols.http.httptools_impl":  # uvicorn's protocol over that parser
                    found.add("httptools")
            elif isinstance(node, ast.Constant) and node.value in {"uvloop", "httptools"}:
                found.add(node.value)  # uvicorn is told by name which loop and parser to load
    return {".".join(name.split(".")[:deep]) for name in found for deep in (1, 2)}


@pytest.mark.parametrize("lock", [*LOCKS, *APART])
def test_every_line_of_a_lock_is_a_pin_or_its_hash(lock: str) -> None:
    lines = (ROOT / f"requirements/{lock}.lock").read_text("utf-8").splitlines()
    assert lines[0].startswith("# Made by script/lock")
    odd = [
        line for line in lines[1:] if not ENTRY.match(line) and not re.match(r"^    --hash=sha256:[0-9a-f]{64}", line)
    ]
    assert odd == []


def test_the_lock_for_work_holds_what_the_others_hold() -> None:
    # script/lib.sh skips the other locks where this one is installed.
    dev = _locked("dev")
    for lock in LOCKS:
        assert {name: versions - dev.get(name, set()) for name, versions in _locked(lock).items()} == {
            name: set() for name in _locked(lock)
        }


@pytest.mark.parametrize(
    ("lock", "named"),
    [
        ("quality", MEASURED),
        ("run", RUN_TIME),
        ("examples", [*RUN_TIME, *EXTRAS["examples"]]),
        ("postgres", [*RUN_TIME, *EXTRAS["postgres"]]),
        ("dev", [each for extra in EXTRAS.values() for each in extra]),
    ],
)
def test_what_the_project_names_is_locked(lock: str, named: list[str]) -> None:
    assert [each for each in named if _name(each) not in _locked(lock)] == []


def test_the_build_is_pinned_alike_everywhere() -> None:
    pins = set(PYPROJECT["build-system"]["requires"])
    assert pins <= set((ROOT / "requirements/build.in").read_text("utf-8").splitlines())
    assert pins <= set(EXTRAS["dev"])
    assert {f"{name}=={version}" for name, versions in _locked("build").items() for version in versions} >= pins


@pytest.mark.parametrize("requirement", [*RUN_TIME, *EXTRAS["parquet"], *EXTRAS["postgres"]])
def test_a_run_time_dependency_is_imported_by_the_product(requirement: str) -> None:
    modules = {module for module, names in packages_distributions().items() if _name(requirement) in map(_name, names)}
    modules |= {"ruamel.yaml"} if _name(requirement) == "ruamel-yaml" else set()
    is_imported = bool(modules & _mentioned_in_source())
    assert is_imported, f"{requirement}: expected an import in src, got none"


@pytest.mark.parametrize("requirement", [*NAMED, *MEASURED])
def test_a_dependency_is_explained_with_licence_and_replacement(requirement: str) -> None:
    cells = _rows().get(_name(requirement), [])
    assert len(cells) == 3, f"{requirement}: expected a row in docs/dependencies.md"
    assert all(cell.strip() for cell in cells)


def test_only_what_is_a_dependency_is_explained() -> None:
    named = {_name(each) for each in [*NAMED, *MEASURED]}
    assert set(_rows()) - named == {"package"}


def test_javascript_packages_are_pinned_by_hash_and_without_address() -> None:
    named = json.loads((ROOT / "tests/js/package.json").read_text("utf-8"))["dependencies"]
    packages = json.loads((ROOT / "tests/js/package-lock.json").read_text("utf-8"))["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in named.values())
    assert {name: packages[f"node_modules/{name}"]["version"] for name in named} == named
    for path, package in packages.items():
        assert "resolved" not in package
        assert not path or package["integrity"].startswith("sha512-")
