"""The ledger's pages: browsed and filtered, an entry in words, verified as bounded work, proven by a file."""

from __future__ import annotations

import html
import re
import sqlite3
from typing import TYPE_CHECKING

import pytest

from lockhouse.crypto.checkpoint import open_checkpoint, parse_proof
from lockhouse.crypto.merkle import check_inclusion, leaf_hash
from lockhouse.faces.console.entries import sentences
from lockhouse.faces.console.times import day_only
from lockhouse.flows import recheck as flow
from lockhouse.flows.channel import make_credential
from lockhouse.ledger.entry import KINDS
from lockhouse.model.change import Change, Draft, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import LedgerEntry, Note
from tests.faces.console.channels_world import channels, sent
from tests.faces.console.world import HOST

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faces.console.world import Browser, Console


async def _keys(made: Console, many: int) -> None:
    """So many entries of keys that were made."""
    for _ in range(many):
        await make_credential(made.house, "web", by=HOST)


async def _sealed(made: Console) -> int:
    point = await made.log.sequencer.seal_ledger()
    return point.size


def _ids(text: str) -> list[str]:
    return re.findall(r'href="/ledger/entry/([0-9a-f]{32})"', text)


def test_every_kind_of_entry_has_words() -> None:
    assert sentences(str).keys() == KINDS.keys()


async def test_entries_are_listed_the_newest_first_a_page_at_a_time_and_each_once(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        await _keys(made, 120)
        size = await _sealed(made)
        seen, path = list[str](), "/ledger"
        while path:
            page = (await keeper.get(path)).text
            seen += _ids(page)
            onward = re.findall(r'href="(/ledger\?[^"]*before=[^"]*)"', page)
            path = html.unescape(onward[0]) if onward else ""
        assert len(seen) == len(set(seen)) == size
        assert f"{size} entries in all" in (await keeper.get("/ledger")).text


async def test_entries_are_found_by_kind_actor_and_day_and_an_odd_question_is_none(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        await _keys(made, 3)
        made.clock.pass_days(2)
        await keeper.sign_in()
        await _sealed(made)
        assert len(_ids((await keeper.get("/ledger?kind=credential")).text)) == 3
        page = (await keeper.get("/ledger?kind=session")).text
        assert "karl" in page
        own = re.findall(r'<option value="(staff:[0-9a-f]{32})">karl', page)[0]
        by_karl = (await keeper.get(f"/ledger?actor={own}")).text
        assert 0 < len(_ids(by_karl)) < len(_ids((await keeper.get("/ledger")).text))
        for odd in (
            "kind=x",
            "actor=anna@x.example",
            "before=-1",
            "before=9e9",
            "day=today",
            "sql=1",
            "day=2026-02-31",
        ):
            assert (await keeper.get(f"/ledger?{odd}")).status_code == 400


async def test_a_day_is_gone_to_without_reading_what_came_since(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        await _keys(made, 5)
        before = await _sealed(made)
        made.clock.pass_days(3)
        await keeper.sign_in()
        await _keys(made, 30)
        await _sealed(made)
        from_then = day_only(made.clock.at - 3 * DAY_MS)
        page = (await keeper.get(f"/ledger?day={from_then}")).text
        assert len(_ids(page)) == before


async def test_an_entry_says_what_it_is_first_and_its_hashes_below(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        await _keys(made, 1)
        await _sealed(made)
        [own] = _ids((await keeper.get("/ledger?kind=credential")).text)
        page = html.unescape((await keeper.get(f"/ledger/entry/{own}")).text)
        assert page.index("<h1>A write key was made or ended</h1>") < page.index("Its place in the log")
        assert re.search(r"<dt>channel</dt><dd>web</dd>", page)
        assert "the machine's user" in page
        row = (await made.house.reads.get(LedgerEntry, [(bytes.fromhex(own),)]))[(bytes.fromhex(own),)]
        assert row.leaf.hex() in page
        assert (await keeper.get(f"/ledger/entry/{'0' * 32}")).status_code == 404


async def test_what_lies_beside_an_entry_is_shown_to_who_may_read_notes_alone(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, watcher):
        await _keys(made, 1)
        await _sealed(made)
        [own] = _ids((await keeper.get("/ledger?kind=credential")).text)
        text = b"\x96\xaafulfilment\xa4show\xa7support\xa9TICKET-77\x91\xa5email\x90"
        note = Note(bytes.fromhex(own), made.house.ids.random(16), b"salt" * 4, text)
        await made.house.commits.commit(Change("record", puts=(Put(Note.TABLE, note),)))
        assert "TICKET-77" in (await keeper.get(f"/ledger/entry/{own}")).text  # `ledger.*`
        shut = (await watcher.get(f"/ledger/entry/{own}")).text  # `ledger.read` alone
        assert "TICKET-77" not in shut
        assert "Your role does not read what lies beside entries" in shut


async def test_a_proof_and_a_checkpoint_verify_without_the_house(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        await _keys(made, 9)
        await _sealed(made)
        own = _ids((await keeper.get("/ledger?kind=credential")).text)[4]
        page = await keeper.get(f"/ledger/entry/{own}")
        file = await keeper.post(f"/ledger/entry/{own}/proof", {}, on=page)
        assert file.headers["content-disposition"] == f'attachment; filename="{own}.tlog-proof"'
        proof = parse_proof(file.text)
        signed = open_checkpoint(proof.checkpoint, [made.log.verifier])
        row = (await made.house.reads.get(LedgerEntry, [(bytes.fromhex(own),)]))[(bytes.fromhex(own),)]
        check_inclusion(leaf_hash(row.body), proof.index, signed.size, proof.hashes, signed.root)
        point = await keeper.post("/ledger/checkpoint", {}, on=page)
        assert open_checkpoint(point.text, [made.log.verifier]).size >= signed.size
        assert (await keeper.get(f"/ledger/entry/{own}/proof")).status_code == 405
        assert (await keeper.post(f"/ledger/entry/{'0' * 32}/proof", {}, on=page)).status_code == 404


async def test_the_newest_entries_are_verified_and_it_is_told_how_many(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        await sent(made, "web", country="DE")
        await _keys(made, 20)
        size = await _sealed(made)
        done = await keeper.post("/ledger/verify", {}, on=await keeper.get("/ledger"))
        assert (done.status_code, "As it was signed" in done.text) == (200, True)
        assert f"all {size}" in done.text
        found = await flow.recheck(made.house, sequencer=made.log.sequencer, vkey=made.log.verifier)
        assert (found.entries, found.first, found.found) == (found.size, 0, 0)


@pytest.mark.parametrize("what", ["body", "column", "gone", "moved"])
async def test_an_entry_that_was_edited_taken_away_or_moved_is_found(what: str, tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        await _keys(made, 12)
        await _sealed(made)
        rows = await made.house.reads.find(LedgerEntry, ("position",), [(7,), (8,)])
        await _spoil(made, rows, what)
        found = await flow.recheck(made.house, sequencer=made.log.sequencer, vkey=made.log.verifier)
        assert found.found > 0
        done = await _verified(keeper)
        assert done[0] == 409
        assert "What stands in the store is not what was signed" in done[1]


async def _verified(keeper: Browser) -> tuple[int, str]:
    page = await keeper.post("/ledger/verify", {}, on=await keeper.get("/account"))
    return page.status_code, page.text


async def _spoil(made: Console, rows: list[LedgerEntry], what: str) -> None:
    """Somebody who can write to the store edits it beside the house."""
    file = made.folder / "record.db"
    one, other = rows
    with sqlite3.connect(file) as db:
        if what == "body":
            other_body = one.body.replace(b"os-user:1000", b"os-user:1001")
            assert other_body != one.body
            db.execute("UPDATE ledger_entry SET body = ? WHERE id = ?", (other_body, one.id))
        elif what == "column":
            db.execute("UPDATE ledger_entry SET at = at + 1 WHERE id = ?", (one.id,))
        elif what == "gone":
            db.execute("DELETE FROM ledger_entry WHERE id = ?", (one.id,))
        else:
            db.execute("UPDATE ledger_entry SET position = NULL WHERE id = ?", (one.id,))
            db.execute("UPDATE ledger_entry SET position = 7 WHERE id = ?", (other.id,))


async def test_only_the_last_full_subtrees_are_read_however_long_the_log_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "LARGEST", 4)
    async with channels(tmp_path) as (made, _, _watcher):
        await _keys(made, 40)
        found = await flow.recheck(made.house, sequencer=made.log.sequencer, vkey=made.log.verifier)
        assert 0 <= found.entries < 8
        assert (found.first + found.entries, found.found) == (found.size, 0)


async def test_who_may_not_read_the_ledger_sees_no_entry_and_proves_none(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        await _keys(made, 1)
        await _sealed(made)
        [own] = _ids((await keeper.get("/ledger?kind=credential")).text)
        nobody = await made.hired("nils")
        home = await nobody.get("/")
        assert 'href="/ledger"' not in home.text
        for path in ("/ledger", f"/ledger/entry/{own}"):
            refused = await nobody.get(path)
            assert (refused.status_code, "LH-3011" in refused.text) == (403, True)
        for deed in ("/ledger/verify", "/ledger/checkpoint", f"/ledger/entry/{own}/proof"):
            assert (await nobody.post(deed, {}, on=home)).status_code == 403
            assert (await keeper.client.post(deed, data={})).status_code in {400, 403}  # no form of ours


async def test_an_entry_with_hostile_text_is_shown_as_text(tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    async with channels(tmp_path) as (made, keeper, _):
        body = {"actor": evil, "by": evil, "fact": evil, "until": None}
        draft = Draft(made.house.ids.new(), made.house.lane, "attestation", body)
        await made.house.commits.commit(Change("record", entries=(draft,)))
        await _sealed(made)
        own = _ids((await keeper.get("/ledger")).text)[0]
        for path in ("/ledger", f"/ledger/entry/{own}"):
            page = (await keeper.get(path)).text
            assert "<img" not in page
            assert html.escape(evil) in page
