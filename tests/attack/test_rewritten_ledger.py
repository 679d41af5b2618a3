"""A database administrator writes the ledger anew with SQL and SHA-256, and deletes what was signed before."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters.clock import SystemClock
from lockhouse.adapters.writer_client import WriterClient
from lockhouse.crypto.merkle import Frontier, leaf_hash
from lockhouse.errors import Tampered
from lockhouse.model.change import Change, Draft
from tests.attack import real_house
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

HERE = "checkpoints.jsonl"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A house that was lived in and now rests: somebody looked a person up, for a purpose."""
    desk = Desk(tmp_path)
    desk.found()
    _order(desk, "A-1")
    desk.call("person find email -", typed=f"{EMAIL}\n")
    _order(desk, "A-2")
    assert desk.call("ledger verify --records").code == 0
    return desk


def _order(desk: Desk, number: str) -> None:
    desk.clock.now += 1_000
    desk.send(("Order Completed", {"email": EMAIL, "order_id": number}))


def _shipped(desk: Desk) -> Path:
    [file] = [one for one in desk.folder.rglob(f"*.{HERE}") if one.name != HERE]
    return file


def _rewrite(house: Path, *, keep: int | None = None) -> None:
    """Edit who looked, or cut the log to `keep` entries; make all that hashes hash again; drop what was signed."""
    with closing(sqlite3.connect(house / "record.db")) as store:
        rows = store.execute("SELECT id, lane, body FROM ledger_entry ORDER BY position IS NULL, position").fetchall()
        heads: dict[str, str] = {}
        numbers: dict[str, int] = {}
        tree = Frontier()
        for entry, lane, body in rows[:keep]:
            told = json.loads(body)
            new = body.replace(told["prev"].encode(), heads.get(lane, "00" * 32).encode())
            if keep is None and told["kind"] == "disclosure":
                new = new.replace(b'"actor":"os-user:', b'"actor":"os-user:9')
            leaf = leaf_hash(new)
            heads[lane], numbers[lane] = leaf.hex(), told["n"]
            store.execute(
                "UPDATE ledger_entry SET body = ?, leaf = ?, position = ? WHERE id = ?", (new, leaf, tree.size, entry)
            )
            tree.append(leaf)
        store.executemany("DELETE FROM ledger_entry WHERE id = ?", [(row[0],) for row in rows[tree.size :]])
        macs = dict(store.execute("SELECT name, mac FROM lane"))
        store.execute("DELETE FROM lane")
        store.executemany(
            "INSERT INTO lane (name, counter, head, fence, mac) VALUES (?, ?, ?, 0, ?)",
            [(lane, numbers[lane], bytes.fromhex(head), macs.get(lane, b"")) for lane, head in heads.items()],
        )
        store.execute("UPDATE house SET tree_size = ?, frontier = ?", (tree.size, tree.to_bytes()))
        store.execute("DELETE FROM checkpoint")
        store.commit()


def _kinds(desk: Desk) -> set[str]:
    seen = desk.call("ledger verify", json=True)
    assert seen.code == 7, (seen.out, seen.err)
    return {one["kind"] for one in seen.value["findings"]}


def _checkpoints(house: Path) -> int:
    with closing(sqlite3.connect(house / "record.db")) as store:
        [count] = store.execute("SELECT count(*) FROM checkpoint").fetchone()
    return int(count)


@pytest.mark.asvs("16.4.2")
def test_a_ledger_written_anew_is_named_and_not_signed(desk: Desk) -> None:
    _rewrite(desk.house)
    assert _kinds(desk) >= {"rewritten-tree", "deleted-checkpoint"}
    assert _kinds(desk) >= {"rewritten-tree", "deleted-checkpoint"}, "the first audit has not signed it"
    assert "held checkpoint of size 5: What was signed differs from what stands here, first in positions 3 to 4" in (
        desk.call("ledger verify").out
    )
    assert _checkpoints(desk.house) == 0


def test_the_house_of_a_rewritten_ledger_shows_and_signs_nothing_more(desk: Desk) -> None:
    _rewrite(desk.house)
    before = _shipped(desk).read_bytes()
    for line in ("person find email -", "ledger checkpoint", "backup create ../copy", "ledger export log.jsonl"):
        seen = desk.call(line, typed=f"{EMAIL}\n")
        assert seen.code == 7
        assert EMAIL not in seen.out
        assert "the tree that was signed last" in seen.err
        assert "lockhouse ledger verify" in seen.err
    with pytest.raises(Tampered):
        _order(desk, "A-3")
    assert _shipped(desk).read_bytes() == before
    assert _checkpoints(desk.house) == 0


async def test_the_writer_process_halts_and_its_clients_know_why(tmp_path: Path) -> None:
    house = await real_house.found(tmp_path)
    _rewrite(house, keep=1)
    with real_house.writer(house):
        client = await WriterClient.connect(house, role="test", clock=SystemClock())
        try:
            with pytest.raises(Tampered, match="the tree that was signed last"):
                await client.commit(Change("record", entries=(Draft(bytes(16), "console", "disclosure", {}),)))
            with pytest.raises(Tampered):
                await client.seal_ledger()
        finally:
            await client.close()
    assert _checkpoints(house) == 0


def test_a_log_cut_back_to_an_older_state_is_found(desk: Desk) -> None:
    _rewrite(desk.house, keep=2)
    assert "truncated-log" in _kinds(desk)
    assert desk.call("ledger checkpoint").code == 7


def test_a_whole_store_put_back_as_it_was_with_its_checkpoints_is_found(desk: Desk) -> None:
    for file in desk.house.glob("record.db*"):
        shutil.copy2(file, desk.folder / file.name)
    _order(desk, "A-9")
    for file in desk.house.glob("record.db*"):
        shutil.copy2(desk.folder / file.name, file)
    assert "truncated-log" in _kinds(desk)
    assert desk.call("person find email -", typed=f"{EMAIL}\n").code == 7


@pytest.mark.parametrize("lines", [0, 1])
@pytest.mark.asvs("16.4.3")
def test_whoever_rewrites_the_house_folder_too_is_found_by_the_shipped_copy(desk: Desk, lines: int) -> None:
    _rewrite(desk.house)
    file = desk.house / HERE
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:lines]))
    assert _kinds(desk) >= {"rewritten-tree", "deleted-checkpoint", "missing-anchors"}
    assert desk.call("ledger checkpoint").code == 7


def test_deleted_checkpoints_alone_are_named(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.house / "record.db")) as store:
        store.execute("DELETE FROM checkpoint")
        store.commit()
    assert _kinds(desk) == {"deleted-checkpoint"}


def test_an_entry_edited_behind_an_untouched_tree_is_named(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.house / "record.db")) as store:
        store.execute(
            "UPDATE ledger_entry SET body = CAST(replace(CAST(body AS TEXT), 'os-user:', 'os-user:9') AS BLOB)"
            " WHERE kind = 'disclosure'"
        )
        store.commit()
    assert "rewritten-tree" in _kinds(desk)


def test_a_tree_edited_behind_untouched_entries_is_named(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.house / "record.db")) as store:
        [raw] = store.execute("SELECT frontier FROM house").fetchone()
        store.execute("UPDATE house SET frontier = ?", (raw[:-1] + bytes([raw[-1] ^ 1]),))
        store.commit()
    assert _kinds(desk) == {"rewritten-tree"}
    assert desk.call("ledger checkpoint").code == 7


@pytest.mark.parametrize("line", [b'{"checkpoint":"forged","frontier":""}\n', b"nonsense\n"])
def test_a_forged_anchor_is_named_and_stops_the_house(desk: Desk, line: bytes) -> None:
    with _shipped(desk).open("ab") as file:
        file.write(line)
    assert _kinds(desk) == {"forged-anchor"}
    assert desk.call("ledger checkpoint").code == 7


def test_a_house_from_before_there_were_anchors_says_so_once_and_goes_on(desk: Desk) -> None:
    (desk.house / HERE).unlink()
    _shipped(desk).unlink()
    assert _kinds(desk) == {"missing-anchors"}
    assert desk.call("person find email -", typed=f"{EMAIL}\n").code == 0
    assert desk.call("ledger verify --records").code == 0


def test_trying_a_backup_does_not_stop_the_house_it_was_made_of(desk: Desk) -> None:
    assert desk.call("backup create ../copy").code == 0
    assert desk.call("backup restore ../copy --to ../back").code == 0
    for where in ("-C ../back ", "", "-C ../back ", ""):
        assert desk.call(f"{where}person find email -", typed=f"{EMAIL}\n").code == 0
        assert desk.call(f"{where}ledger verify --records").code == 0


def test_the_note_of_a_line_is_believed_only_if_it_is_signed(desk: Desk) -> None:
    (desk.house / "checkpoints.line").write_text("lockhouse\nline " + "00" * 16 + "\n\n\u2014 x AAAAAAAA\n")
    assert desk.call("ledger checkpoint").code == 7


@pytest.mark.parametrize("line", ["doctor", "doctor --production"])
def test_the_doctor_finds_a_house_that_has_halted(desk: Desk, line: str) -> None:
    before = {one["check"]: one["state"] for one in desk.call(line, json=True).value["results"]}
    assert before["ledger"] == "PASS"
    _rewrite(desk.house)
    seen = desk.call(line, json=True)
    [told] = [one for one in seen.value["results"] if one["check"] == "ledger"]
    assert (seen.code, told["state"], told["mend"]) == (1, "FAIL", "lockhouse ledger verify")
    assert "cut off or written anew" in told["sentence"]
