"""The versions of a policy and its matrix at the command line: an older one rules again, noted as rolled back."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from lockhouse.wiring import opened
from tests.earlier import approve_as_before
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

HERS = {"email": EMAIL, "birth_date": "1990-02-03"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A house whose second policy keeps no birth date."""
    desk = Desk(tmp_path)
    desk.found()
    draft = desk.house / "policy.yaml"
    events = "events: {identify: [email, phone, name, customer_id, loyalty_id, account_country]}\n"
    draft.write_text(draft.read_text("utf-8") + events, "utf-8")
    assert desk.call("policy approve --yes").code == 0
    return desk


def test_an_older_version_rules_again_and_the_ledger_says_that_it_was_rolled_back(desk: Desk) -> None:
    first = desk.call("policy show", json=True).value["document"].partition("events: {")[0]
    [reply] = desk.send(("identify", HERS))
    assert ("properties.birth_date", "not-on-this-event") in reply.dropped
    seen = desk.call("policy rollback v1", typed="v3\n", talks=True)
    assert seen.code == 0, seen.err
    assert "Newly kept:\n  birth_date as date of class profile" in seen.err
    assert seen.out.startswith("Policy v3 rules now, in every process; it says what v1 said.\n")
    assert "policy.yaml differs from live v3, which rules. lockhouse policy diff" in seen.out
    assert desk.call("policy show").out == first
    [reply] = desk.send(("identify", HERS))
    assert ("properties.birth_date", "not-on-this-event") not in reply.dropped
    said = desk.call("ledger log --kind policy", json=True).value
    bodies = [(one["body"]["step"], one["body"]["version"], one["body"].get("before")) for one in said]
    assert sorted(bodies, key=lambda one: one[1]) == [("live", 1, None), ("live", 2, 1), ("rolled-back", 3, 2)]
    by_version = {one["body"]["version"]: one["body"] for one in said}
    assert by_version[3]["hash"] == by_version[1]["hash"] != by_version[2]["hash"]
    assert by_version[3]["by"].startswith("os-user:")
    known = desk.call("policy history", json=True).value
    assert [(row["version"], row["state"], row["again"]) for row in known] == [
        (1, "former", None), (2, "former", None), (3, "live", 1),
    ]  # fmt: skip
    assert "says again" in desk.call("policy history").out


def test_a_version_that_was_planted_is_named_beside_the_others_and_hides_none(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.house / "record.db")) as file, file:
        columns = [row[1] for row in file.execute("PRAGMA table_info(policy_version)")]
        picked = ", ".join("9" if name == "id" else f'"{name}"' for name in columns)
        file.execute(f"INSERT INTO policy_version SELECT {picked} FROM policy_version WHERE id = 2")  # noqa: S608  # names of our own
    seen = desk.call("policy history", json=True)
    assert seen.code == 1
    assert [(row["version"], row["state"]) for row in seen.value] == [(1, "former"), (2, "live"), (9, "doubted")]
    told = desk.call("policy history")
    assert (told.code, "Somebody stored v9, and this house did not" in told.out) == (1, True)
    assert ("v1" in told.out, "v2" in told.out) == (True, True)


def test_who_does_not_type_the_version_changes_nothing(desk: Desk) -> None:
    seen = desk.call("policy rollback 1", typed="yes\n", talks=True)
    assert (seen.code, "nothing was changed" in seen.err) == (2, True)
    assert [row["version"] for row in desk.call("policy history", json=True).value] == [1, 2]


@pytest.mark.parametrize(
    ("said", "code"), [("v9", "not-found"), ("0", "not-found"), ("x1", "invalid"), ("1" * 30, "invalid")]
)
def test_a_version_that_never_ruled_is_refused(desk: Desk, said: str, code: str) -> None:
    error = desk.call(f"policy rollback {said} --yes", json=True).error
    assert (error["code"], error["hint"]) == (code, "lockhouse policy history")


def test_the_version_that_rules_is_not_approved_again(desk: Desk) -> None:
    assert desk.call("policy rollback v2 --yes", json=True).value == {"version": 2, "changed": False}
    assert len(desk.call("policy history", json=True).value) == 2


def test_a_policy_of_several_files_is_shown_and_rules_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    one = desk.house / "policy.yaml"
    text = one.read_text("utf-8")
    folder = desk.house / "rules"
    folder.mkdir()
    (folder / "a.yaml").write_text(text, "utf-8")
    (folder / "b.yaml").write_text("events:\n  Seen Again: [email]\n", "utf-8")
    (folder / "c.yaml").write_text("events:\n  Seen Thrice: [email]\n", "utf-8")
    settings = desk.house / "lockhouse.toml"
    usual = settings.read_text("utf-8")
    settings.write_text(f'policy = "rules"\n{usual}', "utf-8")
    assert desk.call("policy approve --yes").code == 0
    full = desk.call("policy show --full").out
    assert "Seen Again" in full
    assert "Seen Thrice" in full
    settings.write_text(usual, "utf-8")
    assert desk.call("policy approve --yes", json=True).value["version"] == 3
    again = desk.call("policy rollback v2 --yes", json=True).value
    assert (again["version"], again["changed"], again["again"]) == (4, True, 2)
    assert desk.call("policy show --full").out == full


def test_a_script_reads_the_matrix_and_what_turns_its_cells(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    value = desk.call("policy matrix --role support --field email", json=True).value
    [cell] = [one for one in value["cells"] if one["purpose"] == "fulfilment"]
    assert (cell["class"], cell["sees"], cell["guards"]) == ("contact", "mask", ["course"])
    assert (cell["reveal"], cell["fields"]["email"]) == (["course", "reason", "step-up"], "email")
    assert {one["condition"]: one["becomes"] for one in value["conditions"]}["no reason"] == "mask"


def test_a_table_of_an_earlier_release_is_approved_again_from_an_unchanged_draft(desk: Desk) -> None:
    """The document says what it said; what this release compiles of it is more, and rules once it is approved."""
    text = desk.call("policy show", json=True).value["document"]

    async def as_before() -> None:
        async with opened(desk.house, role="console", lane="console", clock=desk.clock) as house:
            await approve_as_before(house.house, text)

    asyncio.run(as_before())
    assert desk.call("policy diff", json=True).value["same"] is False
    seen = desk.call("policy approve --yes")
    assert seen.out.startswith("Policy v4 rules now"), seen.err
    assert desk.call("policy approve --yes").out == "The draft is live v4 already.\n"
