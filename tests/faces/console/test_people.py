"""Support work on people, page by page: found, told apart, checked, revealed, and who looked; all of it noted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.faces.console.closed import sentences
from lockhouse.flows import request
from lockhouse.ledger.entry import Disclosure, parse_entry
from lockhouse.model.rows import Identifier, LedgerEntry
from lockhouse.policy.sentences import SENTENCES
from tests.faces.console.agents import (
    EMAIL,
    ORDER,
    PEOPLE,
    PHONE,
    agent,
    desks,
    find,
    path_of,
    send,
    text_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from lockhouse.gates.house import House
    from tests.faces.console.world import Browser, Console

WHY = {"field": "phone", "reason": "call back", "ticket": "NW-48291"}
NOT_OF_A_LOOK = ("Not kept", "Not sent", "Refused: none")


async def _rows(house: House, row: Any) -> list[Any]:
    return [one async for chunk in house.reads.scan(row) for one in chunk]


async def _looks(made: Console) -> list[Disclosure]:
    bodies = [parse_entry(row.body).body for row in await _rows(made.house, LedgerEntry)]
    return [one for one in bodies if isinstance(one, Disclosure)]


async def _checked(browser: Browser, page: httpx.Response, said: str, field: str = "phone") -> httpx.Response:
    """The person's page once something was checked; a passkey answers where one is asked for."""
    form = {"field": field, "said": said}
    answer = await browser.post(f"{path_of(page)}/check", form, on=page)
    if "data-passkey" in answer.text:
        path = re.findall(r'action="(/person/[\w-]+/check)"', answer.text)[0]
        answer = await browser.post(path, {**form, **browser.answer(answer)}, on=answer)
    return await browser.get(answer.headers["location"]) if answer.status_code == 303 else answer


async def _revealed(browser: Browser, page: httpx.Response, form: dict[str, str]) -> httpx.Response:
    asked = await browser.post(f"{path_of(page)}/reveal", form, on=page)
    path = re.findall(r'action="(/person/[\w-]+/reveal)"', asked.text)[0]
    return await browser.post(path, {**_hidden(asked), **browser.answer(asked)}, on=asked)


def _hidden(page: httpx.Response) -> dict[str, str]:
    """The fields that a page asking for a passkey carries on."""
    form = page.text.partition("data-passkey")[2]
    found = dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)">', form))
    return {name: value for name, value in found.items() if name in {"field", "reason", "ticket", "said"}}


@pytest.mark.parametrize(("value", "way"), [(ORDER, "Order number"), (EMAIL, "E-mail"), ("0151 12345678", "Phone")])
async def test_one_person_is_found_by_whatever_the_caller_gives_and_shown_masked(
    tmp_path: Path, value: str, way: str
) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, value)
        assert f"Found by: {way}" in text_of(page)
        for plain in (EMAIL, PHONE, "Schmidt"):
            assert plain not in page.text
        assert ORDER in page.text, "the role sees orders in full"
        assert page.headers["cache-control"] == "no-store"
        assert [one.action for one in await _looks(made)] == ["find", "show", "timeline"]


async def test_nothing_of_a_person_stands_in_an_address_or_a_title(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, EMAIL)
        assert "<title>A person · Lockhouse</title>" in page.text
        ids = {row.person for row in await _rows(made.house, Identifier)}
        for address in [str(page.url), *re.findall(r'(?:href|action)="([^"]+)"', page.text)]:
            assert not any(word in address.lower() for word in ("anna", "4915", ORDER.lower()))
            assert not any(one.hex() in address for one in ids)


async def test_two_of_one_name_are_told_apart_without_showing_more(tmp_path: Path) -> None:
    async with desks(tmp_path) as (_, tom):
        page = await find(tom, "Schmidt", kind="name#surname")
        shown = text_of(page)
        assert "Several people fit" in shown
        assert ORDER in shown
        assert "NW-7" in shown
        assert "backend 1" in shown
        assert "web 1" in shown
        assert not any(word in page.text.replace('value="Schmidt"', "") for word in (EMAIL, "Schmidt", PHONE))
        paths = re.findall(r'href="(/person/[\w-]+)"', page.text)
        assert len(set(paths)) == 2
        assert [(await tom.get(path)).status_code for path in paths] == [200, 200]


async def test_of_nobody_it_says_what_to_try_and_it_counts(tmp_path: Path) -> None:
    async with desks(tmp_path) as (_, tom):
        for number in range(4):
            page = await find(tom, f"NW-{number}00")
            assert page.status_code == 200
            assert "Nobody who can be shown was found" in text_of(page)
            assert "Order number" in text_of(page)
        full = await find(tom, ORDER)
        assert full.status_code == 403
        assert "You have looked up 4 people this hour, your limit. There is room again at 14:30 UTC" in text_of(full)
        assert "/person/" not in full.text


async def test_what_is_no_value_of_the_kind_is_said_at_the_field_and_counts_nothing(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        for value, kind in (("", "email"), ("not an address", "email"), (" ", "")):
            page = await find(tom, value, kind=kind)
            assert page.status_code == 422
            assert 'aria-invalid="true"' in page.text
        assert await _looks(made) == []
        assert (await find(tom, "x", kind="allergy")).status_code == 400


async def test_an_address_that_anybody_put_into_another_field_leads_to_nobody(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        await send(made.house, "web", "Order Completed", email="evil@other.example", order_id=EMAIL)
        page = await find(tom, EMAIL)
        assert "Found by: E-mail" in text_of(page)


@pytest.mark.parametrize("roles", [(), ("auditor",), ("analyst",)])
async def test_whoever_sees_no_single_person_has_no_finder_and_no_page_of_one(
    tmp_path: Path, roles: tuple[str, ...]
) -> None:
    async with desks(tmp_path) as (made, tom):
        path = path_of(await find(tom, ORDER))
        noted = len(await _looks(made))
        other = await agent(made, "ines", *roles)
        home = await other.get("/")
        assert 'id="find"' not in home.text
        assert "/find" not in home.text
        for page in ("/find", "/purpose", path, f"{path}/records", f"{path}/looks"):
            assert (await other.get(page)).status_code == 403
        for deed in ("/find", "/purpose", f"{path}/check", f"{path}/reveal", f"{path}/prove"):
            assert (await other.post(deed, {"value": ORDER}, on=home)).status_code in {400, 403}
        assert len(await _looks(made)) == noted


async def test_the_address_of_a_person_opens_in_the_session_it_was_made_for_alone(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, ORDER)
        path = path_of(page)
        ines = await agent(made, "ines", "support")
        noted = len(await _looks(made))
        home = await ines.get("/")
        for sub in ("", "/records", "/looks"):
            assert (await ines.get(path + sub)).status_code == 404
        for deed, form in (("check", {"field": "phone", "said": PHONE}), ("reveal", WHY), ("prove", {})):
            assert (await ines.post(f"{path}/{deed}", form, on=home)).status_code == 404
        person = (await _rows(made.house, Identifier))[0].person
        for made_up in (person.hex(), "A" * 210, path[8:-2], "%00", "A" * 5_000):
            assert (await ines.get(f"/person/{made_up}")).status_code == 404
        assert len(await _looks(made)) == noted
        await tom.post("/sign-out", {}, on=page)
        await tom.sign_in()
        assert (await tom.get(path)).status_code == 404, "another session, even of the same agent"


async def test_a_form_of_another_site_or_session_does_nothing(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, ORDER)
        path, noted = path_of(page), len(await _looks(made))
        ines = await agent(made, "ines", "support")
        for deed, form in (("check", {"field": "phone", "said": PHONE}), ("reveal", WHY), ("prove", {})):
            foreign = await ines.get("/")
            assert (await tom.post(f"{path}/{deed}", form, on=foreign)).status_code == 403
            other = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
            assert (await tom.post(f"{path}/{deed}", form, on=page, **other)).status_code == 403
            assert (await tom.post(f"{path}/{deed}", {**form, "person": "00" * 16}, on=page)).status_code == 400
        assert (await tom.post("/find", {"value": ORDER}, on=await ines.get("/"))).status_code == 403
        assert len(await _looks(made)) == noted


async def test_a_check_says_yes_or_no_and_shows_nothing(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await _checked(tom, await find(tom, ORDER), "0151 12345679")
        assert "Does not match what the caller said" in text_of(page)
        page = await _checked(tom, page, "+49 151 123-456-78")
        assert "Matches what the caller said" in text_of(page)
        assert "One try is left this hour." in text_of(page)
        assert PHONE not in page.text
        await _checked(tom, page, "0151 12345670")
        page = await _checked(tom, page, PHONE)
        assert "this was tried three times this hour" in text_of(page)
        assert [one.action for one in await _looks(made)].count("check") == 3
        assert "Does not match" not in text_of(await find(tom, "NW-7")), "of another person nothing was said"


async def test_a_check_asks_for_a_passkey_once_a_shift(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, ORDER)
        form = {"field": "email", "said": EMAIL}
        asked = await tom.post(f"{path_of(page)}/check", form, on=page)
        assert "data-passkey" in asked.text
        assert "check" not in [one.action for one in await _looks(made)]
        page = await _checked(tom, page, EMAIL, "email")
        assert "Stepped up until" in page.text
        assert (await tom.post(f"{path_of(page)}/check", form, on=page)).status_code == 303, "and not again"
        made.clock.pass_days(8 / 24)
        await tom.sign_in()
        page = await find(tom, ORDER)
        assert "data-passkey" in (await tom.post(f"{path_of(page)}/check", form, on=page)).text


async def test_what_is_no_value_costs_no_try(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, ORDER)
        wrong = await tom.post(f"{path_of(page)}/check", {"field": "email", "said": "no address"}, on=page)
        assert wrong.status_code == 422
        assert "no try is taken" in text_of(wrong)
        assert "check" not in [one.action for one in await _looks(made)]


async def test_a_reveal_takes_a_reason_and_a_passkey_and_stands_on_yellow_until_the_page_is_read_again(
    tmp_path: Path,
) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, ORDER)
        why = await tom.post(f"{path_of(page)}/reveal", {"field": "phone"}, on=page)
        assert "Call back" in text_of(why)
        assert PHONE not in why.text
        opened = await _revealed(tom, page, WHY)
        assert opened.text.count(PHONE) == 1
        assert f'<mark class="revealed">{PHONE}</mark>' in opened.text
        assert EMAIL not in opened.text, "nothing but the field that was asked for"
        assert opened.headers["cache-control"] == "no-store"
        seconds, _, address = opened.headers["refresh"].partition(";url=")
        assert int(seconds) <= 600
        assert PHONE not in (await tom.get(address)).text
        [look] = [one for one in await _looks(made) if one.action == "reveal"]
        assert (look.reason, look.count) == ("call-back", 1)
        assert "Fulfilment, call back, NW-48291" in text_of(opened)


async def test_a_reason_is_asked_for_once_for_a_person_and_ticket(tmp_path: Path) -> None:
    async with desks(tmp_path) as (_, tom):
        await _revealed(tom, await find(tom, ORDER), WHY)
        page = await find(tom, ORDER)
        asked = await tom.post(f"{path_of(page)}/reveal", {"field": "email"}, on=page)
        assert "data-passkey" in asked.text, "a reveal asks for a passkey each time, and for no reason again"
        opened = await _revealed(tom, page, {"field": "email"})
        assert EMAIL in opened.text
        other = await find(tom, "NW-7")
        assert "Pick" not in text_of(other)
        again = await tom.post(f"{path_of(other)}/reveal", {"field": "email"}, on=other)
        assert "data-passkey" not in again.text, "of another person it is asked"


async def test_the_answer_to_one_reveal_opens_no_other_and_not_twice(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, ORDER)
        path = path_of(page)
        asked = await tom.post(f"{path}/reveal", WHY, on=page)
        answer = tom.answer(asked)
        for form in ({**WHY, "field": "email"}, {**WHY, "reason": "delivery problem"}, {**WHY, "ticket": "NW-1"}):
            asked = await tom.post(f"{path}/reveal", WHY, on=page)
            wrong = await tom.post(f"{path}/reveal", {**form, **tom.answer(asked)}, on=asked)
            assert wrong.status_code == 403
            assert PHONE not in wrong.text
            assert EMAIL not in wrong.text
        opened = await tom.post(f"{path}/reveal", {**WHY, **answer}, on=asked)
        assert PHONE in opened.text
        again = await tom.post(f"{path}/reveal", {**WHY, **answer}, on=asked)
        assert PHONE not in again.text, "a reload of the page sends the form again, and opens nothing"
        assert [one.action for one in await _looks(made)].count("reveal") == 1


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"reason": "curious"}, "Pick why you need to see it."),
        ({"reason": ""}, "Pick why you need to see it."),
        ({"ticket": "Anna Schmidt, Berlin"}, "A ticket is letters and digits"),
    ],
)
async def test_a_reason_is_one_of_the_roles_and_a_ticket_is_no_text(
    tmp_path: Path, form: dict[str, str], words: str
) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, ORDER)
        for more in ({}, {"answer": "{}", "ceremony": "x"}):
            answer = await tom.post(f"{path_of(page)}/reveal", {**WHY, **form, **more}, on=page)
            assert answer.status_code == 422
            assert words in text_of(answer)
        assert "reveal" not in [one.action for one in await _looks(made)]


async def test_what_a_role_cannot_reveal_is_not_offered_and_not_done(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        await send(made.house, "backend", "identify", email=EMAIL, loyalty_id="NW-2231-4471")
        page = await find(tom, ORDER)
        assert 'value="loyalty_id"' not in page.text
        answer = await tom.post(f"{path_of(page)}/reveal", {**WHY, "field": "loyalty_id"}, on=page)
        assert answer.status_code == 403
        assert "your role sees this masked" in text_of(answer)
        assert "NW-2231-4471" not in answer.text
        nothing = await tom.post(f"{path_of(page)}/check", {"field": "nobody", "said": "x"}, on=page)
        assert nothing.status_code == 400


async def test_a_stolen_session_that_stepped_up_reveals_nothing(tmp_path: Path) -> None:
    """The policy's `step_up: 8 hours` is a look's age; the console asks for a proof of the very deed all the same."""
    async with desks(tmp_path) as (_, tom):
        page = await _checked(tom, await find(tom, ORDER), PHONE)
        assert "Stepped up until" in page.text
        assert PHONE not in page.text
        asked = await tom.post(f"{path_of(page)}/reveal", WHY, on=page)
        assert "data-passkey" in asked.text
        assert PHONE not in asked.text
        assert PHONE in (await _revealed(tom, page, WHY)).text


async def test_special_data_is_seen_for_five_minutes_behind_a_passkey(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        await send(made.house, "backend", "Order Completed", email=EMAIL, order_id="NW-9", allergy="nuts")
        page = await find(tom, ORDER)
        assert "special data asks for a fresh proof" in text_of(page)
        assert "Allergy, masked" not in text_of(page)
        path = path_of(page)
        asked = await tom.post(f"{path}/prove", {}, on=page)
        done = await tom.post(f"{path}/prove", tom.answer(asked), on=asked)
        page = await tom.get(done.headers["location"])
        assert "Allergy, masked" in text_of(page)
        assert "nuts" not in page.text
        made.clock.pass_days(5 / 1440)
        assert "Allergy, masked" not in text_of(await tom.get(path))


async def test_who_looked_names_colleagues_to_whoever_may_see_staff_and_departments_to_others(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        await _revealed(tom, await find(tom, ORDER), WHY)
        await made.house.commits.scrub()
        ines = await agent(made, "ines", "support")
        page = text_of(await find(ines, ORDER)).partition("Who looked")[2]
        assert "support Fulfilment, call back, NW-48291 Phone revealed" in page
        assert "tom" not in page
        chief = await agent(made, "olu", "support", "auditor")
        page = text_of(await find(chief, ORDER)).partition("Who looked")[2]
        assert "tom support Fulfilment, call back, NW-48291 Phone revealed" in page
        assert "You" in page


async def test_the_pages_of_older_records_and_looks_go_on_from_where_the_first_ended(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        for number in range(12):
            await send(made.house, "backend", "Order Completed", email=EMAIL, order_id=f"OLD-{number:02}")
        page = await find(tom, EMAIL)
        assert "8 of 13 records" in text_of(page)
        for _ in range(12):
            page = await tom.get(str(page.url.path))
        [older] = re.findall(r'href="(/person/[\w-]+/records)"', page.text)
        more = await tom.get(older)
        assert "OLD-03" in text_of(more)
        assert "OLD-11" not in text_of(more)
        assert ORDER in text_of(more)
        [before] = re.findall(r'href="(/person/[\w-]+/looks)"', page.text)
        rest = await tom.get(before)
        assert rest.status_code == 200
        assert "You support Fulfilment" in text_of(rest)


async def test_a_role_with_several_purposes_picks_one_once_a_session_and_it_stays_in_view(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, _):
        both = await agent(made, "ines", "marketer")
        home = await both.get("/")
        assert "For what do you look?" in (await both.post("/find", {"value": EMAIL}, on=home)).text
        asked = await both.get("/find")
        assert "Deliver what you ordered" in text_of(asked)
        assert (await both.post("/purpose", {"purpose": "analytics"}, on=asked)).status_code == 422
        assert await _looks(made) == []
        done = await both.post("/purpose", {"purpose": "fulfilment"}, on=asked)
        assert done.headers["location"] == "/find"
        page = await find(both, EMAIL)
        assert '<a href="/purpose">Fulfilment</a>' in page.text
        assert {one.purpose for one in await _looks(made)} == {"fulfilment"}
        await both.post("/purpose", {"purpose": "marketing"}, on=page)
        page = await find(both, EMAIL)
        assert "this person did not agree to this purpose" in text_of(page)


async def test_who_is_restricted_or_being_erased_is_told_of_and_not_shown(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        path = path_of(await find(tom, ORDER))
        [person] = {row.person for row in await _rows(made.house, Identifier) if row.proof == 3}
        await request.open_erasure(made.house, person, by="os-user:1000")
        page = await tom.get(path)
        assert page.status_code == 200
        assert "this person's data is being erased" in text_of(page)
        assert ORDER not in page.text
        assert "What we hold" not in text_of(page)
        assert (await tom.get(f"{path}/looks")).status_code == 403
        assert "Nobody who can be shown" in text_of(await find(tom, ORDER))


EVIL = '"><script>alert(1)</script>{{ 7*7 }}<img src=x onerror=alert(2)>'


async def test_what_a_sender_wrote_is_text_on_every_page(tmp_path: Path) -> None:
    policy = PEOPLE.replace("see: {contact: masked,", "see: {contact: full, profile: full,")
    async with desks(tmp_path, policy=policy) as (made, tom):
        for _ in range(9):
            await send(
                made.house, "web", "Order Completed", email=EMAIL, name=EVIL, order_id=f"{EVIL}{_}", note=EVIL
            )  # fmt: skip
        page = await find(tom, EMAIL)
        older = re.findall(r'href="(/person/[\w-]+/(?:records|looks))"', page.text)
        pages = [page, *[await tom.get(one) for one in older], await find(tom, EVIL), await find(tom, EVIL, kind="email")]
        pages.append(await tom.post(f"{path_of(page)}/check", {"field": "name", "said": EVIL}, on=page))
        pages.append(await find(tom, "alert(2)>", kind="name#surname"))
        for one in pages:
            assert "<script>alert" not in one.text
            assert "<img" not in one.text
            assert "{{ 7*7 }}" in one.text or "7*7" not in one.text
        assert sum("alert(1)" in one.text for one in pages) >= 3


def test_every_code_that_a_look_answers_with_has_a_sentence_of_the_page() -> None:
    told = {code for code, words in SENTENCES.items() if not words.startswith(NOT_OF_A_LOOK)}
    assert told - set(sentences(str)) == set()
    assert all(words.endswith(".") and "lockhouse" not in words for words in sentences(str).values())
