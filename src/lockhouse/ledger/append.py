"""Entries made final: a draft becomes bytes in a lane, lanes become positions in the tree.

An entry is canonical JSON (RFC 8785) that names its house, its log, its lane, its number there and the hash of
the entry before it; its leaf is SHA-256(0x00 || bytes) (RFC 9162 §2.1), which is also the lane's new head. The
committing store appends in the same transaction as the rows, so *noted* means durable; the position in the tree
comes later, when the sequencer folds. Pure: the caller hands in the time and the identifiers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.crypto.canonical import canonical_json
from lockhouse.crypto.merkle import Frontier, leaf_hash, root
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, Tampered
from lockhouse.model.rows import LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VERSION = 1
GENESIS = bytes(32)
"""The head of a lane that has no entry yet."""
MAX_ENTRY_BYTES = 65_535
"""An entry bundle prefixes each entry with a u16 length (C2SP tlog-tiles)."""
MAX_INTAKE = 65_536
"""Records one intake entry may cover; far above a group, so that a wrong caller is found, not served."""

_WORD = re.compile(r"[a-z][a-z0-9-]{0,62}")
_ID_BYTES = 16
_HASH_BYTES = 32


class LaneState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A lane as its next writer finds it.

    Attributes:
        name: `collect-0`, `console`: a slot, reopened under a lease, so that restarts make no new ones.
        counter: the number of its newest entry; 0 before the first.
        head: the leaf hash of its newest entry, 32 bytes; `GENESIS` before the first.
    """

    name: str
    counter: int = 0
    head: bytes = GENESIS


class Folded(msgspec.Struct, frozen=True, array_like=True):
    """What a fold did: the position of each entry by id, and the tree afterwards.

    Attributes:
        positions: (entry id, position) in the order of positions, which continue densely from the old size.
        frontier: the compact range to keep for the next fold.
        root: the tree's root over `size` leaves, 32 bytes: what a checkpoint signs.
    """

    positions: list[tuple[bytes, int]]
    frontier: bytes
    size: int
    root: bytes


def is_lane(name: str) -> bool:
    """Whether a lane may be called so."""
    return _WORD.fullmatch(name) is not None


def append(  # noqa: PLR0913  # an entry is bound to all of these; a struct of them would cost a third of the time
    lane: LaneState,
    *,
    house: bytes,
    log: str,
    id: bytes,  # noqa: A002  # the column's name
    kind: str,
    body: Mapping[str, Any],
    at: int,
) -> tuple[LedgerEntry, LaneState]:
    """The next entry of a lane and the lane after it. `position` is None: the sequencer gives it later.

    Args:
        lane: as the entry before left it.
        house: 16 bytes.
        log: the origin of the tree this lane belongs to, as in its checkpoints.
        id: 16 bytes, made by the caller.
        kind: a word of `lockhouse.ledger.entry.KINDS`.
        body: what `lockhouse.ledger.entry` built: no floats, no person's value.
        at: ms since 1970, ledger time, never less than that of the entry before.

    Raises:
        Invalid: a body that is not canonicalisable, an identifier of the wrong length, a kind or lane that is no
            kebab-case word, or an entry above `MAX_ENTRY_BYTES`.
    """
    if len(house) != _ID_BYTES or len(id) != _ID_BYTES:
        raise Invalid("ledger entry", "a house and an id of 16 bytes", got=f"{len(house)} and {len(id)} bytes")
    number = lane.counter + 1
    text = (
        f'{{"at":{at:d},"body":{_encode(body)},"house":"{house.hex()}","id":"{id.hex()}","kind":{_word(kind)},'
        f'"lane":{_word(lane.name)},"log":{_quoted(log)},"n":{number:d},"prev":"{lane.head.hex()}","v":{VERSION}}}'
    ).encode()
    if len(text) > MAX_ENTRY_BYTES:
        raise Invalid(f"ledger entry {kind}", f"at most {MAX_ENTRY_BYTES} bytes", got=f"{len(text)}")
    leaf = leaf_hash(text)
    entry = LedgerEntry(id, lane.name, number, None, at, kind, text, leaf)
    return entry, LaneState(lane.name, number, leaf)


def intake_body(leaves: Sequence[bytes]) -> dict[str, Any]:
    """The body of an intake entry: how many records a group stored and the root over their salted leaves.

    Args:
        leaves: record leaf hashes of 32 bytes, in the order of the `Intake` row beside the entry.

    Raises:
        Invalid: no leaf, more than `MAX_INTAKE`, or one that is not 32 bytes.
    """
    if not 0 < len(leaves) <= MAX_INTAKE:
        raise Invalid("intake", f"1 to {MAX_INTAKE} leaves", got=str(len(leaves)))
    if any(len(leaf) != _HASH_BYTES for leaf in leaves):
        raise Invalid("intake", "leaves of 32 bytes", got="another length")
    return {"count": len(leaves), "root": root(leaves).hex()}


def fold(entries: Sequence[LedgerEntry], *, frontier: bytes, size: int) -> Folded:
    """Give every entry its position and grow the tree by their leaves.

    The order depends on the entries alone, not on how the store listed them: by lane, then by counter. Every lane
    therefore stays in its own order over any number of folds, as long as a fold takes each lane's oldest first.

    Args:
        entries: durable entries without a position; may be empty.
        frontier: what the last fold returned; empty at size 0.
        size: the number of leaves in the tree before.

    Raises:
        Tampered: an entry that has a position already, stands twice, or whose leaf is not the hash of its bytes;
            a frontier that is not that of `size` leaves.
    """
    tree = Frontier.from_bytes(frontier) if size else Frontier()
    if tree.size != size:
        raise Tampered("ledger tree: expected a frontier of the tree's size, got another")
    positions: list[tuple[bytes, int]] = []
    last = ("", 0)
    for entry in sorted(entries, key=_by_lane):
        place = (entry.lane, entry.counter)
        if entry.position is not None or place == last or not equal(entry.leaf, leaf_hash(entry.body)):
            raise Tampered("ledger entry: expected a new entry with the leaf of its bytes, got another")
        positions.append((entry.id, size + len(positions)))
        tree.append(entry.leaf)
        last = place
    return Folded(positions, tree.to_bytes(), size + len(positions), tree.root())


def _by_lane(entry: LedgerEntry) -> tuple[str, int]:
    return entry.lane, entry.counter


def _encode(body: Mapping[str, Any]) -> str:
    return canonical_json(body).decode()


@lru_cache(maxsize=1024)
def _word(word: str) -> str:
    if not _WORD.fullmatch(word):
        raise Invalid("ledger entry", "a kind and a lane in kebab-case", got="another word")
    return f'"{word}"'


@lru_cache(maxsize=64)
def _quoted(text: str) -> str:
    return canonical_json(text).decode()
