"""The destruction journal: which key serials were destroyed, when and why, outside the stores.

A restored backup brings keys back; the journal, shipped elsewhere before any destruction answers, takes them away
again. It holds random serials only, nothing of a person. One JSON line a batch; a line is whole once it ends. Each line
has a number and the hash of the line before it, so that one that was lost is missed; a house begins its journal when it
is made, so that one that is not there is missed too.

A house that was brought back begins a journal of its own, as a copy of what it was brought back with: what is destroyed
in it, say to try a backup, must never end anybody in the house that the backup is of.
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.adapters.append_only import MAX_LINE_BYTES, append_next, last_line, whole_lines
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, Tampered, Unavailable
from lockhouse.posture.world import JournalPlace

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

VERSION = 2
SERIAL_BYTES = 8
"""As in a box directory."""
BEGUN = "begun"
LOST = "lost"
"""Causes on a journal's first line, which names no key: it began with its house, or in place of one that was lost."""
RESTORED = "restored"
"""Cause on the line from which on a journal is that of a house that was brought back; it names no key either."""
_FIRST = bytes(32).hex()
_MEND = "keep this file as evidence, and put the other of the journal's two files in its place"


class Destroyed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line.

    Attributes:
        v: version of the line.
        n: its number, from 1 without a hole.
        prev: SHA-256 of the line before it, without its line feed, in hex; zeros for the first.
        at: ms since 1970.
        cause: a stable word (`person`, `compartment`, `epoch`); `begun` or `lost` for the first; `restored`.
        serials: hex of each destroyed key's serial.
    """

    v: int
    n: int
    prev: str
    at: int
    cause: str
    serials: tuple[str, ...]


class JournalFile(NamedTuple):
    """A file of a journal, as it was read: its lines, and what they say."""

    path: Path
    raw: tuple[bytes, ...]
    lines: tuple[Destroyed, ...]

    @property
    def serials(self) -> frozenset[bytes]:
        """Of every key that it names."""
        return frozenset(bytes.fromhex(serial) for line in self.lines for serial in line.serials)

    @property
    def whole(self) -> bool:
        """Whether it reaches back to the founding; without one that does nobody knows what else was destroyed."""
        return self.lines[0].cause == BEGUN

    @property
    def began(self) -> int:
        """When the restored house began whose journal it is, ms; 0 for the house that was founded."""
        return max((line.at for line in self.lines if line.cause == RESTORED), default=0)


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
        self.name = ship_to.name

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

    def follow(self, files: Sequence[JournalFile], *, at: int) -> None:
        """Both files begin as a copy of what these say together, and say that they are a restored house's from here on.

        Args:
            files: of the journals that the house was brought back with; without one a journal begins in its place.
            at: ms since 1970.

        Raises:
            Unavailable: one of the two places cannot be written.
        """
        first = max(files, key=_reach, default=None)
        lines = list(first.raw) if first else [_line(None, LOST, (), at=at)]
        named = set(first.serials) if first else set()
        for line in [line for file in files for line in file.lines]:  # where a place was away, the other went on
            if more := [serial for text in line.serials if (serial := bytes.fromhex(text)) not in named]:
                lines.append(_line(lines[-1], line.cause, more, at=line.at))
                named.update(more)
        lines.append(_line(lines[-1], RESTORED, (), at=at))
        begun = b"".join([line + b"\n" for line in lines])
        for name, path in self._places.items():
            append_next(path, lambda last: begun if last is None else b"", where=f"journal, {name}")

    def files(self) -> list[JournalFile]:
        """Each of the two files that is there and holds something.

        Raises:
            Tampered: as `read`.
            Unavailable: a file cannot be read.
        """
        return [file for path in self._places.values() if (file := _read(path))]

    def of_other_lines(self) -> list[JournalFile]:
        """The shipped files of the same house's other lines, as far as they can be read."""
        shipped, found = self._places["shipped copy"], []
        house, kind = self.name.partition(".")[0], ".".join(self.name.split(".")[-2:])
        for path in sorted(shipped.parent.glob(f"{house}.*{kind}")):
            with suppress(Tampered, Unavailable):
                file = _read(path)
                found += [file] if file and path != shipped else []
        return found

    def named(self) -> frozenset[bytes]:
        """The serials in whichever of the two files can be read."""
        found = frozenset[bytes]()
        for path in self._places.values():
            with suppress(Tampered, Unavailable):
                file = _read(path)
                found |= file.serials if file else frozenset()
        return found

    def places(self, destroyed: Collection[bytes], in_use: Collection[bytes] = ()) -> tuple[JournalPlace, ...]:
        """Each of the two files as it stands, held against the keys that the house knows to be destroyed or in use.

        Args:
            destroyed: their serials, read before this is asked: a key is written down before it is destroyed.
            in_use: serials of keys in use; none of them may be named.
        """
        wanted, living = frozenset(destroyed), frozenset(in_use)
        return tuple(_place(name, path, wanted, living) for name, path in self._places.items())

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


def _reach(file: JournalFile) -> tuple[bool, int]:
    return file.whole, len(file.lines)


def _place(name: str, path: Path, destroyed: frozenset[bytes], in_use: frozenset[bytes]) -> JournalPlace:
    place = JournalPlace(name=name, path=str(path), folder=path.parent.is_dir())
    try:
        file = _read(path)
    except Unavailable:
        return msgspec.structs.replace(place, fault="unreadable")
    except Tampered:
        return msgspec.structs.replace(place, fault="broken")
    if file is None:
        return msgspec.structs.replace(place, fault="empty" if path.is_file() else "missing")
    if not file.whole:
        return msgspec.structs.replace(place, fault="late")
    if lacking := len(destroyed - file.serials):
        return msgspec.structs.replace(place, fault="short", lacking=lacking)
    living = len(in_use & file.serials)
    return msgspec.structs.replace(place, fault="living" if living else "", living=living)


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
    file = _read(path)
    return list(file.lines) if file else None


def _read(path: Path) -> JournalFile | None:
    lines: list[Destroyed] = []
    before = _FIRST
    whole = whole_lines(path, where="journal")
    for raw in whole:
        line = _parsed(raw)
        if line.n != len(lines) + 1 or not equal(line.prev.encode(), before.encode()):
            raise Tampered(f"journal, line {len(lines) + 1}: expected the line that follows, got another", hint=_MEND)
        lines.append(line)
        before = sha256(raw).hexdigest()
    return JournalFile(path, tuple(whole), tuple(lines)) if lines else None
