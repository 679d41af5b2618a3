"""What the design pages, the decisions and the README claim is so."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.gates import ending
from lockhouse.policy.starter import starter
from tests.docs.picture import PLACE, README, picture

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DESIGN, ADR = ROOT / "docs/design", ROOT / "docs/adr"
THREATS = DESIGN / "threats.md"
ROW = re.compile(r"^\| (?P<cells>.+) \|$", re.MULTILINE)
TESTS = re.compile(r"`(tests/[\w/]+\.py)`")
ATTACKS = DESIGN / "attacks.md"
ONE_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
CODE = re.compile(
    r"`((?:src|tests|lint|script|docs|requirements|adapters|channels|crypto|faces|flows|gates|identity|model|policy)/[\w./*@-]+)`"
)
CALLED_OTHERWISE = {
    "channel": r"\bdata (?:source|lake)s?\b",
    "ledger": r"\baudit (?:log|trail)s?\b",
    "canonical person": r"\bgolden records?\b|\bcustomer 360\b|\bsingle customer view\b",
    "house": r"\btenants?\b|\bmulti-?tenan\w+",
    "blind index": r"\btoken(?:is|iz)\w+",
    "ending": r"\bcrypto-?shred\w*",
}


def _rows(page: Path) -> list[list[str]]:
    """The cells of a page's table rows, without heads and rules."""
    rows = [match["cells"].split(" | ") for match in ROW.finditer(page.read_text("utf-8"))]
    return [row for row in rows if not set(row[0]) <= set("-|")]


def _pages() -> Iterator[Path]:
    yield from sorted((ROOT / "docs").rglob("*.md"))
    yield from (ROOT / name for name in ("README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md"))


async def test_the_picture_is_what_the_code_makes_of_an_order(tmp_path: Path) -> None:
    place = PLACE.search(README.read_text("utf-8"))
    assert place is not None
    assert place.group() == await picture(tmp_path)


def test_the_readme_is_short_and_its_commands_are_there() -> None:
    text = README.read_text("utf-8")
    assert len(text.splitlines()) <= 120
    scripts = set(re.findall(r"\./(script/[\w-]+)", text))
    assert {"script/bench", "script/demo", "script/test"} <= scripts
    assert [name for name in sorted(scripts) if not (ROOT / name).is_file()] == []
    modules = re.findall(r"python -m ([\w.]+)", text)
    assert modules
    for module in modules:
        path = module.replace(".", "/")
        assert any(
            (ROOT / root / end).is_file() for root in ("", "src") for end in (f"{path}.py", f"{path}/__main__.py")
        )


def test_the_policy_of_the_picture_is_the_one_a_new_house_begins_with() -> None:
    assert "extends: retail@1" in starter("Northwind", ["eu"], ["backend:segment:secret"])
    assert files("lockhouse.policy").joinpath("templates/retail@1.yaml").is_file()


def test_every_threat_names_tests_that_exist() -> None:
    rows = _rows(THREATS)[1:]
    assert len(rows) >= 20
    for threat, guard, shown in rows:
        named = TESTS.findall(shown)
        assert named, threat
        assert guard.strip(), threat
        assert [name for name in named if not (ROOT / name).is_file()] == [], threat


def test_every_attack_names_single_tests_that_exist() -> None:
    rows = [row for row in _rows(ATTACKS) if "::" in row[1]]
    assert len(rows) >= 45
    for attack, carried_out_by, *seen in rows:
        named = ONE_TEST.findall(carried_out_by)
        assert len(named) == carried_out_by.count("`") // 2 > 0, attack
        assert all(seen), attack
        lost = [name for path, name in named if not re.search(rf"def {name}\(", (ROOT / path).read_text("utf-8"))]
        assert lost == [], attack


def test_every_attack_test_has_its_threat() -> None:
    named = set(TESTS.findall(THREATS.read_text("utf-8")))
    tests = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests/attack").glob("test_*.py")}
    assert sorted(tests - named) == []


@pytest.mark.parametrize("page", sorted([*DESIGN.glob("*.md"), *ADR.glob("0*.md")]), ids=lambda page: page.stem)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    lost = []
    for name in CODE.findall(page.read_text("utf-8")):
        places = [ROOT, ROOT / "src/lockhouse"]
        if not any(next(iter(place.glob(name.rstrip("/"))), None) for place in places):
            lost.append(name)
    assert lost == []


def test_the_decisions_are_numbered_without_a_gap_and_on_the_map() -> None:
    pages = sorted(ADR.glob("[0-9]*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    index = (ROOT / "docs/index.md").read_text("utf-8")
    for page in pages:
        title = page.read_text("utf-8").splitlines()[0].removeprefix("# ")
        number, _, said = title.partition(": ")
        assert page.name.startswith(f"{number}-")
        assert f"- [{number}](adr/{page.name}): {said}" in index


@pytest.mark.parametrize("page", sorted(ADR.glob("0*.md")), ids=lambda page: page.stem)
def test_a_decision_is_told_in_a_few_sentences(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.search(r"^Status: (proposed|accepted|replaced by \d{4})\. Date: \d{4}-\d\d-\d\d\.$", text, re.MULTILINE)
    parts = re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]
    for part in parts[:4]:
        sentences = len(re.findall(r"[.?!](?=\s)", part))
        assert 2 <= sentences <= 6, part


def test_every_contract_stands_on_the_page_of_floors() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    named = {row[0] for row in _rows(DESIGN / "floors.md")}
    assert [one["name"] for one in contracts if one["name"] not in named] == []
    [floors] = [one["layers"] for one in contracts if one["name"] == "Floors"]
    told = [set(re.findall(r"`(\w+)`", row[1])) for row in _rows(DESIGN / "floors.md") if row[0].isdigit()]
    assert told == [set(re.findall(r"\w+", layer)) for layer in floors]


def test_the_steps_of_an_ending_are_those_of_the_code() -> None:
    coded = re.findall(
        r"^    (\d) (record store|identity store|every process|journal)", ending.__doc__ or "", re.MULTILINE
    )
    told = [(row[0], row[1]) for row in _rows(DESIGN / "ending.md") if row[0].isdigit()]
    assert told == coded
    assert len(told) == 7


def test_every_word_of_an_expectation_is_the_codes_own() -> None:
    rows = [row for row in _rows(DESIGN / "collecting.md") if len(row) == 3 and re.fullmatch(r"`[a-z-]+`", row[1])]
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src/lockhouse").rglob("*.py"))
    assert len(rows) == 13
    assert [row[1] for row in rows if f'"{row[1].strip("`")}"' not in source] == []


@pytest.mark.parametrize("word", CALLED_OTHERWISE)
def test_one_thing_has_one_word(word: str) -> None:
    pattern = re.compile(CALLED_OTHERWISE[word], re.IGNORECASE)
    found = [
        f"{page.relative_to(ROOT)}:{number}"
        for page in _pages()
        for number, line in enumerate(page.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_the_words_stand_in_order_and_once() -> None:
    words = [row[0].lower() for row in _rows(ROOT / "docs/glossary.md")[1:]]
    assert len(words) == len(set(words))
    firsts = [word.split(",")[0] for word in words]
    assert firsts == sorted(firsts)
