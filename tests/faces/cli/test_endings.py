"""What has ended says when, and what has not says from when on it may."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from sqlite3 import connect
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Conflict, Refused, Unavailable
from lockhouse.faces.cli.layout import when
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.gates.cases import advance, open_cases
from lockhouse.model.ids import DAY_MS
from lockhouse.wiring import opened
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    return desk


def test_a_request_says_when_its_keys_were_destroyed(desk: Desk) -> None:
    opened = desk.call(f"request open {desk.person()}", json=True).value
    asked, due = desk.clock.now, opened["destroy_at"]
    [shut] = desk.call("request list", json=True).value
    assert shut["destroyed_at"] is None
    assert desk.call("request list").out.rstrip().endswith(f"from {when(due)}")
    desk.clock.now = done = asked + 2 * DAY_MS
    assert "accept clock" in desk.call("doctor").out
    assert "got a leap since" in desk.call(f"request fulfil {opened['request']} --yes").err
    assert desk.call("accept clock --yes").code == 0
    assert desk.call(f"request fulfil {opened['request']} --yes").code == 0
    desk.clock.now += DAY_MS
    [ended] = desk.call("request list", json=True).value
    assert (ended["destroyed_at"], ended["destroy_at"]) == (done, due)
    assert desk.call("request list").out.rstrip().endswith(f"Z  {when(done)}")
    assert f"\ndestroyed       {when(done)}\n" in desk.call(f"request show {opened['request']}").out


def test_a_request_under_a_clock_that_is_behind_is_told_with_its_id_and_the_doubt(desk: Desk) -> None:
    person, now = desk.person(), desk.clock.now
    desk.clock.now -= 2 * DAY_MS
    seen = desk.call(f"request open {person}")
    assert seen.code == 0, seen.err
    [case] = desk.call("request list", json=True).value
    assert (case["step"], case["destroy_at"]) == ("shut", now + DAY_MS)
    assert seen.out.startswith(f"Request {case['request']}: erase, shut in every process")
    assert f"\nUntil then: lockhouse request cancel {case['request']}\n" in seen.out
    said = (
        "Nothing is destroyed while the clock is in doubt. clock: expected it to be at the ledger's last time or after"
    )
    assert said in seen.out
    assert "set this machine's clock right" in seen.out
    assert desk.call(f"request show {case['request']}").code == 0
    assert desk.call(f"person show {person}").code == OUTCOMES[Unavailable].exit_code
    desk.clock.now = now
    assert "being erased" in desk.call(f"person show {person}").err
    desk.clock.now -= 2 * DAY_MS
    assert desk.call(f"request cancel {case['request']}").code == 0
    desk.clock.now = now
    assert desk.call(f"person show {person} --as support").code == 0
    again = desk.call(f"request open {person}", json=True).value
    assert (again["step"], again["doubt"]) == ("shut", None)


def test_a_request_under_a_clock_that_is_far_ahead_shuts_nobody_and_says_so(desk: Desk) -> None:
    person, now = desk.person(), desk.clock.now
    desk.clock.now += 60 * DAY_MS
    seen = desk.call(f"request open {person}")
    assert (seen.code, seen.out) == (OUTCOMES[Unavailable].exit_code, "")
    desk.clock.now = now
    assert desk.call("request list", json=True).value == []
    assert desk.call(f"person show {person} --as support").code == 0


def test_a_fulfilled_request_never_says_that_it_was_about_no_record(desk: Desk) -> None:
    case = desk.call(f"request open {desk.person()}", json=True).value["request"]
    look = f"request show {case}"
    assert ("\nrecords         1\n" in desk.call(look).out, desk.call(look, json=True).value["records"]) == (True, 1)
    assert desk.call(f"request fulfil {case} --now --yes").code == 0
    told = desk.call(look).out
    assert "\nrecords         1, unreadable and still to be swept\n" in told
    assert desk.call(look, json=True).value["records"] == 1
    with closing(connect(desk.house / "record.db")) as store:
        store.execute("DELETE FROM record")
        store.commit()
    assert "\nrecords         swept: their rows are gone\n" in desk.call(look).out
    assert desk.call(look, json=True).value["records"] is None


def test_a_request_is_not_fulfilled_before_its_day_and_the_answer_is_no(desk: Desk) -> None:
    opened = desk.call(f"request open {desk.person()}", json=True).value
    line = f"request fulfil {opened['request']} --yes"
    for as_json in (False, True):
        seen = desk.call(line, json=as_json)
        assert (seen.code, seen.out) == (OUTCOMES[Refused].exit_code, "")
        assert f"got one that is shut until {when(opened['destroy_at'])}" in seen.err
        assert f"request cancel {opened['request']}" in seen.err
    desk.clock.now = opened["destroy_at"]
    assert desk.call(line).code == 0


def test_fulfilling_a_request_that_is_being_called_off_says_that_it_is_cancelled(desk: Desk) -> None:
    """Somebody began to call it off and was cut off: carrying it on can only mean that."""
    person = desk.person()
    request = desk.call(f"request open {person}", json=True).value["request"]

    async def begin_to_cancel() -> None:
        async with opened(desk.house, role="console", clock=desk.clock) as one:
            [case] = await open_cases(one.house)
            calling_off = msgspec.structs.replace(case, step="cancelling", cancelled_by="os-user:0")
            await advance(one.house, calling_off, was=case)

    asyncio.run(begin_to_cancel())
    seen = desk.call(f"request fulfil {request} --now --yes")
    assert (seen.code, seen.out) == (OUTCOMES[Conflict].exit_code, "")
    assert "expected one that nobody calls off" in seen.err
    assert "it is cancelled now" in seen.err
    assert "shut until" not in seen.err
    assert desk.call(f"request show {request}", json=True).value["step"] == "cancelled"
    assert desk.person() == person
    seen = desk.call(f"request certificate {request} --to proof.json")
    assert (seen.code, "got one that was cancelled" in seen.err) == (OUTCOMES[Conflict].exit_code, True)
    assert "request fulfil" not in seen.err


def test_a_month_that_has_not_begun_is_ahead_and_not_kept(desk: Desk) -> None:
    rows = desk.call("retention plan", json=True).value
    today = when(desk.clock.now)[:10]
    assert {one["ahead"] for one in rows} == {False, True}
    assert all(one["ahead"] == (one["epoch"] > today) for one in rows)
    lines = desk.call("retention plan").out.splitlines()[1 : len(rows) + 1]
    assert all(("ahead" if one["ahead"] else "kept") in line for one, line in zip(rows, lines, strict=True))


def test_months_that_look_alike_say_what_their_data_rests_on_and_how_long_it_was_to_be_kept(desk: Desk) -> None:
    assert "rests on" not in desk.call("retention plan").out
    draft = desk.house / "policy.yaml"
    less = (
        "purposes:\n  analytics: {about: Usage, basis: {default: consent, us: opt_out}, keep: 12 months after event}\n"
    )
    draft.write_text(draft.read_text("utf-8") + less, "utf-8")
    assert desk.call("policy approve --yes").code == 0
    head, *lines = desk.call("retention plan").out.splitlines()
    assert head.endswith("rests on, kept for")
    first = [line for line in lines if line.startswith("2026-11-01  behaviour ")]
    assert len(first) == len(set(first)) == 2
    assert {line.partition("kept  ")[2].strip() for line in first} == {
        "legitimate interest, 13 months after event", "consent, in us opt out, 12 months after event",
    }  # fmt: skip


def test_a_request_that_is_called_off_says_by_whom_and_what_stays_shut(desk: Desk) -> None:
    person = desk.person()
    names = desk.call(f"request open {person} --compartment nope").err
    contact = names[names.index("contact|") :].split(",")[0].split("'")[0].strip()
    part = desk.call(["request", "open", person, "--compartment", contact], json=True).value
    whole = desk.call(["request", "open", person, "--anyway"], json=True).value
    said = desk.call(f"request cancel {whole['request']}")
    assert said.code == 0, said.err
    assert "Cancelled: what it shut is readable again." in said.out
    assert f"Still shut, {contact}: lockhouse" in said.out
    assert said.out.rstrip().endswith(f"request cancel {part['request']}")
    told = desk.call(f"request show {whole['request']}", json=True).value
    assert told["cancelled_by"].startswith("os-user:")
    assert f"cancelled       by {told['cancelled_by']}" in desk.call(f"request show {whole['request']}").out
    [entry] = desk.call("ledger log --kind cancellation", json=True).value
    assert entry["id"] == told["cancellation"]


def test_a_retention_run_says_when_its_epochs_were_destroyed(desk: Desk) -> None:
    desk.clock.now += 3 * 365 * DAY_MS
    assert desk.call("accept clock --yes").code == 0
    seen = desk.call("retention apply --now --yes")
    rows = seen.out.splitlines()[1:]
    assert rows, seen.err
    assert all(row.endswith(f"done  {when(desk.clock.now)}") for row in rows)


def test_the_doctor_names_the_command_for_a_clock_that_is_far_ahead(desk: Desk) -> None:
    desk.clock.now += 70 * 365 * DAY_MS
    seen = desk.call("doctor")
    assert "far ahead" in seen.out
    assert "accept clock" in seen.out
    assert desk.call("channel add web").code != 0
    assert desk.call("ledger verify --records").code == 0


def test_what_retention_has_only_shut_is_not_said_to_have_lost_its_key(desk: Desk) -> None:
    item = {"type": "track", "event": "Products Searched", "anonymousId": "d-1", "properties": {"search": "boots"}}
    [reply] = desk.receive(json.dumps(item))
    with closing(connect(desk.house / "record.db")) as store:
        [person] = store.execute("SELECT lower(hex(person)) FROM record WHERE id = ?", (reply.record,)).fetchone()
    desk.clock.now += 3 * 365 * DAY_MS
    assert desk.call("accept clock --yes").code == 0
    assert desk.call("retention apply --yes").code == 0
    said = desk.call(f"person show {person} --as privacy_officer").out
    assert "2 boxes expired: kept as long as was promised, and nothing opens them." in said
    assert "the key is gone" not in said


def test_boxes_are_sealed_again_and_the_ledger_still_fits_every_record(desk: Desk) -> None:
    person = desk.person()
    assert desk.call(f"key reseal {person}").out.startswith("Sealed again: ")
    assert desk.call("ledger verify --records").out.endswith("and every record is as it was signed.\n")
    seen = desk.call(f"person reveal {person} --as support --reason 'call back'", json=True).value
    assert seen["fields"]["email"]["value"] == EMAIL
    kinds = {entry["kind"] for entry in desk.call("ledger log", json=True).value}
    assert {"reseal", "rework"} <= kinds


def test_who_was_not_seen_for_years_is_shut_by_a_run_that_asks_for_their_number(desk: Desk) -> None:
    assert desk.call("retention idle").out == "nobody's data is due\n"
    desk.clock.now += 9 * 366 * DAY_MS
    assert "got one that is far ahead" in desk.call("retention end-idle --yes").err
    assert desk.call("accept clock --yes").code == 0
    due = desk.call("retention idle", json=True).value
    many = sum(one["persons"] for one in due)
    assert many == len(due) >= 1
    assert "lockhouse retention end-idle" in desk.call("retention idle").out
    wrong = desk.call("retention end-idle", typed="99\n", talks=True)
    assert "nothing was changed" in wrong.err
    assert desk.call("request list", json=True).value == []
    run = desk.call("retention end-idle", typed=f"{many}\n", talks=True)
    assert run.code == 0, run.err
    listed = desk.call("request list", json=True).value
    assert {(one["step"], one["reason"]) for one in listed} == {("shut", "last-activity")}
    assert desk.call("retention idle", json=True).value == []
    assert desk.call("retention end-idle --yes", json=True).value == {
        "requests": [], "not_looked_at": 0, "more": False,
    }  # fmt: skip
    assert desk.call("ledger verify --records --state").code == 0
    desk.clock.now += 4 * DAY_MS
    assert desk.call("accept clock --yes").code == 0
    for one in listed:
        assert desk.call(f"request fulfil {one['request']} --yes").code == 0
    assert {one["step"] for one in desk.call("request list", json=True).value} == {"done"}
    assert desk.call("ledger verify --records --state").code == 0
