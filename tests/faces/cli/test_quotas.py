"""People an hour at the command line: what is told of a limit, and what a script reads of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockhouse.errors import Refused
from lockhouse.faces.outcomes import OUTCOMES
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

CARLA, BERT = "carla@customers.example", "bert@customers.example"
ROLE = """
roles:
  support:
    for: [fulfilment]
    see: {contact: masked, identity: masked, transactions: full}
    limits: {persons_per_hour: 2, mode: %s}
"""


def _of_two_people(tmp_path: Path, mode: str) -> tuple[Desk, str]:
    """A desk whose support may look up two people an hour, and has; and the id of a third."""
    desk = Desk(tmp_path)
    desk.found()
    for number, email in enumerate((EMAIL, BERT, CARLA)):
        desk.send(("Order Completed", {"email": email, "order_id": f"A-{number}"}))
    third = desk.person(CARLA)
    desk.clock.now += 3_600_000
    policy = desk.house / "policy.yaml"
    policy.write_text(policy.read_text("utf-8") + ROLE % mode, "utf-8")
    assert desk.call("policy approve --yes").code == 0
    for email in (EMAIL, BERT):
        desk.person(email)
    return desk, third


def test_whoever_is_out_of_places_is_told_how_many_they_had_when_there_is_room_and_who_helps(tmp_path: Path) -> None:
    desk, third = _of_two_people(tmp_path, "enforce")
    told = (
        "You have opened 2 people this hour, your limit. It is free again at 15:30 UTC, or an admin can raise it "
        f"(lockhouse grant record os-user:{os.getuid()} quota NUMBER --until WHEN)."
    )
    for line, typed in ((f"person show {third}", ""), ("person find email -", f"{CARLA}\n")):
        seen = desk.call(line, typed=typed)
        assert (seen.code, told in seen.err.replace("lockhouse: hint: ", "")) == (OUTCOMES[Refused].exit_code, True), (
            line
        )
    assert desk.call(f"person show {third}", json=True).error["hint"] == told
    assert desk.call(f"grant record os-user:{os.getuid()} quota 3 --until 2026-12-31").code == 0
    assert desk.call(f"person show {third}").code == 0


def test_a_limit_that_observes_tells_on_the_screen_and_in_json_that_it_would_refuse(tmp_path: Path) -> None:
    desk, third = _of_two_people(tmp_path, "observe")
    seen = desk.call(f"person timeline {third}")
    assert seen.code == 0
    assert "Your limit is 2 people an hour, and this look is beyond it until 15:30 UTC." in seen.out
    desk.clock.now += 3_600_000
    assert desk.call(f"person show {third}", json=True).value["spent"] is None
    desk.person(EMAIL)
    seen = desk.call("person find email -", typed=f"{BERT}\n", json=True)
    [view] = seen.value["persons"]
    assert view["spent"] == {"limit": 2, "free_at": desk.clock.now + 3_600_000, "refused": False}
    counted = [entry["body"] for entry in desk.call("ledger log --kind quota", json=True).value]
    assert [(one["persons"], one.get("over", 0)) for one in counted[:3]] == [(3, 1), (2, 0), (1, 0)]
