"""Links and pipes in a folder of tiles: other files are neither written nor read for them, nor is one waited for."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid
from lockhouse.faces.outcomes import OUTCOMES
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

INVALID = OUTCOMES[Invalid].exit_code


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    assert desk.call(f"ledger export --tiles {tmp_path / 'tiles'}").code == 0
    return desk


@pytest.mark.parametrize("which", ["tile", "tile/entries", "leaves"])
def test_an_export_writes_nowhere_else(desk: Desk, tmp_path: Path, which: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(tmp_path / "tiles" / which, elsewhere)
    (tmp_path / "tiles" / which).symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*"))
    desk.clock.now += 1_000
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-2"}))
    assert desk.call(f"ledger export --tiles {tmp_path / 'tiles'}").code == INVALID
    assert sorted(elsewhere.rglob("*")) == before


def test_a_link_in_the_place_of_a_file_is_replaced_or_refused_and_never_written_through(
    desk: Desk, tmp_path: Path
) -> None:
    [tile] = (tmp_path / "tiles/tile/0/000.p").iterdir()
    kept = tmp_path / "kept"
    kept.write_bytes(tile.read_bytes())
    (tile.parent / f"{tile.name}.new").symlink_to(kept)
    tile.unlink()
    tile.symlink_to(kept)
    before = kept.read_bytes()
    desk.call(f"ledger export --tiles {tmp_path / 'tiles'}")
    assert kept.read_bytes() == before
    assert not tile.is_symlink()
    (tmp_path / "tiles/checkpoint").rename(tmp_path / "point")
    (tmp_path / "tiles/checkpoint").symlink_to(tmp_path / "point")
    assert desk.call(f"ledger export --tiles {tmp_path / 'tiles'}").code == INVALID


def test_tiles_of_a_stranger_are_not_waited_for(desk: Desk, tmp_path: Path) -> None:
    [tile] = (tmp_path / "tiles/tile/entries/000.p").iterdir()
    tile.unlink()
    os.mkfifo(tile)
    seen = desk.call(f"ledger verify {tmp_path / 'tiles'}")
    assert (seen.code, "expected plain files" in seen.err) == (INVALID, True)
    tile.unlink()
    tile.symlink_to("/dev/zero")
    assert desk.call(f"ledger verify {tmp_path / 'tiles'}").code == INVALID
