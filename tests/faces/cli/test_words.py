"""The words of a command line: where options may stand, and what is said when one is missing or too many."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from lockhouse.faces.cli.app import TREE
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    return desk


@pytest.mark.parametrize("end", ["--json", "-C .", "--house=.", "--json --house ."])
@pytest.mark.parametrize("noun", ["person find", "suppression add"])
def test_an_option_of_every_command_may_be_the_last_word_of_one_that_asks(desk: Desk, noun: str, end: str) -> None:
    seen = desk.call(f"{noun} email {end}", typed=f"{EMAIL}\n", talks=True)
    assert (seen.code, seen.err) == (0, "")
    assert ("--json" in end) == seen.out.startswith(("[", "{"))


@pytest.mark.parametrize(
    "line", ["--json person find email -", "person find --json email -", "person find email --json -"]
)
def test_a_lone_hyphen_is_the_standard_input_wherever_the_options_stand(desk: Desk, line: str) -> None:
    seen = desk.call(line, typed=f"{EMAIL}\n")
    assert len(seen.value["persons"]) == 1, seen.err


def test_an_option_that_is_none_is_said_to_be_that_and_no_value(desk: Desk) -> None:
    for word in ("--jsn", "--house"):
        seen = desk.call(f"person find email {word}", typed=f"{EMAIL}\n", talks=True)
        assert (seen.code, seen.err.startswith("lockhouse: error[invalid]: option: expected one ")) == (2, True)


def test_an_option_that_stands_twice_is_named(desk: Desk) -> None:
    assert " -C: expected it once, got it twice\n" in desk.call("-C . policy history -C .").err
    assert " --house: expected it once, got it twice\n" in desk.call("policy history -C . --house .").err


@pytest.mark.parametrize("line", ["person find", "suppression add", "suppression remove --reason x"])
def test_a_wrong_field_is_said_to_be_one_before_a_value_is_asked_for_and_is_not_repeated(desk: Desk, line: str) -> None:
    noun, _, more = line.partition(" --")
    for talks in (False, True):
        seen = desk.call(f"{noun} Schmidt {'--' * bool(more)}{more}", talks=talks)
        assert (seen.code, "expected one of" in seen.err, "email" in seen.err) == (2, True, True)
        assert "Schmidt" not in seen.err
        assert "terminal" not in seen.err


def test_a_noun_without_its_verb_is_a_mistake_as_every_missing_word_is(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    nouns = [name for name, place, _, _ in TREE if place.endswith(":APP")]
    for noun in nouns:
        seen = desk.call(noun)
        assert (seen.code, seen.out) == (2, "")
        lacking = "a value for --channel" if noun == "import" else "one of "  # it is its own verb
        assert f"error[invalid]: {noun}: expected {lacking}" in seen.err
        assert f"hint: lockhouse {noun} --help" in seen.err
    for line in ("person --json", "--json"):
        seen = desk.call(line)
        assert (seen.code, seen.out, json.loads(seen.err)["error"]["code"]) == (2, "", "invalid")
    assert capsys.readouterr().out == ""


def test_the_bare_command_and_a_call_for_help_say_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path)
    for line in ("", "--help", "person --help", "person -h"):
        assert desk.call(line).code == 0
        assert "Usage: lockhouse" in capsys.readouterr().out


@pytest.mark.parametrize("limit", [0, -1])
def test_no_log_of_no_entries_or_fewer_is_shown(desk: Desk, limit: int) -> None:
    seen = desk.call(f"ledger log --limit {limit}")
    assert (seen.code, seen.out, "--limit: expected a number from 1 up" in seen.err) == (2, "", True)


def test_a_line_of_the_log_is_in_no_programming_language(desk: Desk) -> None:
    assert desk.call("doctor --production").code == 1
    [line, *_] = desk.call("ledger log --kind doctor").out.splitlines()
    assert re.search(r" counts=ERROR:0,FAIL:\d+,MANUAL:\d+,PASS:\d+ ", line)
    told = desk.call("ledger log --limit 500").out
    assert not re.search(r"[{}'\[]\w|True|False|None", told.replace("[0", "").replace("  [", ""))


def test_a_wrong_place_of_a_backup_is_none_that_was_found(desk: Desk) -> None:
    for place in ("../nowhere", "policy.yaml"):
        assert desk.call(f"backup restore {place} --to ../back").code == 5


def test_what_is_told_of_a_shut_person_can_be_typed_from_here(desk: Desk) -> None:
    person = desk.person()
    case = desk.call(f"request open {person}", json=True).value["request"]
    told = desk.call(f"-C {desk.house} person explain {person} email --as support").out
    assert f"lockhouse -C {desk.house} request list" in told
    assert " lockhouse request" not in told
    assert desk.call(f"request cancel {case}").code == 0


def test_a_remedy_on_a_card_names_the_house_that_was_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.call(f"init {desk.house} --yes --name Shop --system shop:segment:secret").code == 0
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    fact = f"grant record os-user:{os.getuid()} quota 9 --until 2026-12-31T18:00"
    assert desk.call(fact).code == 0
    look = f"person reveal {desk.person()} --as support --reason 'call back'"
    for named in ("", f"-C {desk.house} "):
        seen = desk.call(f"{named}{look}")
        record = "grant record WHO step-up MEANS --until WHEN"
        assert f"They record it (lockhouse {named}{record})." in seen.out
        shown = desk.call(f"{named}{look.replace('reveal', 'show')}")
        assert f"They record it (lockhouse {named}{record}). Then: lockhouse {named}person reveal" in shown.out


def test_a_restore_says_in_which_house_to_look_and_in_which_to_call_off(desk: Desk) -> None:
    case = desk.call(f"request open {desk.person()}", json=True).value["request"]
    assert desk.call("backup create ../copy").code == 0
    assert desk.call(f"request cancel {case}").code == 0
    told = desk.call(f"-C {desk.house} backup restore ../copy --to ../back").out
    [look] = re.findall(r"in it since: lockhouse (.*)", told)
    [call_off] = re.findall(r"call it off here too: lockhouse (.*) ID", told)
    [old] = [one for one in desk.call(look, json=True).value if one["request"] == case]
    assert old["cancelled_by"]
    assert desk.call(f"{call_off} {case}").code == 0
