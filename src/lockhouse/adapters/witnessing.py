"""A witness's folder: its key, and of each log the newest checkpoint that it cosigned.

It is no part of a house, and stands on another machine. One process at a time has it, and what was seen is durable
before a cosignature is given away: a witness that forgot could be shown two pasts (C2SP tlog-witness).
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

from lockhouse.adapters.durable import make_file, open_lock, sync_folder
from lockhouse.crypto.cosignature import witness_vkey
from lockhouse.crypto.signatures import KEY_BYTES, SigningKey
from lockhouse.errors import Tampered, Unavailable
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SEEN = "put the newest cosigned checkpoint of this log into its place, from where it is held"
LOCK, KEY, VKEY = "witness.lock", "witness.key", "witness.vkey"


class Witnessing:
    """The folder, held by this process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Witnessing]:
        """The folder, made if there is none; another process waits until the block ends.

        Raises:
            Unavailable: it cannot be made or written.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = open_lock(folder / LOCK)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield cls(folder)
            finally:
                os.close(lock)
        except OSError as error:
            raise Unavailable("witness: expected a folder that can be written, got another place") from error

    def key(self, name: str) -> SigningKey:
        """The witness's own key, made the first time; its verifier key under this name lies beside."""
        file = self._folder / KEY
        if not file.exists():
            make_file(file, SigningKey.generate().secret().reveal())  # house: allow no-reveal: it is kept here alone
        raw = file.read_bytes()
        if len(raw) != KEY_BYTES:
            raise Unavailable("witness.key: expected 32 bytes, got another length")
        key = SigningKey.from_secret(Secret(raw))
        self._replace(VKEY, f"{witness_vkey(name, key.public())}\n")
        return key

    def seen(self, origin: str) -> str:
        """The newest checkpoint of a log that was cosigned; empty for a log that is new here.

        Raises:
            Tampered: there was one, and nothing is left of it: what was seen is not forgotten by that.
        """
        file = self._folder / _name(origin)
        if not file.exists() and not file.is_symlink():
            return ""
        found = file.read_bytes().decode("utf-8", "replace")
        if not found:
            raise Tampered("witness: expected what was seen of this log before, got an empty file", hint=_SEEN)
        return found

    def keep(self, origin: str, checkpoint: str) -> None:
        """This is the newest one now, durably."""
        self._replace(_name(origin), checkpoint)

    def _replace(self, name: str, text: str) -> None:
        file, new = self._folder / name, self._folder / f"{name}.new"
        if file.exists() and file.read_bytes() == text.encode():
            return
        new.unlink(missing_ok=True)
        make_file(new, text.encode())
        new.replace(file)
        sync_folder(self._folder)


def _name(origin: str) -> str:
    """An origin is anybody's text; a file's name is not."""
    return f"{sha256(origin.encode()).hexdigest()[:32]}.checkpoint"
