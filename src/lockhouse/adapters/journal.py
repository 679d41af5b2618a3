"""The destruction journal: which key serials were destroyed, when and why, outside the stores.

A restored backup brings keys back; the journal, shipped elsewhere before any destruction answers, takes them away
again. It holds random serials only, nothing of a person. One JSON line a batch; a line is whole once it ends. Each line
has a number and the hash of the line before it, so that one that was lost is missed; a house begins its journal when it
is made, so that one that is not there is missed too.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.adapters.append_only import MAX_LINE_BYTES, append_next, last_line, whole_lines
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, Tampered, Unavailable
from lockhouse.posture.world import JournalPlace

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

VERSION = 2
SERIAL_BYTES = 8
"""As in a box directory."""
BEGUN = "begun"
LOST = "lost"
"""Causes on a journal's first line, which names no key: it began with its house, or in place of one that was lost."""
_FIRST = bytes(32).hex()
_MEND = "keep this file as evidence, and put the other of the journal's two files in its place"


class Destroyed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line.

    Attributes:
        v: version of the line.
        n: its number, from 1 without a hole.
        prev: SHA-256 of the line before it, without its line feed, in hex; zeros for the first.
        at: ms since 1970.
        cause: a stable word (`person`, `compartment`, `epoch`); `begun` or `lost` for the first.
        serials: hex of each destroyed key's serial.
    """

    v: int
    n: int
    prev: str
    at: int
    cause: str
    serials: tuple[str, ...]


class Known(NamedTuple):
    """What a journal's two files say together.

    Attributes:
        serials: of every key that was destroyed. `whole`: one of the files reaches back to the founding; without it
            nobody knows what else was destroyed.
    """

    serials: frozenset[bytes]
    whole: bool


class Journal:
    """An append-only file and its copy on another disk or host.

    Each is a chain of its own: after a place could not be written for a while, the two need not have the same lines.
    """

    def __init__(self, path: Path, *, ship_to: Path) -> None:
        """Name the two files; `begin` makes them.

        Raises:
            Invalid: both are the same file.
        """
        if path.resolve() == ship_to.resolve():
            raise Invalid("journal", "a second place to ship it to", got="the same file twice")
        self._places = {"house folder": path, "shipped copy": ship_to}

    def begin(self, *, at: int, cause: str = LOST) -> None:
        """Both files are there. One that was not is a copy of the other; where there is none, a journal begins.

        Args:
            at: ms since 1970.
            cause: `begun` with a new house.

        Raises:
            Unavailable: one of the two places cannot be written.
        """
        there = [path for path in self._places.values() if last_line(path, where="journal") is not None]
        lines = whole_lines(there[0], where="journal") if there else [_line(None, cause, (), at=at)]
        begun = b"".join([line + b"\n" for line in lines])
        for name, path in self._places.items():
            if path not in there:
                append_next(path, lambda last: begun if last is None else b"", where=f"journal, {name}")

    def known(self) -> Known:
        """Everything that was destroyed.

        Raises:
            Tampered: as `read`.
            Unavailable: a file cannot be read.
        """
        found = [lines for path in self._places.values() if (lines := read(path))]
        serials = frozenset(bytes.fromhex(serial) for lines in found for line in lines for serial in line.serials)
        return Known(serials, any(lines[0].cause == BEGUN for lines in found))

    def places(self, destroyed: Collection[bytes]) -> tuple[JournalPlace, ...]:
        """Each of the two files as it stands, held against the keys that the house knows to be destroyed.

        Args:
            destroyed: their serials, read before this is asked: a key is written down before it is destroyed.
        """
        wanted = frozenset(destroyed)
        return tuple(_place(name, path, wanted) for name, path in self._places.items())

    def append(self, serials: Sequence[bytes], *, cause: str, at: int) -> None:
        """Durable here and there when it returns: only then may the keys be destroyed.

        Repeating a batch does no harm: a serial is destroyed or it is not.

        Args:
            serials: 8 bytes each.
            cause: a stable word.
            at: ms since 1970.

        Raises:
            Invalid: no serial, one of another length, or more than fit a line.
            Unavailable: one of the two places cannot be written; nothing may be destroyed.
            Tampered: the last line of a place is no journal line; nothing may be destroyed.
        """
        if not serials:
            raise Invalid("journal", "serials of destroyed keys", got="none")
        if any(len(serial) != SERIAL_BYTES for serial in serials):
            raise Invalid("journal", f"serials of {SERIAL_BYTES} bytes", got="one of another length")
        longest = len(_line(None, cause, serials, at=at)) + _NUMBER_CHARS
        if longest > MAX_LINE_BYTES:
            raise Invalid("journal", f"a line of at most {MAX_LINE_BYTES} bytes", got=f"{longest}")
        self.begin(at=at)
        for name, path in self._places.items():
            append_next(path, lambda last: _line(last, cause, serials, at=at) + b"\n", where=f"journal, {name}")


_NUMBER_CHARS = 20
"""What a line may be longer than the first of its kind: digits of its number, and the line feed."""


def _line(last: bytes | None, cause: str, serials: Sequence[bytes], *, at: int) -> bytes:
    number, before = (0, _FIRST) if last is None else (_parsed(last).n, sha256(last).hexdigest())
    line = Destroyed(VERSION, number + 1, before, at, cause, tuple(serial.hex() for serial in serials))
    return msgspec.json.encode(line)


def _place(name: str, path: Path, destroyed: frozenset[bytes]) -> JournalPlace:
    place = JournalPlace(name=name, path=str(path), folder=path.parent.is_dir())
    try:
        lines = read(path)
    except Unavailable:
        return msgspec.structs.replace(place, fault="unreadable")
    except Tampered:
        return msgspec.structs.replace(place, fault="broken")
    if lines is None:
        return msgspec.structs.replace(place, fault="empty" if path.is_file() else "missing")
    if lines[0].cause != BEGUN:
        return msgspec.structs.replace(place, fault="late")
    lacking = len(destroyed - {bytes.fromhex(serial) for line in lines for serial in line.serials})
    return msgspec.structs.replace(place, fault="short" if lacking else "", lacking=lacking)


def _parsed(line: bytes) -> Destroyed:
    try:
        parsed = msgspec.json.decode(line, type=Destroyed)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Tampered("journal: expected its own lines, got another", hint=_MEND) from error
    if parsed.v != VERSION:
        raise Tampered("journal: expected lines of this version, got another", hint=_MEND)
    return parsed


def read(path: Path) -> list[Destroyed] | None:
    """Every line of a journal file, in order; None if there is no file, or nothing in it.

    A torn last line was never answered for and is left out. Lines that were taken off the end are not missed here:
    whoever knows of a destroyed key can miss its serial.

    Raises:
        Tampered: a line that is no journal line, or does not follow from the one before it: some were lost or changed.
        Unavailable: the file cannot be read.
    """
    lines: list[Destroyed] = []
    before = _FIRST
    for raw in whole_lines(path, where="journal"):
        line = _parsed(raw)
        if line.n != len(lines) + 1 or not equal(line.prev.encode(), before.encode()):
            raise Tampered(f"journal, line {len(lines) + 1}: expected the line that follows, got another", hint=_MEND)
        lines.append(line)
        before = sha256(raw).hexdigest()
    return lines or None
