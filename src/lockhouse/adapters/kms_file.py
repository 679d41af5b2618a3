"""The root key in a file: the default, for one host and for trying Lockhouse.

One JSON file of mode 0600, outside the house folder. Each generation has its own random 32-byte key, in hex, or
sealed under a passphrase (Argon2id). Every call reads the file anew, so that a generation destroyed by one process
is gone for all of them. It never claims that a destroyed generation is final: copies of a file, snapshots and worn
flash cells are out of its sight.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from lockhouse.adapters.durable import sync_folder
from lockhouse.crypto import derive, equal, hmac_sha256, lp, open_bytes, seal_bytes, stretch
from lockhouse.errors import Conflict, Invalid, Tampered, Unavailable
from lockhouse.model.ports import RootStatus
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY_BYTES = 32
SALT_BYTES = 16
MAX_FILE_BYTES = 1_048_576
_CHECK_BYTES = 8
_PLACE = "lockhouse/root-file/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Argon2:
    """What a passphrase costs to try (RFC 9106 §4: as much memory as the host can spare)."""

    memory_kib: int = 262_144
    iterations: int = 3
    lanes: int = 1


_Hex = Annotated[str, msgspec.Meta(pattern="^([0-9a-f][0-9a-f])+$")]


class _Passphrase(msgspec.Struct, forbid_unknown_fields=True):
    salt: _Hex
    memory_kib: int
    iterations: int
    lanes: int
    verifier: _Hex


class _Generation(msgspec.Struct, forbid_unknown_fields=True):
    key: _Hex
    check: _Hex


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: Literal[1]
    last: int
    generations: dict[int, _Generation]
    passphrase: _Passphrase | None = None


_parse = msgspec.json.Decoder(_File).decode


def default_root(house: str) -> Path:
    """Where the root key file goes by default: never in the house folder, so that a copy of that is not everything."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return config / "lockhouse" / "roots" / f"{house}.root"


class FileRoot:
    """A root whose generations live in one file. Made by `create` or `open`."""

    def __init__(
        self, path: Path, *, lock: Secret | None, entropy: Callable[[int], bytes], usual: Path | None = None
    ) -> None:
        self._path = path
        self._usual = usual
        self._lock = lock
        self._entropy = entropy

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        passphrase: Secret | None,
        argon2: Argon2 | None = None,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> FileRoot:
        """A new root without generations, durable when this returns.

        Args:
            path: of a file that does not exist, in a folder that does.
            passphrase: locks the file; None leaves the keys readable to whoever reads the file.
            argon2: what a try of the passphrase costs; None is 256 MiB, three passes.
            entropy: random bytes, fit for keys.

        Raises:
            Conflict: the file exists.
            Unavailable: the folder does not, or cannot be written.
            Invalid: Argon2id does not take these parameters.
        """
        locked, lock = None, None
        if passphrase is not None:
            cost, salt = argon2 or Argon2(), entropy(SALT_BYTES)
            parameters = {"memory_kib": cost.memory_kib, "iterations": cost.iterations, "lanes": cost.lanes}
            lock = stretch(passphrase, salt, **parameters)
            verifier = seal_bytes(lock, b"", lp(_PLACE, "verifier"), entropy=entropy)
            locked = _Passphrase(salt=salt.hex(), verifier=verifier.hex(), **parameters)
        root = cls(path, lock=lock, entropy=entropy)
        try:
            root._write_new(path, _File(version=1, last=0, generations={}, passphrase=locked))
            sync_folder(path.parent)
        except FileExistsError as err:
            raise Conflict(
                "root file: expected no file yet, got one",
                hint="it may be another house's only root: leave it, and name another place",
            ) from err
        except OSError as err:
            raise Unavailable("root file: expected a folder that can be written") from err
        return root

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        passphrase: Secret | None = None,
        usual: Path | None = None,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> FileRoot:
        """The root in an existing file.

        Args:
            path: of the file.
            passphrase: that locks it.
            usual: where it would be if nobody had chosen another place; for whoever looks for it.
            entropy: random bytes, fit for keys.

        Raises:
            Unavailable: the file is missing, readable to others, a link, or locked with another passphrase.
            Tampered: it is no root file, or changed.
        """
        root = cls(path, lock=None, entropy=entropy, usual=usual)
        locked = root._read().passphrase
        if locked is None:
            return root
        if passphrase is None:
            raise Unavailable("root file: expected its passphrase", hint="the file is locked")
        try:
            lock = stretch(
                passphrase,
                bytes.fromhex(locked.salt),
                memory_kib=locked.memory_kib,
                iterations=locked.iterations,
                lanes=locked.lanes,
            )
        except Invalid as err:
            raise Tampered("root file: expected parameters of Argon2id") from err
        try:
            open_bytes(lock, bytes.fromhex(locked.verifier), lp(_PLACE, "verifier"))
        except Tampered as err:
            raise Unavailable("root file: expected its passphrase", hint="this one does not open it") from err
        root._lock = lock
        return root

    @property
    def is_locked(self) -> bool:
        """Whether a passphrase locks the file."""
        return self._lock is not None

    async def wrap(self, generation: int, plaintext: Secret, aad: bytes) -> bytes:
        """A key under the generation's root key, bound to `aad`.

        Raises:
            Unavailable: no such generation (any more), or the file is away or locked.
            Tampered: the file was changed.
        """
        key = await asyncio.to_thread(self._key, generation)
        return seal_bytes(derive(key, lp("lockhouse/root-wrap/1")), plaintext.reveal(), aad, entropy=self._entropy)

    async def unwrap(self, generation: int, blob: bytes, aad: bytes) -> Secret:
        """The key that `wrap` wrapped.

        Raises:
            Unavailable: no such generation (any more), or the file is away or locked.
            Tampered: other bytes, another generation or another `aad`; or the file was changed.
        """
        key = await asyncio.to_thread(self._key, generation)
        return Secret(open_bytes(derive(key, lp("lockhouse/root-wrap/1")), blob, aad))

    async def mac(self, generation: int, message: bytes) -> bytes:
        """The 32-byte HMAC-SHA256 of a message under a key of the generation that wraps nothing.

        Raises:
            Unavailable: no such generation (any more), or the file is away or locked.
            Tampered: the file was changed.
        """
        key = await asyncio.to_thread(self._key, generation)
        return hmac_sha256(derive(key, lp("lockhouse/root-mac/1")), message)

    async def new_generation(self) -> int:
        """Make a generation with its own random key; durable when this returns. Numbers are never used again.

        Raises:
            Unavailable: the file is away, or cannot be written.
            Tampered: the file was changed.
        """
        return await asyncio.to_thread(self._new_generation)

    async def destroy_generation(self, generation: int) -> None:
        """Take the generation's key out of the file; every call that names it fails from now on.

        Raises:
            Unavailable: no such generation (any more), or the file is away or cannot be written.
            Tampered: the file was changed.
        """
        await asyncio.to_thread(self._destroy_generation, generation)

    async def status(self) -> RootStatus:
        """Which generations exist and which did.

        Raises:
            Unavailable: the file is away.
            Tampered: the file was changed.
        """
        file = await asyncio.to_thread(self._read)
        destroyed = tuple(one for one in range(1, file.last + 1) if one not in file.generations)
        return RootStatus(
            kind="file", place=str(self._path), generations=tuple(sorted(file.generations)), destroyed=destroyed,
            final=False,
        )  # fmt: skip

    # The file --------------------------------------------------------------------------------------

    def _read(self) -> _File:
        try:
            # O_NOFOLLOW: a link could make us trust, or overwrite, a file of someone else's choosing.
            handle = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError as err:
            raise self._away("none") from err
        except OSError as err:
            raise self._away("a link, or one that we may not open") from err
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise self._away("a folder, or something else")
            if stat.S_IMODE(found.st_mode) & 0o077:
                raise Unavailable("root file: expected mode 0600", hint="chmod 600 it, and ask who has read it")
            with os.fdopen(handle, "rb", closefd=False) as stream:
                raw = stream.read(MAX_FILE_BYTES)
        finally:
            os.close(handle)
        try:
            return _parse(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError) as err:
            raise Tampered("root file: expected a root file of version 1") from err

    def _away(self, got: str) -> Unavailable:
        """Where the file was looked for, and where else it may be. A path of the settings is nobody's value."""
        hint = "bring it back from its copy, or set `root` in lockhouse.toml to where it is"
        if self._usual is not None and self._usual != self._path:
            there = self._usual.is_file()
            hint += f"; {'there is one at' if there else 'unless init was told otherwise that is'} {self._usual}"
        return Unavailable(f"root file: expected a file of our own at {self._path.absolute()}, got {got}", hint=hint)

    def _key(self, generation: int) -> Secret:
        entry = self._read().generations.get(generation)
        if entry is None:
            raise Unavailable(f"root file: expected generation {generation}", hint="it may have been destroyed")
        key = Secret(bytes.fromhex(entry.key))
        if self._lock is not None:
            key = Secret(open_bytes(self._lock, key.reveal(), lp(_PLACE, generation)))
        if len(key) != KEY_BYTES or not equal(_check(generation, key), bytes.fromhex(entry.check)):
            raise Tampered("root file: expected keys whose checks are right")
        return key

    def _new_generation(self) -> int:
        with self._changing() as file:
            file.last += 1
            key = Secret(self._entropy(KEY_BYTES))
            stored = key.reveal()
            if self._lock is not None:
                stored = seal_bytes(self._lock, stored, lp(_PLACE, file.last), entropy=self._entropy)
            file.generations[file.last] = _Generation(key=stored.hex(), check=_check(file.last, key).hex())
        return file.last

    def _destroy_generation(self, generation: int) -> None:
        with self._changing() as file:
            if file.generations.pop(generation, None) is None:
                raise Unavailable(f"root file: expected generation {generation}", hint="it may have been destroyed")

    @contextmanager
    def _changing(self) -> Iterator[_File]:
        """The file's content, to be changed; written back whole, or not at all."""
        try:
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as err:
            raise Unavailable("root file: expected its folder") from err
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)  # two processes must not both make generation 2
            file = self._read()
            yield file
            self._replace(file)
        except OSError as err:
            raise Unavailable("root file: expected a folder that can be written") from err
        finally:
            os.close(folder)

    def _replace(self, file: _File) -> None:
        beside = self._path.with_name(self._path.name + ".new")
        with suppress(FileNotFoundError):
            beside.unlink()  # left by a crash; we hold the folder's lock
        self._write_new(beside, file)
        beside.replace(self._path)
        sync_folder(self._path.parent)

    def _write_new(self, path: Path, file: _File) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(json.dumps(msgspec.to_builtins(file, str_keys=True), indent=1).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())


def _check(generation: int, key: Secret) -> bytes:
    """Eight bytes that tell a damaged key before it wraps something that could never be unwrapped."""
    return hmac_sha256(key, lp(_PLACE, "check", generation))[:_CHECK_BYTES]
