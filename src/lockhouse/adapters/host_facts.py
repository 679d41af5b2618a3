"""What the machine shows of a house folder: modes, owners, disks, sizes, who answers. Opens no store but its schema."""

from __future__ import annotations

import json
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.adapters.migrations import HEAD
from lockhouse.adapters.migrations.run import version_of
from lockhouse.adapters.spool_file import FILE as SPOOL
from lockhouse.adapters.tables import FILES
from lockhouse.errors import Unavailable
from lockhouse.posture.world import Host, Listener, Place, Root, Thing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.model.rows import Store

_ANSWER_S = 0.2


def thing_at(path: Path, *, name: str) -> Thing | None:
    """A file or folder as it stands, links not followed; None when it is not there."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return Thing(
        name=name, mode=stat.S_IMODE(found.st_mode), owned=found.st_uid == os.getuid(),
        is_link=stat.S_ISLNK(found.st_mode),
    )  # fmt: skip


def root_at(path: Path, folder: Path, *, passphrase: str = "") -> Root:
    """The root key file. That it is locked is read from its form; its keys are not.

    Args:
        path: of the file.
        folder: of the house.
        passphrase: path of the file that holds its passphrase, if it has one.
    """
    locked = False
    with suppress(OSError, ValueError):
        locked = json.loads(path.read_bytes()).get("passphrase") is not None
    there = path.is_file() or path.is_symlink()
    return Root(
        thing=thing_at(path, name=str(path)) if there else None, inside=folder.resolve() in path.resolve().parents,
        same_disk=_disk(path) == _disk(folder), locked=locked, path=str(path.absolute()),
        passphrase=thing_at(Path(os.path.realpath(passphrase)), name=passphrase) if passphrase else None,
        passphrase_path=passphrase,
    )  # fmt: skip


def place_at(path: Path, folder: Path) -> Place:
    """A folder that something is shipped to."""
    return Place(same_disk=_disk(path) == _disk(folder))


def _disk(path: Path) -> int | None:
    for place in (path, *path.parents):
        with suppress(OSError):
            return place.stat().st_dev
    return None


def things_in(folder: Path) -> tuple[Thing, ...]:
    """The folder and the files in it, but for the policy draft: that is no secret."""
    found = [thing_at(folder, name=folder.name)]
    found += [
        thing_at(one, name=one.name) for one in sorted(folder.iterdir()) if one.suffix != ".yaml" and not one.is_dir()
    ]
    return tuple(one for one in found if one is not None)


def _schema(file: Path, store: Store) -> str | None:
    try:
        return version_of(file, store) or None
    except Unavailable:
        return None


def listener(name: str, host: str, port: int, *, loopback: bool) -> Listener:
    """An address, and whether somebody answers there now."""
    answers = False
    with suppress(OSError), socket.create_connection((host, port), timeout=_ANSWER_S):
        answers = True
    return Listener(name=name, address=f"{host}:{port}", loopback=loopback, answers=answers)


def look(  # noqa: PLR0913  (what a house is made of)
    folder: Path, *, root: Path, passphrase: str, journal: Path, listeners: Sequence[Listener], tls: str,
    files: Sequence[str], public_url: bool, demo: bool,
) -> Host:  # fmt: skip
    """Everything at once.

    Args:
        passphrase: path of the file that holds the root's passphrase, or an empty text.
        files: paths that the settings name, relative to the folder or absolute.
    """
    sizes: dict[str, int] = {}
    spool = folder / SPOOL
    for store, file in FILES.items():
        wal = folder / f"{file}-wal"
        sizes[store] = wal.stat().st_size if wal.is_file() else 0
    return Host(
        things=things_in(folder), root=root_at(root, folder, passphrase=passphrase),
        journal=place_at(journal, folder),
        schema={store: _schema(folder / file, store) for store, file in FILES.items()}, wanted=HEAD, wal_bytes=sizes,
        listeners=tuple(listeners), tls=tls, public_url=public_url, demo=demo,
        folder=str(folder), spool_bytes=spool.stat().st_size if spool.is_file() else 0,
        missing_keys=tuple(one for one in files if one and not (folder / one).is_file()),
    )  # fmt: skip
