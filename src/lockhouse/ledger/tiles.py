"""The log written as tiles (C2SP tlog-tiles), going on from where a folder has them. The caller does the I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.checkpoint import open_checkpoint
from lockhouse.crypto.merkle import leaf_hash
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, Tampered
from lockhouse.ledger.export import beside_line
from lockhouse.ledger.verify.lines import BESIDE
from lockhouse.ledger.verify.tiles import CHECKPOINT, ENTRIES, LEAVES, WIDTH, Tiles, bundle, partials, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockhouse.crypto.checkpoint import Checkpoint
    from lockhouse.ledger.export import Chunk
    from lockhouse.ledger.verify.tiles import Read

_HINT = "export to another folder; lockhouse ledger verify says whether the log or the tiles were changed"


class TileWriter:
    """Goes on where a folder's tiles end, with the entries from `start` on."""

    def __init__(self, read: Read, *, origin: str, vkeys: Sequence[str]) -> None:
        """The folder's own checkpoint says how far it is.

        Args:
            read: gives the folder's files.
            origin: of the log.
            vkeys: of the log.

        Raises:
            Tampered: its checkpoint was not signed by these keys, or a tile is missing or was changed.
            Invalid: it holds another log.
        """
        raw = read(CHECKPOINT)
        self._old: Checkpoint | None = open_checkpoint(raw.decode("utf-8", "replace"), vkeys) if raw else None
        if self._old is not None and self._old.origin != origin:
            raise Invalid("folder", "the tiles of this log", got="those of another")
        old = self._old.size if self._old else 0
        self.start = old - old % WIDTH
        self._tiles = Tiles.resumed(self.start, read)
        self._entries: list[bytes] = []
        self._leaves: list[bytes] = []
        self._hold()

    def take(self, chunk: Chunk) -> Iterator[tuple[str, bytes]]:
        """The files that are full by these entries, with their paths.

        Raises:
            Tampered: the entries are not those that the folder's checkpoint was signed over.
        """
        for entry in chunk.entries:
            self._entries.append(entry.body)
            if entry.kind in BESIDE:
                self._leaves.append(beside_line(entry, chunk))
            yield from self._tiles.append(leaf_hash(entry.body))
            self._hold()
            if len(self._entries) == WIDTH:
                yield from self._bundles(WIDTH)

    def _hold(self) -> None:
        if self._old and self._tiles.size == self._old.size and not equal(self._tiles.root(), self._old.root):
            raise Tampered("folder: expected the tiles of this log as it stands, got others", hint=_HINT)

    def _bundles(self, width: int) -> Iterator[tuple[str, bytes]]:
        number = (self._tiles.size - 1) // WIDTH
        yield path_of(ENTRIES, number, width), bundle(self._entries)
        if self._leaves:
            yield path_of(LEAVES, number, width), b"".join(self._leaves)
        self._entries, self._leaves = [], []

    def close(self, checkpoint: Checkpoint, text: str) -> Iterator[tuple[str, bytes]]:
        """What is left: tiles that are not full, and the checkpoint behind all others.

        Raises:
            Tampered: the entries do not have the root that it signs, or are fewer than the folder has.
        """
        if (self._tiles.size, self._tiles.root()) != (checkpoint.size, checkpoint.root):
            raise Tampered("ledger: expected the entries that were signed, got others", hint=_HINT)
        if self._old and self._old.size > checkpoint.size:
            raise Tampered("folder: expected tiles of a log that has grown since, got more than it has", hint=_HINT)
        yield from self._tiles.partial()
        if self._entries:
            yield from self._bundles(len(self._entries))
        yield CHECKPOINT, text.encode()

    def outdated(self) -> set[str]:
        """Files that a larger one has taken the place of, once the new checkpoint stands."""
        return partials(self._old.size) - partials(self._tiles.size) if self._old else set()
