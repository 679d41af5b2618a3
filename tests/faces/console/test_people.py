"""People in the console: found, told apart, and who looked; nobody else's address opens, and each look is noted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.faces.console.closed import sentences
from lockhouse.flows import hold, request
from lockhouse.gates.authority import bound
from lockhouse.gates.holds import Terms
from lockhouse.model.change import Change, Conflict, Put
from lockhouse.model.rows import Correction, Identifier, Person
from lockhouse.model.scale import PersonState
from lockhouse.policy.sentences import SENTENCES
from tests.faces.console.agents import (
    EMAIL,
    ORDER,
    PEOPLE,
    PHONE,
    WHY,
    agent,
    checked,
    desks,
    find,
    looks_of,
    path_of,
    revealed,
    rows_of,
    send,
    text_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faces.console.world import Console


NOT_OF_A_LOOK = ("Not kept", "Not sent", "Refused: none")


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
        assert [one.action for one in await looks_of(made)] == ["find", "show", "timeline"]


DEEDS: tuple[tuple[str, dict[str, str]], ...] = (
    ("change", {"field": "phone", "value": PHONE}), ("check", {"field": "phone", "said": PHONE}), ("prove", {}),
    ("refuse", {"purpose": "marketing"}), ("reveal", WHY), ("undo", {"field": "phone"}),
)  # fmt: skip
"""Every deed on the page of a person, with the fields of its form."""


async def test_nothing_of_a_person_stands_in_an_address_or_a_title(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, EMAIL)
        assert "<title>A person · Lockhouse</title>" in page.text
        ids = {row.person for row in await rows_of(made.house, Identifier)}
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
        assert await looks_of(made) == []
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
        noted = len(await looks_of(made))
        other = await agent(made, "ines", *roles)
        home = await other.get("/")
        assert 'id="find"' not in home.text
        assert "/find" not in home.text
        for page in ("/find", "/purpose", path, f"{path}/records", f"{path}/looks"):
            assert (await other.get(page)).status_code == 403
        for deed in (
            "/find",
            "/purpose",
            f"{path}/check",
            f"{path}/reveal",
            f"{path}/prove",
            f"{path}/change",
            f"{path}/undo",
            f"{path}/refuse",
        ):
            assert (await other.post(deed, {"value": ORDER}, on=home)).status_code in {400, 403}
        assert len(await looks_of(made)) == noted


async def test_the_address_of_a_person_opens_in_the_session_it_was_made_for_alone(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, ORDER)
        path = path_of(page)
        ines = await agent(made, "ines", "support")
        noted = len(await looks_of(made))
        home = await ines.get("/")
        for sub in ("", "/records", "/looks"):
            assert (await ines.get(path + sub)).status_code == 404
        for deed, form in DEEDS:
            assert (await ines.post(f"{path}/{deed}", form, on=home)).status_code == 404
        person = (await rows_of(made.house, Identifier))[0].person
        for made_up in (person.hex(), "A" * 210, path[8:-2], "%00", "A" * 5_000):
            assert (await ines.get(f"/person/{made_up}")).status_code == 404
        assert len(await looks_of(made)) == noted
        await tom.post("/sign-out", {}, on=page)
        await tom.sign_in()
        assert (await tom.get(path)).status_code == 404, "another session, even of the same agent"


async def test_a_form_of_another_site_or_session_does_nothing(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, ORDER)
        path, noted = path_of(page), len(await looks_of(made))
        ines = await agent(made, "ines", "support")
        for deed, form in DEEDS:
            foreign = await ines.get("/")
            assert (await tom.post(f"{path}/{deed}", form, on=foreign)).status_code == 403
            other = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
            assert (await tom.post(f"{path}/{deed}", form, on=page, **other)).status_code == 403
            assert (await tom.post(f"{path}/{deed}", {**form, "person": "00" * 16}, on=page)).status_code == 400
        assert (await tom.post("/find", {"value": ORDER}, on=await ines.get("/"))).status_code == 403
        assert len(await looks_of(made)) == noted


async def test_who_looked_names_colleagues_to_whoever_may_see_staff_and_departments_to_others(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        await revealed(tom, await find(tom, ORDER), WHY)
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
        assert await looks_of(made) == []
        done = await both.post("/purpose", {"purpose": "fulfilment"}, on=asked)
        assert done.headers["location"] == "/find"
        page = await find(both, EMAIL)
        assert '<a href="/purpose">Fulfilment</a>' in page.text
        assert {one.purpose for one in await looks_of(made)} == {"fulfilment"}
        await both.post("/purpose", {"purpose": "marketing"}, on=page)
        page = await find(both, EMAIL)
        assert "this person did not agree to this purpose" in text_of(page)


async def test_who_is_being_erased_is_told_of_and_not_shown_nor_found(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        path = path_of(await find(tom, ORDER))
        [person] = {row.person for row in await rows_of(made.house, Identifier) if row.proof == 3}
        await request.open_erasure(made.house, person, by="os-user:1000")
        page = await tom.get(path)
        assert page.status_code == 200
        assert "this person's data is being erased" in text_of(page)
        assert ORDER not in page.text
        assert "What we hold" not in text_of(page)
        assert (await tom.get(f"{path}/looks")).status_code == 403
        assert "Nobody who can be shown" in text_of(await find(tom, ORDER))


async def _stands(made: Console, state: PersonState) -> None:
    """That of Anna, as a request or an age that came would say it."""
    [person] = {row.person for row in await rows_of(made.house, Identifier) if row.proof == 3}
    row = (await made.house.reads.get(Person, [(person,)]))[(person,)]
    said = bound(msgspec.structs.replace(row, state=int(state)), made.house.row_macs)
    done = await made.house.commits.commit(Change("identity", puts=(Put(Person.TABLE, said),)))
    assert not isinstance(done, Conflict)
    made.house.facts.drop(person)


async def test_who_is_restricted_is_told_of_and_nothing_of_theirs_is_shown_or_done(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await checked(tom, await find(tom, ORDER), PHONE)
        path = path_of(page)
        await _stands(made, PersonState.RESTRICTED)
        shown = await tom.get(path)
        assert "Restricted." in text_of(shown)
        assert "What we hold" not in text_of(shown)
        assert (ORDER in shown.text, "5678" in shown.text) == (False, False)
        assert (await tom.get(f"{path}/looks")).status_code == 403
        assert ORDER not in (await tom.get(f"{path}/records")).text
        for deed, form in DEEDS:
            if deed != "prove":
                answer = await tom.post(f"{path}/{deed}", form, on=page)
                assert not (answer.status_code == 200 and PHONE in answer.text)
        assert "Matches" not in text_of(await tom.get(path))
        assert await rows_of(made.house, Correction) == []


async def test_who_is_under_a_hold_is_shown_as_ever_and_that_nothing_is_deleted_is_said(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        [person] = {row.person for row in await rows_of(made.house, Identifier) if row.proof == 3}
        terms = Terms(
            reason="claim", basis="7-O-1", persons=(person,), compartments=(), review_at=made.clock.at + 10**9
        )  # fmt: skip
        await hold.place(made.house, terms, by="os-user:1000")
        page = await find(tom, ORDER)
        assert "Under a legal hold." in text_of(page)
        assert (ORDER in page.text, PHONE in page.text) == (True, False)
        assert "7-O-1" not in page.text, "whose claim it is stands on no page of support"


async def test_of_a_minor_the_page_says_so_and_shuts_what_is_optional(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        await _stands(made, PersonState.MINOR)
        page = await find(tom, ORDER)
        assert "A minor." in text_of(page)
        assert ORDER in page.text, "what was ordered is delivered all the same"
        both = await agent(made, "ines", "marketer")
        asked = await both.get("/find")
        await both.post("/purpose", {"purpose": "marketing"}, on=asked)
        shut = text_of(await find(both, EMAIL))
        assert "What we hold" not in shut
        assert "minor" in shut


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
        pages = [
            page,
            *[await tom.get(one) for one in older],
            await find(tom, EVIL),
            await find(tom, EVIL, kind="email"),
        ]
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
