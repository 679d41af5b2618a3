"""The ledger at the terminal: who did what, and where an entry is found again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

WHO = f"os-user:{os.getuid()}"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    return desk


@pytest.mark.parametrize("word", ["nonsense", "os-user:anna", "staff:1", "service:", "os-user:1000 "])
def test_an_actor_that_nobody_can_be_is_no_empty_answer(desk: Desk, word: str) -> None:
    seen = desk.call(["ledger", "log", "--actor", word])
    assert (seen.code, seen.out) == (2, "")
    assert "--actor: expected os-user:UID, staff:ID or service:NAME" in seen.err


def test_an_actor_of_whom_nothing_is_noted_has_no_entry_and_who_acted_has_theirs(desk: Desk) -> None:
    desk.person()
    for nobody in ("os-user:4000000000", f"staff:{'0' * 32}", "service:nothing"):
        seen = desk.call(f"ledger log --actor {nobody}")
        assert (seen.code, seen.out) == (0, "no such entry\n")
    for somebody in {entry["body"].get("by") for entry in desk.call("ledger log", json=True).value} - {None}:
        assert desk.call(f"ledger log --actor {somebody}", json=True).value
    assert [entry["kind"] for entry in desk.call(f"ledger log --actor {WHO} --limit 2", json=True).value] == [
        "quota",
        "disclosure",
    ]


def test_what_a_reveal_was_noted_as_is_read_back_with_its_ticket_and_proven(desk: Desk) -> None:
    person = desk.person()
    said = desk.call(f"-C {desk.house} person reveal {person} --as support --reason 'call back: T-17'")
    assert "reason call-back: T-17, noted as " in said.out
    read, prove = (
        line.partition(": lockhouse ")[2]
        for line in said.out.splitlines()
        if line.startswith(("What was noted of it: ", "Its proof: "))
    )
    back = desk.call(read)
    assert back.code == 0, back.err
    entry, beside = back.out.splitlines()
    assert (read.rpartition(" ")[2] in entry, "action=reveal" in entry) == (True, True)
    assert beside.strip().startswith(
        "beside it, until its person is erased: reason call-back: T-17; open to it: city, "
    )
    assert " email, " in beside.partition("; masked: ")[0]
    assert EMAIL not in back.out
    assert '"kind":"disclosure"' in desk.call(prove).out
    [told] = desk.call(read, json=True).value
    [kept] = told["kept"]
    assert (told["kind"], kept["reason"], "email" in kept["open"]) == ("disclosure", "call-back: T-17", True)


def test_an_entry_is_asked_for_alone_and_by_an_id(desk: Desk) -> None:
    [one] = desk.call("ledger log --limit 1", json=True).value
    assert [entry["id"] for entry in desk.call(f"ledger log --entry {one['id']}", json=True).value] == [one["id"]]
    assert desk.call(f"ledger log --entry {one['id']}").out.count("\n") == 1
    assert desk.call(f"ledger log --entry {one['id']} --kind intake").code == 2
    assert desk.call("ledger log --entry canary").code == 2
    assert desk.call(f"ledger log --entry {'0' * 32}").code == 5
