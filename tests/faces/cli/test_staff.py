"""Staff at the command line: let in, given roles, let out, reset, recovered; and nothing of them lies open."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import Refused
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.gates.staff import read
from lockhouse.gates.staff.sessions import Begin, Seen, begin
from lockhouse.wiring import opened
from tests.faces.cli.house import Desk
from tests.flows.staffed import acts, enrol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from lockhouse.gates.house import House

LOGIN, NAME = "zq7kxw3vj9@shop.example", "Zoe Zq7kxw3vj9"
REFUSED = OUTCOMES[Refused].exit_code
HOUR_MS = 3_600_000


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.found()
    return made


def _within(desk: Desk, deed: Callable[[House], Awaitable[Any]]) -> Any:
    """Something done in the house that no command does: what a browser would."""

    async def act() -> Any:
        async with opened(desk.house, role="console", clock=desk.clock) as house:
            return await deed(house.house)

    return asyncio.run(act())


def _hired(desk: Desk, name: str) -> str:
    value = desk.call("staff invite -", typed=f"{name}@shop.example\n{name}\n", json=True).value
    desk.clock.now += 1
    _within(desk, lambda house: enrol(house, bytes.fromhex(value["staff"])))
    staff: str = value["staff"]
    return staff


def test_somebody_is_asked_for_login_and_name_and_gets_a_link_that_says_how_long_it_opens(desk: Desk) -> None:
    seen = desk.call("staff invite", typed=f"{LOGIN}\n{NAME}\n", talks=True)
    assert seen.code == 0, seen.err
    assert "http://localhost:8410/enrol#" in seen.out
    assert "It opens once, until 2026-11-24 13:30Z." in seen.out
    assert LOGIN not in seen.out
    value = desk.call("staff list", json=True).value
    assert [(one["login"], one["name"], one["state"], one["roles"][0]["role"]) for one in value] == [
        (LOGIN, NAME, "invited", "admin")
    ]


def test_no_login_name_or_link_lies_open_in_the_house_or_its_ledger(desk: Desk) -> None:
    value = desk.call("staff invite -", typed=f"{LOGIN}\n{NAME}\n", json=True).value
    token = value["link"].partition("#")[2]
    _within(desk, lambda house: enrol(house, bytes.fromhex(value["staff"])))
    assert desk.call("staff disable " + value["staff"]).code == REFUSED, "the last admin"
    log = desk.call("ledger log", json=True)
    texts = [log.out.encode(), *(file.read_bytes() for file in desk.folder.rglob("*") if file.is_file())]
    assert len(texts) > 5
    for text in texts:
        for open_ in ("zq7kxw3vj9", "ZQ7KXW3VJ9", "Zq7kxw3vj9", token):
            assert open_.encode() not in text
    assert {"staff", "role", "factor"} <= {one["kind"] for one in log.value}


def test_what_reads_personal_data_waits_for_somebody_who_is_signed_in_once_two_are(desk: Desk) -> None:
    _hired(desk, "mia")
    ben = _hired(desk, "ben")
    seen = desk.call(f"staff role give {ben} support")
    assert seen.out.startswith("Proposed: support")
    seen = desk.call(f"staff role approve {ben} support")
    assert seen.code == REFUSED
    assert "one of them approves it, in the console" in seen.err
    value = desk.call(f"staff show {ben}", json=True).value
    assert [(one["role"], one["state"]) for one in value["roles"]] == [("support", "proposed")]
    assert "support (proposed)" in desk.call("staff list").out


def test_a_session_is_listed_with_where_it_is_from_and_ended(desk: Desk) -> None:
    mia = _hired(desk, "mia")

    async def sign_in(house: House) -> None:
        row = await read.account(house, bytes.fromhex(mia))
        assert row is not None
        how = Begin("passkey", 2, desk.clock.now + HOUR_MS)
        await begin(house, row, how, seen=Seen("192.0.2.0/24", "Firefox"))

    _within(desk, sign_in)
    _within(desk, sign_in)
    first, _ = desk.call("staff session list", json=True).value
    assert (first["staff"], first["level"], first["network"], first["agent"]) == (mia, 2, "192.0.2.0/24", "Firefox")
    assert desk.call(f"staff session end {first['session']}").out == "Ended: 1 session.\n"
    assert "Firefox" in desk.call(f"staff session list {mia}").out
    assert desk.call(f"staff session end --staff {mia}").out == "Ended: 1 session.\n"
    assert desk.call("staff session list").out == "nobody is signed in\n"
    assert desk.call(f"staff session end {first['session']}").code == 5
    assert len(desk.call("ledger log --kind session", json=True).value) == 4
    assert desk.call("ledger verify --state").code == 0


def test_a_sole_admin_recovers_here_and_doctor_says_so_until_it_is_reviewed(desk: Desk) -> None:
    mia = _hired(desk, "mia")
    assert desk.call(f"staff recover {mia} --local", typed="no\n", talks=True).code == 2
    seen = desk.call(f"staff recover {mia} --local", typed=f"{mia[:8]}\n", talks=True)
    assert seen.code == 0, seen.err
    assert "/enrol#" in seen.out
    doctor = desk.call("doctor")
    assert f"nobody has looked into it: {mia}" in doctor.out
    assert f"lockhouse staff review {mia}" in doctor.out
    assert desk.call(f"staff review {mia}").code == 0
    assert "nobody has looked into it" not in desk.call("doctor").out


def test_a_reset_is_begun_and_approved_here_while_one_alone_can_sign_in(desk: Desk) -> None:
    mia = _hired(desk, "mia")
    assert desk.call(f"staff reset {mia} --approve").code == REFUSED
    assert "waits 24 hours" in desk.call(f"staff reset {mia}").out
    value = desk.call(f"staff reset {mia} --approve", json=True).value
    assert (value["staff"], "/enrol#" in value["link"]) == (mia, True)
    assert desk.call(f"staff show {mia}", json=True).value["factors"] == []


def test_who_may_not_let_people_in_is_refused_by_the_policy(desk: Desk) -> None:
    assert desk.call("staff invite - --as support", typed=f"{LOGIN}\n{NAME}\n").code == REFUSED
    assert desk.call("staff list --as auditor").code == REFUSED
    assert desk.call("staff list", json=True).value == []


def test_an_account_is_named_as_the_ledger_names_it_too(desk: Desk) -> None:
    mia = _hired(desk, "mia")
    assert desk.call(["staff", "show", acts(bytes.fromhex(mia))], json=True).value["staff"] == mia


def test_a_house_that_is_not_there_yet_says_who_acts(desk: Desk) -> None:
    doctor = desk.call("doctor").out
    assert "Nobody can sign in: the operating system's user acts alone." in doctor


def test_a_link_leads_to_the_console_that_the_settings_name(desk: Desk) -> None:
    settings = desk.house / "lockhouse.toml"
    settings.write_text(settings.read_text("utf-8") + 'console_url = "http://localhost:9000"\n', "utf-8")
    value = desk.call("staff invite -", typed=f"{LOGIN}\n{NAME}\n", json=True).value
    assert value["link"].startswith("http://localhost:9000/enrol#")
    again = desk.call(f"staff link {value['staff']}", json=True).value
    assert again["link"].startswith("http://localhost:9000/enrol#")
    assert again["link"] != value["link"]
