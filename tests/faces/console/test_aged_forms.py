"""A form that stood open for too long does nothing, and is no dead end: it is shown anew, and can go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.flows import staff
from lockhouse.gates.staff.called import Called
from lockhouse.gates.staff.ceremonies import SHORT_MS
from lockhouse.model.rows import FailedSignIn, Session
from tests.faces.console.world import HOST, OURS, Browser, console, hidden

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from lockhouse.model.rows.base import Row
    from tests.faces.console.world import Console


async def _many(made: Console, row: type[Row]) -> int:
    return sum([len(rows) async for rows in made.house.reads.scan(row)])


async def _out_and_in(browser: Browser) -> None:
    assert (await browser.post("/sign-out", {}, on=await browser.get("/"))).status_code == 303
    assert (await browser.sign_in()).status_code == 303


async def test_a_sign_in_page_older_than_its_question_asks_anew_and_counts_for_no_failure(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        await browser.post("/sign-out", {}, on=await browser.get("/"))
        old = await browser.get("/sign-in")
        answer = browser.answer(old)
        made.clock.at += SHORT_MS
        anew = await browser.post("/sign-in/passkey", answer, on=old)
        assert (anew.status_code, "stood open for too long" in anew.text) == (403, True)
        assert (await _many(made, Session), await _many(made, FailedSignIn)) == (0, 0)
        assert (await browser.post("/sign-in/passkey", browser.answer(anew), on=anew)).status_code == 303


async def test_a_question_that_this_house_did_not_ask_is_a_failure_however_old_it_says_it_is(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        await browser.post("/sign-out", {}, on=await browser.get("/"))
        old = await browser.get("/sign-in")
        answer = browser.answer(old) | {"ceremony": "a.1.b"}
        refused = await browser.post("/sign-in/passkey", answer, on=old)
        assert (refused.status_code, "stood open" in refused.text) == (403, False)
        assert await _many(made, FailedSignIn) > 0


@pytest.mark.parametrize("path", ["/sign-in/passkey", "/sign-in/password"])
async def test_a_way_in_from_before_another_sign_in_of_this_browser_is_shown_anew_with_no_secret(
    tmp_path: Path, path: str
) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        await browser.post("/sign-out", {}, on=await browser.get("/"))
        old = await browser.get("/sign-in")
        fields = (
            browser.answer(old) if path.endswith("passkey")
            else {"login": "mara@shop.example", "password": "correct horse battery", "code": "123456"}
        )  # fmt: skip
        browser.client.cookies.clear()
        anew = await browser.post(path, fields, on=old)
        assert (anew.status_code, "stood open for too long" in anew.text) == (403, True)
        assert ("mara@shop.example" in anew.text) is path.endswith("password")
        assert not {"correct horse", "123456"} & {one for one in fields.values() if one in anew.text}
        assert await _many(made, FailedSignIn) == 0


async def test_a_link_opened_on_an_old_page_is_open_on_a_new_one(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        link = await staff.invite(made.house, Called("tom@shop.example", "Tom"), by=HOST)
        browser = made.another()
        old = await browser.get("/enrol")
        browser.client.cookies.clear()
        page = await browser.post("/enrol", {"link": link.token}, on=old)
        assert (page.status_code, "Tom" in page.text) == (200, True)
        browser.client.cookies.clear()
        fields = browser.answer(page) | {"link": link.token, "name": "laptop"}
        anew = await browser.post("/enrol/passkey", fields, on=page)
        assert "stood open for too long" in anew.text
        again = browser.answer(anew) | {"link": link.token, "name": "laptop"}
        assert (await browser.post("/enrol/passkey", again, on=anew)).status_code == 303


async def _old_form(browser: Browser) -> httpx.Response:
    """A form of the session before, which its member meant to send in it."""
    page = await browser.get("/")
    await _out_and_in(browser)
    return await browser.post("/sign-out", {}, on=page)


@pytest.mark.asvs("7.6.2")
async def test_a_members_form_of_their_last_session_does_nothing_until_they_press_once_more(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        anew = await _old_form(browser)
        assert (anew.status_code, "nothing was done" in anew.text, 'action="/sign-out"' in anew.text) == (
            403,
            True,
            True,
        )
        assert await _many(made, Session) == 1
        assert (await browser.post("/sign-out", {}, on=anew)).status_code == 303
        assert await _many(made, Session) == 0


async def test_another_members_form_is_refused_and_not_shown(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara, tom = await made.hired("mara"), await made.hired("tom")
        form = hidden(await mara.get("/"), "form")
        for token in (form, f"{'0' * 64}.{form.partition('.')[2]}", form.partition(".")[0]):
            refused = await tom.client.post("/purpose", data={"form": token, "purpose": "secret plans"}, headers=OURS)
            assert ("LH-3003" in refused.text, "secret plans" in refused.text, "Once more" in refused.text) == (
                True, False, False,
            ), token  # fmt: skip


async def test_another_site_gets_no_form_shown_anew_though_its_token_were_the_members(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        old = await browser.get("/")
        await _out_and_in(browser)
        refused = await browser.post("/sign-out", {}, on=old, **{"sec-fetch-site": "cross-site"})
        assert ("LH-3002" in refused.text, "Once more" in refused.text) == (True, False)


async def test_a_form_with_a_proof_is_shown_without_it_and_has_to_be_opened_again(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        page = await browser.get("/")
        await _out_and_in(browser)
        answer = await browser.post("/device", {"code": "ABCD-EFGH"}, on=page)
        assert (answer.status_code, "ABCD" in answer.text, "Open the page again" in answer.text) == (403, False, True)
