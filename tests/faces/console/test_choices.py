"""What a person chose, on their page: to whom it is told, what follows, and a refusal that staff record on the spot."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from lockhouse.access.step_up import need_of
from lockhouse.faces.console.choices import JUST_MS
from lockhouse.flows import consent, request, staff, staff_identifier
from lockhouse.ledger.entry import Consent as ConsentEntry
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.rows import Consent, Identifier, LedgerEntry, Note
from tests.faces.console.agents import EMAIL, PEOPLE, agent, desks, find, looks_of, rows_of, text_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from tests.faces.console.world import Browser, Console

OFFICER = """  officer:
    for: [requests]
    see: {contact: masked, identity: masked, transactions: masked}
    may: [consent.*, request.*]
  reader: {for: [requests], see: {contact: masked}, may: [consent.show]}
  writer: {for: [requests], see: {contact: masked}, may: [consent.record]}
  analyst:"""
MAILER = """recipients:
  mailer: {kind: webhook, role: processor, region: eu, for: [marketing], fields: [email], contract: DPA,
    review: 2099-01-01, erase: task,
    url: https://mailer.example/in}
roles:"""
OFFICERS = PEOPLE.replace("  analyst:", OFFICER)


@asynccontextmanager
async def _officer(tmp_path: Path, *roles: str, policy: str = OFFICERS) -> AsyncIterator[tuple[Console, Browser]]:
    async with desks(tmp_path, policy=policy) as (made, _):
        yield made, await agent(made, "olu", *(roles or ("officer",)))


async def _anna(made: Console) -> bytes:
    [person] = {row.person for row in await rows_of(made.house, Identifier) if row.proof == 3}
    return bytes(person)


async def _said(made: Console, *, granted: bool) -> None:
    await consent.record(made.house, await _anna(made), "marketing", granted=granted, by="os-user:0")
    made.clock.at += 1_000


def _choices(page: httpx.Response) -> str:
    return text_of(page).partition("Their choices")[2]


async def _refused(browser: Browser, page: httpx.Response) -> httpx.Response:
    return await _refused_at(browser, _path(page), page)


async def _refused_at(browser: Browser, path: str, page: httpx.Response) -> httpx.Response:
    """What is answered once a passkey has answered, where one is asked for."""
    answer = await browser.post(path, {"purpose": "marketing"}, on=page)
    return await browser.post(path, browser.answer(answer), on=answer) if "data-passkey" in answer.text else answer


def _path(page: httpx.Response) -> str:
    """Where the page's refusals are recorded."""
    return str(re.findall(r'action="(/person/[\w-]+/refuse)"', page.text)[0])


async def test_each_purpose_is_told_with_its_word_its_evidence_and_what_follows(tmp_path: Path) -> None:
    async with _officer(tmp_path, policy=OFFICERS.replace("roles:", MAILER, 1)) as (made, olu):
        await _said(made, granted=True)
        told = _choices(await find(olu, EMAIL))
        assert "Fulfilment contract, no choice is needed" in told
        assert "Analytics not refused May be used for it." in told
        assert re.search(r"Marketing agreed , \d{4}-\d\d-\d\d recorded by staff; entry [0-9a-f]{8}…", told)
        assert "May be used for it, and sent to: mailer." in told
        await _said(made, granted=False)
        told = _choices(await find(olu, EMAIL))
        assert "Marketing refused" in told
        assert "Nothing is used for it, and nothing goes to: mailer." in told
        assert "One word before it" in told
        assert "agreed, recorded by staff" in told


async def test_who_was_never_asked_is_told_of_as_closed_and_not_as_refused(tmp_path: Path) -> None:
    async with _officer(tmp_path) as (_, olu):
        told = _choices(await find(olu, EMAIL))
        assert "Marketing never asked, or no answer that counts Nothing is used for it." in told


async def test_a_look_at_choices_is_noted_with_whom_it_is_about_before_they_are_read(tmp_path: Path) -> None:
    async with _officer(tmp_path) as (made, olu):
        await _said(made, granted=True)
        page = await find(olu, EMAIL)
        looks = await looks_of(made)
        [one] = [look for look in looks if look.action == "consent"]
        assert (one.purpose, one.role, one.count, one.fields) == ("requests", "officer", 1, [])
        noted = {note.entry for note in await rows_of(made.house, Note)}
        entries = [row for row in await rows_of(made.house, LedgerEntry) if row.id in noted]
        assert any(parse_entry(row.body).body == one for row in entries)
        assert "what they chose" in text_of(await olu.get(str(page.url.path))).partition("Who looked")[2]


@pytest.mark.parametrize("roles", [("support",), ("writer",)])
async def test_whoever_may_not_see_choices_reads_the_policy_alone_and_no_look_at_them_is_made(
    tmp_path: Path, roles: tuple[str, ...]
) -> None:
    async with _officer(tmp_path, *roles) as (made, tom):
        await _said(made, granted=False)
        page = await find(tom, EMAIL)
        told = _choices(page)
        assert "Fulfilment contract, no choice is needed" in told
        assert "your role does not see it. Ask a privacy officer." in told
        assert "Marketing" not in told
        assert "refused" not in told
        assert not any(look.action == "consent" for look in await looks_of(made))
        assert "/refuse" not in page.text


async def test_a_refusal_is_recorded_on_the_spot_once_a_passkey_has_answered_in_the_shift(tmp_path: Path) -> None:
    async with _officer(tmp_path) as (made, olu):
        await _said(made, granted=True)
        page = await find(olu, EMAIL)
        assert need_of("consent-record").max_age_ms == need_of("person-change").max_age_ms
        asked = await olu.post(_path(page), {"purpose": "marketing"}, on=page)
        assert "Record a refusal: Marketing" in text_of(asked)
        assert sum(row.state == 0 for row in await rows_of(made.house, Consent)) == 0
        done = await _refused(olu, page)
        assert done.status_code == 303
        shown = await olu.get(done.headers["location"])
        assert "Refusal recorded: Marketing. It holds from now on." in text_of(shown)
        assert "Marketing refused" in _choices(shown)
        assert "recorded by you" in _choices(shown)
        entries = [parse_entry(row.body).body for row in await rows_of(made.house, LedgerEntry)]
        [last] = [one for one in entries if isinstance(one, ConsentEntry) and not one.state]
        assert last.by is not None
        assert last.by.startswith("staff:")
        again = await olu.post(_path(page), {"purpose": "analytics"}, on=shown)
        assert again.status_code == 303, "one passkey a shift"


async def test_what_was_refused_before_is_not_recorded_again_and_a_reload_changes_nothing(tmp_path: Path) -> None:
    async with _officer(tmp_path) as (made, olu):
        page = await find(olu, EMAIL)
        assert (await _refused(olu, page)).status_code == 303
        said = len(await rows_of(made.house, Consent))
        again = await _refused(olu, page)
        assert again.status_code == 200
        assert "they have refused this already" in text_of(again)
        assert len(await rows_of(made.house, Consent)) == said
        assert "refuse-marketing" not in again.text


@pytest.mark.parametrize("roles", [("support",), ("reader",), ("writer",)])
async def test_only_whoever_may_see_and_record_words_records_a_refusal(tmp_path: Path, roles: tuple[str, ...]) -> None:
    async with _officer(tmp_path, *roles) as (made, tom):
        page = await find(tom, EMAIL)
        assert "Record a refusal" not in page.text
        answer = await tom.post(f"{page.url.path}/refuse", {"purpose": "marketing"}, on=page)
        assert answer.status_code == 403
        assert await rows_of(made.house, Consent) == []


@pytest.mark.parametrize("purpose", ["fulfilment", "requests", "none", ""])
async def test_what_no_word_can_close_is_not_recorded(tmp_path: Path, purpose: str) -> None:
    async with _officer(tmp_path) as (made, olu):
        page = await find(olu, EMAIL)
        answer = await olu.post(_path(page), {"purpose": purpose}, on=page)
        assert answer.status_code == 400
        assert await rows_of(made.house, Consent) == []


async def test_nobody_records_a_refusal_of_their_own_nor_reads_their_choices_here(tmp_path: Path) -> None:
    async with _officer(tmp_path) as (made, olu):
        page = await find(olu, EMAIL)
        path = _path(page)
        [own] = [one.row.id for one in await staff.everybody(made.house) if one.called.name == "olu"]
        await staff_identifier.add(made.house, own, "email", EMAIL, by="os-user:1000")
        noted = sum(look.action == "consent" for look in await looks_of(made))
        shown = await olu.get(str(page.url.path))
        assert "Their choices" not in shown.text
        assert (await _refused_at(olu, path, shown)).status_code == 403
        assert await rows_of(made.house, Consent) == []
        assert sum(look.action == "consent" for look in await looks_of(made)) == noted


async def test_the_open_requests_of_a_person_are_told_to_whoever_may_see_requests_and_to_nobody_else(
    tmp_path: Path,
) -> None:
    async with _officer(tmp_path) as (made, olu):
        ines = await agent(made, "ines", "support")
        page, other = await find(olu, EMAIL), await find(ines, EMAIL)
        assert "Open requests of this person, the oldest first None." in text_of(page)
        case = (await request.open_erasure(made.house, await _anna(made), by="os-user:1000")).case
        told = await olu.get(str(page.url.path))
        assert case.id.hex() in told.text
        assert "everything erasure, asked for shut destroyed from" in text_of(told)
        assert "Their choices" not in told.text
        hidden = await ines.get(str(other.url.path))
        assert case.id.hex() not in hidden.text
        assert "Open requests" not in hidden.text


async def test_a_refusal_counts_as_new_for_two_minutes(tmp_path: Path) -> None:
    async with _officer(tmp_path) as (made, olu):
        page = await find(olu, EMAIL)
        await _refused(olu, page)
        other = await find(await agent(made, "kim", "officer"), EMAIL)
        assert "Refusal recorded" not in other.text, "of another's it says that staff recorded it"
        assert "recorded by staff" in _choices(other)
        made.clock.at += JUST_MS
        later = await olu.get(str(page.url.path))
        assert "Refusal recorded" not in later.text
        assert "Marketing refused" in _choices(later)
