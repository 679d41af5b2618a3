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
    assert all(
        f"left out. Your roles see it by: lockhouse person reveal {person}\n" in office.call(look).out for look in looks
    )
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


def _granted(office: Office, asker: Person, *options: str) -> None:
    """They ask for what a lead sees, and an officer approves it; then the asker is here again."""
    officer = office.hired("officer")
    office.holds(officer, "officer")
    office.passes(4 * DAY, officer, asker)
    office.signed_in(asker)
    asked = office.call(
        f"grant request --for fulfilment --class identity --reason 'call back' --ticket T-17 {' '.join(options)}",
        json=True,
    )
    assert asked.code == 0, asked.err
    office.call("sign-out")
    office.signed_in(officer)
    assert office.proven(f"grant approve {asked.value['grant']}", by=officer).code == 0
    office.call("sign-out")
    office.signed_in(asker)


@pytest.fixture
def granted(office: Office) -> tuple[Office, Person, str]:
    """Somebody of support with a grant for identity data, whom their role shows none, and the person's id."""
    support = _works(office, "support")
    _granted(office, support)
    return office, support, _found(office)


def test_no_look_opens_what_a_grant_lends_and_each_says_how_a_reveal_does(
    granted: tuple[Office, Person, str],
) -> None:
    office, support, person = granted
    assert office.proven(f"person check {person} email -", by=support, typed=f"{EMAIL}\n").code == 0, "a fresh proof"
    shown = office.call(f"person show {person}")
    assert f"lockhouse person reveal {person} loyalty_id --for fulfilment" in shown.out
    looks = [shown, *(office.call(f"person {look}") for look in (f"timeline {person}", f"explain {person} loyalty_id"))]
    found = office.call("person find email -", typed=f"{EMAIL}\n")
    assert not any(NUMBER in one.out + one.err for one in (*looks, found))
    assert "A grant of yours lends what lead sees of it." in looks[2].out


def test_a_reveal_opens_what_a_grant_lends_where_it_names_that_value_and_is_confirmed(
    granted: tuple[Office, Person, str],
) -> None:
    office, support, person = granted
    whole = office.proven(f"person reveal {person} --reason 'call back'", by=support)
    assert (EMAIL in whole.out, NUMBER in whole.out) == (True, False)
    assert f"lockhouse person reveal {person} loyalty_id" in whole.out
    office.answering()
    line = f"person reveal {person} loyalty_id --reason 'call back'"
    asked = office.call(line)
    assert (asked.code != 0, NUMBER in asked.out, "Confirm this in the console" in asked.err) == (True, False, True)
    named = office.proven(line, by=support, json=True)
    assert named.value["fields"] == {"loyalty_id": named.value["fields"]["loyalty_id"]}
    assert (named.value["fields"]["loyalty_id"]["value"], len(named.value["grants"])) == (NUMBER, 1)
    again = office.call(f"person show {person}")
    assert NUMBER not in again.out


def test_a_proof_for_one_value_opens_no_other(granted: tuple[Office, Person, str]) -> None:
    office, support, person = granted
    one, other = (f"person reveal {person} {field} --reason 'call back'" for field in ("email", "loyalty_id"))
    assert office.proven(one, by=support).code == 0
    office.answering()
    seen = office.call(other)
    assert (seen.code != 0, NUMBER in seen.out) == (True, False)


def test_who_sees_nobody_by_role_looks_by_a_grant_and_without_one_learns_nothing(office: Office) -> None:
    _works(office, "support")
    person = _found(office)
    office.call("sign-out")
    desk = _works(office, "desk")
    for line in ("find email -", f"show {person} --for fulfilment", f"explain {person} email --for fulfilment"):
        seen = office.call(f"person {line}", typed=f"{EMAIL}\n", json=True)
        assert (seen.code, seen.error["code"]) == (3, "refused"), seen.err
    _granted(office, desk, "--class contact")
    found = office.call("person find email - --for fulfilment", typed=f"{EMAIL}\n", json=True)
    assert found.code == 0, found.err
    [view] = found.value["persons"]
    assert (view["fields"]["loyalty_id"]["state"], NUMBER in found.out) == ("masked", False)
    line = f"person reveal {view['person']} loyalty_id --for fulfilment"
    assert NUMBER in office.proven(line, by=desk).out
