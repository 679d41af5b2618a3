"""`lockhouse policy test`: the tests that a new house begins with hold, and one that does not fails the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("system", ["web:segment:public", "till:segment:secret:email", ""])
def test_the_first_tests_of_a_new_house_hold(tmp_path: Path, system: str) -> None:
    desk = Desk(tmp_path)
    said = f"--system {system}" if system else ""
    assert desk.call(f"init {desk.house} --yes --demo --region us {said}").code == 0
    seen = desk.call("policy test", json=True)
    assert (seen.code, seen.value) == (0, {"tests": 9, "failed": 0, "failures": []})


def test_a_draft_that_does_otherwise_fails_its_tests_and_says_where(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    draft = desk.house / "policy.yaml"
    draft.write_text(draft.read_text("utf-8") + "purposes:\n  analytics: {about: Why, basis: consent, keep: 1 year "
                     "after event}\n", "utf-8")  # fmt: skip
    seen = desk.call("policy test")
    assert seen.code == 1
    assert (
        "policy-tests.yaml:22:5: analysts count orders\n  order_total: expected open, got shut (no-consent)" in seen.out
    )
    assert seen.out.endswith("1 of 9 tests of policy-tests.yaml did not hold.\n")
    assert desk.call("policy diff", json=True).value["same"] is False


def test_a_draft_of_no_house_is_tested_by_what_stands_beside_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    for name in ("policy.yaml", "policy-tests.yaml"):
        (tmp_path / name.replace("policy", "mine")).write_text((desk.house / name).read_text("utf-8"), "utf-8")
    desk.house = tmp_path
    assert desk.call("policy test mine.yaml").out == "All 9 tests of mine-tests.yaml held.\n"
    (tmp_path / "mine-tests.yaml").write_text("tests: 1\ndecisons: []\n", "utf-8")
    problems = desk.call("policy test mine.yaml", json=True).error["problems"]
    told = "expected one of collects, decisions, tests, got 'decisons' (did you mean 'decisions'?)"
    assert f"mine-tests.yaml:2:1: {told}" in problems


def test_a_new_house_has_the_schema_that_its_policy_names_to_editors(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    [named] = [line for line in (desk.house / "policy.yaml").read_text("utf-8").splitlines() if "$schema=" in line]
    beside = desk.house / named.partition("$schema=")[2]
    assert named.startswith("# yaml-language-server: ")
    assert desk.call("policy schema").out == beside.read_text("utf-8")
    assert desk.call("policy schema", json=True).value["title"] == "Lockhouse policy, version 1"
