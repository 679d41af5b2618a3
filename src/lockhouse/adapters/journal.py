"""The destruction journal: which key serials were destroyed, when and why, outside the stores.

A restored backup brings keys back; the journal, shipped elsewhere before any destruction answers, takes them away
again. It holds random serials only, nothing of a person. One JSON line a batch; a line is whole once it ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.adapters.append_only import MAX_LINE_BYTES, append_line, whole_lines
from lockhouse.errors import Invalid, Tampered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VERSION = 1
SERIAL_BYTES = 8
"""As in a box directory."""


class Destroyed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line.

    Attributes:
        v: version of the line.
        at: ms since 1970.
        cause: a stable word (`request`, `expired`, `purpose-ended`).
        serials: hex of each destroyed key's serial.
    """

    v: int
    at: int
    cause: str
    serials: tuple[str, ...]


class Journal:
    """An append-only file and its copy on another disk or host."""

    def __init__(self, path: Path, *, ship_to: Path) -> None:
        """Name the two files; they are made when first written.

        Raises:
            Invalid: both are the same file.
        """
        if path.resolve() == ship_to.resolve():
            raise Invalid("journal", "a second place to ship it to", got="the same file twice")
        self._path = path
        self._ship_to = ship_to

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
        """
        if not serials:
            raise Invalid("journal", "serials of destroyed keys", got="none")
        if any(len(serial) != SERIAL_BYTES for serial in serials):
            raise Invalid("journal", f"serials of {SERIAL_BYTES} bytes", got="one of another length")
        entry = Destroyed(VERSION, at, cause, tuple(serial.hex() for serial in serials))
        line = msgspec.json.encode(entry) + b"\n"
        if len(line) > MAX_LINE_BYTES:
            raise Invalid("journal", f"a line of at most {MAX_LINE_BYTES} bytes", got=f"{len(line)}")
        append_line(self._path, line, where="journal, house folder")
        append_line(self._ship_to, line, where="journal, shipped copy")


def read(path: Path) -> list[Destroyed]:
    """Every line of a journal file, in order; none if there is no file.

    A torn last line was never answered for and is left out.

    Raises:
        Tampered: a line that is no journal line.
        Unavailable: the file cannot be read.
    """
    try:
        lines = [msgspec.json.decode(line, type=Destroyed) for line in whole_lines(path, where="journal")]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Tampered("journal: expected its own lines, got another") from error
    if any(line.v != VERSION for line in lines):
        raise Tampered("journal: expected lines of this version, got another")
    return lines
