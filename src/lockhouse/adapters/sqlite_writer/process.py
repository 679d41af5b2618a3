"""The writer as a process of its own: takes the folder, opens the socket, ends with its parent."""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from lockhouse.adapters.group_commit.engine import Engine, WriterParts
from lockhouse.adapters.lifeline import bind_to_parent
from lockhouse.adapters.sqlite_writer.server import Server
from lockhouse.adapters.sqlite_writer.shelf import SqliteShelf
from lockhouse.adapters.sqlite_writer.trouble import Trouble
from lockhouse.adapters.writer_protocol import SOCKET_FILE, socket_address

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhouse.adapters.sqlite_writer.trouble import Tell

_BACKLOG = 64


def run_writer(
    folder: Path,
    make_parts: Callable[[], WriterParts],
    *,
    open_shelf: Callable[[Path], SqliteShelf] = SqliteShelf,
    tell: Tell | None = None,
) -> None:
    """Be the writer of a house until told to stop, or until the parent is gone.

    Args:
        folder: the house folder.
        make_parts: builds what needs the house's keys; called once the folder is this process's.
        open_shelf: takes the folder; tests hand in one that dies at a chosen moment.
        tell: hears what cannot be written, and when it can be again.

    Raises:
        Unavailable: another writer has the folder, its schema is not this release's, or the parent is gone.
    """
    lifeline = bind_to_parent()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold the log key
    shelf = open_shelf(folder)
    try:
        parts = make_parts()
        engine = Engine(shelf, parts)
        listener = _listen(folder)
    except BaseException:
        shelf.close(in_order=not shelf.was_cut_off)  # it had no clients of its own
        raise
    server = Server(
        shelf=shelf, engine=engine, clock=parts.clock, listener=listener, lifeline=lifeline, trouble=Trouble(tell)
    )  # fmt: skip
    signal.signal(signal.SIGTERM, lambda _signal, _frame: server.stop())
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)  # a group makes thousands of rows and no rings: looking for them cost a twelfth
    try:
        server.run()
    finally:
        with suppress(FileNotFoundError):
            (folder / SOCKET_FILE).unlink()


def _listen(folder: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with suppress(FileNotFoundError):  # left by a writer that was killed: the lock says that it is gone
        (folder / SOCKET_FILE).unlink()
    before = os.umask(0o177)
    try:
        with socket_address(folder) as address:
            listener.bind(address)
    finally:
        os.umask(before)
    listener.listen(_BACKLOG)
    listener.settimeout(0.0)
    return listener
