"""Everybody's sign-ins in the console: who is signed in, and their end, for whom `staff.session` lets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lockhouse.access.tokens import Terms
from lockhouse.flows import session, staff, token
from lockhouse.gates.staff.called import Called
from lockhouse.model.decision import Actor
from tests.faces.console.world import HOST, POLICY, Browser, Console, console

if TYPE_CHECKING:
    from pathlib import Path

EVIL = '"><script>alert(1)</script>{{ 7*7 }}'


async def _two(made: Console) -> tuple[Browser, Browser, bytes]:
    admin, tom = await made.hired("mara"), await made.hired("tom")
    [one] = [each for each in await staff.everybody(made.house) if each.called.name == "tom"]
    return admin, tom, one.row.id


@pytest.mark.asvs("7.4.5")
async def test_a_sign_in_of_somebody_is_ended_with_a_passkey_and_opens_nothing_from_then_on(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        admin, tom, whose = await _two(made)
        page = await admin.get("/sessions")
        assert ("2 people are signed in" in page.text, "this one" in page.text) == (True, True)
        assert "127.0.0.0" in page.text or "127.0.0.1" in page.text
        own = (await session.list_of(made.house, whose))[0].session.id.hex()
        asked = await admin.post("/sessions/end", {"session": own}, on=page)
        assert (await tom.get("/account")).status_code == 200  # nothing is done before it was confirmed
        done = await admin.post("/sessions/end", {"session": own, **admin.answer(asked)}, on=asked)
        assert "That browser is signed out" in done.text
        assert (await tom.get("/account")).headers["location"] == "/sign-in"
        assert (await admin.post("/sessions/end", {"session": own}, on=done)).status_code == 404


async def test_all_of_somebody_end_at_once_and_the_tokens_that_count_to_them(tmp_path: Path) -> None:
    policy = POLICY.replace("staff.*]}", "staff.*, token.*]}")
    async with console(tmp_path, policy=policy) as made:
        admin, tom, whose = await _two(made)
        await made.holds(whose, "auditor")
        terms = Terms(name="siem", role="auditor", may=("ledger.read",), purposes=(), networks=())
        maker = token.Maker(Actor(id=f"staff:{whose.hex()}", kind="staff", roles=("auditor",)))
        text = (await token.create(made.house, terms, by=maker)).text.reveal().decode()
        made.clock.at += 1_000
        await tom.post("/sign-out", {}, on=await tom.get("/account"))
        await tom.sign_in()
        done = await admin.do("/sessions/end-all", {"staff": whose.hex()}, on="/sessions")
        assert "Every browser of theirs is signed out" in done.text
        assert await session.list_of(made.house, whose) == []
        assert (await tom.get("/account")).headers["location"] == "/sign-in"
        shown = await token.shown(made.house, text, network="127.0.0.1")
        assert getattr(shown, "why", None) == "owner"


@pytest.mark.asvs("7.5.3")
async def test_the_answer_for_one_persons_sign_ins_ends_nobody_elses(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        admin, tom, whose = await _two(made)
        await made.hired("ines")
        [other] = [each for each in await staff.everybody(made.house) if each.called.name == "ines"]
        page = await admin.get("/sessions")
        asked = await admin.post("/sessions/end-all", {"staff": whose.hex()}, on=page)
        swapped = {"staff": other.row.id.hex(), **admin.proof(asked)}
        assert (await admin.post("/sessions/end-all", swapped, on=asked)).status_code == 403
        assert len(await session.list_of(made.house, other.row.id)) == 1
        assert (await tom.get("/account")).status_code == 200


@pytest.mark.asvs("8.2.1", "8.2.2")
async def test_who_may_not_sees_nobodys_sign_ins_and_ends_none(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        _, tom, whose = await _two(made)
        for role in ("", "auditor"):  # the auditor lists staff, and nothing more
            if role:
                await made.holds(whose, role)
            page = await tom.get("/sessions")
            assert (page.status_code, "LH-3011" in page.text, "mara" in page.text) == (403, True, False)
        home = await tom.get("/account")
        assert 'href="/sessions"' not in home.text
        all_of = await session.list_of(made.house)
        for one in all_of:
            fields = {"session": one.session.id.hex()}
            assert (await tom.post("/sessions/end", fields, on=home)).status_code == 403
            fields = {"staff": one.session.staff.hex()}
            assert (await tom.post("/sessions/end-all", fields, on=home)).status_code == 403
        assert await session.list_of(made.house) == all_of


async def test_names_are_text_and_what_is_no_id_is_not_there(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        admin = await made.hired("mara")
        link = await staff.invite(made.house, Called("evil@x.example", EVIL), by=HOST)
        await made.another().enrol(link.token)
        page = await admin.get("/sessions")
        asked = await admin.post("/sessions/end-all", {"staff": link.staff.hex()}, on=page)
        for one in (page, asked):
            assert ("&lt;script&gt;" in one.text, "<script>alert" in one.text) == (True, False)
            assert "49" not in re.sub(
                r"[0-9a-f]{32,}|\d\d:\d\d|\d{4}-\d\d-\d\d|data-options=\"[^\"]*\"|value=\"[^\"]*\"", "", one.text
            )
        for path, field in (("end", "session"), ("end-all", "staff")):
            for own in ("0" * 32, "x", EVIL):
                assert (await admin.post(f"/sessions/{path}", {field: own}, on=page)).status_code == 404
