"""A list of people brought in: what each line would do, what is wrong with one, and that nobody stands in an error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.access.roster import FAULTS, read
from lockhouse.errors import Invalid
from lockhouse.faces.cli.commands.staff_import import SENTENCES
from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from pathlib import Path

LIST = """login,name,roles,language
ada@shop.example,Ada Canary,,en
ben@shop.example,Ben Canary,support,de
cem@shop.example,Cem Canary,nobody,en
BEN@shop.example ,Ben Twice,,en
,No Login,,en
dan@shop.example,Dan Canary,,fr
eve@shop.example,Eve Canary
fay@shop.example,Fay Canary,auditor; support,en
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.found()
    return made


def _words(value: Any) -> dict[int, str]:
    return {one["line"]: one.get("why", one["state"]) for one in value["lines"]}


def test_a_dry_run_says_what_each_line_would_do_and_stores_nothing(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(LIST, "utf-8")
    seen = desk.call(f"staff import {tmp_path}/people.csv --dry-run", json=True)
    assert seen.code == 0, seen.err
    assert _words(seen.value) == {
        2: "invited", 3: "invited", 4: "role", 5: "twice", 6: "login", 7: "language", 8: "form", 9: "invited",
    }  # fmt: skip
    assert seen.value["lines"][1]["proposes"] == ["support"]
    assert desk.call("staff list", json=True).value == []


def test_everybody_is_invited_once_and_the_links_stand_in_a_file_of_the_owner_alone(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(LIST, "utf-8")
    seen = desk.call(f"staff import {tmp_path}/people.csv --links {tmp_path}/links.jsonl")
    assert seen.code == 0, seen.err
    assert "Canary" not in seen.out + seen.err
    assert "shop.example" not in seen.out + seen.err
    file = tmp_path / "links.jsonl"
    links = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [one["line"] for one in links] == [2, 3, 9]
    assert all("/enrol#" in one["link"] for one in links)
    assert file.stat().st_mode & 0o777 == 0o600
    known = {one["login"]: one for one in desk.call("staff list", json=True).value}
    assert set(known) == {"ada@shop.example", "ben@shop.example", "fay@shop.example"}
    assert known["ben@shop.example"]["roles"][0]["state"] == "proposed"
    assert {one["role"] for one in known["fay@shop.example"]["roles"]} == {"auditor", "support"}


def test_the_same_again_invites_nobody_twice_and_gives_what_was_not_given(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("login,name\nada@shop.example,Ada\nben@shop.example,Ben\n", "utf-8")
    desk.call(f"staff import {tmp_path}/a.csv --links {tmp_path}/1.jsonl")
    more = [
        {"login": "Ada@Shop.example", "name": "Ada"},
        {"login": "ben@shop.example", "name": "Ben", "roles": ["support"]},
        {"login": "cem@shop.example", "name": "Cem"},
    ]  # fmt: skip
    (tmp_path / "b.json").write_text(json.dumps(more), "utf-8")
    value = desk.call(f"staff import {tmp_path}/b.json --links {tmp_path}/2.jsonl", json=True).value
    assert _words(value) == {1: "there", 2: "there", 3: "invited"}
    known = {one["login"]: one for one in desk.call("staff list", json=True).value}
    assert len(known) == 3
    assert [one["role"] for one in known["ben@shop.example"]["roles"]] == ["support"]
    again = desk.call(f"staff import {tmp_path}/b.json --links {tmp_path}/3.jsonl", json=True).value
    assert again["counts"] == {"there": 3}
    assert (tmp_path / "3.jsonl").read_text("utf-8") == ""


def test_it_says_where_links_go_before_anybody_is_invited(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("login,name\nada@shop.example,Ada\n", "utf-8")
    assert "--links" in desk.call(f"staff import {tmp_path}/a.csv").err
    (tmp_path / "there.jsonl").write_text("", "utf-8")
    assert desk.call(f"staff import {tmp_path}/a.csv --links {tmp_path}/there.jsonl").code != 0
    assert desk.call(f"staff import {tmp_path}/a.csv --mail").code != 0
    assert desk.call("staff list", json=True).value == []


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"login;name\n", b"login,name,login\n", b"login,name,admin\na,b,c\n", b"ada@canary.example,Ada Canary\n",
        b"login,name\n", b'login,name\n"ada@canary.example,Ada\n', b"\xff\xfe", b"[]", b"[1", b"[" * 100_000,
        b"login,name\n" + b"a,b\n" * 5_001, b"x" * 4_000_001,
    ],
    ids=range(13),
)  # fmt: skip
def test_what_is_no_list_is_refused_without_a_value_of_it(raw: bytes) -> None:
    with pytest.raises(Invalid) as told:
        read(raw)
    assert "canary" not in f"{told.value.text} {told.value.hint}".lower()


def test_lines_of_json_that_are_none_are_told_by_their_number() -> None:
    raw = b'[{"login":"a","name":"b"},5,{"login":"a"},{"login":1,"name":"b"},{"login":"a","name":"b","roles":[1]}]'
    assert [one.fault for one in read(raw)] == [None, "form", "form", "form", "form"]


def test_each_fault_has_its_sentence() -> None:
    assert set(SENTENCES) == set(FAULTS)
