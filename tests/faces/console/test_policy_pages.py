"""The policy in the console: what rules, what a draft would do in people and fields, and who signs it with what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from lockhouse.flows import staff
from lockhouse.flows.approve import approve, draft_of
from lockhouse.gates.live import LIVE, WAITING, versions
from lockhouse.gates.versions import SETTLED_MS
from lockhouse.ledger.entry import Import
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import PolicyApproval, PolicyVersion
from lockhouse.policy.document import parse
from lockhouse.posture.weakening import encode
from lockhouse.wiring import KINDS, template
from tests.faces.console.world import HOST, POLICY, Browser, Console, console, hidden

if TYPE_CHECKING:
    from pathlib import Path

DAY_MS = 86_400_000
OFFICER = POLICY.replace("door: {may", "officer: {may: [policy.*]}\n  door: {may")
WIDER = OFFICER.replace("see: {contact: masked}", "see: {contact: full}")
NARROWER = OFFICER.replace("Order Completed: [email, country]", "Order Completed: [email]")


async def _id(made: Console, name: str) -> bytes:
    [one] = [each for each in await staff.everybody(made.house) if each.called.name == name]
    return one.row.id


async def _two(made: Console) -> tuple[Browser, Browser]:
    """Mara, who is the admin, and Tom, an officer of another line; both in for four days."""
    document = parse({"policy.yaml": OFFICER}, templates=template)
    await approve(made.house, await draft_of(made.house, document, KINDS), OFFICER.encode(), by=HOST)
    mara, tom = await made.hired("mara"), await made.hired("tom")
    await made.holds(await _id(made, "tom"), "officer")
    await made.holds(await _id(made, "tom"), "support")
    made.clock.pass_days(4)
    await mara.sign_in()
    await tom.sign_in()
    return mara, tom


async def _proposes(who: Browser, text: str) -> str:
    """Somebody proposes a policy; the page that follows."""
    page = await who.post("/policy/propose", {"document": text.replace("\n", "\r\n")}, on=await who.get("/policy"))
    assert page.status_code == 200, re.sub(r"<[^>]+>", " ", page.text)
    return page.text


async def _in_use(made: Console) -> None:
    """The house is no demo any more, and held somebody's data two days ago."""
    made.house.demo = False
    said = Import(step="begun", batch=bytes(16).hex(), channel=1, by=HOST, stored=0)
    entry = said.draft(id=made.house.ids.new(), lane=made.house.lane)
    await made.house.commits.commit(Change("record", entries=(entry,)))
    made.clock.pass_days(SETTLED_MS / DAY_MS + 1)


async def test_what_one_proposed_another_approves_with_their_passkey_and_it_rules(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara, tom = await _two(made)
        told = await _proposes(mara, WIDER)
        assert "It is proposed, and rules nothing yet." in told
        assert "who proposed this does not approve it" in told
        assert "Sees more" in told
        assert "one person holds it" in told, "Tom alone is in support"
        assert "email, unmasked, for fulfilment" in told
        assert re.search(r"<ins>\+.*contact: full", told)
        page = await tom.get("/policy/versions/3")
        assert "You sign" in page.text
        assert "it rules at once" in page.text
        done = await tom.do("/policy/versions/3/approve", {}, on="/policy/versions/3")
        assert "v4 rules from now on" in done.text
        assert made.house.live().version == 4
        [row] = [one async for rows in made.house.reads.scan(PolicyApproval) for one in rows]
        assert (row.version, row.standing, row.origin) == (4, "two", made.url)
        assert "two people agree" in (await mara.get("/policy/versions/4")).text


async def test_nobody_approves_their_own_beside_a_colleague_nor_without_the_permission(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara, tom = await _two(made)
        await _proposes(mara, NARROWER)
        page = await mara.get("/policy/versions/3")
        refused = await mara.post("/policy/versions/3/approve", {}, on=page)
        assert (refused.status_code, "who proposed this does not approve it" in refused.text) == (409, True)
        door = await made.hired("kim")
        await made.holds(await _id(made, "kim"), "door")
        assert (await door.get("/policy")).status_code == 403
        posted = await door.post("/policy/versions/3/approve", {}, on=await door.get("/account"))
        assert (posted.status_code, "LH-3011" in posted.text) == (403, True)
        assert made.house.live().version == 2
        assert (await tom.get("/policy")).text.count("v3") >= 1


async def test_an_answer_to_one_version_approves_no_other_and_a_cookie_alone_none(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara, tom = await _two(made)
        await _proposes(mara, NARROWER)
        await _proposes(mara, WIDER)
        narrow, wide = await tom.get("/policy/versions/3"), await tom.get("/policy/versions/4")
        asked = await tom.post("/policy/versions/3/approve", {"seen": hidden(narrow, "seen")}, on=narrow)
        seen = {"seen": hidden(wide, "seen")}
        other = await tom.post("/policy/versions/4/approve", {**tom.answer(asked), **seen}, on=asked)
        assert (other.status_code, "Nothing was done" in other.text) == (403, True)
        bare = await tom.post("/policy/versions/4/approve", {"answer": "{}", "ceremony": "x", **seen}, on=asked)
        assert bare.status_code == 403
        assert made.house.live().version == 2


async def test_nobody_is_asked_to_sign_what_moved_since_they_read_it(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara, tom = await _two(made)
        await _proposes(mara, NARROWER)
        page = await tom.get("/policy/versions/3")
        seen = {"seen": hidden(page, "seen")}
        made.house.strict.approved = encode({"trusted_proxies": ("10.0.0.1",)})
        made.house.strict.read = lambda: encode({"trusted_proxies": ("0.0.0.0/0",)})  # the file, edited meanwhile
        moved = await tom.post("/policy/versions/3/approve", seen, on=page)
        assert (moved.status_code, "It changed meanwhile" in moved.text) == (409, True)
        assert "trusted_proxies: 0.0.0.0/0" in moved.text, "the page says what is signed now"
        unseen = await tom.post("/policy/versions/3/approve", {}, on=page)
        assert (unseen.status_code, "It changed meanwhile" in unseen.text) == (409, True)
        asked = await tom.post("/policy/versions/3/approve", {"seen": hidden(moved, "seen")}, on=moved)
        assert (asked.status_code, 'data-passkey="get"' in asked.text) == (200, True)


async def test_what_somebody_else_proposes_meanwhile_keeps_nobody_from_signing_what_they_read(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara, tom = await _two(made)
        await _proposes(mara, NARROWER)
        page = await tom.get("/policy/versions/3")
        await _proposes(mara, WIDER)
        asked = await tom.post("/policy/versions/3/approve", {"seen": hidden(page, "seen")}, on=page)
        assert (asked.status_code, 'data-passkey="get"' in asked.text) == (200, True)


async def test_a_planted_version_hides_no_other_and_keeps_nothing_from_being_called_off(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara, tom = await _two(made)
        await _proposes(mara, WIDER)
        [row] = [one for one in await versions(made.house) if one.id == 3]
        planted = msgspec.structs.replace(row, id=7, state=LIVE)
        await made.house.commits.commit(Change("record", puts=(Put(PolicyVersion.TABLE, planted),)))
        page = await tom.get("/policy")
        assert (page.status_code, "Somebody stored a policy that nobody approved" in page.text) == (200, True)
        assert ("v7" in page.text, "v2" in page.text, "/policy/versions/7" in page.text) == (True, True, False)
        assert (await tom.get("/policy/versions/7")).status_code == 404
        assert (await tom.get("/policy/versions/2")).status_code == 200
        done = await tom.do("/policy/versions/3/refuse", {}, on="/policy")
        assert (done.status_code, "It is called off" in done.text) == (200, True)


async def test_what_one_alone_approves_waits_is_announced_on_every_page_and_called_off_by_anybody(
    tmp_path: Path,
) -> None:
    async with console(tmp_path) as made:
        mara, tom = await _two(made)
        await _in_use(made)
        await staff.disable(made.house, await _id(made, "tom"), by=HOST)
        made.clock.pass_days(4)
        kim = await made.hired("kim")
        await mara.sign_in()
        await _proposes(mara, WIDER)
        page = await mara.get("/policy/versions/3")
        assert "nobody else could be the second person" in page.text
        assert "it widens, so it rules from" in page.text
        done = await mara.do("/policy/versions/3/approve", {}, on="/policy/versions/3")
        assert "Approved as v4. It rules from" in done.text
        states = {row.id: row.state for row in await versions(made.house)}
        assert (states[2], states[4]) == (LIVE, WAITING)
        told = await kim.get("/account")
        assert "Policy v4 rules from" in told.text
        over = await kim.do("/policy/versions/4/refuse", {}, on="/account")
        assert (over.status_code, made.house.live().waiting) == (200, None)
        assert "Policy v4 rules from" not in (await kim.get("/account")).text
        assert tom is not mara


async def test_a_draft_that_is_wrong_is_told_with_line_and_column_and_its_text_stays(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara, _ = await _two(made)
        wrong = WIDER.replace("fulfilment]}, find", "x").replace("for: [fulfilment], see", "for: [fulfillment], see")
        page = await mara.post("/policy/propose", {"document": wrong}, on=await mara.get("/policy/propose"))
        assert page.status_code == 422
        assert re.search(r"policy\.yaml:\d+:\d+: expected", page.text)
        assert "fulfillment" in page.text
        assert len(await versions(made.house)) == 2
        same = await mara.post("/policy/propose", {"document": OFFICER}, on=page)
        assert "nothing was proposed" in same.text


async def test_a_proposal_is_refused_and_an_older_version_is_proposed_again(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara, tom = await _two(made)
        await _proposes(mara, WIDER)
        done = await tom.do("/policy/versions/3/refuse", {}, on="/policy/versions/3")
        assert "It is called off" in done.text
        again = await mara.post("/policy/versions/1/back", {}, on=await mara.get("/policy/versions/1"))
        assert "It is proposed as v4" in again.text
        done = await tom.do("/policy/versions/4/approve", {}, on="/policy/versions/4")
        assert "v5 rules from now on" in done.text
        assert made.house.live().policy.roles.keys() == {"support", "auditor", "admin", "door"}


async def test_the_page_says_in_plain_words_what_rules_and_the_matrix_who_sees_what(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        mara, _ = await _two(made)
        page = (await mara.get("/policy")).text
        assert "Deliver what you ordered" in page
        assert "24 months after the last activity" in page
        assert "contact for fulfilment: masked" in page
        rows = dict(re.findall(r'<tr><th scope="row" class="mono">(\w+)</th>.*<td>([^<]*)</td></tr>', page))
        assert (rows["country"], rows["email"]) == ("stands in the clear, for counts", "email")
        cells = (await mara.get("/policy/matrix")).text
        assert "support" in cells
        assert "masked" in cells
        assert (await mara.get("/policy/versions/9")).status_code == 404
        assert (await mara.get("/policy/versions/x")).status_code == 404
