"""A stored entry held against its own bytes: the columns beside them are there to find it by, and say nothing.

The tree holds the leaf of the bytes alone. Whoever may write to the store can edit a column and leave the bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.merkle import leaf_hash
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Tampered
from lockhouse.ledger.verify.lanes import Wire

if TYPE_CHECKING:
    from lockhouse.model.rows import LedgerEntry

_DECODE = msgspec.json.Decoder(Wire).decode
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def said_by(entry: LedgerEntry) -> Wire:
    """What the entry's own bytes say, whatever its columns do.

    Raises:
        Tampered: they are not those of an entry.
    """
    try:
        return _DECODE(entry.body)
    except _UNREADABLE as err:
        raise Tampered(f"ledger entry {entry.id.hex()}: expected an entry in its bytes, got something else") from err


def differing(entry: LedgerEntry) -> list[str]:
    """Names of the columns that differ from what the entry's bytes say; all but its position, which they do not.

    Of bytes that are no entry only the leaf can be held against them: that they are none is the verifier's to say.
    """
    wrong = [] if equal(entry.leaf, leaf_hash(entry.body)) else ["leaf"]
    try:
        said = _DECODE(entry.body)
    except _UNREADABLE:
        return wrong
    told = {"id": said.id, "lane": said.lane, "counter": said.n, "at": said.at, "kind": said.kind}
    there = {"id": entry.id.hex(), "lane": entry.lane, "counter": entry.counter, "at": entry.at, "kind": entry.kind}
    return [name for name, value in told.items() if there[name] != value] + wrong
