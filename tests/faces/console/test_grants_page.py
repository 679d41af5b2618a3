"""Grants in the console: asked for, approved with a passkey bound to that grant, ended, taken at once and reviewed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockhouse.flows import grant, staff
from lockhouse.model.rows import Identifier
from tests.faces.console.agents import rows_of, send, text_of
from tests.faces.console.world import Browser, Console, console
from tests.flows.granted import ROLES
from tests.world import POLICY

if TYPE_CHECKING:
    from pathlib import Path

ADMIN = "  admin: {may: [staff.invite, staff.list]}\n"
ASKED = {
    "purpose": "fulfilment", "class": "contact", "reason": "call back", "ticket": "T-17", "person": "", "minutes": "60",
}  # fmt: skip


async def _three(made: Console) -> tuple[Browser, Browser, Browser]:
    """A clerk who may ask, a lead and an officer who may approve; all of them for longer than 72 hours."""
    browsers = {name: await made.hired(name) for name in ("root", "clerk", "lead", "officer")}
    for one in await staff.everybody(made.house):
        if one.called.name != "root":
            await made.holds(one.row.id, one.called.name)
    made.clock.pass_days(4)
    for browser in browsers.values():
        await browser.sign_in()
    return browsers["clerk"], browsers["lead"], browsers["officer"]


async def _only(made: Console) -> grant.Known:
    [one] = await grant.listed(made.house)
    return one


async def test_a_grant_is_asked_for_approved_by_another_and_ended(tmp_path: Path) -> None:
    async with console(tmp_path, policy=POLICY + ROLES + ADMIN) as made:
        clerk, _, officer = await _three(made)
        asked = await clerk.post("/grants/ask", ASKED, on=await clerk.get("/grants"))
        assert (asked.status_code, "A colleague decides" in asked.text) == (200, True)
        path = f"/grants/{(await _only(made)).row.id.hex()}"
        assert "Approve what" not in asked.text  # nobody is offered to approve their own
        question = await officer.post(f"{path}/approve", {}, on=await officer.get("/grants"))
        assert (await _only(made)).how == "waiting"  # nothing is done before it was confirmed
        assert "E-mail, Name, Phone for Fulfilment" in question.text
        done = await officer.post(f"{path}/approve", officer.answer(question), on=question)
        assert (done.status_code, (await _only(made)).how) == (200, "open")
        ended = await clerk.post(f"{path}/end", {}, on=await clerk.get("/grants"))
        assert (ended.status_code, (await _only(made)).how) == (200, "ended")


async def test_a_request_is_asked_for_and_listed_in_the_words_of_other_pages(tmp_path: Path) -> None:
    async with console(tmp_path, policy=POLICY + ROLES + ADMIN) as made:
        clerk, _, _ = await _three(made)
        page = await clerk.get("/grants")
        assert ("Fulfilment" in text_of(page), "fulfilment" in text_of(page)) == (True, False)
        asked = text_of(await clerk.post("/grants/ask", ASKED, on=page))
        assert ("E-mail, Name, Phone" in asked, "For Fulfilment" in asked) == (True, True)


async def test_the_answer_to_one_grant_approves_no_other_and_one_s_own_is_refused(tmp_path: Path) -> None:
    async with console(tmp_path, policy=POLICY + ROLES + ADMIN) as made:
        clerk, _, officer = await _three(made)
        for ticket in ("T-17", "T-18"):
            await clerk.post("/grants/ask", {**ASKED, "ticket": ticket}, on=await clerk.get("/grants"))
        first, second = [f"/grants/{one.row.id.hex()}" for one in await grant.listed(made.house)]
        page = await officer.get("/grants")
        one, other = [await officer.post(f"{path}/approve", {}, on=page) for path in (first, second)]
        swapped = await officer.post(f"{second}/approve", officer.answer(one), on=other)
        assert swapped.status_code == 403
        assert {known.how for known in await grant.listed(made.house)} == {"waiting"}
        own = await clerk.post(f"{first}/approve", {}, on=await clerk.get("/grants"))
        assert own.status_code == 403
        assert {known.how for known in await grant.listed(made.house)} == {"waiting"}


async def test_a_glass_is_broken_with_a_passkey_and_reviewed_by_another(tmp_path: Path) -> None:
    async with console(tmp_path, policy=POLICY + ROLES + ADMIN) as made:
        clerk, lead, _ = await _three(made)
        question = await clerk.post("/grants/break-glass", ASKED, on=await clerk.get("/grants"))
        assert await grant.listed(made.house) == []
        done = await clerk.post("/grants/break-glass", {**ASKED, **clerk.answer(question)}, on=question)
        assert (done.status_code, (await _only(made)).is_due) == (200, True)
        path = f"/grants/{(await _only(made)).row.id.hex()}/review"
        said = {"words": "A customer called.", "verdict": "in-order"}
        page = await lead.post(path, said, on=await lead.get("/grants"))
        reviewed = await lead.post(path, lead.answer(page), on=page)
        assert (reviewed.status_code, (await _only(made)).words) == (200, "A customer called.")
        assert "A customer called." in (await lead.get("/grants")).text


async def test_what_is_wrong_stands_at_its_field_and_nothing_is_asked_for(tmp_path: Path) -> None:
    async with console(tmp_path, policy=POLICY + ROLES + ADMIN) as made:
        clerk, _, _ = await _three(made)
        for field, value in (("ticket", "Anna"), ("minutes", "999"), ("class", "special"), ("person", "0" * 32)):
            page = await clerk.post("/grants/ask", {**ASKED, field: value}, on=await clerk.get("/grants"))
            assert (page.status_code, f'href="#{field}"' in page.text) == (422, True), field
        assert await grant.listed(made.house) == []


async def test_whoever_may_nothing_with_grants_sees_none(tmp_path: Path) -> None:
    async with console(tmp_path, policy=POLICY + ROLES + ADMIN) as made:
        await _three(made)
        other = await made.hired("other")
        page = await other.get("/grants")
        assert page.status_code == 403
        assert 'href="/grants"' not in (await other.get("/staff")).text + page.text


async def test_somebody_says_by_what_they_are_a_customer_and_the_value_stands_nowhere(tmp_path: Path) -> None:
    async with console(tmp_path, policy=POLICY + ROLES + ADMIN) as made:
        clerk, _, _ = await _three(made)
        said = {"field": "email", "value": "clerk@home.example"}
        page = await clerk.post("/account/identifiers", said, on=await clerk.get("/account/identifiers"))
        assert (page.status_code, "stands nowhere" in page.text) == (200, True)
        assert "clerk@home.example" not in page.text + (await clerk.get("/account/identifiers")).text
        wrong = await clerk.post("/account/identifiers", {**said, "value": "nobody"}, on=page)
        assert (wrong.status_code, 'href="#value"' in wrong.text) == (422, True)


async def _no_role_sees(made: Console, person: bytes | None) -> tuple[Browser, str]:
    """Somebody whose own roles see nobody, with a grant for contact data; and what their page of grants says then."""
    await made.hired("root")
    desk, officer = await made.hired("desk"), await made.hired("officer")
    for one in await staff.everybody(made.house):
        if one.called.name != "root":
            await made.holds(one.row.id, one.called.name)
    made.clock.pass_days(4)
    await desk.sign_in()
    assert ((await desk.get("/find")).status_code, 'href="/find"' in (await desk.get("/account")).text) == (403, False)
    await officer.sign_in()
    asked = {**ASKED, "person": person.hex() if person else ""}
    await desk.post("/grants/ask", asked, on=await desk.get("/grants"))
    await officer.do(f"/grants/{(await _only(made)).row.id.hex()}/approve", {}, on="/grants")
    return desk, (await desk.get("/grants")).text


DESK = ROLES + "  desk: {may: [grant.request]}\n"


async def test_who_sees_nobody_by_role_reaches_the_page_of_whom_a_grant_names_and_no_longer_than_it_lasts(
    tmp_path: Path,
) -> None:
    async with console(tmp_path, policy=POLICY + DESK + ADMIN) as made:
        await send(made.house, "account", "Order Completed", email="anna@example.com", order_id="A-1")
        [person] = {row.person for row in await rows_of(made.house, Identifier)}
        desk, page = await _no_role_sees(made, person)
        [path] = re.findall(r'href="(/person/[\w-]+)"', page)
        seen = await desk.get(path)
        assert (seen.status_code, "You see this by a grant." in seen.text) == (200, True)
        assert ("E-mail" in text_of(seen), "anna@example.com" in seen.text) == (True, False)  # masked before a passkey
        await desk.post(f"/grants/{(await _only(made)).row.id.hex()}/end", {}, on=await desk.get("/grants"))
        after = await desk.get(path)
        assert (after.status_code, "anna@" in after.text) == (403, False)


async def test_who_sees_nobody_by_role_finds_by_a_grant_that_names_nobody(tmp_path: Path) -> None:
    async with console(tmp_path, policy=POLICY + DESK + ADMIN) as made:
        await send(made.house, "account", "Order Completed", email="anna@example.com", order_id="A-1")
        desk, page = await _no_role_sees(made, None)
        assert "/person/" not in page
        found = await desk.post("/find", {"value": "anna@example.com"}, on=await desk.get("/find"))
        assert found.status_code == 303
        assert "You see this by a grant." in (await desk.get(found.headers["location"])).text
