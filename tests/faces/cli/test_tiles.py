"""The log as a folder of tiles: written, brought up to date, verified with and without the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.ledger.verify.__main__ import main
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    return desk


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_tiles_are_written_and_verify_with_and_without_the_house(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tiles"
    made = desk.call(f"ledger export --tiles {folder}", json=True).value
    size = made["size"]
    assert _files(folder) == {
        "checkpoint", f"leaves/000.p/{size}", f"tile/0/000.p/{size}", f"tile/entries/000.p/{size}",
    }  # fmt: skip
    assert desk.call(f"ledger verify {folder} --records").out.endswith("and every record is as it was signed.\n")
    assert main([str(folder), "--vkey", made["vkey"]]) == 0
    assert capsys.readouterr().out == f"{size} entries in 2 lanes, 1 checkpoint verified\nclean\n"
    desk.clock.now += 1_000
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-2"}))
    again = desk.call(f"ledger export --tiles {folder}", json=True).value
    assert again["size"] == size + 1
    assert f"tile/0/000.p/{size}" not in _files(folder)
    assert all((folder / one).stat().st_mode & 0o077 == 0 for one in _files(folder))
    (folder / f"tile/0/000.p/{size + 1}").unlink()
    assert main([str(folder), "--vkey", made["vkey"]]) == 7
    assert f"changed-tile: tile/0/000.p/{size + 1}: " in capsys.readouterr().out


def test_an_export_says_where_it_goes_and_overwrites_nothing(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("dear", "utf-8")
    for line, got in (
        ("ledger export", "got neither"), (f"ledger export log --tiles {tmp_path / 'new'}", "got both"),
        (f"ledger export --tiles {tmp_path / 'mine'}", "a new or empty folder"),
        (f"ledger export --tiles {tmp_path / 'mine' / 'letter'}", "a new or empty folder"),
        (f"ledger verify {tmp_path / 'mine'}", "tiles of a ledger with their checkpoint"),
    ):  # fmt: skip
        seen = desk.call(line)
        assert (seen.code, seen.out) == (OUTCOMES[Invalid].exit_code, "")
        assert got in seen.err
    assert _files(tmp_path / "mine") == {"letter"}
    assert not (tmp_path / "new").exists()
