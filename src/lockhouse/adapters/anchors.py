"""Anchors: every signed checkpoint, kept outside of the databases in two places, so that SQL alone rewrites nothing.

Whoever may write to the stores can make a ledger that hashes well, and the house would sign it; unless it still knows
what it signed before. Each line is a checkpoint with the frontier of its tree. The frontier needs no protection of its
own: it must have the root that was signed. The writer goes on from the newest anchor, or not at all.

A house brought back from a backup begins a *line* of its own (a note by the log key in its folder says which), so that
trying a backup does not stop the house it was made of. The destruction journal is a line's as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.adapters.append_only import MAX_LINE_BYTES, append_line, last_line, whole_lines
from lockhouse.adapters.durable import make_file
from lockhouse.crypto.checkpoint import open_checkpoint, open_note
from lockhouse.crypto.merkle import Frontier
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, Tampered, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

FILE = "checkpoints.jsonl"
LINE_FILE = "checkpoints.line"
"""Says, signed, which line of checkpoints the house in this folder is; absent in a house that was never restored."""
_LINE = re.compile(r"line ([0-9a-f]{32})")


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line: a signed checkpoint as text, and `Frontier.to_bytes` of its tree."""

    checkpoint: str
    frontier: bytes


class Newest(NamedTuple):
    """The newest anchor, verified: its size, the tree to go on from, and whether it stands last in both places."""

    size: int
    tree: Frontier
    everywhere: bool


class Anchors:
    """The file in the house folder and its copy in the place that the destruction journal is shipped to."""

    def __init__(self, path: Path, *, ship_to: Path, vkey: str, line: str = "") -> None:
        """Name the two files; they are made when first written.

        Args:
            path: in the house folder.
            ship_to: elsewhere.
            vkey: verifier key of the log; its name is the log's origin.
            line: of the house, in hex; empty for the first.

        Raises:
            Invalid: both are the same file.
        """
        if path.resolve() == ship_to.resolve():
            raise Invalid("anchors", "a second place to keep them in", got="the same file twice")
        self._places = {"house folder": path, "shipped copy": ship_to}
        self._vkey = vkey
        self.line = line

    def append(self, checkpoint: str, frontier: bytes) -> None:
        """The checkpoint is durable in both places when it returns. Repeating one does no harm.

        Args:
            checkpoint: the signed note.
            frontier: of the tree it signs.

        Raises:
            Invalid: both together are longer than a line may be.
            Unavailable: one of the two places cannot be written.
        """
        line = msgspec.json.encode(Anchor(checkpoint, frontier)) + b"\n"
        if len(line) > MAX_LINE_BYTES:
            raise Invalid("anchors", f"a line of at most {MAX_LINE_BYTES} bytes", got=f"{len(line)}")
        for name, path in self._places.items():
            append_line(path, line, where=f"anchors, {name}")

    def newest(self) -> Newest | None:
        """The newest anchor of either place, from the ends of the files; None if there is none at all.

        Raises:
            Tampered: the last line of a file is no checkpoint of this log with its tree.
            Unavailable: a file cannot be read.
        """
        lasts = [last_line(path, where=f"anchors, {name}") for name, path in self._places.items()]
        found = [self._open(line) for line in lasts if line is not None]
        if not found:
            return None
        size, tree = max(found, key=_size)
        return Newest(size, tree, everywhere=[one for one, _ in found] == [size] * len(self._places))

    def _open(self, line: bytes) -> tuple[int, Frontier]:
        try:
            anchor = msgspec.json.decode(line, type=Anchor)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Tampered("anchors: expected their own lines, got another") from error
        point = open_checkpoint(anchor.checkpoint, [self._vkey])
        tree = Frontier.from_bytes(anchor.frontier)
        if (
            point.origin != self._vkey.partition("+")[0]
            or tree.size != point.size
            or not equal(tree.root(), point.root)
        ):
            raise Tampered("anchors: expected a checkpoint of this log with its tree, got another")
        return point.size, tree

    def read(self) -> dict[str, list[str]]:
        """The texts in each place, by the place's name, in order; a torn last line is left out.

        Nothing is verified: a line that is no anchor is given as it stands, and does not open as a checkpoint.

        Raises:
            Unavailable: a file cannot be read.
        """
        return {
            name: [_text(line) for line in whole_lines(path, where=f"anchors, {name}")]
            for name, path in self._places.items()
        }


def _size(one: tuple[int, Frontier]) -> int:
    return one[0]


def _text(line: bytes) -> str:
    try:
        return msgspec.json.decode(line, type=Anchor).checkpoint
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return line.decode("utf-8", "replace")


def line_text(origin: str, line: bytes) -> str:
    """What the note of a line says, to be signed by the log key; no checkpoint can be read as one."""
    return f"{origin}\nline {line.hex()}\n"


def begin_line(folder: Path, note: str) -> None:
    """The house in this folder is a line of its own from now on.

    Raises:
        Unavailable: it is one already, or the folder cannot be written.
    """
    try:
        make_file(folder / LINE_FILE, note.encode())
    except OSError as error:
        raise Unavailable("anchors: expected to begin a line in a new folder, got an error") from error


def line_of(folder: Path, *, vkey: str) -> str:
    """The line of the house in this folder, in hex; empty for the first.

    Raises:
        Tampered: the note is not signed for this log.
        Unavailable: it cannot be read.
    """
    note = _note(folder)
    if not note:
        return ""
    origin, line = _line(open_note(note, [vkey]))
    if origin != vkey.partition("+")[0]:
        raise Tampered("anchors: expected the note of a line, got another")
    return line


def said_line(folder: Path) -> str:
    """The same as the folder says it, unverified: of a house whose keys are not at hand.

    Raises:
        Tampered: it is no note of a line.
        Unavailable: it cannot be read.
    """
    note = _note(folder)
    return _line(note)[1] if note else ""


def _note(folder: Path) -> str:
    try:
        return (folder / LINE_FILE).read_text("utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise Unavailable("anchors: expected a readable file, got an error") from error
    except UnicodeDecodeError as error:
        raise Tampered("anchors: expected the note of a line, got another") from error


def _line(text: str) -> tuple[str, str]:
    origin, _, rest = text.partition("\n")
    found = _LINE.fullmatch(rest.partition("\n")[0])
    if found is None:
        raise Tampered("anchors: expected the note of a line, got another")
    return origin, found[1]
