"""A thief of a member's command line looks at people: what a session alone shows, and what takes a proof of the look.

Attackers: whoever has the file of a sign-in, and its account of the machine; a member who wants more than they proved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faces.cli.office import Office, Person

if TYPE_CHECKING:
    from pathlib import Path

EMAIL, NUMBER, ALLERGY = "anna@customers.example", "L-4711-99", "brazil nuts"
DAY, MINUTE = 86_400_000, 60_000
POLICY = """
fields:
  allergy: {type: text, class: special, for: [fulfilment], condition: legal_claims}
events:
  Diet Told: [email, loyalty_id, order_id, allergy]
roles:
  support:
    for: [fulfilment]
    see: {contact: masked, transactions: full, special: masked}
    check: [contact, special]
    reveal: {contact: {reason: [call back], step_up: 8 hours}}
    may: [grant.request]
  lead: {for: [fulfilment], see: {identity: full}}
  desk: {may: [grant.request]}
  officer: {may: [grant.approve]}
"""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path, policy=POLICY)
    fields = {"email": EMAIL, "loyalty_id": NUMBER, "order_id": "A-1", "allergy": ALLERGY}
    made.desk.send(("Diet Told", fields))
    return made


def _works(office: Office, role: str) -> Person:
    """Somebody of the role, signed in on this command line."""
    person = office.hired(role)
    office.holds(person, role)
    office.signed_in(person)
    return person


def _found(office: Office) -> str:
    seen = office.call("person find email -", typed=f"{EMAIL}\n", json=True)
    assert seen.code == 0, seen.err
    person: str = seen.value["persons"][0]["person"]
    return person


def test_special_data_stands_in_no_look_that_nobody_proved_and_for_five_minutes_in_those_behind(office: Office) -> None:
    support = _works(office, "support")
    person = _found(office)
    looks = [f"person show {person}", f"person timeline {person}"]
    assert not any("allergy" in office.call(look).out.partition("Hidden")[0] for look in looks)
    assert office.proven(f"person check {person} allergy -", by=support, typed=f"{ALLERGY}\n").code == 0
    assert all("allergy" in office.call(look).out for look in looks)
    assert not any(ALLERGY in office.call(look).out for look in looks)
    office.desk.clock.now += 5 * MINUTE
    assert not any("allergy" in office.call(look).out for look in looks)


def test_a_proof_for_the_shift_checks_no_special_data_once_it_is_five_minutes_old(office: Office) -> None:
    support = _works(office, "support")
    person = _found(office)
    assert office.proven(f"person check {person} email -", by=support, typed=f"{EMAIL}\n").code == 0
    office.desk.clock.now += 5 * MINUTE
    office.answering()
    assert office.call(f"person check {person} email -", typed=f"{EMAIL}\n").code == 0, "the shift's proof does"
    special = f"person check {person} allergy -"
    asked = office.call(special, typed=f"{ALLERGY}\n")
    assert (asked.code != 0, "Confirm this in the console" in asked.err) == (True, True)
    assert office.proven(special, by=support, typed=f"{ALLERGY}\n").code == 0
