"""Certificates written: what is told to the person, what the ledger entry holds of it, and the file they get.

Order: make the `Statement`, put `commitment(statement, salt)` into the completion entry, commit, fold, sign a
checkpoint, then `certificate(…)`. The salt is given to the person and kept nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lockhouse.crypto.canonical import canonical_json
from lockhouse.crypto.checkpoint import format_proof
from lockhouse.errors import Invalid
from lockhouse.ledger.verify.certificate import (
    CANNOT_PROVE,
    Residue,
    Sheet,
    Statement,
    commitment,
    says_the_same,
)
from lockhouse.ledger.verify.lanes import Wire

__all__ = ["CANNOT_PROVE", "Place", "Residue", "Statement", "certificate", "commitment"]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an entry stands: its position, the audit path to the root, and the signed checkpoint of that root."""

    position: int
    path: Sequence[bytes]
    checkpoint: str


def certificate(statement: Statement, *, salt: bytes, entry: bytes, place: Place) -> bytes:
    """The certificate's file: canonical JSON and a line feed, verified by `verify_certificate` alone.

    Args:
        statement: what the entry commits to.
        salt: the one it was committed with.
        entry: the completion entry, as stored.
        place: in the tree.

    Raises:
        Invalid: the entry does not commit to this statement with this salt, or says something else than it.
    """
    try:
        held = msgspec.json.decode(entry, type=Wire)
    except (msgspec.MsgspecError, UnicodeDecodeError) as err:
        raise Invalid("certificate", "an entry of the ledger", got="something else") from err
    if not says_the_same(held, statement) or held.body.get("statement") != commitment(statement, salt=salt):
        raise Invalid("certificate", "an entry that commits to its statement", got="another")
    proof = format_proof(place.position, place.path, place.checkpoint)
    sheet = Sheet(entry=held, proof=proof, salt=salt.hex(), statement=statement, v=1)
    return canonical_json(msgspec.to_builtins(sheet)) + b"\n"
