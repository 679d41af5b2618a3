"""The ledger's tail: what is noted and not yet signed, and how it is known to be the house's own.

A signed checkpoint keeps everything before it from being rewritten. Behind the newest one there is only SHA-256, which
anybody can compute. So each lane's head carries a MAC under a key that comes from the log's. From a genuine head back,
entry by entry, the way must lead to what was signed: what it does not pass was written by somebody else, and where it
breaks off something was taken away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.derive import derive
from lockhouse.crypto.merkle import leaf_hash
from lockhouse.crypto.signatures import equal, hmac_sha256
from lockhouse.errors import Invalid
from lockhouse.ledger.append import GENESIS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lockhouse.model.rows import Lane, LedgerEntry
    from lockhouse.secret import Secret


class _Wire(msgspec.Struct, gc=False):
    prev: str


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


def is_own(lane: Lane, key: Secret) -> bool:
    """Whether a writer of the house left the lane's head so, now or at some time before."""
    try:
        return equal(lane.mac, head_mac(key, lane.name, lane.counter, lane.head))
    except Invalid:  # a number that no lane has
        return False


def back(lane: Lane, unsigned: Callable[[int], Sequence[LedgerEntry]]) -> Iterator[LedgerEntry]:
    """The unsigned entries that a lane's head leads back to, the newest first.

    Args:
        lane: whose head is the house's own.
        unsigned: answers the unsigned entries of the lane that have this number: one, unless somebody planted another.
    """
    counter, leaf = lane.counter, lane.head
    while True:
        here = unsigned(counter)
        if len(here) != 1 or not equal(leaf_hash(here[0].body), leaf):
            return
        yield here[0]
        counter, leaf = before(here[0])


def before(entry: LedgerEntry) -> tuple[int, bytes]:
    """Number and leaf of the entry before this one in its lane, as it says itself."""
    try:
        return entry.counter - 1, bytes.fromhex(_DECODE(entry.body).prev)
    except (ValueError, msgspec.MsgspecError):
        return entry.counter - 1, b""


def meets(end: tuple[int, bytes], *, here: Sequence[LedgerEntry], above: Sequence[LedgerEntry]) -> bool:
    """Whether the way back ends where what was signed begins: nothing is missing, and no head was put back.

    Args:
        end: what is `before` the last entry that `back` passed; the lane's head, if it passed none.
        here: signed entries of the lane with that number; `above`: with the next.
    """
    counter, leaf = end
    signed = [leaf_hash(entry.body) for entry in here] if counter else [GENESIS]
    return not above and any(equal(one, leaf) for one in signed)
