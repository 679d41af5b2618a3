"""Tokens in the console: made with a passkey for just what they may, shown once, rotated, revoked; by whom may."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from lockhouse.access.tokens import Terms, decoded
from lockhouse.flows import staff, token
from lockhouse.gates.tokens import Bearer
from lockhouse.model.decision import Actor
from tests.faces.console.world import HOST, POLICY, Browser, Console, console

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.tokens import Made

EVIL = '"><script>alert(1)</script>{{ 7*7 }}'
ROLES = POLICY.replace("staff.*]}", "staff.*, token.*]}") + (
    "  reader: {for: [fulfilment], may: [ledger.read, token.list, token.show], see: {contact: masked}}\n"
    "  keeper: {may: [token.create, token.rotate]}\n"
)
ASKED = {
    "name": "warehouse", "role": "admin", "may": "policy.show, key.*", "purposes": "", "networks": "10.1.0.0/16",
    "days": "30",
}  # fmt: skip


async def _only(made: Console) -> bytes:
    [(row, _)] = (await token.listed(made.house)).tokens
    return row.id


async def _made_by_host(made: Console, name: str = "siem", role: str = "reader") -> Made:
    terms = Terms(name=name, role=role, may=("ledger.read",), purposes=(), networks=())
    return await token.create(made.house, terms, by=token.Maker(Actor(id=HOST, kind="os-user")))


async def _with(made: Console, name: str, role: str) -> Browser:
    browser = await made.hired(name)
    [one] = [each for each in await staff.everybody(made.house) if each.called.name == name]
    await made.holds(one.row.id, role)
    return browser


@pytest.mark.asvs("13.3.4")
async def test_a_token_is_made_with_a_passkey_and_its_text_is_shown_once(tmp_path: Path) -> None:
    async with console(tmp_path, policy=ROLES) as made:
        admin = await made.hired("mara")
        empty = await admin.get("/tokens")
        assert ("No system has one yet" in empty.text, 'href="/tokens"' in empty.text) == (True, True)
        asked = await admin.post("/tokens/make", ASKED, on=empty)
        assert "It may: key.*, policy.show" in html.unescape(asked.text)
        assert (await token.listed(made.house)).tokens == []  # nothing is made before it was confirmed
        done = await admin.post("/tokens/make", {**ASKED, **admin.answer(asked)}, on=asked)
        [text] = re.findall(r"lh_\w+", done.text)
        assert (done.status_code, done.headers["cache-control"]) == (200, "no-store")
        bearer = await token.shown(made.house, text, network="10.1.2.3")
        assert isinstance(bearer, Bearer)
        assert (bearer.terms.role, bearer.terms.may) == ("admin", ("key.*", "policy.show"))
        listed = await admin.get("/tokens")
        page = await admin.get(f"/tokens/{bearer.id.hex()}")
        assert text not in listed.text + page.text
        assert all("mara" in one.text and "10.1.0.0/16" in one.text for one in (listed, page))


@pytest.mark.asvs("7.5.3")
async def test_a_passkeys_answer_makes_no_token_that_may_more_than_it_was_asked_for(tmp_path: Path) -> None:
    async with console(tmp_path, policy=ROLES) as made:
        admin = await made.hired("mara")
        asked = await admin.post("/tokens/make", ASKED, on=await admin.get("/tokens"))
        for more in ({"may": "policy.*"}, {"days": "365"}, {"networks": "0.0.0.0/0"}, {"name": "other"}):
            question = await admin.post("/tokens/make", ASKED, on=asked)
            wider = {**ASKED, **more, **admin.proof(question)}
            assert (await admin.post("/tokens/make", wider, on=question)).status_code == 403
        unasked = await admin.post("/tokens/make", {**ASKED, "owner": HOST}, on=asked)
        assert unasked.status_code == 400
        assert (await token.listed(made.house)).tokens == []


@pytest.mark.asvs("8.3.3")
async def test_nobody_gives_a_token_a_role_that_they_have_not(tmp_path: Path) -> None:
    async with console(tmp_path, policy=ROLES) as made:
        admin = await made.hired("mara")
        reader = {**ASKED, "role": "reader", "may": "ledger.read"}
        refused = await admin.post("/tokens/make", reader, on=await admin.get("/tokens"))
        assert (refused.status_code, "LH-3012" in refused.text) == (409, True)
        assert "no role but one of yours" in refused.text
        own = (await _made_by_host(made)).row.id
        page = await admin.get(f"/tokens/{own.hex()}")
        assert "no role but one of yours" in page.text
        assert f'action="/tokens/{own.hex()}/rotate"' not in page.text
        forced = await admin.post(f"/tokens/{own.hex()}/rotate", {"days": "9", "overlap": "1"}, on=page)
        assert forced.status_code == 409
        assert await _only(made) == own


async def test_what_is_wrong_stands_at_its_field_and_nobody_is_asked_for_a_passkey(tmp_path: Path) -> None:
    async with console(tmp_path, policy=ROLES) as made:
        admin = await made.hired("mara")
        for field, value in (
            ("name", EVIL), ("may", "ledger.read"), ("may", EVIL), ("purposes", "fulfilment"), ("networks", EVIL),
            ("networks", "10.0.0.1/8"), ("days", "366"), ("days", "-1"), ("days", "soon"), ("role", EVIL),
        ):  # fmt: skip
            page = await admin.post("/tokens/make", {**ASKED, field: value}, on=await admin.get("/tokens"))
            assert (page.status_code, f'href="#{field}"' in page.text) == (422, True), field
            assert "<script>alert" not in page.text
            assert "49" not in re.sub(r"[0-9a-f]{32,}|\d{4}-\d\d-\d\d", "", page.text)
            assert "data-options" not in page.text
        assert (await token.listed(made.house)).tokens == []


async def test_a_token_is_rotated_and_the_old_one_is_taken_for_the_overlap(tmp_path: Path) -> None:
    async with console(tmp_path, policy=ROLES) as made:
        admin = await made.hired("mara")
        await admin.do("/tokens/make", ASKED, on="/tokens")
        own = await _only(made)
        path, fields = f"/tokens/{own.hex()}", {"days": "60", "overlap": "2"}
        for field, value in (("days", "0"), ("overlap", "31"), ("overlap", "x")):
            page = await admin.post(f"{path}/rotate", {**fields, field: value}, on=await admin.get(path))
            assert (page.status_code, f'href="#{field}"' in page.text) == (422, True)
        done = await admin.do(f"{path}/rotate", fields, on=path)
        [text] = re.findall(r"lh_\w+", done.text)
        old, new = [row for row, _ in (await token.listed(made.house)).tokens]
        days = 86_400_000
        assert (old.until_at, new.until_at) == (made.clock.at + 2 * days, made.clock.at + 60 * days)
        assert (new.follows, decoded(new.terms)) == (own, decoded(old.terms))
        page = await admin.get(path)
        assert text not in page.text
        assert f'action="{path}/rotate"' not in page.text  # one that was overtaken is not overtaken again
        assert (await admin.post(f"{path}/rotate", fields, on=page)).status_code in {200, 409}
        assert len((await token.listed(made.house)).tokens) == 2


async def test_a_token_is_revoked_once_that_was_confirmed(tmp_path: Path) -> None:
    async with console(tmp_path, policy=ROLES) as made:
        admin = await made.hired("mara")
        one, two = (await _made_by_host(made, "siem")), (await _made_by_host(made, "till"))
        path, other = (f"/tokens/{each.row.id.hex()}/revoke" for each in (one, two))
        page = await admin.get("/tokens")
        asked, besides = await admin.post(path, {}, on=page), await admin.post(other, {}, on=page)
        swapped = await admin.post(path, admin.answer(besides), on=asked)
        assert swapped.status_code == 403
        assert {row.state for row, _ in (await token.listed(made.house)).tokens} == {0}
        done = await admin.post(path, admin.answer(swapped), on=swapped)
        assert "Revoked." in done.text
        assert [row.state for row, _ in (await token.listed(made.house)).tokens] == [1, 0]
        again = await admin.do(path, {}, on="/tokens")
        assert again.status_code == 409


@pytest.mark.asvs("8.2.1", "8.2.2")
async def test_each_does_with_tokens_what_their_role_lets_and_nothing_else(tmp_path: Path) -> None:
    async with console(tmp_path, policy=ROLES) as made:
        await made.hired("mara")
        tom, reader, keeper = (
            await made.hired("tom"), await _with(made, "ria", "reader"), await _with(made, "kim", "keeper"),
        )  # fmt: skip
        own = (await _made_by_host(made)).row.id.hex()
        for path in ("/tokens", f"/tokens/{own}"):
            refused = await tom.get(path)
            assert (refused.status_code, "LH-3011" in refused.text, "siem" in refused.text) == (403, True, False)
        assert 'href="/tokens"' not in (await tom.get("/account")).text
        page = await reader.get("/tokens")
        assert ("siem" in page.text, 'action="/tokens/make"' in page.text) == (True, False)
        blind = await keeper.get("/tokens")
        assert ("siem" in blind.text, 'action="/tokens/make"' in blind.text) == (False, True)
        assert (await keeper.get(f"/tokens/{own}")).status_code == 403
        for browser, on in ((tom, await tom.get("/account")), (reader, page)):
            assert (await browser.post("/tokens/make", ASKED, on=on)).status_code == 403
            for deed, fields in (("rotate", {"days": "9", "overlap": "1"}), ("revoke", {})):
                assert (await browser.post(f"/tokens/{own}/{deed}", fields, on=on)).status_code == 403
        assert (await keeper.post(f"/tokens/{own}/revoke", {}, on=blind)).status_code == 403


async def test_what_is_no_token_of_this_house_is_a_page_that_is_not_there(tmp_path: Path) -> None:
    async with console(tmp_path, policy=ROLES) as made:
        admin = await made.hired("mara")
        page = await admin.get("/tokens")
        for own in ("0" * 32, "x", "%3Cscript%3E", "0" * 31 + "G"):
            assert (await admin.get(f"/tokens/{own}")).status_code == 404
            assert (await admin.post(f"/tokens/{own}/revoke", {}, on=page)).status_code == 404
            rotated = await admin.post(f"/tokens/{own}/rotate", {"days": "9", "overlap": "1"}, on=page)
            assert rotated.status_code == 404
