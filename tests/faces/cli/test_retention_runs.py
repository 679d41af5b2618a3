"""What a person sees of a retention run that ends much: it is shut, named by the doctor, and waits for their word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lockhouse.model.ids import DAY_MS
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

SEARCH = {"type": "track", "event": "Products Searched", "anonymousId": "d-1", "properties": {"search": "boots"}}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A house that is no demo and holds a search and an order of three years ago."""
    desk = Desk(tmp_path)
    desk.found()
    desk.put_to_work()
    desk.receive(json.dumps(SEARCH))
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    _pass(desk, 3 * 365)
    return desk


def _pass(desk: Desk, days: int) -> None:
    desk.clock.now += days * DAY_MS
    assert desk.call("accept clock --yes").code == 0


def _endings(desk: Desk) -> dict[str, str]:
    [check] = [one for one in desk.call("doctor", json=True).value["results"] if one["check"] == "endings"]
    assert isinstance(check, dict)
    return check


def test_a_run_that_ends_much_is_shut_and_says_what_confirms_it(desk: Desk) -> None:
    while True:  # months without anything in them end first
        seen = desk.call("retention apply --yes")
        assert seen.code == 0, seen.err
        if "ends much" in seen.out:
            break
        assert "shut" in seen.out
        _pass(desk, 1)
    assert "once confirmed" in seen.out
    [line] = [one for one in seen.out.splitlines() if one.startswith("This run ends much: ")]
    run = line.rpartition(" ")[2]
    boxes = int(line.split()[4])
    assert f"It is shut, and destroyed once it is meant: lockhouse retention confirm {run}" in line

    _pass(desk, 4)
    check = _endings(desk)
    assert (check["state"], run in check["sentence"], run in check["mend"]) == ("FAIL", True, True)
    waiting = [one for one in desk.call("request list", json=True).value if one["confirm"] == run]
    assert {one["step"] for one in waiting} == {"shut"}
    refused = desk.call(f"request fulfil {waiting[0]['request']} --yes", json=True).error
    assert (refused["code"], refused["hint"].endswith(f"retention confirm {run}")) == ("refused", True)

    said = desk.call(f"retention confirm {run}", json=True).error
    assert (said["code"], said["hint"]) == ("refused", f"--ends {boxes}")
    wrong = desk.call(f"retention confirm {run}", typed=f"{boxes + 1}\n", talks=True)
    assert (wrong.code, "nothing was changed" in wrong.err) == (2, True)
    assert _endings(desk)["state"] == "FAIL"
    done = desk.call(f"retention confirm {run}", typed=f"{boxes}\n", talks=True)
    assert done.code == 0, done.err
    assert done.out.startswith("Confirmed: its keys are destroyed from ")
    check = _endings(desk)
    assert (check["state"], "one person alone confirmed" in check["sentence"]) == ("MANUAL", True)
    [entry] = desk.call("ledger log --kind confirmation", json=True).value
    assert entry["body"]["boxes"] == boxes
    assert desk.call("ledger verify --records --state").code == 0

    _pass(desk, 3)
    for one in waiting:
        assert desk.call(f"request fulfil {one['request']} --yes").code == 0
    assert _endings(desk)["state"] == "PASS"


def test_persons_who_were_not_seen_for_years_are_confirmed_by_a_script(desk: Desk) -> None:
    _pass(desk, 6 * 365)
    ran = desk.call("retention end-idle --yes", json=True).value
    [run] = {one["confirm"] for one in ran["requests"]}
    number = desk.call(f"retention confirm {run}", json=True).error["hint"].removeprefix("--ends ")
    done = desk.call(f"retention confirm {run} --ends {number}", json=True).value
    assert (done["run"], done["ends"], done["meant"]) == (run, int(number), True)
    assert sorted(done["requests"]) == sorted(one["request"] for one in ran["requests"])
    again = desk.call(f"retention confirm {run} --ends {number}", json=True).error
    assert again["code"] == "not-found"
    assert {one["ends"] for one in ran["requests"]} == {int(number)}
    back = desk.call(f"request cancel {ran['requests'][0]['request']}")
    assert "what a keep has ended it does not show" in back.out, back.err
    assert desk.call("retention confirm nope", json=True).error["code"] == "invalid"
