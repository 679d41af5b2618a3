"""A lock file of a house is a plain file of its own: what a link leads to is never opened, let alone written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters.append_only import append_line
from lockhouse.adapters.durable import open_lock
from lockhouse.adapters.migrations.run import migrate
from lockhouse.adapters.sqlite_writer.shelf import SqliteShelf
from lockhouse.adapters.tables import LOCK_FILE
from lockhouse.errors import Unavailable
from lockhouse.faces.serve import sole

if TYPE_CHECKING:
    from pathlib import Path

ROOT_KEY = b'{"generations": "the only copy"}'


def serve(folder: Path) -> None:
    with sole.sole(folder, collect=""):
        pytest.fail("served under another file's name")


USES = {
    "serve": (sole.LOCK_FILE, serve),
    "writer": (LOCK_FILE, SqliteShelf),
    "migrate": (LOCK_FILE, migrate),
    "open_lock": ("any.lock", lambda folder: open_lock(folder / "any.lock")),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("link", ["symbolic", "hard", "folder"])
def test_a_lock_that_leads_elsewhere_is_not_written(tmp_path: Path, use: str, link: str) -> None:
    name, take = USES[use]
    other, folder = tmp_path / "root.key", tmp_path / "house"
    other.write_bytes(ROOT_KEY)
    folder.mkdir()
    if link == "symbolic":
        (folder / name).symlink_to(other)
    elif link == "hard":
        (folder / name).hardlink_to(other)
    else:
        (folder / name).mkdir()
    with pytest.raises(Unavailable, match=f"{name}: expected a plain file") as caught:
        take(folder)
    assert "out of the house folder" in caught.value.hint
    assert other.read_bytes() == ROOT_KEY


def test_an_append_only_file_is_not_followed_to_another(tmp_path: Path) -> None:
    other = tmp_path / "root.key"
    other.write_bytes(ROOT_KEY)
    (tmp_path / "journal.jsonl").symlink_to(other)
    with pytest.raises(Unavailable, match="journal"):
        append_line(tmp_path / "journal.jsonl", b"{}\n", where="journal")
    assert other.read_bytes() == ROOT_KEY
