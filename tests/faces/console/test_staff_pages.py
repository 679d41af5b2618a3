"""Staff and one's own account: who may do what, with a passkey for each deed, and names that are only text."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from lockhouse.faces.console.agents import label
from lockhouse.flows import factor as factors
from lockhouse.flows import session, staff
from lockhouse.gates.staff.called import Called
from lockhouse.gates.staff.deed import Deed
from lockhouse.model.rows import House, StaffRole
from tests.authenticator import BE, BS, UP, UV, Authenticator, b64
from tests.faces.console.world import HOST, Browser, Console, console, hidden

if TYPE_CHECKING:
    from pathlib import Path

EVIL = '"><script>alert(1)</script>{{ 7*7 }}'


async def _id(made: Console, name: str) -> bytes:
    [one] = [each for each in await staff.everybody(made.house) if each.called.name == name]
    return one.row.id


async def _admins(made: Console) -> tuple[Browser, bytes, bytes]:
    """The admin's browser, and the accounts of the admin and of Tom, who has no role."""
    admin = await made.hired("mara")
    await made.hired("tom")
    return admin, await _id(made, "mara"), await _id(made, "tom")


async def test_somebody_is_invited_by_a_link_that_is_shown_once(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        admin = await made.hired("mara")
        who = {"login": "ines@shop.example", "name": "Ines Duarte", "language": "de"}
        asked = await admin.post("/staff/invite", who, on=await admin.get("/staff"))
        assert "Invite Ines Duarte" in asked.text
        assert len(await staff.everybody(made.house)) == 1  # nothing is done before it was confirmed
        done = await admin.post("/staff/invite", {**who, **admin.answer(asked)}, on=asked)
        [link] = re.findall(rf"{made.url}/enrol#([\w-]+)", done.text)
        other = made.another()
        assert (await other.enrol(link)).status_code == 303
        assert "Ihr Konto" in (await other.get("/account")).text  # the account's language, whatever the browser's is
        listed = (await admin.get("/staff")).text
        assert "Ines Duarte" in listed
        assert link not in listed


@pytest.mark.asvs("7.5.3")
async def test_a_deed_without_the_passkeys_answer_to_this_very_deed_is_not_done(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        admin, _, tom = await _admins(made)
        path = f"/staff/{tom.hex()}"
        page = await admin.get(path)
        disable, reset = (
            await admin.post(f"{path}/disable", {}, on=page),
            await admin.post(f"{path}/reset", {}, on=page),
        )
        refused = await admin.post(f"{path}/disable", admin.answer(reset), on=disable)  # for another deed
        assert refused.status_code == 403
        assert "Nothing was done" in refused.text
        begun = await admin.post(f"{path}/reset", {}, on=page)
        assert (await admin.post(f"{path}/approve-reset", admin.answer(begun), on=page)).status_code == 403
        stolen = Authenticator(origin=made.url)
        stolen.make(_creation(tom))
        thief = Browser(client=admin.client, passkeys=stolen)
        assert (await thief.post(f"{path}/disable", thief.answer(disable), on=disable)).status_code == 403
        assert (await staff.show(made.house, tom)).row.state == 1
        answer = admin.answer(refused)
        assert (await admin.post(f"{path}/disable", answer, on=refused)).status_code == 200
        assert (await staff.show(made.house, tom)).row.state == 2
        await admin.do(f"{path}/enable", {}, on=path)
        again = await admin.post(f"{path}/disable", answer, on=await admin.get(path))  # used up
        assert again.status_code == 403
        assert (await staff.show(made.house, tom)).row.state == 1


def _creation(user: bytes) -> str:
    return f'{{"rp":{{"id":"console.shop.example"}},"user":{{"id":"{b64(user)}"}},"challenge":"AA"}}'


@pytest.mark.asvs("7.4.2")
async def test_who_is_disabled_is_signed_out_at_once_and_it_can_be_undone(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        admin = await made.hired("mara")
        tom = await made.hired("tom")
        path = f"/staff/{(await _id(made, 'tom')).hex()}"
        done = await admin.do(f"{path}/disable", {}, on=path)
        assert f'action="{path}/enable"' in done.text
        assert "Undo" in done.text
        assert (await tom.get("/account")).headers["location"] == "/sign-in"
        assert (await tom.sign_in()).status_code == 403
        await admin.do(f"{path}/enable", {}, on=path)
        assert (await tom.sign_in()).status_code == 303


async def test_a_role_that_reads_persons_waits_for_somebody_else_and_says_for_whom(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        admin, _, tom = await _admins(made)
        path = f"/staff/{tom.hex()}"
        assert "support is noted" in (await admin.do(f"{path}/give", {"role": "support"}, on=path)).text
        page = await admin.get(path)
        assert "proposed; it waits for a second person. Nobody decides over themselves" in page.text
        assert f'action="{path}/approve"' not in page.text
        refused = await admin.do(f"{path}/approve", {"role": "support"}, on=path)
        assert refused.status_code == 409
        other = await made.hired("ines")
        ines = await _id(made, "ines")
        await made.holds(ines, "admin")
        await made.holds(ines, "auditor")
        made.clock.pass_days(4)
        assert "A role waits for a second person" not in (await other.sign_in()).text
        assert "tom: support" in (await other.get("/")).text
        done = await other.do(f"{path}/approve", {"role": "support"}, on=path)
        assert "support is approved" in done.text


async def test_who_may_only_approve_approves_and_does_nothing_else(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        admin, _, tom = await _admins(made)
        path = f"/staff/{tom.hex()}"
        await admin.do(f"{path}/give", {"role": "support"}, on=path)
        officer = await made.hired("ines")
        await made.holds(await _id(made, "ines"), "auditor")
        made.clock.pass_days(4)
        await officer.sign_in()
        assert "tom: support" in (await officer.get("/")).text
        page = await officer.get(path)
        assert f'action="{path}/approve"' in page.text
        for deed in ("end", "give", "disable", "reset"):
            assert f'action="{path}/{deed}"' not in page.text
        done = await officer.do(f"{path}/approve", {"role": "support"}, on=path)
        assert "support is approved" in done.text
        assert f'action="{path}/end"' not in done.text


async def test_a_recovery_on_the_machine_is_reviewed_by_who_approves(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        _, mara, _ = await _admins(made)
        officer, path = await made.hired("ines"), f"/staff/{mara.hex()}"
        await made.holds(await _id(made, "ines"), "auditor")
        assert f'action="{path}/review"' not in (await officer.get(path)).text
        await staff.recover_local(made.house, mara, by=HOST)
        assert f'action="{path}/review"' in (await officer.get(path)).text
        assert "It is reviewed" in (await officer.do(f"{path}/review", {}, on=path)).text
        assert (await staff.show(made.house, mara)).row.recovered_at is None


@pytest.mark.asvs("8.2.1")
async def test_whoever_has_no_role_sees_nobody_and_is_told_so(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        await made.hired("mara")
        tom = await made.hired("tom")
        path = f"/staff/{(await _id(made, 'mara')).hex()}"
        for page in ("/staff", path):
            answer = await tom.get(page)
            assert answer.status_code == 403
            assert "LH-3011" in answer.text
            assert "mara" not in answer.text
        home = await tom.get("/")
        for deed in ("disable", "reset", "link"):
            assert (await tom.post(f"{path}/{deed}", {}, on=home)).status_code == 403
        assert (await tom.post("/staff/invite", {}, on=home)).status_code == 403


@pytest.mark.asvs("8.3.1")
async def test_a_form_sets_nothing_but_its_own_fields(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        admin, _, tom = await _admins(made)
        path = f"/staff/{tom.hex()}"
        page = await admin.get(path)
        for more in ({"by": HOST}, {"state": "1"}, {"staff": "00" * 16}, {"action": "staff-invite"}):
            assert (await admin.post(f"{path}/give", {"role": "auditor", **more}, on=page)).status_code == 400
        who = {"login": "a@shop.example", "name": "A", "language": "en"}
        assert (await admin.post("/staff/invite", {**who, "role": "admin"}, on=page)).status_code == 400
        assert (await staff.show(made.house, tom)).roles == ()


async def test_names_are_shown_as_text_on_every_page(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        admin = await made.hired("mara")
        link = await staff.invite(made.house, Called(f"{EVIL}@x.example", EVIL), by=HOST)
        evil = made.another()
        await evil.enrol(link.token, name=EVIL[:60])
        await made.holds(link.staff, "admin")
        path = f"/staff/{link.staff.hex()}"
        who = {"login": f"2{EVIL}", "name": EVIL, "language": "en"}
        pages = [await evil.get(one) for one in ("/", "/account", "/staff", path)]
        pages += [await admin.get("/staff"), await admin.get(path)]
        pages.append(await admin.post(f"{path}/disable", {}, on=pages[-1]))
        pages.append(await admin.post("/staff/invite", who, on=pages[-2]))
        pages.append(await admin.post("/staff/invite", {**who, **admin.answer(pages[-1])}, on=pages[-1]))
        pages.append(await evil.post("/account/passkeys", {"name": EVIL}, on=pages[1]))
        pages.append(await evil.post("/account/passkeys", {"name": EVIL, **evil.answer(pages[-1])}, on=pages[-1]))
        for page in pages:
            assert page.status_code == 200
            assert "<script>alert" not in page.text
            assert "49" not in re.sub(r"[0-9a-f]{32,}|\d{4}-\d\d-\d\d \d\d:\d\d|data-options=\"[^\"]*\"", "", page.text)
        assert html.escape(EVIL, quote=False)[:10] in html.unescape(pages[0].text) or "&lt;script&gt;" in pages[0].text


async def test_a_second_passkey_is_added_with_the_first_and_opens_the_same_account(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara = await made.hired("mara")
        first = mara.passkeys.passkeys[:]
        asked = await mara.post("/account/passkeys", {"name": "drawer"}, on=await mara.get("/account"))
        making = await mara.post("/account/passkeys", {"name": "drawer", **mara.answer(asked)}, on=asked)
        fields = {"name": "drawer", "proof": hidden(making, "proof"), **mara.answer(making)}
        done = await mara.post("/account/passkeys/made", fields, on=making)
        assert "Added." in done.text
        assert "drawer" in done.text
        again = await mara.post("/account/passkeys/made", fields, on=done)
        assert again.status_code == 409  # the proof and the ceremony are used up
        await mara.post("/sign-out", {}, on=done)
        mara.passkeys.passkeys = [one for one in mara.passkeys.passkeys if one not in first]
        assert (await mara.sign_in()).status_code == 303
        page = await mara.get("/account")
        factor = re.findall(r'name="factor" value="([0-9a-f]{32})"', page.text)[0]
        gone = await mara.do("/account/factors/end", {"factor": factor}, on="/account")
        assert "Removed." in gone.text
        assert "the last one stays" in gone.text
        last = re.findall(r'name="factor" value="([0-9a-f]{32})"', gone.text)
        assert last == []


@pytest.mark.asvs("7.5.1")
async def test_a_step_up_that_ends_a_factor_adds_none(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara = await made.hired("mara")
        factor = (await factors.list_of(made.house, await _id(made, "mara")))[0].factor.id.hex()
        page = await mara.get("/account")
        asked = await mara.post("/account/factors/end", {"factor": factor}, on=page)
        refused = await mara.post("/account/passkeys", {"name": "mine", **mara.proof(asked)}, on=asked)
        assert refused.status_code == 403
        assert "Nothing was done" in refused.text
        last = await mara.do("/account/factors/end", {"factor": factor}, on="/account")
        assert last.status_code == 409
        assert "leave weaker proof" in last.text
        assert len(await factors.list_of(made.house, await _id(made, "mara"))) == 1


@pytest.mark.asvs("7.5.2", "8.2.2")
async def test_ones_own_sign_ins_are_listed_and_ended_and_nobody_elses(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara, tom = await made.hired("mara"), await made.hired("tom")
        other = made.another()
        other.passkeys.passkeys = mara.passkeys.passkeys
        page = await other.get("/sign-in")
        firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        await other.post("/sign-in/passkey", other.answer(page), on=page, **{"user-agent": firefox})
        account = await mara.get("/account")
        assert "Firefox, Linux" in account.text
        assert "this one" in account.text
        [ends] = re.findall(r'name="session" value="([0-9a-f]{32})"', account.text)
        done = await mara.post("/account/sessions/end", {"session": ends}, on=account)
        assert done.headers["location"] == "/account"
        assert (await other.get("/account")).headers["location"] == "/sign-in"
        toms = await session.list_of(made.house, await _id(made, "tom"))
        for foreign in (toms[0].session.id.hex(), "0" * 32, "x"):
            assert (await mara.post("/account/sessions/end", {"session": foreign}, on=account)).status_code == 404
        assert (await tom.get("/account")).status_code == 200


@pytest.mark.parametrize(("flags", "minutes"), [(UP | UV, 15), (UP | UV | BE | BS, 30)])
@pytest.mark.asvs("7.3.1")
async def test_a_sign_in_is_over_after_a_rest(flags: int, minutes: int, tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara = await made.hired("mara", flags=flags)
        made.clock.pass_days((minutes - 1) / 1_440)
        assert (await mara.get("/")).status_code == 200
        made.clock.pass_days((minutes + 1) / 1_440)
        assert (await mara.get("/")).headers["location"] == "/sign-in"


def _entries(number: int) -> str:
    return "one entry" if number == 1 else f"{number:,} entries"


async def test_the_overview_tells_what_is_counted_and_what_is_not_here(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara = await made.hired("mara")
        page = (await mara.get("/")).text
        assert "You have one way in" in page
        assert "You are the only one who can sign in" in page
        assert "version 1 rules" in page
        assert "have no pages yet" in page
        row = (await made.house.reads.get(House, [(1,)]))[(1,)]
        assert re.findall(r"<dd>(one entry|[\d,]+ entries)</dd>", page) == [_entries(row.tree_size)]
        await made.hired("tom")
        assert "You are the only one" not in (await mara.get("/")).text


@pytest.mark.asvs("13.4.2")
async def test_the_components_are_shown_in_a_throw_away_house_alone(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara = await made.hired("mara")
        assert (await mara.get("/components")).status_code == 200
        assert 'href="/components"' in (await mara.get("/")).text
    (tmp_path / "real").mkdir()
    async with console(tmp_path / "real", demo=False) as made:
        mara = await made.hired("mara")
        assert (await mara.get("/components")).status_code == 404
        assert "/components" not in (await mara.get("/")).text


@pytest.mark.parametrize("path", ["/staff/x", f"/staff/{'0' * 32}", f"/staff/{'A' * 32}", f"/staff/{'0' * 32}/nothing"])
@pytest.mark.asvs("8.2.2")
async def test_there_is_no_page_of_nobody(path: str, tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara = await made.hired("mara")
        home = await mara.get("/")
        way = mara.post(path, {}, on=home) if path.endswith("nothing") else mara.get(path)
        assert (await way).status_code == 404


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/143.0 Safari/537.36 Edg/143.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) Version/19.1 Mobile Safari/604.1", "Safari, iPhone"),
        ("<script>alert(1)</script>", ""), ("", ""), ("x" * 10_000 + "Firefox/1", ""), ("curl/8.1", "curl"),
    ],
)  # fmt: skip
def test_a_browser_is_one_of_a_few_words_and_never_its_own(said: str, word: str) -> None:
    assert label(said) == word


async def test_a_reset_that_waits_stands_in_the_overview_of_whoever_may_approve_it_and_in_the_list(
    tmp_path: Path,
) -> None:
    async with console(tmp_path) as made:
        mara, tom = await made.hired("mara"), await made.hired("tom")
        whose = next(one.row.id for one in await staff.everybody(made.house) if one.called.name == "tom")
        await staff.reset(made.house, whose, by=HOST)
        assert "A reset waits for a second person" in (await mara.get("/")).text
        assert "A reset waits for a second person" not in (await tom.get("/")).text
        assert "a reset waits" in (await mara.get("/staff")).text
        assert 'name="role" value="auditor" required' in (await mara.get(f"/staff/{whose.hex()}")).text


@pytest.mark.parametrize("login", ["to\x07m@shop.example", "t" * 201])
async def test_a_login_that_is_none_is_refused_before_a_passkey_is_asked_for_and_stays_typed(
    login: str, tmp_path: Path
) -> None:
    async with console(tmp_path) as made:
        mara = await made.hired("mara")
        fields = {"login": login, "name": "Tom Ridley", "language": "en"}
        answer = await mara.post("/staff/invite", fields, on=await mara.get("/staff"))
        assert answer.status_code == 422
        assert "1 to 200 letters or signs" in answer.text
        assert "Tom Ridley" in answer.text
        assert "data-passkey" not in answer.text


@pytest.mark.asvs("7.4.5")
async def test_of_somebodys_way_in_each_is_shown_what_their_role_lets_them_do(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        await made.hired("mara")
        door = await made.hired("dora")
        whose = next(one.row.id for one in await staff.everybody(made.house) if one.called.name == "dora")
        deed, now = Deed(made.house), made.clock.at
        deed.put(StaffRole(whose, "door", 1, HOST, HOST, now, 0, made.house.ids.new(), b""), was=None)
        await deed.done()
        tom = (await staff.invite(made.house, Called("tom@shop.example", "tom"), by=HOST)).staff.hex()
        page = await door.get(f"/staff/{tom}")
        assert re.findall(rf"/staff/{tom}/([a-z-]+)", page.text) == ["link"]
