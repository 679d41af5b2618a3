"""The log as tiles (C2SP tlog-tiles): immutable files of 256 hashes or entries, and one signed checkpoint.

```
checkpoint                       the newest one, a signed note
tile/<L>/<N>[.p/<W>]             256 hashes of level L; of the last tile its W hashes
tile/entries/<N>[.p/<W>]         256 entries, each behind its length as u16 BE
leaves/<N>[.p/<W>]               ours: the lines of an export that follow these entries' own; absent where none does
```

`N` is written in groups of three digits, all but the last behind an `x`: 1234067 is `x001/x234/067`. Whoever has read
a full tile need never read it again.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.canonical import canonical_json
from lockhouse.crypto.merkle import HASH_BYTES, Frontier, leaf_hash, root
from lockhouse.errors import Invalid, Tampered
from lockhouse.ledger.verify import lines as wire
from lockhouse.ledger.verify.export import Report, verify_export
from lockhouse.ledger.verify.findings import Findings
from lockhouse.ledger.verify.lanes import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lockhouse.ledger.verify.export import Records

    Read = Callable[[str], bytes]
    """The bytes of a file of the folder, by its path with slashes; nothing for one that is not there."""

WIDTH = 256
CHECKPOINT = "checkpoint"
ENTRIES, LEAVES = "tile/entries", "leaves"
_BITS = 8
_SIZE = struct.Struct(">Q")
_LENGTH = struct.Struct(">H")
_GROUP = 1_000


def path_of(kind: str | int, number: int, width: int = WIDTH) -> str:
    """Where a tile stands: of a level, of `ENTRIES` or of `LEAVES`."""
    number, last = divmod(number, _GROUP)
    groups = [f"{last:03d}"]
    while number:
        number, group = divmod(number, _GROUP)
        groups.insert(0, f"x{group:03d}")
    place = f"tile/{kind}" if isinstance(kind, int) else kind
    partial = "" if width == WIDTH else f".p/{width}"
    return f"{place}/{'/'.join(groups)}{partial}"


def partials(size: int) -> set[str]:
    """Where the tiles of a tree of this size stand that are not full."""
    found = {path_of(kind, size // WIDTH, size % WIDTH) for kind in (ENTRIES, LEAVES) if size % WIDTH}
    level = 0
    while size >> _BITS * level:
        if width := (size >> _BITS * level) % WIDTH:
            found.add(path_of(level, size >> _BITS * (level + 1), width))
        level += 1
    return found


class Tiles:
    """The tiles of hashes of a growing tree; at most 255 hashes a level are held."""

    def __init__(self) -> None:
        self.size = 0
        self._levels: list[list[bytes]] = [[]]

    @classmethod
    def resumed(cls, size: int, read: Read) -> Tiles:
        """The tiles of a tree whose size is a multiple of 256, as they were written.

        Raises:
            Tampered: a tile that must be there is not, or not whole.
        """
        tiles, level = cls(), 1
        tiles.size = size
        while size >> _BITS * level:
            width = (size >> _BITS * level) % WIDTH
            raw = read(path_of(level, size >> _BITS * (level + 1), width)) if width else b""
            if len(raw) != width * HASH_BYTES:
                raise Tampered(f"tile of level {level}: expected {width} hashes")
            tiles._levels.append([raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)])
            level += 1
        return tiles

    def append(self, leaf: bytes) -> list[tuple[str, bytes]]:
        """Add the hash of the next leaf; the tiles that are full by it, with their paths."""
        self.size += 1
        hashes, level, full = self._levels[0], 0, []
        hashes.append(leaf)
        while len(hashes) == WIDTH:
            full.append((path_of(level, (self.size >> _BITS * (level + 1)) - 1), b"".join(hashes)))
            node, self._levels[level], level = root(hashes), [], level + 1
            if level == len(self._levels):
                self._levels.append([])
            hashes = self._levels[level]
            hashes.append(node)
        return full

    def partial(self) -> list[tuple[str, bytes]]:
        """The tiles that are not full, with their paths."""
        return [
            (path_of(level, self.size >> _BITS * (level + 1), len(hashes)), b"".join(hashes))
            for level, hashes in enumerate(self._levels)
            if hashes
        ]

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        edge = b""
        for hashes in reversed(self._levels):
            frontier = Frontier()
            for one in hashes:
                frontier.append(one)
            edge += frontier.to_bytes()[_SIZE.size :]
        return Frontier.from_bytes(_SIZE.pack(self.size) + edge).root()


def bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as their tile: each behind its length."""
    return b"".join(_LENGTH.pack(len(entry)) + entry for entry in entries)


def entries_in(raw: bytes) -> list[bytes]:
    """The entries of a tile, as far as it is whole."""
    found, at = [], 0
    while at + _LENGTH.size <= len(raw):
        (length,) = _LENGTH.unpack_from(raw, at)
        at += _LENGTH.size
        if at + length > len(raw):
            break
        found.append(raw[at : at + length])
        at += length
    return found


def size_said(checkpoint: bytes) -> int:
    """The size that a checkpoint states; nothing is verified yet.

    Raises:
        Invalid: it is no checkpoint.
    """
    lines = checkpoint.split(b"\n", 2)
    if len(lines) <= 2 or not lines[1].isdigit() or len(lines[1]) > 15:  # noqa: PLR2004  # origin, size; below 2^53
        raise Invalid("folder", "tiles of a ledger with their checkpoint", got="something else", hint=_WRITES)
    return int(lines[1])


def verify_tiles(
    read: Read, *, vkeys: Sequence[str], held: Sequence[str] = (), records: Records | None = None
) -> Report:
    """Read tiles and say all that is not as it must be: entries, lanes and tree as in an export, and each tile.

    Args:
        read: gives the files.
        vkeys: verifier keys of the log, from a source other than the tiles.
        held, records: as in `verify_export`.

    Raises:
        Invalid: one of `vkeys` is no verifier key, or there is no checkpoint.
        Tampered: a checkpoint in `held` is not signed by these keys.
    """
    tiles, found = Tiles(), Findings()
    report = verify_export(_lines(read, tiles, found), vkeys=vkeys, held=held, records=records)
    for path, raw in tiles.partial():
        _compare(read, path, raw, found)
    kept = (*report.findings, *found.kept)
    return report._replace(findings=kept, found=report.found + found.count)


def _lines(read: Read, tiles: Tiles, found: Findings) -> Iterator[bytes]:
    """The tiles as the lines of an export; every full tile of hashes is held against them by the way."""
    checkpoint = read(CHECKPOINT)
    size = size_said(checkpoint)
    origin = checkpoint.partition(b"\n")[0].decode("utf-8", "replace")
    for number in range(-(-size // WIDTH)):
        width = min(WIDTH, size - number * WIDTH)
        raw = read(path_of(ENTRIES, number, width))
        entries = entries_in(raw)
        if len(entries) != width or bundle(entries) != raw:
            found.add("changed-tile", path_of(ENTRIES, number, width), f"It does not hold {width} entries.")
        if number == 0:
            yield _line(wire.Head(export=1, house=_house_of(entries), log=origin, size=size))
        beside = read(path_of(LEAVES, number, width)).splitlines()
        for at, entry in enumerate(entries[:width], number * WIDTH):
            yield b"%b%b%b%d}" % (wire.ENTRY, entry, wire.POSITION, at)
            if beside and _is_beside(entry):
                yield beside.pop(0)
            for path, hashes in tiles.append(leaf_hash(entry)):
                _compare(read, path, hashes, found)
        if beside:
            found.add("changed-tile", path_of(LEAVES, number, width), "It holds lines that follow none of its entries.")
        if len(entries) < width:
            break  # a size is a number that anybody may have written: nobody counts up to it
    yield _line(wire.Signed(checkpoint=checkpoint.decode("utf-8", "replace")))
    yield _line(wire.Tail(end=wire.Totals(checkpoints=1, entries=size)))


def _compare(read: Read, path: str, raw: bytes, found: Findings) -> None:
    if read(path) != raw:
        found.add("changed-tile", path, "It is not there, or its hashes are not those of the entries.")


def _is_beside(entry: bytes) -> bool:
    try:
        return _decode(entry).kind in wire.BESIDE
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def _house_of(entries: Sequence[bytes]) -> str:
    """The house that the first entry names; whether the others do is the audit's to say."""
    try:
        return _decode(entries[0]).house
    except (IndexError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


def _line(value: msgspec.Struct) -> bytes:
    return canonical_json(msgspec.to_builtins(value))


_decode = msgspec.json.Decoder(Wire).decode
_WRITES = "`lockhouse ledger export --tiles FOLDER` writes them"
