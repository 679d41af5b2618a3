"""Checkpoints kept outside of the stores, and a writer that goes on from the newest of them or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters.anchors import Anchors, begin_line, line_of, line_text
from lockhouse.adapters.memory import MemoryStore
from lockhouse.crypto.checkpoint import sign_checkpoint, sign_note, vkey
from lockhouse.crypto.merkle import Frontier, leaf_hash
from lockhouse.crypto.signatures import SigningKey
from lockhouse.errors import Invalid, Tampered, Unavailable
from lockhouse.model.change import Change
from tests.ports.stores import Store, a_draft, found, must
from tests.ports.writer_entry import LOG, make_parts

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.adapters.group_commit.engine import WriterParts

KEY = SigningKey.generate()
VKEY = vkey(LOG, KEY.public())


def _tree(size: int) -> Frontier:
    tree = Frontier()
    for number in range(size):
        tree.append(leaf_hash(b"%d" % number))
    return tree


def _signed(tree: Frontier, *, origin: str = LOG, key: SigningKey = KEY) -> str:
    return sign_checkpoint(origin, tree.size, tree.root(), key)


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "checkpoints.jsonl", tmp_path / "elsewhere" / "checkpoints.jsonl"


@pytest.fixture
def anchors(places: tuple[Path, Path]) -> Anchors:
    return Anchors(places[0], ship_to=places[1], vkey=VKEY)


def _append(anchors: Anchors, *sizes: int) -> None:
    for size in sizes:
        anchors.append(_signed(_tree(size)), _tree(size).to_bytes())


def test_what_was_signed_stands_in_both_places_and_the_newest_is_gone_on_from(
    anchors: Anchors, places: tuple[Path, Path]
) -> None:
    assert anchors.newest() is None
    _append(anchors, 3, 5)
    newest = anchors.newest()
    assert newest is not None
    assert (newest.size, newest.tree.root(), newest.everywhere) == (5, _tree(5).root(), True)
    assert set(map(tuple, anchors.read().values())) == {(_signed(_tree(3)), _signed(_tree(5)))}
    assert [place.stat().st_mode & 0o777 for place in places] == [0o600, 0o600]


@pytest.mark.parametrize("place", [0, 1])
def test_the_place_that_knows_more_is_believed(anchors: Anchors, places: tuple[Path, Path], place: int) -> None:
    _append(anchors, 3, 5)
    lines = places[place].read_bytes().splitlines(keepends=True)
    places[place].write_bytes(lines[0])
    newest = anchors.newest()
    assert newest is not None
    assert (newest.size, newest.everywhere) == (5, False)


def test_a_torn_last_line_is_as_if_never_written(anchors: Anchors, places: tuple[Path, Path]) -> None:
    _append(anchors, 3)
    with places[0].open("ab") as file:
        file.write(b'{"checkpoint":"log')
    assert [len(texts) for texts in anchors.read().values()] == [1, 1]
    _append(anchors, 5)
    assert [len(texts) for texts in anchors.read().values()] == [2, 2]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        (_signed(_tree(4), key=SigningKey.generate()), _tree(4)),
        (_signed(_tree(4)), _tree(5)),
        (_signed(_tree(4), origin="log.example/other"), _tree(4)),
        ("no checkpoint", _tree(4)),
    ],
    ids=["another key", "another tree", "another log", "no checkpoint"],
)
def test_an_anchor_that_was_not_signed_for_this_log_and_tree_is_tampering(
    anchors: Anchors, text: str, tree: Frontier
) -> None:
    anchors.append(text, tree.to_bytes())
    with pytest.raises(Tampered):
        anchors.newest()


def test_two_places_are_asked_for_and_both_must_be_writable(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        Anchors(tmp_path / "a", ship_to=tmp_path / "." / "a", vkey=VKEY)
    with pytest.raises(Unavailable):
        _append(Anchors(tmp_path / "a", ship_to=tmp_path / "none" / "a", vkey=VKEY), 1)


def test_a_line_begins_once_and_is_signed_for_its_log(tmp_path: Path) -> None:
    assert line_of(tmp_path, vkey=VKEY) == ""
    begin_line(tmp_path, sign_note(line_text(LOG, bytes(16)), name=LOG, key=KEY))
    assert line_of(tmp_path, vkey=VKEY) == "00" * 16
    with pytest.raises(Tampered):
        line_of(tmp_path, vkey=vkey(LOG, SigningKey.generate().public()))
    with pytest.raises(Unavailable):
        begin_line(tmp_path, "another")


def _parts(anchors: Anchors) -> WriterParts:
    return replace(
        make_parts(), anchors=anchors, sign_checkpoint=lambda size, root: sign_checkpoint(LOG, size, root, KEY)
    )


async def test_a_checkpoint_is_given_away_only_once_it_is_anchored_and_no_other_is_signed_before(
    tmp_path: Path, anchors: Anchors
) -> None:
    both = MemoryStore(_parts(anchors))
    store = Store(both, both)
    await found(store)
    await must(store, Change("record", entries=(a_draft(),)))
    (tmp_path / "elsewhere").rename(tmp_path / "away")
    for _ in range(2):
        with pytest.raises(Unavailable):
            await both.seal_ledger()
        await _note_while_away(store)
    assert [row[0] for row in both.shelf.rows("checkpoint")] == [1]
    (tmp_path / "away").rename(tmp_path / "elsewhere")
    assert (await both.seal_ledger()).size == 3
    newest = anchors.newest()
    assert newest is not None
    assert (newest.size, newest.everywhere) == (3, True)


async def _note_while_away(store: Store) -> None:
    """In memory the fold comes with the commit, and tells of the place that is away; the entry stands."""
    with pytest.raises(Unavailable):
        await must(store, Change("record", entries=(a_draft(),)))
