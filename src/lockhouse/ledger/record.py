"""The leaf of a stored record: what the ledger remembers of a row after the row has gone.

A leaf commits to every clear column and to the sealed boxes, under a salt of 16 random bytes that stands in the row
and goes with it: whoever holds only the leaf cannot test guesses about the person, time or channel.
"""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import TYPE_CHECKING

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.merkle import leaf_hash
from lockhouse.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockhouse.model.rows import Record

LABEL = "lockhouse/record/1"
SALT_BYTES = 16
_COLUMNS = struct.Struct(">16s16sqqqqqqq")
"""id, person, channel, event, occurred_at, received_at, assurance, proof, policy: fixed widths, so that no two rows
share bytes; the `clear` bytes follow to the end."""
_ID_BYTES, _LEAF_BYTES = 16, 32
_HEAD = lp(LABEL)
_SALT_LENGTH = struct.pack(">I", SALT_BYTES)
_HASH_LENGTH = struct.pack(">I", 32)
_LENGTH = struct.Struct(">I")


def record_leaf(salt: bytes, clear_columns: bytes, box_hashes: Sequence[bytes]) -> bytes:
    """SHA-256(0x00 || lp("lockhouse/record/1", salt, clear columns, box hash …)), 32 bytes.

    Args:
        salt: 16 random bytes of this record's own.
        clear_columns: see `clear_columns`.
        box_hashes: SHA-256 over the row's boxes column; one today, and the form has room for one a box.

    Raises:
        Invalid: a salt or a hash of another length.
    """
    if len(salt) != SALT_BYTES or any(len(one) != sha256().digest_size for one in box_hashes):
        raise Invalid("record leaf", "a salt of 16 bytes and hashes of 32", got="another length")
    return leaf_hash(lp(LABEL, salt, clear_columns, *box_hashes))


def clear_columns(row: Record) -> bytes:
    """The clear columns as one byte string: two ids of 16 bytes, seven i64 BE in the order of the table, `clear`.

    Raises:
        Invalid: an id that is not 16 bytes (a shorter one would be padded to the bytes of another).
    """
    if len(row.id) != len(row.person) or len(row.id) != 16:  # noqa: PLR2004  # ids are 16 bytes
        raise Invalid("record", "ids of 16 bytes", got="another length")
    columns = _COLUMNS.pack(
        row.id,
        row.person,
        row.channel,
        row.event,
        row.occurred_at,
        row.received_at,
        row.assurance,
        row.proof,
        row.policy,
    )
    return columns + row.clear


def record_leaf_of(row: Record) -> bytes:
    """The leaf of a row as it stands: equal to the one its intake holds, or the row was changed.

    Raises:
        Invalid: a salt or an id that is not 16 bytes.
    """
    salt = row.salt
    if len(salt) != SALT_BYTES:
        raise Invalid("record leaf", "a salt of 16 bytes", got=f"{len(salt)}")
    clear = clear_columns(row)
    # The same bytes as `record_leaf` joins, without the general joining: this runs once a stored event.
    joined = b"".join(
        (b"\x00", _HEAD, _SALT_LENGTH, salt, _LENGTH.pack(len(clear)), clear, _HASH_LENGTH, sha256(row.boxes).digest())
    )
    return sha256(joined).digest()


class LeafRows:
    """Id and leaf of record rows, at 48 bytes each: a house has millions of them."""

    def __init__(self) -> None:
        """None yet."""
        self._joined = bytearray()
        self._odd: list[tuple[bytes, bytes]] = []

    def add(self, rows: Iterable[tuple[bytes, bytes]]) -> None:
        """Some more; those whose id somebody made longer or shorter lie by themselves, and come last."""
        for record, leaf in rows:
            if len(record) == _ID_BYTES:
                self._joined += record + leaf
            else:
                self._odd.append((record, leaf))

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        """In the order in which they were added."""
        for at in range(0, len(self._joined), _ID_BYTES + _LEAF_BYTES):
            end = at + _ID_BYTES
            yield bytes(self._joined[at:end]), bytes(self._joined[end : end + _LEAF_BYTES])
        yield from self._odd
