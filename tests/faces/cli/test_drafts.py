"""A draft of the policy that cannot be read, or not be understood, is said with its place and with what to do."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid
from lockhouse.faces.cli.drafts import draft_at
from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOBODY = 65534


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    return desk


def test_every_problem_of_a_draft_has_its_own_line(desk: Desk) -> None:
    draft = desk.folder / "bad.yaml"
    draft.write_text("policy: 1\nextnds: retail@1\ncontroller: 3\n", "utf-8")
    seen = desk.call("policy check ../bad.yaml")
    assert seen.code == 2
    lines = [line for line in seen.err.splitlines() if line.startswith("lockhouse: error[invalid]: bad.yaml:")]
    assert len(lines) >= 2
    assert len(desk.call("policy check ../bad.yaml", json=True).error["problems"]) == len(lines)


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("/nope", None, "policy: expected a YAML file, or a folder of them, at /nope, got none"),
        ("../nope.yaml", None, "policy: expected a YAML file, or a folder of them, at ../nope.yaml, got none"),
        ("..", None, "policy: expected a YAML file, or a folder of them, at .., got a folder without one"),
        ("../empty.yaml", "# nothing\n", "empty.yaml:1:1: expected a policy, got nothing"),
        ("../broken.yaml", "policy: [1\n", "broken.yaml:2:1: expected YAML, got something that does not parse"),
    ],
)
def test_a_draft_that_is_none_is_one_error_that_names_its_file(
    tmp_path: Path, path: str, content: str | None, said: str
) -> None:
    desk = Desk(tmp_path)
    desk.found()
    if content is not None:
        (desk.house / path).write_text(content, "utf-8")
    assert desk.call(f"policy check {path}", json=True).error["problems"] == [said]


@pytest.mark.parametrize("closed", [".", "policy.yaml"])
def test_a_draft_that_may_not_be_read_is_said_plainly(tmp_path: Path, closed: str) -> None:
    draft = tmp_path / "policy.yaml"
    draft.write_text("policy: 1\n", "utf-8")
    (tmp_path / closed).chmod(0)
    with as_usual_user(), pytest.raises(Invalid) as caught:
        draft_at(draft)
    assert str(caught.value) == f"policy: expected a file that this user may read at {draft}, got one that they may not"


@contextmanager
def as_usual_user() -> Iterator[None]:
    """As a user whom the modes of files bind, which they do not for root."""
    was = os.geteuid()
    os.seteuid(was or NOBODY)
    try:
        yield
    finally:
        os.seteuid(was)


def test_a_house_whose_draft_is_away_says_how_it_comes_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    draft = desk.house / "policy.yaml"
    draft.unlink()
    for line in ("policy check", "policy diff", "policy approve --yes"):
        error = desk.call(line, json=True).error
        assert error["message"] == f"policy: expected a YAML file, or a folder of them, at {draft}, got none"
        assert f"lockhouse policy show > {draft} writes out the one that rules" in error["hint"]
    doctor = desk.call("doctor")
    assert f"There is no draft to read: policy: expected a YAML file, or a folder of them, at {draft}" in doctor.out
    assert (doctor.code, "v1 rules until another draft is approved" in doctor.out) == (1, True)
    assert f"lockhouse policy show > {draft}" in doctor.out
    draft.write_text(desk.call("policy show").out, "utf-8")
    assert desk.call("policy diff", json=True).value["same"] is True
    assert "is live v1 already" in desk.call("policy approve --yes").out


def test_a_policy_that_is_shown_is_the_document_alone_though_the_draft_differs(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    draft = desk.house / "policy.yaml"
    approved = draft.read_text("utf-8")
    draft.write_text(approved.replace("Example", "Another") + "# more\n", "utf-8")
    shown = desk.call(f"-C {desk.house} policy show")
    assert shown.out == approved
    assert "Live v1, approved " in shown.err
    assert f"which rules. lockhouse -C {desk.house} policy diff\n" in shown.err
    assert desk.call("policy show", json=True).err == ""


def test_two_drafts_are_compared_for_a_pull_request_without_a_house(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    text = (desk.house / "policy.yaml").read_text("utf-8")
    desk.house = tmp_path / "elsewhere"
    desk.house.mkdir()
    (desk.house / "old.yaml").write_text(text, "utf-8")
    (desk.house / "new.yaml").write_text(f"{text}events: {{Unsubscribed: [email, phone]}}\n", "utf-8")
    seen = desk.call("policy diff new.yaml --against old.yaml --markdown")
    assert seen.code == 0, seen.err
    assert seen.out.startswith(
        "## Draft against old.yaml\n\n**This widens what is done with data.**\n\n### Newly kept ("
    )
    assert "- `phone for fulfilment, from Unsubscribed on shop`" in seen.out
    assert desk.call("policy diff old.yaml --against old.yaml", json=True).value["same"] is True
    assert desk.call("policy diff new.yaml --against old.yaml", json=True).value["same"] is False


def test_a_draft_that_is_named_is_compared_with_the_live_policy(desk: Desk) -> None:
    text = (desk.house / "policy.yaml").read_text("utf-8")
    (desk.house / "other.yaml").write_text(f"{text}events: {{Unsubscribed: [email, phone]}}\n", "utf-8")
    assert desk.call("policy diff other.yaml --markdown").out.startswith("## Draft against live v1\n")
    assert desk.call("policy diff --markdown").out.endswith("**No effect: the two policies do the same.**\n")


def test_an_error_of_half_a_character_is_json_all_the_same(desk: Desk) -> None:
    (desk.house / "half.yaml").write_text('"\\ud800"', "utf-8")
    seen = desk.call("policy check half.yaml --json")
    assert (seen.code, json.loads(seen.err)["error"]["message"]) == (
        2, "half.yaml:1:1: expected text in UTF-8, got half of a character",
    )  # fmt: skip


def _with_a_till(desk: Desk) -> None:
    draft = desk.house / "policy.yaml"
    till = "\n  till:\n    kind: segment\n    key: secret\n  shop:\n"
    draft.write_text(draft.read_text("utf-8").replace("\n  shop:\n", till), "utf-8")


def test_a_new_channel_is_told_in_fewer_lines_and_in_full_when_that_is_wanted(desk: Desk) -> None:
    _with_a_till(desk)
    short, full = desk.call("policy diff").out.splitlines(), desk.call("policy diff --full").out.splitlines()
    assert (len(full) > 80, len(short) < len(full) / 2) == (True, True), short
    assert "  3 fields for analytics, from Order Completed on till: coupon, shipping_country, store_country" in short
    assert "  loyalty_id for marketing, from 2 events on till: Order Completed, identify" in short
    assert short[-1] == "One line stands for many here: --full says each by itself."
    assert "  email for marketing, from identify on till" in full
    assert full[-1] == "This widens what is done with data."
    kept = desk.call("policy diff", json=True).value["effects"]["newly_kept"]
    assert [f"  {line}" for line in kept] == full[2 : 2 + len(kept)]


@pytest.mark.parametrize("line", ["policy approve --yes", "policy approve --yes --full"])
def test_who_approves_without_a_question_is_shown_the_same_effects(desk: Desk, line: str) -> None:
    _with_a_till(desk)
    seen = desk.call(f"policy diff {'--full' if '--full' in line else ''}").out.partition("\n")[2]
    done = desk.call(line)
    assert (done.code, done.err) == (0, seen)
    assert desk.call("policy rollback v1 --yes").err.startswith("No longer kept:\n")
    again = desk.call("policy rollback v2 --yes", json=True)
    assert (again.code, again.err) == (0, ""), "a script reads them in the answer"
    assert again.value["effects"]["widening"] is True
