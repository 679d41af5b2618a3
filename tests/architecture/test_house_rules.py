"""The house rules find what their bad examples hold, and nothing in their good ones."""

from __future__ import annotations

import re
from pathlib import Path
from subprocess import run
from sys import executable

import pytest

from lint.house import RULES, findings
from lint.source import files_below

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "lint/examples").glob("*.py"))
EXPECTED = re.compile(r"\s*# finds: (?P<rules>[a-z -]+)$", re.MULTILINE)


def _example(path: Path) -> tuple[str, str, set[tuple[int, str]]]:
    """The example without its expectations, where it claims to lie, and what is to be found in it."""
    text = path.read_text("utf-8")
    expected = {
        (number, rule)
        for number, line in enumerate(text.splitlines(), 1)
        if (match := EXPECTED.search(line))
        for rule in match["rules"].split()
    }
    place = text.splitlines()[0].removeprefix("# as: ")
    return EXPECTED.sub("", text), place, expected


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_holds_what_it_says(path: Path) -> None:
    text, place, expected = _example(path)
    assert {(each.line, each.rule) for each in findings(text, place)} == expected


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_bad_example_expects_something_and_a_good_one_nothing(path: Path) -> None:
    assert path.stem.startswith("bad_") == bool(_example(path)[2])


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_every_rule_has_a_bad_and_a_good_example(rule: str) -> None:
    stems = {path.stem for path in EXAMPLES}
    assert {f"bad_{rule.replace('-', '_')}", f"good_{rule.replace('-', '_')}"} <= stems


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_a_bad_example_allowed_line_by_line_is_clean(rule: str) -> None:
    text, place, expected = _example(ROOT / f"lint/examples/bad_{rule.replace('-', '_')}.py")
    lines = text.splitlines()
    for number, broken in expected:
        lines[number - 1] += f"  # house: allow {broken}: this example shows a suppression"
    assert findings("\n".join(lines) + "\n", place) == []


def test_a_finding_names_file_line_and_rule() -> None:
    [found] = findings("import time\n\nAT = time.time()\n", "src/lockhouse/gates/a.py")
    assert str(found).startswith("src/lockhouse/gates/a.py:3: no-clock: time.time reads the clock")


def test_the_command_prints_findings_and_fails(tmp_path: Path) -> None:
    room = tmp_path / "src/lockhouse/flows"
    room.mkdir(parents=True)
    (room / "peek.py").write_text("def peek(key):\n    return key.reveal()\n", "utf-8")
    ended = run([executable, "-m", "lint", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stdout.strip().endswith("a plaintext key is revealed outside crypto and the root adapters")
    assert "peek.py:2: no-reveal: " in ended.stdout


def test_the_command_without_a_folder_says_what_it_wants() -> None:
    ended = run([executable, "-m", "lint"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (2, "lint: expected files or folders, got none\n")


def test_the_product_keeps_the_house_rules() -> None:
    paths = [path.relative_to(ROOT) for path in files_below(str(ROOT / "src"))]
    found = [each for path in paths for each in findings((ROOT / path).read_text("utf-8"), path.as_posix())]
    assert list(map(str, found)) == []
