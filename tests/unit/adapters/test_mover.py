"""Logs of the stores are moved into their files beside the commits."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters.group_commit.shelf import Effects
from lockhouse.adapters.migrations.run import migrate
from lockhouse.adapters.sqlite_writer.mover import EVERY_PAGES
from lockhouse.adapters.sqlite_writer.shelf import SqliteShelf
from lockhouse.adapters.tables import FILES, shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAGE = 4_096


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    migrate(tmp_path)
    return tmp_path


@pytest.fixture
def shelf(folder: Path) -> Iterator[SqliteShelf]:
    opened = SqliteShelf(folder)
    yield opened
    opened.close(in_order=True)


def _write(shelf: SqliteShelf, *, number: int, pages: int) -> None:
    """A row of so many pages, durable."""
    row = (b"p" * 16, 1, number, b"i" * 16, 0, 1, "told", 1, "n" * (pages * PAGE), b"e" * 16, b"m" * 32)
    effects = Effects()
    effects.put("consent", shapes()["consent"].key_of(row), row)
    shelf.apply("identity", effects)


def _soon(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)
    return holds()


def _movers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "mover"]


def test_a_log_that_has_grown_is_moved_though_no_commit_had_to(folder: Path, shelf: SqliteShelf) -> None:
    file = folder / FILES["identity"]
    _write(shelf, number=1, pages=EVERY_PAGES["identity"] // 2)
    assert _movers() == []
    assert file.stat().st_size < PAGE * EVERY_PAGES["identity"] // 2
    _write(shelf, number=2, pages=EVERY_PAGES["identity"] // 2)
    assert _soon(lambda: file.stat().st_size > PAGE * EVERY_PAGES["identity"])
    assert len(_movers()) == 1


def test_what_is_committed_while_a_log_is_moved_stands(shelf: SqliteShelf) -> None:
    for number in range(30):
        _write(shelf, number=number, pages=EVERY_PAGES["identity"] // 3)
    keys = [(b"p" * 16, 1, number, b"i" * 16) for number in range(30)]
    assert set(shelf.load("consent", keys)) == set(keys)


def test_a_log_is_emptied_by_a_scrub_also_while_it_is_moved(folder: Path, shelf: SqliteShelf) -> None:
    _write(shelf, number=1, pages=EVERY_PAGES["identity"] + 1)
    assert _soon(shelf.scrub)
    assert (folder / f"{FILES['identity']}-wal").stat().st_size == 0


def test_nothing_is_moved_once_the_files_are_closed(folder: Path) -> None:
    shelf = SqliteShelf(folder)
    _write(shelf, number=1, pages=EVERY_PAGES["identity"] + 1)
    shelf.close(in_order=True)
    assert _movers() == []
    SqliteShelf(folder).close(in_order=True)
