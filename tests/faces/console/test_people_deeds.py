"""What is done with a person's values in the console: checked without being shown, revealed for a reason, all noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faces.console.agents import (
    EMAIL,
    ORDER,
    PHONE,
    WHY,
    checked,
    desks,
    find,
    looks_of,
    path_of,
    revealed,
    send,
    text_of,
)  # fmt: skip

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_check_says_yes_or_no_and_shows_nothing(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await checked(tom, await find(tom, ORDER), "0151 12345679")
        assert "Does not match what the caller said" in text_of(page)
        page = await checked(tom, page, "+49 151 123-456-78")
        assert "Matches what the caller said" in text_of(page)
        assert "One try is left this hour." in text_of(page)
        assert PHONE not in page.text
        await checked(tom, page, "0151 12345670")
        page = await checked(tom, page, PHONE)
        assert "it was tried as often as it may be in an hour" in text_of(page)
        assert [one.action for one in await looks_of(made)].count("check") == 3
        assert "Does not match" not in text_of(await find(tom, "NW-7")), "of another person nothing was said"


async def test_a_check_asks_for_a_passkey_once_a_shift(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, ORDER)
        form = {"field": "email", "said": EMAIL}
        asked = await tom.post(f"{path_of(page)}/check", form, on=page)
        assert "data-passkey" in asked.text
        assert "check" not in [one.action for one in await looks_of(made)]
        page = await checked(tom, page, EMAIL, "email")
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
        assert "check" not in [one.action for one in await looks_of(made)]


async def test_a_reveal_takes_a_reason_and_a_passkey_and_stands_on_yellow_until_the_page_is_read_again(
    tmp_path: Path,
) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, ORDER)
        why = await tom.post(f"{path_of(page)}/reveal", {"field": "phone"}, on=page)
        assert "Call back" in text_of(why)
        assert PHONE not in why.text
        opened = await revealed(tom, page, WHY)
        assert opened.text.count(PHONE) == 1
        assert f'<mark class="revealed">{PHONE}</mark>' in opened.text
        assert EMAIL not in opened.text, "nothing but the field that was asked for"
        assert opened.headers["cache-control"] == "no-store"
        seconds, _, address = opened.headers["refresh"].partition(";url=")
        assert int(seconds) <= 600
        assert PHONE not in (await tom.get(address)).text
        [look] = [one for one in await looks_of(made) if one.action == "reveal"]
        assert (look.reason, look.count) == ("call-back", 1)
        assert "Fulfilment, call back, NW-48291" in text_of(opened)


async def test_a_reason_is_asked_for_once_for_a_person_and_ticket(tmp_path: Path) -> None:
    async with desks(tmp_path) as (_, tom):
        await revealed(tom, await find(tom, ORDER), WHY)
        page = await find(tom, ORDER)
        asked = await tom.post(f"{path_of(page)}/reveal", {"field": "email"}, on=page)
        assert "data-passkey" in asked.text, "a reveal asks for a passkey each time, and for no reason again"
        opened = await revealed(tom, page, {"field": "email"})
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
        answer = tom.proof(asked)
        for form in ({**WHY, "field": "email"}, {**WHY, "reason": "delivery problem"}, {**WHY, "ticket": "NW-1"}):
            asked = await tom.post(f"{path}/reveal", WHY, on=page)
            wrong = await tom.post(f"{path}/reveal", {**form, **tom.proof(asked)}, on=asked)
            assert wrong.status_code == 403
            assert PHONE not in wrong.text
            assert EMAIL not in wrong.text
        opened = await tom.post(f"{path}/reveal", {**WHY, **answer}, on=asked)
        assert PHONE in opened.text
        again = await tom.post(f"{path}/reveal", {**WHY, **answer}, on=asked)
        assert PHONE not in again.text, "a reload of the page sends the form again, and opens nothing"
        assert [one.action for one in await looks_of(made)].count("reveal") == 1


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
        assert "reveal" not in [one.action for one in await looks_of(made)]


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
        page = await checked(tom, await find(tom, ORDER), PHONE)
        assert "Stepped up until" in page.text
        assert PHONE not in page.text
        asked = await tom.post(f"{path_of(page)}/reveal", WHY, on=page)
        assert "data-passkey" in asked.text
        assert PHONE not in asked.text
        assert PHONE in (await revealed(tom, page, WHY)).text


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


async def test_a_value_is_put_right_on_the_persons_word_and_that_is_undone(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        page = await find(tom, ORDER)
        form = {"field": "phone", "value": "0151 97531246"}
        asked = await tom.post(f"{path_of(page)}/change", form, on=page)
        assert "data-passkey" in asked.text, "a stolen session that did not step up changes nothing"
        done = await tom.post(f"{path_of(page)}/change", {**form, **tom.answer(asked)}, on=asked)
        page = await tom.get(done.headers["location"])
        assert "Phone corrected." in text_of(page)
        assert "•••1246" in page.text
        assert "The former value is kept until 2026-12-23" in text_of(page)
        assert (PHONE in page.text, "97531246" in page.text) == (False, False)
        undone = await tom.post(f"{path_of(page)}/undo", {"field": "phone"}, on=page)
        page = await tom.get(undone.headers["location"])
        assert "•••5678" in page.text
        assert "corrected" not in text_of(page)
        assert [one.action for one in await looks_of(made)].count("change") >= 1


async def test_a_change_that_changes_nothing_or_may_not_be_is_said_so(tmp_path: Path) -> None:
    async with desks(tmp_path) as (_, tom):
        page = await checked(tom, await find(tom, ORDER), PHONE)
        path = path_of(page)
        same = await tom.post(f"{path}/change", {"field": "email", "value": EMAIL}, on=page)
        assert "that is held already" in text_of(same)
        wrong = await tom.post(f"{path}/change", {"field": "email", "value": "no address"}, on=page)
        assert wrong.status_code == 422
        assert "this is not how such a value is written" in text_of(wrong)
        assert "/change" in page.text
        assert 'href="#change-order_id"' not in page.text, "the role puts right contact data alone"
        closed = await tom.post(f"{path}/change", {"field": "order_id", "value": "NW-1"}, on=page)
        assert closed.status_code == 403
        assert "your role does not see this kind of data" in text_of(closed)
        assert (await tom.post(f"{path}/change", {"field": "nobody", "value": "x"}, on=page)).status_code == 400
        assert (await tom.post(f"{path}/undo", {"field": "email"}, on=page)).status_code == 409
