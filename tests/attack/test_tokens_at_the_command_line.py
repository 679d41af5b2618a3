"""A service token at the command line: by a variable or a file, within its terms, and never as a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.access.tokens import Terms
from lockhouse.client.tokens import FILE, VARIABLE
from lockhouse.errors import NotSignedIn
from lockhouse.faces.cli import duties
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.flows import token as flow
from lockhouse.model.decision import Actor
from tests.faces.cli.office import Office

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.house import House

NOT_SIGNED_IN = OUTCOMES[NotSignedIn].exit_code
BY = Actor(id="os-user:1000", kind="os-user", roles=("auditor", "support"), shown="the machine's user")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def _made(office: Office, **terms: object) -> str:
    said = Terms(**{"name": "siem", "role": "auditor", "may": ("ledger.read",), "purposes": (), "networks": ()} | terms)  # type: ignore[arg-type]

    async def make(house: House) -> str:
        return (await flow.create(house, said, by=flow.Maker(BY))).text.reveal().decode()

    return str(office.within(make))


def test_a_token_reads_what_its_terms_say_by_a_variable_and_by_a_file_of_its_users_own(office: Office) -> None:
    text = _made(office)
    place = office.desk.folder / "siem.token"
    place.write_text(text + "\n", "ascii")
    place.chmod(0o600)
    by_file = office.call(f"ledger log --token-file {place}", json=True)
    assert by_file.code == 0, by_file.err
    office.desk.environment[FILE] = str(place)
    assert office.call("ledger log").code == 0
    del office.desk.environment[FILE]
    office.desk.environment[VARIABLE] = text
    assert office.call("ledger log").code == 0
    assert text not in by_file.out + by_file.err


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_token_in_a_file_that_others_may_read_counts_for_nothing(office: Office, mode: int) -> None:
    place = office.desk.folder / "siem.token"
    place.write_text(_made(office), "ascii")
    place.chmod(mode)
    seen = office.call(f"ledger log --token-file {place}", json=True)
    assert (seen.code, "this user alone" in seen.error["message"]) == (3, True)


def test_a_file_that_is_not_there_or_empty_falls_back_to_nobody(office: Office) -> None:
    office.signed_in(office.ada)
    place = office.desk.folder / "none.token"
    assert office.call(f"channel list --token-file {place}").code == 2
    place.write_text("\n", "ascii")
    place.chmod(0o600)
    assert office.call(f"channel list --token-file {place}").code == 2
    link = office.desk.folder / "link.token"
    link.symlink_to(place)
    assert office.call(f"channel list --token-file {link}").code == 2


def test_a_file_that_is_named_goes_before_a_variable(office: Office) -> None:
    place = office.desk.folder / "bad.token"
    place.write_text("no token", "ascii")
    place.chmod(0o600)
    office.desk.environment[VARIABLE] = _made(office)
    assert office.call("ledger log").code == 0
    assert office.call(f"ledger log --token-file {place}").code == NOT_SIGNED_IN


def test_a_token_does_no_more_than_its_terms_and_its_member_beside_it_lends_it_nothing(office: Office) -> None:
    office.signed_in(office.ada)
    assert office.call("staff list").code == 0
    office.desk.environment[VARIABLE] = _made(office)
    for line in ("staff list", "key status", "channel list", "policy show", "token list", "mail list"):
        seen = office.call(line, json=True)
        assert (line, seen.code, seen.error["code"]) == (line, 3, "refused")


def test_a_token_that_was_revoked_or_comes_from_elsewhere_is_nobody(office: Office) -> None:
    office.desk.environment[VARIABLE] = _made(office, networks=("10.0.0.0/8",))
    assert office.call("ledger log").code == NOT_SIGNED_IN
    office.desk.environment[VARIABLE] = "lh_" + "A" * 40
    seen = office.call("ledger log", json=True)
    assert (seen.code, "A" * 40 in seen.err) == (NOT_SIGNED_IN, False)


def test_what_a_person_must_confirm_no_token_does(office: Office) -> None:
    office.desk.environment[VARIABLE] = _made(office)
    an_id = "0" * 32
    lines = {
        "staff disable": an_id, "staff invite": "-", "staff role give": f"{an_id} admin", "key reseal": an_id,
        "grant approve": an_id, "retention end-idle": "", "policy withdraw": "v1", "token rotate": an_id,
        "staff reset": an_id, "staff enable": an_id,
    }  # fmt: skip
    assert all(duties.PROVEN[name] not in duties.BY_TOKEN for name in lines)
    told = {
        name: office.call(f"{name} {words}", typed="eve@shop.example\nEve\n", json=True)
        for name, words in lines.items()
    }
    assert {name: seen.error["message"] for name, seen in told.items() if "one for a person" not in seen.err} == {}
    assert {seen.code for seen in told.values()} == {3}


def test_what_takes_a_person_and_no_proof_no_token_does_either(office: Office) -> None:
    office.desk.environment[VARIABLE] = _made(office, role="privacy_officer", may=("hold.list",))
    lines = (f"grant refuse {'0' * 32}", "policy rollback v1", "staff access open", f"staff session end {'0' * 32}")
    told = {line: office.call(line, json=True) for line in lines}
    assert {line: seen.err for line, seen in told.items() if "one for a person" not in seen.err} == {}
    assert {seen.code for seen in told.values()} == {3}


def test_a_token_is_no_way_to_what_the_machine_does_with_local_nor_to_a_role(office: Office) -> None:
    office.desk.environment[VARIABLE] = _made(office)
    assert office.call("staff list --local").code == 3
    seen = office.call("staff list --as admin", json=True)
    assert "staff.list: expected a role that may, got a token without" in seen.error["message"]
    assert office.call("accept clock --as admin --yes", json=True).error["code"] == "as-refused"


def test_a_token_finds_somebody_for_its_purpose_alone(office: Office) -> None:
    office.desk.send(("Order Completed", {"email": "anna@customers.example", "order_id": "A-1", "total": "5.00"}))
    office.desk.environment[VARIABLE] = _made(office, role="support", may=(), purposes=("fulfilment",))
    found = office.call("person find email -", typed="anna@customers.example\n", json=True)
    assert found.code == 0, found.err
    [person] = found.value["persons"]
    other = office.call(f"person show {person['person']} --for analytics", json=True)
    assert (other.code, "token names" in other.err) == (3, True)
    shown = office.call(f"person show {person['person']}", json=True)
    assert (shown.code, "anna@customers.example" in shown.out) == (0, False)


def test_local_lets_the_machine_into_the_table_and_nothing_else(office: Office) -> None:
    refused = {
        name: office.call(line, json=True)
        for name, line in {
            "person find": "person find email - --local", "ledger log": "ledger log --local",
            "token create": "token create x --local", "channel add": "channel add web --local",
            "policy show": "policy show --local", "staff disable": f"staff disable {'0' * 32} --local",
            "staff session list": "staff session list --local",
            "staff role end": f"staff role end {'0' * 32} x --local",
            "import list": "import list --local", "consent export": "consent export --to out.csv --local",
        }.items()
    }  # fmt: skip
    assert not refused.keys() & duties.LOCAL.keys()
    assert {name: seen.error["message"] for name, seen in refused.items() if "--local: expected" not in seen.err} == {}
