"""Signing in by a password and the codes of an app, and changing that password."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters.leaked_file import LeakedFile
from lockhouse.crypto.leaked import leaked_hashes
from lockhouse.crypto.otp import STEP_S, code_at, read_seed
from lockhouse.crypto.staff import Cost, StaffKeys
from lockhouse.flows import staff
from lockhouse.gates.staff.called import Called
from tests.faces.console.world import HOST, console, hidden

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.secret import Secret
    from tests.faces.console.world import Browser, Console


PASSWORD = "seven owls knit quietly"
ANOTHER = "nine herons sleep upright"


async def _by_password(made: Console, browser: Browser) -> tuple[Secret, list[str]]:
    """Somebody enrols by a password and an app's codes; the app's seed, and the recovery codes they were shown."""
    link = (await staff.invite(made.house, Called("mara@shop.example", "mara"), by=HOST)).token
    page = await browser.post("/enrol", {"link": link}, on=await browser.get("/enrol"))
    told = {"link": link, "login": "mara@shop.example", "password": "lockhouse"}
    weak = await browser.post("/enrol/password", told, on=page)
    assert weak.status_code == 422
    assert "guessed first" in weak.text or "names of the house" in weak.text
    app = await browser.post("/enrol/password", told | {"password": PASSWORD}, on=page)
    seed = read_seed(re.findall(r'id="seed"[^>]*>([^<]*)<', app.text)[0].replace(" ", ""))
    wrong = await browser.post("/enrol/app", {"ceremony": hidden(app, "ceremony"), "code": "000000"}, on=app)
    assert wrong.status_code == 403
    code = code_at(seed, made.clock.at // 1_000 // STEP_S)
    codes = await browser.post("/enrol/app", {"ceremony": hidden(app, "ceremony"), "code": code}, on=wrong)
    assert codes.status_code == 200
    listed = re.findall(r"<li>([0-9A-Z-]{20,})</li>", codes.text)
    assert len(listed) == 10
    return seed, listed


@pytest.mark.asvs("6.2.12")
async def test_a_leaked_password_is_said_to_be_one_and_where_nobody_can_say_none_is_taken(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        place = tmp_path / "leaked.txt"
        [leaked] = leaked_hashes(ANOTHER)
        place.write_text(f"{leaked.hex()}:3\n", "ascii")
        made.house.proving.leaked = LeakedFile(place)
        browser = made.another()
        link = (await staff.invite(made.house, Called("mara@shop.example", "mara"), by=HOST)).token
        page = await browser.post("/enrol", {"link": link}, on=await browser.get("/enrol"))
        told = {"link": link, "login": "mara@shop.example", "password": ANOTHER}
        refused = await browser.post("/enrol/password", told, on=page)
        assert (refused.status_code, "It leaked somewhere" in refused.text) == (422, True)
        place.unlink()
        away = await browser.post("/enrol/password", {**told, "password": PASSWORD}, on=page)
        assert (away.status_code, "LH-5001" in away.text) == (503, True)
        assert (await made.another().enrol(link)).status_code == 303, "a passkey is enrolled all the same"


async def test_a_password_and_an_app_do_as_well_and_lead_to_a_passkey_that_invites(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        cost = Cost(memory_kib=8, iterations=1, lanes=1)
        made.house.staff_keys = StaffKeys.of(made.house.integrity_key, house=made.house.id, cost=cost)
        browser = made.another()
        seed, listed = await _by_password(made, browser)
        assert "codes" not in (await browser.get("/account")).url.path
        await browser.post("/sign-out", {}, on=await browser.get("/"))
        made.clock.at += STEP_S * 1_000
        typed = {"login": "mara@shop.example", "password": PASSWORD}
        later = code_at(seed, made.clock.at // 1_000 // STEP_S)
        page = await browser.get("/sign-in")
        assert (await browser.post("/sign-in/password", {**typed, "code": later}, on=page)).status_code == 303
        other = made.another()
        page = await other.get("/sign-in")
        assert (await other.post("/sign-in/password", {**typed, "code": listed[3]}, on=page)).status_code == 303
        made.clock.at += STEP_S * 1_000
        account = await browser.get("/account")
        for path, name in (("/account/codes", {}), ("/account/passkeys", {"name": "phone"})):
            made.clock.at += STEP_S * 1_000
            asked = await browser.post(path, name, on=account)
            assert "no passkey yet" in asked.text
            wrong = await browser.post(path, {**name, "password": PASSWORD, "code": "000000"}, on=asked)
            assert (wrong.status_code, "Nothing was done" in wrong.text) == (403, True)
            later = code_at(seed, made.clock.at // 1_000 // STEP_S)
            page = await browser.post(path, {**name, "password": PASSWORD, "code": later}, on=wrong)
            assert page.status_code == 200
        fields = {**browser.answer(page), "name": "phone", "proof": hidden(page, "proof")}
        assert "Added." in (await browser.post("/account/passkeys/made", fields, on=page)).text
        invited = await browser.do(
            "/staff/invite", {"login": "ben@shop.example", "name": "Ben", "language": "en"}, on="/staff"
        )
        assert (invited.status_code, "/enrol" in invited.text) == (200, True)


@pytest.mark.asvs("6.2.2", "6.2.3", "7.4.3")
async def test_a_password_is_changed_by_the_one_before_it_and_a_code_and_other_sign_ins_are_over(
    tmp_path: Path,
) -> None:
    async with console(tmp_path) as made:
        cost = Cost(memory_kib=8, iterations=1, lanes=1)
        made.house.staff_keys = StaffKeys.of(made.house.integrity_key, house=made.house.id, cost=cost)
        browser, other = made.another(), made.another()
        seed, listed = await _by_password(made, browser)
        typed = {"login": "mara@shop.example", "password": PASSWORD}
        page = await other.get("/sign-in")
        assert (await other.post("/sign-in/password", {**typed, "code": listed[0]}, on=page)).status_code == 303
        asked = await browser.post("/account/password", {}, on=await browser.get("/account"))
        wrong = await browser.post("/account/password", {"password": "not it at all", "code": "000000"}, on=asked)
        assert wrong.status_code == 403
        made.clock.at += 3 * STEP_S * 1_000
        now = code_at(seed, made.clock.at // 1_000 // STEP_S)
        page = await browser.post("/account/password", {"password": PASSWORD, "code": now}, on=wrong)
        told = {"login": "mara@shop.example", "proof": hidden(page, "proof")}
        weak = await browser.post("/account/password/chosen", {**told, "password": "lockhouse"}, on=page)
        assert weak.status_code == 422
        done = await browser.post("/account/password/chosen", {**told, "password": ANOTHER}, on=weak)
        assert "Changed." in done.text
        again = await browser.post("/account/password/chosen", {**told, "password": PASSWORD}, on=done)
        assert "nothing was done" in again.text
        assert (await other.get("/account")).status_code == 303
        made.clock.at += 3 * STEP_S * 1_000
        now = code_at(seed, made.clock.at // 1_000 // STEP_S)
        for password, status in ((PASSWORD, 403), (ANOTHER, 303)):
            page = await other.get("/sign-in")
            answer = await other.post("/sign-in/password", {**typed, "password": password, "code": now}, on=page)
            assert answer.status_code == status
