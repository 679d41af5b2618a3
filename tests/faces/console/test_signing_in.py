"""Enrolling, signing in and out, as a browser sees it; and what a stranger's page, cookie or form does not do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lockhouse.crypto.staff import Cost, StaffKeys
from lockhouse.faces.console import cookies
from lockhouse.faces.outcomes import CODES
from lockhouse.flows import session, staff
from lockhouse.gates.staff.called import Called
from lockhouse.gates.staff.failures import tell_over
from lockhouse.model.rows import Session
from tests.authenticator import UP, UV
from tests.faces.console.world import HOST, OURS, Browser, Console, console, hidden

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

FORM = "application/x-www-form-urlencoded"
PASSWORD = "seven owls knit quietly"


async def _link(made: Console, name: str = "mara") -> str:
    return (await staff.invite(made.house, Called(f"{name}@shop.example", name), by=HOST)).token


async def _sessions(made: Console) -> list[Session]:
    return [row async for rows in made.house.reads.scan(Session) for row in rows]


def _cookie(browser: Browser) -> str:
    return browser.client.cookies.get(cookies.SESSION.name) or ""


async def test_whoever_has_a_link_makes_a_passkey_and_is_signed_in(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser, link = made.another(), await _link(made)
        page = await browser.post("/enrol", {"link": link}, on=await browser.get("/enrol"))
        assert "Welcome, mara" in page.text
        done = await browser.enrol(link)
        assert (done.status_code, done.headers["location"]) == (303, "/account")
        account = await browser.get("/account")
        assert account.status_code == 200
        assert "mara@shop.example" in account.text
        assert "laptop" in account.text
        assert "One passkey can be lost." in account.text
        assert made.answers[-1] == ("account", 200)


@pytest.mark.asvs("6.3.8")
async def test_a_link_that_was_used_or_never_was_opens_nothing_and_says_the_same(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        link = await _link(made)
        await made.another().enrol(link)
        told = set()
        for word in (link, "x" * 43, "", "\N{SNOWMAN}" * 40):
            stranger = made.another()
            page = await stranger.post("/enrol", {"link": word}, on=await stranger.get("/enrol"))
            assert page.status_code == 403
            told.add(re.sub(r'value="[^"]*"', "", page.text))
        assert len(told) == 1
        assert "LH-3010" in told.pop()


async def test_a_session_is_a_cookie_that_only_this_host_gets_and_no_script_reads(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = made.another()
        done = await browser.enrol(await _link(made))
        said = [one for one in done.headers.get_list("set-cookie") if one.startswith(f"{cookies.SESSION.name}=")]
        assert len(said) == 1
        words = {word.strip().lower() for word in said[0].split(";")[1:]}
        assert words == {"httponly", "path=/", "samesite=strict", "secure"}


@pytest.mark.asvs("7.2.4")
async def test_each_sign_in_has_a_new_token_and_ends_the_one_it_takes_the_place_of(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        first = _cookie(browser)
        other = made.another()
        other.passkeys.passkeys = browser.passkeys.passkeys
        asked = await other.get("/sign-in")
        other.client.cookies.set(cookies.SESSION.name, first, domain="console.shop.example")
        done = await other.post("/sign-in/passkey", other.answer(asked), on=await other.get("/lost"))
        assert done.status_code == 403  # the forms of that page are of no session
        other.client.cookies.delete(cookies.SESSION.name)
        assert (await other.sign_in()).status_code == 303
        assert _cookie(other) not in {"", first}
        assert len(await _sessions(made)) == 2
        page = await browser.arrive("/sign-in")
        assert (await browser.post("/sign-in/passkey", browser.answer(page), on=page)).status_code == 303
        assert _cookie(browser) != first
        assert await session.of(made.house, first) is None
        assert len(await _sessions(made)) == 2
        other.client.cookies.set(cookies.SESSION.name, "planted", domain="console.shop.example")
        assert (await other.get("/")).headers["location"] == "/sign-in"


@pytest.mark.asvs("7.2.4")
async def test_a_planted_session_is_not_the_one_that_a_sign_in_begins(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        await browser.post("/sign-out", {}, on=await browser.get("/"))
        browser.client.cookies.set(cookies.SESSION.name, "p" * 43, domain="console.shop.example")
        assert (await browser.sign_in()).status_code == 303
        assert "p" * 43 not in [one.value for one in browser.client.cookies.jar if one.name == cookies.SESSION.name]


async def test_a_passkey_without_its_owner_or_of_another_address_signs_nobody_in(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        await browser.post("/sign-out", {}, on=await browser.get("/"))
        browser.passkeys.flags = UP
        assert (await browser.sign_in()).status_code == 403
        browser.passkeys.flags, browser.passkeys.origin = UP | UV, "https://console.evil.example"
        refused = await browser.sign_in()
        assert refused.status_code == 403
        assert "LH-3008" in refused.text
        assert await _sessions(made) == []
        browser.passkeys.origin = made.url
        assert (await browser.sign_in()).status_code == 303


async def test_an_answer_counts_once(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        other = made.another()
        other.passkeys.passkeys = browser.passkeys.passkeys
        page = await other.get("/sign-in")
        answer = other.answer(page)
        assert (await other.post("/sign-in/passkey", answer, on=page)).status_code == 303
        again = made.another()
        assert (await again.post("/sign-in/passkey", answer, on=await again.get("/sign-in"))).status_code == 403


@pytest.mark.asvs("7.6.2", "8.4.2")
async def test_without_a_session_a_page_leads_to_signing_in_and_a_deed_is_not_done(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = made.another()
        for path in ("/", "/account", "/staff", f"/staff/{'0' * 32}", "/components"):
            answer = await browser.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        page = await browser.get("/sign-in")
        for path in ("/sign-out", "/staff/invite", "/account/passkeys", f"/staff/{'0' * 32}/disable"):
            answer = await browser.post(path, {}, on=page)
            assert answer.status_code == 403
            assert CODES["LH-3009"].sentence in answer.text


@pytest.mark.asvs("7.4.1", "7.4.4", "14.3.1")
async def test_signing_out_ends_the_session_in_the_house_and_empties_the_browser(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        token = _cookie(browser)
        done = await browser.post("/sign-out", {}, on=await browser.get("/"))
        assert (done.status_code, done.headers["location"]) == (303, "/signed-out")
        assert done.headers["clear-site-data"] == '"cache", "storage"'
        assert _cookie(browser) == ""
        assert await session.of(made.house, token) is None
        assert "Signed out" in (await browser.get("/signed-out")).text


@pytest.mark.parametrize("cookie", ["of a sign-in that is over", "of a sign-in", "none"])
async def test_a_link_on_another_site_leads_to_forms_that_work_whatever_the_browser_holds(
    cookie: str, tmp_path: Path
) -> None:
    async with console(tmp_path) as made:
        browser = made.another() if cookie == "none" else await made.hired("mara")
        if cookie == "of a sign-in that is over":
            [row] = await _sessions(made)
            await session.end(made.house, row.id, by=HOST)
        link = await _link(made, "ann")
        page = await browser.arrive("/enrol")
        opened = await browser.post("/enrol", {"link": link}, on=page)
        assert (opened.status_code, "Welcome, ann" in opened.text) == (200, True)
        fields = browser.answer(opened) | {"link": link, "name": "phone"}
        assert (await browser.post("/enrol/passkey", fields, on=opened)).status_code == 303
        assert "ann@shop.example" in (await browser.get("/account")).text


async def test_who_is_signed_in_and_follows_a_link_from_elsewhere_signs_in_again(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        first = _cookie(browser)
        assert (await browser.arrive("/")).headers["location"] == "/sign-in"
        page = await browser.arrive("/sign-in")
        assert (await browser.post("/sign-in/passkey", browser.answer(page), on=page)).status_code == 303
        assert await session.of(made.house, first) is None
        assert (await browser.get("/")).status_code == 200


async def test_of_two_pages_to_sign_in_both_work_and_so_does_one_from_before_a_visit_from_elsewhere(
    tmp_path: Path,
) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        await browser.post("/sign-out", {}, on=await browser.get("/"))
        one, other = await browser.get("/sign-in"), await browser.get("/sign-in")
        await browser.arrive("/sign-in")
        assert (await browser.post("/sign-in/passkey", browser.answer(one), on=one)).status_code == 303
        assert (await browser.post("/sign-in/passkey", browser.answer(other), on=other)).status_code == 303
        assert len(await _sessions(made)) == 1


async def test_a_sign_in_that_is_over_leaves_no_cookie_behind(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser, other = await made.hired("mara"), await made.hired("tom")
        page = await browser.get("/")
        made.clock.at += 24 * 60 * 60_000
        assert (await browser.post("/sign-out", {}, on=page)).headers["location"] == "/signed-out"
        assert _cookie(browser) == ""
        assert _cookie(other) != ""
        assert (await other.get("/")).headers["location"] == "/sign-in"
        assert _cookie(other) == ""


async def test_nothing_that_comes_in_says_where_one_is_sent_on_to(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        await browser.post("/sign-out", {}, on=await browser.get("/"))
        page = await browser.get("/sign-in?next=https://evil.example&to=//evil.example")
        assert "evil" not in page.text
        answer = browser.answer(page)
        with_next = await browser.post("/sign-in/passkey", answer | {"next": "//evil.example"}, on=page)
        assert (with_next.status_code, "location" in with_next.headers) == (400, False)
        done = await browser.post(
            "/sign-in/passkey?next=//evil.example", answer, on=page, referer="https://evil.example"
        )
        assert done.headers["location"] == "/"


@pytest.mark.asvs("6.3.1", "6.3.8")
async def test_a_wrong_password_and_an_unknown_login_are_answered_alike_and_soon_there_is_a_wait(
    tmp_path: Path,
) -> None:
    async with console(tmp_path) as made:
        cost = Cost(memory_kib=8, iterations=1, lanes=1)
        made.house.staff_keys = StaffKeys.of(made.house.integrity_key, house=made.house.id, cost=cost)
        await made.hired("mara")
        told: set[tuple[int, str]] = set()
        for login in ("mara@shop.example", "nobody@shop.example"):
            stranger = made.another()
            page = await stranger.get("/sign-in")
            answer = await _typed(stranger, login, on=page)
            told.add((answer.status_code, re.sub(r'(value|data-options)="[^"]*"', "", answer.text)))
        assert len(told) == 1
        assert told.pop()[0] == 403
        stranger = made.another()
        page = await stranger.get("/sign-in")
        answers = [await _typed(stranger, "mara@shop.example", on=page) for _ in range(8)]
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert "mara@shop.example" not in answers[-1].text


@pytest.mark.asvs("16.3.1")
async def test_failures_are_shown_on_the_accounts_page_and_in_the_ledgers(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        cost = Cost(memory_kib=8, iterations=1, lanes=1)
        made.house.staff_keys = StaffKeys.of(made.house.integrity_key, house=made.house.id, cost=cost)
        admin = await made.hired("mara")
        await made.hired("tom")
        stranger = made.another()
        page = await stranger.get("/sign-in")
        for login in ("tom@shop.example", "tom@shop.example", "nobody@shop.example"):
            assert (await _typed(stranger, login, on=page)).status_code == 403
        [tom] = [one.row for one in await staff.everybody(made.house) if one.called.name == "tom"]
        for one in await staff.everybody(made.house):
            if one.called.name == "mara":
                await made.holds(one.row.id, "auditor")
        assert "2 in seven days, the last" in (await admin.get(f"/staff/{tom.id.hex()}")).text
        made.clock.pass_days(62 / 1440)
        assert await tell_over(made.house, now=made.clock.at) == 2
        await admin.sign_in()
        await made.log.sequencer.seal_ledger()
        listed = (await admin.get("/ledger?kind=failed-sign-ins")).text
        assert listed.count("Sign-ins failed, counted together by the hour") >= 2
        assert "nobody@shop.example" not in listed


async def _typed(browser: Browser, login: str, *, on: httpx.Response) -> httpx.Response:
    fields = {"login": login, "password": "wrong words altogether", "code": "123456"}
    return await browser.post("/sign-in/password", fields, on=on)


@pytest.mark.parametrize(
    "said",
    [
        {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"}, {"sec-fetch-site": "", "origin": ""},
        {"origin": "http://console.shop.example"}, {"sec-fetch-site": "cross-site", "origin": "https://console.shop.example"},
    ],
)  # fmt: skip
@pytest.mark.asvs("7.6.2")
async def test_a_form_of_another_site_does_nothing_though_its_token_is_right(
    said: dict[str, str], tmp_path: Path
) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        page = await browser.get("/")
        headers = {name: value for name, value in (OURS | said).items() if value}
        fields = {"form": hidden(page, "form")}
        answer = await browser.client.post("/sign-out", data=fields, headers=headers)
        assert answer.status_code == 403
        assert "LH-3002" in answer.text
        assert len(await _sessions(made)) == 1


async def test_a_form_without_this_sessions_token_does_nothing(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser, other = await made.hired("mara"), await made.hired("tom")
        foreign = hidden(await other.get("/"), "form")
        before = hidden(await made.another().get("/sign-in"), "form")
        for token in ("", "0" * 64, foreign, before, "\N{SNOWMAN}"):
            answer = await browser.client.post("/sign-out", data={"form": token}, headers=OURS)
            assert answer.status_code == 403
            assert "LH-3003" in answer.text
        assert len(await _sessions(made)) == 2


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"form=%s&form=%s", FORM), (b"form=%s&admin=1", FORM), (b"form=%s&a=%%ff", FORM), (b"form=%s&&", FORM),
        (b"form=%s&" + b"a=1&" * 60, FORM), (b"form=%s&a=" + b"x" * 70_000, FORM), (b"form=%s&\xff", FORM),
        (b'{"form":"%s"}', "application/json"), (b"form=%s", "text/plain"),
        (b"form=%s", "multipart/form-data; boundary=b"),
    ],
)  # fmt: skip
async def test_fields_that_a_page_does_not_have_make_it_no_form_of_ours(body: bytes, kind: str, tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        browser = await made.hired("mara")
        token = hidden(await browser.get("/"), "form").encode()
        headers = {**OURS, "content-type": kind}
        answer = await browser.client.post("/sign-out", content=body.replace(b"%s", token), headers=headers)
        assert answer.status_code == 400
        assert "LH-3006" in answer.text
        assert len(await _sessions(made)) == 1


async def test_who_guesses_next_door_makes_nobody_of_the_same_24_wait(tmp_path: Path) -> None:
    async with console(tmp_path, trusted_proxies=("127.0.0.0/8",)) as made:
        made.house.staff_keys = StaffKeys.of(
            made.house.integrity_key, house=made.house.id, cost=Cost(memory_kib=8, iterations=1, lanes=1)
        )
        guesser, wrong = made.another(), {"login": "mia@shop.example", "password": "wrong", "code": "000000"}
        said = []
        for address in (*["203.0.113.9"] * 4, "203.0.113.200"):
            page = await guesser.get("/sign-in")
            answer = await guesser.post("/sign-in/password", wrong, on=page, **{"x-forwarded-for": address})
            said.append(answer.status_code)
        assert said == [403, 403, 403, 429, 403]
        await made.hired("mara")
        assert [one.seen.near for one in await session.list_of(made.house)] == ["127.0.0.0"]
