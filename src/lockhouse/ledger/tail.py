"""The ledger's tail: what is noted and not yet signed, and how it is known to be the house's own.

A signed checkpoint keeps everything before it from being rewritten. Behind the newest one there is only SHA-256, which
anybody can compute. So each lane's head carries a MAC under a key that comes from the log's: an entry that no such head
leads back to was written by somebody else, and is neither signed nor believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.derive import derive
from lockhouse.crypto.merkle import leaf_hash
from lockhouse.crypto.signatures import equal, hmac_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.model.rows import Lane, LedgerEntry
    from lockhouse.secret import Secret


class _Wire(msgspec.Struct, gc=False):
    prev: str


class Unfounded(NamedTuple):
    """What no writer of the house wrote, or what was behind it is gone: names of lanes, and entries."""

    lanes: list[str]
    entries: list[LedgerEntry]


_DECODE = msgspec.json.Decoder(_Wire).decode


def lane_key(house: bytes, log_key: Secret) -> Secret:
    """The key of a house's lane heads (docs/spec/ledger.md).

    Args:
        house: 16 bytes.
        log_key: the secret that checkpoints are signed with.
    """
    return derive(log_key, lp("lockhouse/lane/1", house))


def head_mac(key: Secret, name: str, counter: int, head: bytes) -> bytes:
    """The 32-byte MAC of a lane's newest entry: its number and its leaf."""
    return hmac_sha256(key, lp("lockhouse/lane/1", name, counter, head))


def unfounded(lanes: Iterable[Lane], tail: Iterable[LedgerEntry], *, key: Secret) -> Unfounded:
    """What of the lanes and of the tail is not the house's own.

    From each genuine head back, entry by entry: each holds the leaf of the one before it. An entry behind a hole is
    unfounded too, since nothing leads there any more.

    Args:
        lanes: as they stand, read no earlier than the tail was.
        tail: every entry that the newest anchored checkpoint does not cover.
        key: of `lane_key`.
    """
    forged, heads = [], {}
    for lane in lanes:
        if equal(lane.mac, head_mac(key, lane.name, lane.counter, lane.head)):
            heads[lane.name] = (lane.counter, lane.head)
        else:
            forged.append(lane.name)
    by_place: dict[tuple[str, int], list[LedgerEntry]] = {}
    for entry in tail:
        by_place.setdefault((entry.lane, entry.counter), []).append(entry)
    founded: set[bytes] = set()
    for name, (counter, leaf) in heads.items():
        while here := [one for one in by_place.get((name, counter), ()) if equal(leaf_hash(one.body), leaf)]:
            founded.update(one.id for one in here if equal(one.leaf, leaf))
            counter, leaf = counter - 1, _before(here[0].body)  # noqa: PLW2901  # one step back
    return Unfounded(forged, [one for same in by_place.values() for one in same if one.id not in founded])


def _before(body: bytes) -> bytes:
    """The leaf of the entry before; none, if that cannot be read."""
    try:
        return bytes.fromhex(_DECODE(body).prev)
    except (ValueError, msgspec.MsgspecError):
        return b""
