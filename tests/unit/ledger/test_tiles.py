"""The log as tiles: the shapes of C2SP tlog-tiles, what an auditor reads from them alone, and what is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.crypto.checkpoint import open_checkpoint
from lockhouse.crypto.merkle import leaf_hash
from lockhouse.errors import Invalid, Tampered
from lockhouse.ledger.export import Chunk
from lockhouse.ledger.tiles import TileWriter
from lockhouse.ledger.verify import tree_root, verify_export, verify_tiles
from lockhouse.ledger.verify.tiles import Tiles, entries_in, partials, path_of
from tests.unit.ledger.logs import Log, busy, kinds

if TYPE_CHECKING:
    from collections.abc import Callable

Files = dict[str, bytes]


def _write(log: Log, files: Files) -> set[str]:
    """Bring the files up to the log as it stands; which are new."""
    before = dict(files)
    writer = TileWriter(_reading(files), origin=log.origin, vkeys=log.vkeys)
    rows = log.entries[writer.start :]
    chunk = Chunk(entries=rows, intakes=log.intakes, deletions=log.deletions, checkpoints=())
    text = log.checkpoints[-1].text
    files.update(writer.take(chunk))
    files.update(writer.close(open_checkpoint(text, log.vkeys), text))
    for path in writer.outdated():
        files.pop(path, None)
    return {path for path, raw in files.items() if before.get(path) != raw}


def _reading(files: Files) -> Callable[[str], bytes]:
    return lambda path: files.get(path, b"")


def _looks(log: Log, count: int) -> None:
    for _ in range(count):
        log.look()
    log.seal()


def test_tiles_stand_where_the_specification_puts_them() -> None:
    assert path_of(0, 1_234_067) == "tile/0/x001/x234/067"
    assert path_of(1, 0, 17) == "tile/1/000.p/17"
    assert path_of("tile/entries", 273, 112) == "tile/entries/273.p/112"
    # The example of C2SP tlog-tiles: a tree of 70,000 leaves.
    assert {one for one in partials(70_000) if one.startswith("tile/") and "entries" not in one} == {
        "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1",
    }  # fmt: skip


def test_seventy_thousand_leaves_have_the_tiles_of_the_example() -> None:
    tiles, full = Tiles(), []
    leaves = [leaf_hash(at.to_bytes(4, "big")) for at in range(70_000)]
    for leaf in leaves:
        full += [path for path, raw in tiles.append(leaf) if len(raw) == 8_192]
    assert [sum(path.startswith(f"tile/{level}/") for path in full) for level in range(3)] == [273, 1, 0]
    assert {path: len(raw) // 32 for path, raw in tiles.partial()} == {
        "tile/0/273.p/112": 112, "tile/1/001.p/17": 17, "tile/2/000.p/1": 1,
    }  # fmt: skip
    assert tiles.root() == tree_root(leaves)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_tiles_verify_as_the_export_does(size: int) -> None:
    log, files = Log(), Files()
    log.store(3)
    _looks(log, size - 1)
    _write(log, files)
    report = verify_tiles(_reading(files), vkeys=log.vkeys)
    assert report.findings == ()
    assert (report.entries, report.root) == (size, verify_export(log.lines(), vkeys=log.vkeys).root)
    full = {path_of(kind, number) for number in range(size // 256) for kind in (0, "tile/entries")}
    beside = {"leaves/000"} if size >= 256 else {path_of("leaves", 0, size)}
    assert set(files) == {"checkpoint"} | full | beside | {one for one in partials(size) if "leaves" not in one}


def test_the_leaves_beside_are_there_so_that_records_can_be_held_against_tiles() -> None:
    log, files = busy(), Files()
    _write(log, files)
    assert verify_tiles(_reading(files), vkeys=log.vkeys, records=log.rows).findings == ()
    gone = next(iter(log.records))
    del log.records[gone]
    report = verify_tiles(_reading(files), vkeys=log.vkeys, records=log.rows)
    assert [(one.kind, one.where) for one in report.findings] == [("missing-record", f"record {gone.hex()}")]


def test_a_later_export_writes_only_what_is_new() -> None:
    log, files = Log(), Files()
    _looks(log, 600)
    _write(log, files)
    old = files["checkpoint"].decode()
    _looks(log, 30)
    assert _write(log, files) == {
        "checkpoint", "tile/0/002.p/118", "tile/entries/002.p/118",
    }  # fmt: skip
    assert "tile/0/002.p/88" not in files
    assert verify_tiles(_reading(files), vkeys=log.vkeys, held=[old]).findings == ()
    _looks(log, 200)
    new = _write(log, files)
    assert "tile/0/002" in new
    assert {"tile/0/000", "tile/0/001", "tile/entries/000", "tile/entries/001"}.isdisjoint(new)
    assert verify_tiles(_reading(files), vkeys=log.vkeys).entries == 830
    assert _write(log, files) == set()


@pytest.mark.parametrize("size", [256, 300, 512])
def test_a_log_that_was_cut_off_or_rewritten_is_not_written_over_its_tiles(size: int) -> None:
    log, files = Log(), Files()
    _looks(log, size)
    _write(log, files)
    kept = dict(files)
    shorter = Log()
    _looks(shorter, size - 20)
    with pytest.raises(Tampered):
        _write(shorter, files)
    other = Log()
    other.look(lane="privacy")
    _looks(other, size + 300)
    with pytest.raises(Tampered, match=r"expected the (tiles of this log as it stands|entries that were signed)"):
        _write(other, files)
    elsewhere = Log(origin="lockhouse.example/quay")
    _looks(elsewhere, size + 20)
    with pytest.raises((Invalid, Tampered)):
        _write(elsewhere, files)
    assert files["checkpoint"] == kept["checkpoint"]
    assert verify_tiles(_reading(files), vkeys=log.vkeys).findings == ()


@pytest.mark.parametrize("size", [512, 600])
def test_tiles_that_were_changed_are_not_gone_on_from(size: int) -> None:
    log, files = Log(), Files()
    _looks(log, size)
    _write(log, files)
    _looks(log, 10)
    files["tile/1/000.p/2"] = _flip(files["tile/1/000.p/2"], 40)
    with pytest.raises(Tampered, match="expected the tiles of this log as it stands"):
        _write(log, files)
    del files["tile/1/000.p/2"]
    with pytest.raises(Tampered, match="tile of level 1: expected 2 hashes"):
        _write(log, files)


def _flip(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("tile/0/000", "changed-tile"), ("tile/0/001.p/44", "changed-tile"), ("tile/1/000.p/1", "changed-tile"),
        ("tile/entries/000", "changed-tile"), ("tile/entries/001.p/44", "changed-tile"),
        ("checkpoint", "forged-checkpoint"), ("leaves/000", "malformed-line"),
    ],
)  # fmt: skip
def test_a_file_that_was_changed_or_taken_away_is_named(path: str, kind: str) -> None:
    log, files = Log(), Files()
    log.store(2)
    _looks(log, 299)
    _write(log, files)
    place = len(files[path]) - 80 if path == "checkpoint" else len(files[path]) // 2
    changed = files | {path: _flip(files[path], place)}
    assert kind in kinds(verify_tiles(_reading(changed), vkeys=log.vkeys))
    del changed[path]
    if path == "checkpoint":
        with pytest.raises(Invalid, match="expected tiles of a ledger with their checkpoint"):
            verify_tiles(_reading(changed), vkeys=log.vkeys)
    else:
        assert not verify_tiles(_reading(changed), vkeys=log.vkeys).clean


def test_lines_that_follow_no_entry_are_named() -> None:
    log, files = Log(), Files()
    log.store(2)
    _looks(log, 3)
    _write(log, files)
    [path] = [one for one in files if one.startswith("leaves/")]
    files[path] += b'{"leaves":"","of":"","records":""}\n'
    report = verify_tiles(_reading(files), vkeys=log.vkeys)
    assert [(one.kind, one.where) for one in report.findings] == [("changed-tile", path)]


def test_tiles_older_than_a_held_checkpoint_are_a_log_that_was_cut_off() -> None:
    log, files = Log(), Files()
    _looks(log, 10)
    _write(log, files)
    _looks(log, 10)
    report = verify_tiles(_reading(files), vkeys=log.vkeys, held=[log.checkpoints[-1].text])
    assert kinds(report) == {"truncated-log"}


def test_a_size_that_nothing_has_is_not_counted_up_to() -> None:
    log, files = Log(), Files()
    _looks(log, 10)
    _write(log, files)
    files["checkpoint"] = files["checkpoint"].replace(b"\n10\n", b"\n999999999999\n", 1)
    assert {"forged-checkpoint", "incomplete-export", "changed-tile"} <= kinds(
        verify_tiles(_reading(files), vkeys=log.vkeys)
    )


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\x00\x05abc", b"\xff\xff"])
def test_a_bundle_that_is_not_whole_gives_what_it_has(raw: bytes) -> None:
    assert entries_in(b"\x00\x02ab" + raw) == [b"ab"]
