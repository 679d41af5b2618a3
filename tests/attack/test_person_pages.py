"""A thief of a cookie, a clerk with a grant and a caller who types anything, at a person's pages in the console."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lockhouse.flows import grant, staff
from lockhouse.model.rows import Correction, Identifier
from tests.faces.console.agents import (
    EMAIL,
    ORDER,
    PEOPLE,
    PHONE,
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
from tests.faces.console.world import URL

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.faces.console.world import Browser, Console

LENDING = PEOPLE + (
    "  lead: {for: [fulfilment], see: {contact: full}, may: [grant.approve]}\n"
    "  clerk: {for: [fulfilment], see: {contact: masked, transactions: full}, may: [grant.request]}\n"
    "  packer: {for: [fulfilment], see: {transactions: full}, may: [grant.request]}\n"
)
SPECIAL = PEOPLE.replace("check: [contact]", "check: [contact, special]").replace(
    "change: [contact]", "change: [contact, special]"
)
BEN = "ben@other.example"


async def _anna(made: Console) -> bytes:
    [person] = {row.person for row in await rows_of(made.house, Identifier) if row.proof == 3}
    return bytes(person)


async def _granted(made: Console, role: str, *, named: bool = True) -> Browser:
    """Olu in a role, with a grant for contact data that a lead approved."""
    olu = await agent(made, "olu", role)
    await agent(made, "ada", "lead")
    by = {one.called.name: f"staff:{one.row.id.hex()}" for one in await staff.everybody(made.house)}
    made.clock.pass_days(4)
    wanted = grant.Wanted(
        purpose="fulfilment", reason="call back", ticket="T-17", classes=("contact",),
        persons=(await _anna(made),) if named else (), minutes=30,
    )  # fmt: skip
    asked = await grant.request(made.house, wanted, by=by["olu"])
    await grant.approve(made.house, asked.id, by=by["ada"])
    await olu.sign_in()
    return olu


async def _changed(browser: Browser, page: httpx.Response, field: str, value: str) -> httpx.Response:
    form = {"field": field, "value": value}
    answer = await browser.post(f"{path_of(page)}/change", form, on=page)
    if "data-passkey" in answer.text:
        answer = await browser.post(f"{path_of(page)}/change", browser.answer(answer), on=answer)
    return await browser.get(answer.headers["location"]) if answer.status_code == 303 else answer


@pytest.mark.parametrize("named", [True, False])
async def test_a_stolen_cookie_sees_nothing_plain_of_what_a_grant_opens(tmp_path: Path, *, named: bool) -> None:
    async with desks(tmp_path, policy=LENDING) as (made, _):
        olu = await _granted(made, "clerk", named=named)
        page = await find(olu, ORDER)
        path = path_of(page)
        several = await find(olu, "Schmidt", kind="name#surname")
        assert "Several people fit" in text_of(several)
        for one in (page, await olu.get(path), await olu.get(f"{path}/records"), await find(olu, "NW-7"), several):
            assert not any(plain in one.text for plain in (EMAIL, PHONE, "Anna Schmidt", "a.schmidt@"))
        asked = await olu.post(f"{path}/reveal", {"field": "phone"}, on=page)
        assert "data-passkey" in asked.text
        assert PHONE not in asked.text
        assert "reveal" not in [look.action for look in await looks_of(made)]


async def test_what_a_grant_opens_is_revealed_by_a_passkey_field_by_field_and_noted_with_the_grant(
    tmp_path: Path,
) -> None:
    async with desks(tmp_path, policy=LENDING) as (made, _):
        olu = await _granted(made, "clerk")
        page = await find(olu, ORDER)
        assert "Reveal Phone" in text_of(page)
        opened = await revealed(olu, page, {"field": "phone"})
        assert f'<mark class="revealed">{PHONE}</mark>' in opened.text
        assert EMAIL not in opened.text
        assert opened.headers["refresh"]
        assert PHONE not in (await olu.get(path_of(page))).text
        [look] = [one for one in await looks_of(made) if one.action == "reveal"]
        assert look.grants
        assert "Reveal Phone" not in text_of(await find(olu, "NW-7")), "of nobody whom it does not name"


async def test_what_a_role_does_not_see_at_all_stands_masked_by_a_grant_and_opens_by_a_passkey(tmp_path: Path) -> None:
    async with desks(tmp_path, policy=LENDING) as (made, _):
        olu = await _granted(made, "packer")
        page = await find(olu, ORDER)
        assert "You see this by a grant." in text_of(page)
        assert "•••5678" in page.text
        assert (PHONE in page.text, EMAIL in page.text) == (False, False)
        assert PHONE in (await revealed(olu, page, {"field": "phone"})).text


async def test_special_data_is_checked_and_changed_only_while_a_proof_is_fresh(tmp_path: Path) -> None:
    async with desks(tmp_path, policy=SPECIAL) as (made, tom):
        await send(made.house, "backend", "Order Completed", email=EMAIL, order_id="NW-9", allergy="nuts")
        page = await checked(tom, await find(tom, ORDER), PHONE)
        made.clock.pass_days(6 / 1440)
        assert "Stepped up until" in page.text
        path = path_of(page)
        for deed, form in (
            ("check", {"field": "allergy", "said": "nuts"}), ("change", {"field": "allergy", "value": "nuts"}),
            ("undo", {"field": "allergy"}),
        ):  # fmt: skip
            asked = await tom.post(f"{path}/{deed}", form, on=page)
            assert "data-passkey" in asked.text, deed
        assert [look.action for look in await looks_of(made)].count("check") == 1
        assert (await tom.post(f"{path}/check", {"field": "phone", "said": PHONE}, on=page)).status_code == 303
        page = await checked(tom, page, "nuts", field="allergy")
        assert "nuts" not in page.text


async def test_a_change_to_an_address_of_somebody_else_joins_nobody_and_takes_nothing_of_theirs(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        await send(made.house, "backend", "Order Completed", email=BEN, order_id="BEN-1", country="DE")
        before = {(row.person, row.tag) for row in await rows_of(made.house, Identifier)}
        await _changed(tom, await find(tom, ORDER), "email", BEN)
        await send(made.house, "backend", "Order Completed", email=BEN, order_id="BEN-2", country="DE")
        assert {(row.person, row.tag) for row in await rows_of(made.house, Identifier)} == before
        several = await find(tom, BEN)
        assert "Several people fit" in text_of(several), "whoever looks is shown both, and told them apart"
        anna = await find(tom, ORDER)
        assert ("BEN-1" in anna.text, "BEN-2" in anna.text) == (False, False)
        ben = await find(tom, "BEN-1")
        assert ("BEN-2" in ben.text, ORDER in ben.text) == (True, False)


async def test_a_change_by_a_thief_is_told_on_the_page_and_to_whoever_finds_by_the_former_value(
    tmp_path: Path,
) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await _changed(tom, await find(tom, ORDER), "email", "thief@evil.example")
        assert "Put right on the person's word" in text_of(page)
        ines = await agent(made, "ines", "support")
        former = await find(ines, EMAIL)
        assert "Found by a value that was put right since." in text_of(former)
        await ines.post(f"{path_of(former)}/undo", {"field": "email"}, on=former)
        assert (await rows_of(made.house, Correction))[0].state == 0, "an undo asks for a proof as well"
        again = await checked(ines, former, PHONE)
        assert "Found by a value that was put right since." in text_of(again), "a deed does not make it go"
        assert "Found by a value" not in text_of(await find(ines, ORDER))


async def test_hostile_words_of_a_caller_are_text_wherever_they_come_back(tmp_path: Path) -> None:
    evil = "</td><script>alert(1)</script>\x1b[2J\u202e"
    policy = PEOPLE.replace("see: {contact: masked,", "see: {contact: full,")
    async with desks(tmp_path, policy=policy) as (made, tom):
        page = await _changed(tom, await find(tom, ORDER), "name", evil)
        asked = await tom.post(f"{path_of(page)}/reveal", {"field": evil}, on=page)
        for one in (page, asked, await find(tom, ORDER)):
            assert "<script>alert" not in one.text
            assert not {"\x1b", "\u202e"} & {*one.text}, "nothing turns a page the other way round"
        assert [row.by for row in await rows_of(made.house, Correction)] != []


async def test_what_one_session_remembers_opens_in_no_other_and_stands_for_nothing_else(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await revealed(tom, await find(tom, ORDER), {"field": "phone", "reason": "call back", "ticket": "T-1"})
        [work] = [one.value for one in tom.client.cookies.jar if one.name.endswith("work")]
        assert work is not None
        ref = path_of(page).rpartition("/")[2]
        assert (await tom.get(f"/person/{work}")).status_code == 404, "a box of another use"
        ines = await agent(made, "ines", "support")
        for stolen in (work, ref):
            ines.client.cookies.set("__Host-lh-work", stolen, domain=URL.partition("//")[2])
            other = await find(ines, ORDER)
            asked = await ines.post(f"{path_of(other)}/reveal", {"field": "phone"}, on=other)
            assert "Call back" in text_of(asked), "the reason is asked for, as of nobody who said it"
        assert not re.search(r"NW-104882|anna", ref)
