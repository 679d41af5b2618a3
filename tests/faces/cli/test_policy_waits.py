"""What a person sees at the command line of a policy that widens: it waits, is shown, is called off, or rules."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from lockhouse.model.ids import DAY_MS
from lockhouse.wiring import opened
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

HERS = {"email": EMAIL, "birth_date": "1990-02-03"}
LESS = "events: {identify: [email, phone, name, customer_id, loyalty_id, account_country]}\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A house that is no demo, has held a customer's data for two days, and whose second policy keeps no birth date."""
    desk = Desk(tmp_path)
    desk.found()
    desk.put_to_work()
    desk.send(("identify", HERS))
    desk.clock.now += 2 * DAY_MS
    draft = desk.house / "policy.yaml"
    draft.write_text(draft.read_text("utf-8") + LESS, "utf-8")
    assert desk.call("policy approve --yes").out.startswith("Policy v2 rules now, in every process; ")
    desk.clock.now += 3 * DAY_MS // 2
    return desk


def _pass(desk: Desk, days: float) -> None:
    """So much time goes by in a house at work, whose ledger watches it."""
    end = desk.clock.now + int(days * DAY_MS)
    while desk.clock.now + DAY_MS // 2 < end:
        desk.clock.now += DAY_MS // 2
        desk.send(("identify", {"email": EMAIL}))
    desk.clock.now = end


def test_a_rollback_that_widens_waits_is_shown_and_rules_by_itself(desk: Desk) -> None:
    seen = desk.call("policy rollback v1", typed="v3\n", talks=True)
    assert seen.code == 0, seen.err
    assert "It widens, so it rules from " in seen.err
    first, second = seen.out.splitlines()[:2]
    assert first.startswith("Policy v3 is approved; it says what v1 said. It widens, so it waits: v2 rules until ")
    assert second == "lockhouse policy withdraw v3 calls it off."
    assert "v3 is approved and rules from " in desk.call("policy show").err
    assert "v3 is approved and rules from " in desk.call("policy diff").err
    assert "v3 is approved and rules from " in desk.call("policy history").out
    [check] = [one for one in desk.call("doctor", json=True).value["results"] if one["check"] == "policy"]
    assert check["state"] == "MANUAL"
    assert "v3 is approved and rules from " in check["sentence"]
    rows = desk.call("policy history", json=True).value
    assert [(row["version"], row["state"]) for row in rows] == [(1, "former"), (2, "live"), (3, "waiting")]
    assert rows[2]["rules_at"] == rows[2]["at"] + 2 * DAY_MS
    _pass(desk, 1.9)
    assert desk.call("policy show", json=True).value["version"] == 2
    _pass(desk, 0.2)
    assert desk.call("policy show", json=True).value["version"] == 3
    said = desk.call("ledger log --kind policy", json=True).value
    steps = sorted((one["body"]["version"], one["body"]["step"]) for one in said)
    assert steps == [(1, "live"), (2, "live"), (3, "approved"), (3, "rolled-back")]


def test_doctor_says_what_a_policy_waits_for_and_does_not_ask_to_approve_it_again(desk: Desk) -> None:
    draft = desk.house / "policy.yaml"
    draft.write_text(desk.call("policy show").out.replace(LESS, ""), "utf-8")
    assert desk.call("policy approve --yes").out.startswith("Policy v3 is approved.")

    def said(check: str) -> tuple[str, str]:
        [one] = [one for one in desk.call("doctor", json=True).value["results"] if one["check"] == check]
        return one["state"], one["sentence"]

    assert said("draft") == ("PASS", "The draft is the version that waits.")
    draft.write_text(draft.read_text("utf-8") + "# one more thought\n", "utf-8")
    assert said("draft")[0] == "MANUAL"
    desk.clock.now += 3 * DAY_MS
    state, sentence = said("clock")
    assert state == "MANUAL"
    assert sentence.endswith(
        "nothing ends by date, nor does the policy that waits come to rule, though its hour may have come."
    )
    assert desk.call("policy show", json=True).value["version"] == 2


def test_a_slip_that_narrows_is_rolled_back_at_once_within_a_day(desk: Desk) -> None:
    draft = desk.house / "policy.yaml"
    usual = draft.read_text("utf-8")
    draft.write_text(usual.replace(LESS, LESS.replace("phone, name, ", "phone, ")), "utf-8")
    assert desk.call("policy approve --yes").code == 0
    _pass(desk, 0.5)
    assert desk.call("policy rollback v2 --yes").out.startswith(
        "Policy v4 rules now, in every process; it says what v2"
    )


def test_who_withdraws_what_waits_keeps_what_rules(desk: Desk) -> None:
    assert desk.call("policy rollback v1 --yes", json=True).value["rules_at"] is not None
    assert desk.call("policy withdraw v3").out == "v3 is withdrawn; v2 rules on.\n"
    _pass(desk, 3)
    assert desk.call("policy show", json=True).value["version"] == 2
    assert desk.call("policy withdraw v3", json=True).error["code"] == "conflict"
    assert desk.call("policy rollback v3", json=True).error["hint"] == "lockhouse policy history"


def test_what_is_proposed_is_approved_by_its_number_whatever_the_draft_says_by_then(desk: Desk) -> None:
    draft = desk.house / "policy.yaml"
    usual = draft.read_text("utf-8")
    draft.write_text(usual.replace(LESS, LESS.replace("account_country]", "account_country, birth_date]")), "utf-8")
    seen = desk.call("policy propose")
    assert "Newly kept:\n  birth_date as date of class profile" in seen.out
    assert seen.out.endswith("Proposed as v3; it rules nothing yet: lockhouse policy approve v3\n")
    draft.write_text(usual, "utf-8")
    assert desk.call("policy propose", json=True).value == {"version": 2, "changed": False}
    done = desk.call("policy approve v3 --yes", json=True).value
    assert (done["version"], done["effects"]["widening"]) == (4, True)
    assert desk.call("policy approve v3 --yes", json=True).error["code"] == "not-found"
    states = [(row["version"], row["state"], row["again"]) for row in desk.call("policy history", json=True).value]
    assert states[2:] == [(3, "superseded", None), (4, "waiting", 3)]
    _pass(desk, 3)
    [reply] = desk.send(("identify", HERS))
    assert ("properties.birth_date", "not-on-this-event") in reply.dropped, "no command has run yet since"
    desk.call("policy history")
    [reply] = desk.send(("identify", HERS))
    assert ("properties.birth_date", "not-on-this-event") not in reply.dropped


def test_a_change_that_does_both_says_that_what_narrows_waits_with_it(desk: Desk) -> None:
    draft = desk.house / "policy.yaml"
    both = "events: {identify: [email, phone, customer_id, loyalty_id, account_country, birth_date]}\n"
    draft.write_text(draft.read_text("utf-8").replace(LESS, both), "utf-8")
    seen = desk.call("policy approve", typed="v3\n", talks=True)
    assert "What narrows waits with it: approved in a draft of its own, that would rule at once." in seen.err
    assert desk.call("policy approve --yes", json=True).value == {"version": 3, "changed": False}
    assert desk.call("policy approve --yes").out == "The draft is waiting v3 already.\n"


def test_who_shortens_a_keep_sees_what_ends_and_types_how_many_boxes(desk: Desk) -> None:
    draft = desk.house / "policy.yaml"
    short = "purposes:\n"
    for purpose, basis in (("fulfilment", "contract"), ("marketing", "consent")):
        short += f"  {purpose}: {{about: For {purpose}, basis: {basis}, keep: 2 days after last_activity}}\n"
    draft.write_text(draft.read_text("utf-8") + short, "utf-8")
    first = desk.call("policy diff", json=True)
    assert first.code == 0, first.err
    seen = first.value["ends"]
    assert seen["persons"] == seen["of_persons"] == 1
    assert 0 < seen["boxes"] <= seen["of_boxes"]
    number = seen["boxes"]
    line = f"now {number} box (100.0 %) of 1 person; within 30 days, that included, {number} box"
    assert line in desk.call("policy diff").out
    refused = desk.call("policy approve --yes", json=True).error
    assert (refused["code"], refused["hint"]) == ("refused", f"--ends {number}")
    asked = desk.call("policy approve", typed=f"{number + 1}\n", talks=True)
    assert (asked.code, line in asked.err) == (2, True)
    done = desk.call("policy approve", typed=f"{number}\nv3\n", talks=True)
    assert done.code == 0, done.err
    assert "destroys it 72 hours later" in done.err
    assert desk.call("policy approve --yes", json=True).value == {"version": 3, "changed": False}


def test_who_lets_all_end_within_a_month_sees_that_and_types_it_though_nothing_ends_now(desk: Desk) -> None:
    draft = desk.house / "policy.yaml"
    short = "purposes:\n"
    for purpose, basis in (("fulfilment", "contract"), ("marketing", "consent")):
        short += f"  {purpose}: {{about: For {purpose}, basis: {basis}, keep: 25 days after last_activity}}\n"
    draft.write_text(draft.read_text("utf-8") + short, "utf-8")
    seen = desk.call("policy diff", json=True).value["ends"]
    assert (seen["boxes"], seen["persons"], seen["soon_persons"]) == (0, 0, 1)
    assert 0 < seen["soon_boxes"] <= seen["of_boxes"]
    assert "now 0 boxes (0.0 %) of 0 persons; within 30 days, that included, " in desk.call("policy diff").out
    refused = desk.call("policy approve --yes", json=True).error
    assert (refused["code"], refused["hint"]) == ("refused", f"--ends {seen['soon_boxes']}")
    assert desk.call(f"policy approve --yes --ends {seen['soon_boxes']}", json=True).code == 0


def test_a_version_that_was_put_back_rules_nothing_and_shuts_no_command(desk: Desk) -> None:
    desk.call("policy rollback v1 --yes")
    with closing(sqlite3.connect(desk.house / "record.db")) as store:
        [row] = store.execute("SELECT * FROM policy_version WHERE id = 3")
    assert desk.call("policy withdraw v3").code == 0
    marks = ",".join("?" * len(row))
    with closing(sqlite3.connect(desk.house / "record.db")) as store, store:
        store.execute("DELETE FROM policy_version WHERE id = 3")
        store.execute(f"INSERT INTO policy_version VALUES ({marks})", row)  # noqa: S608  # our own marks
    _pass(desk, 3)
    shown = desk.call("policy show", json=True)
    assert shown.code == 0, shown.err
    assert shown.value["version"] == 2
    said = desk.call("policy history").out
    assert "v3 is not as it was left last and never rules" in said
    [check] = [one for one in desk.call("doctor", json=True).value["results"] if one["check"] == "policy"]
    assert (check["state"], "v3 is not as it was left last" in check["sentence"]) == ("MANUAL", True)
    draft = desk.house / "policy.yaml"
    draft.write_text(draft.read_text("utf-8").replace(LESS, ""), "utf-8")
    [check] = [one for one in desk.call("doctor", json=True).value["results"] if one["check"] == "draft"]
    assert (check["state"], "differs from live v2, which rules" in check["sentence"]) == ("MANUAL", True)
    assert desk.call("policy withdraw v3").code == 0
    assert "v3 is not" not in desk.call("policy history").out


def test_no_setting_makes_a_demo_of_a_house_that_was_not_founded_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path)
    assert desk.call(f"init {desk.house} --yes --name Shop --system shop:segment:secret").code == 0
    monkeypatch.setenv("LOCKHOUSE_DEMO", "true")

    async def seen() -> bool:
        async with opened(desk.house, role="console", clock=desk.clock) as here:
            return here.settings.demo and not here.house.demo

    assert asyncio.run(seen())
    other = Desk(tmp_path / "other")
    other.folder.mkdir()
    other.found()

    async def is_demo() -> bool:
        async with opened(other.house, role="console", clock=other.clock) as here:
            return here.house.demo

    assert asyncio.run(is_demo())
