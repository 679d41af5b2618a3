"""From the first member on the command line signs in, and acts as whoever confirmed it in the console."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import ActingRefused, NotSignedIn
from lockhouse.faces.cli import duties
from lockhouse.faces.cli.app import TREE, tree
from lockhouse.faces.cli.edge import INCIDENT
from lockhouse.faces.outcomes import OUTCOMES
from tests.faces.cli.office import Office

if TYPE_CHECKING:
    from pathlib import Path

    from cyclopts import App

NOT_SIGNED_IN = OUTCOMES[NotSignedIn].exit_code


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def _file(office: Office) -> Path:
    [found] = office.desk.folder.joinpath("home").rglob("session")
    return found


def test_nobody_acts_in_a_role_once_somebody_has_enrolled_and_is_told_what_to_do(office: Office) -> None:
    seen = office.call("staff session list")
    assert (seen.code, office.call("staff session list", json=True).error["code"]) == (NOT_SIGNED_IN, "not-signed-in")
    assert "lockhouse sign-in" in seen.err
    refused = office.call("staff list --as admin", json=True)
    assert (refused.code, refused.error["code"]) == (OUTCOMES[ActingRefused].exit_code, "as-refused")
    assert "sign-in" in refused.error["hint"]
    assert office.call("backup create copy --as admin", json=True).error["code"] == "as-refused"


def test_a_member_signs_in_by_a_code_and_every_command_is_then_done_as_them(office: Office) -> None:
    office.answering(office.confirming(office.ada))
    seen = office.call("sign-in")
    assert seen.code == 0, seen.err
    assert "https://console.shop.example/device" in seen.err
    assert f"Signed in. {office.ada.actor}: admin, until" in seen.out
    who = office.call("whoami", json=True).value
    assert (who["staff"], who["roles"]) == (office.ada.staff, ["admin"])
    assert stat.S_IMODE(_file(office).stat().st_mode) == 0o600
    assert not _file(office).is_relative_to(office.desk.house)
    assert office.call("staff list").code == 0
    invited = office.proven("staff invite -", by=office.ada, typed="ben@shop.example\nben\n", json=True)
    assert invited.code == 0, invited.err
    assert invited.value["invited_by"] == office.ada.staff


def test_the_ledger_names_the_member_and_not_the_machine(office: Office) -> None:
    office.signed_in(office.ada)
    office.hired("eve")
    auditor = office.hired("aud")
    office.holds(auditor, "auditor")
    ben = office.hired("ben")
    assert office.proven(f"staff disable {ben.staff}", by=office.ada).code == 0
    office.call("sign-out")
    office.signed_in(auditor)
    entries = office.call("ledger log --kind staff", json=True).value
    [disabled] = [one for one in entries if "disabled" in str(one)]
    assert office.ada.actor in str(disabled)
    sessions = office.call("ledger log --kind session", json=True).value
    assert any("device-code" in str(one) and office.ada.actor in str(one) for one in sessions)


def test_a_members_roles_decide_and_no_more(office: Office) -> None:
    ben = office.hired("ben")
    office.holds(ben, "support")
    office.signed_in(ben)
    refused = office.call("staff session list", json=True)
    assert refused.code == 3
    assert "expected a role that may, got support" in refused.error["message"]
    assert office.call("ledger log").code == 3
    assert office.call("channel list").code == 3
    office.holds(ben, "admin")
    assert office.call("channel list").code == 0


@pytest.mark.parametrize(
    "line",
    [
        "channel list",
        "channel show web",
        "policy show",
        "policy history",
        "policy matrix",
        "recipient list",
        "key status",
        "import list",
        "mail list",
        "request list",
        "retention plan",
        "tail",
        "why 00",
        "ledger checkpoint",
    ],
)
def test_a_member_without_a_role_reads_nothing_of_the_house(office: Office, line: str) -> None:
    office.signed_in(office.hired("ben"))
    refused = office.call(line, json=True)
    assert (refused.code, refused.out) == (3, "")
    assert "expected a role that may, got none of yours" in refused.error["message"]


def test_a_sign_in_is_listed_in_the_account_page_and_ended_there_and_by_sign_out(office: Office) -> None:
    office.signed_in(office.ada)
    agents = {one["agent"] for one in office.call("staff session list", json=True).value}
    assert any(one.startswith("command line, os-user:") for one in agents)
    place = _file(office)
    assert office.call("sign-out").out == "Signed out.\n"
    assert not place.exists()
    assert office.call("staff session list").code == NOT_SIGNED_IN
    assert office.call("sign-out").out == "Nobody was signed in here.\n"


def test_a_sign_in_is_over_after_half_an_hour_of_rest(office: Office) -> None:
    office.signed_in(office.ada)
    office.desk.clock.now += 31 * 60_000
    assert office.call("staff session list").code == NOT_SIGNED_IN
    assert office.call("whoami", json=True).value["staff"] is None


def test_a_refused_and_an_unanswered_code_let_nobody_in(office: Office) -> None:
    async def refuse() -> None:
        async def act(browser: object) -> None:
            page = await browser.post("/device", {"shown": office.code}, on=await browser.get("/device"))  # type: ignore[attr-defined]
            done = await browser.post("/device/refuse", {"shown": office.code}, on=page)  # type: ignore[attr-defined]
            assert "Refused. Nothing was done." in done.text

        await office.at(office.ada, act)

    office.answering(refuse)
    seen = office.call("sign-in", json=True)
    assert (seen.code, "got a refusal" in seen.err) == (3, True)

    async def later() -> None:
        office.desk.clock.now += 10 * 60_000

    office.answering(later)
    assert office.call("sign-in").code == NOT_SIGNED_IN
    assert office.call("whoami", json=True).value["staff"] is None


def test_what_needs_a_step_up_is_confirmed_for_that_very_command_once(office: Office) -> None:
    ben = office.hired("ben")
    office.signed_in(office.ada)
    line = f"staff disable {ben.staff}"
    seen = office.proven(line, by=office.ada)
    assert (seen.code, "Confirm this in the console" in seen.err) == (0, True)
    assert office.proven(f"staff enable {ben.staff}", by=office.ada).code == 0
    again = office.call(line)
    assert (again.code, "Confirm this" in again.err) == (INCIDENT, True), "it waits for another answer: nobody is there"


AN_ID = "0" * 32


@pytest.mark.parametrize(
    "line",
    [
        "suppression remove email - --reason mistake",
        f"hold release {AN_ID} --yes",
        f"hold review {AN_ID} --until 2027-01-31",
        f"hold place {AN_ID} --reason claim --basis legal --review 2027-01-31",
        f"person link {AN_ID} {AN_ID[:-1]}1",
        f"person unlink {AN_ID} {AN_ID[:-1]}1",
        f"request cancel {AN_ID}",
        f"consent record {AN_ID} marketing granted",
        f"consent undo {AN_ID} --yes",
        f"token revoke {AN_ID} --yes",
        "channel revoke web lhs_none",
        f"staff session end {AN_ID}",
    ],
)
def test_what_widens_or_ends_what_somebody_has_waits_until_it_is_confirmed(office: Office, line: str) -> None:
    office.holds(office.ada, "privacy_officer")
    office.signed_in(office.ada)
    seen = office.call(line, typed="anna@customers.example\n")
    assert (seen.code, seen.out) == (INCIDENT, ""), seen.err
    assert "Confirm this in the console" in seen.err


def test_checking_what_a_caller_says_is_confirmed_once_a_shift(office: Office) -> None:
    ben = office.hired("ben")
    office.holds(ben, "support")
    office.desk.send(("Order Completed", {"email": "anna@customers.example", "order_id": "A-1", "total": "5.00"}))
    office.signed_in(ben)
    found = office.call("person find email -", typed="anna@customers.example\n", json=True)
    assert found.code == 0, found.err
    person = found.value["persons"][0]["person"]
    line = f"person check {person} email -"
    first = office.proven(line, by=ben, typed="anna@customers.example\n")
    assert first.code == 0, first.err
    office.answering()
    second = office.call(line, typed="anna@customers.example\n")
    assert second.code == 0, second.err


def test_every_command_stands_in_the_table_of_who_does_it() -> None:
    named = set(duties.ALONE) | set(duties.READS) | duties.THEMSELVES
    assert {*_commands(tree(), ())} == named
    assert not set(duties.ALONE) & (set(duties.READS) | duties.THEMSELVES)
    assert set(duties.LOCAL) | set(duties.PROVEN) <= named
    assert set(duties.PROVEN.values()) >= duties.BY_TOKEN
    assert len(TREE) > 20


def _commands(app: App, chain: tuple[str, ...]) -> list[str]:
    found = []
    for name in app:
        if not name.startswith("-"):
            one = app[name]
            kids = [each for each in one if not each.startswith("-")]
            found += _commands(one, (*chain, name)) if kids else [" ".join((*chain, name))]
            found += [" ".join((*chain, name))] if kids and one.default_command else []
    return found
