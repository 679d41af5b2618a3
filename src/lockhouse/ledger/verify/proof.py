"""A proof that one entry stands in the signed tree, as `lockhouse ledger prove` writes it: checked without the product.

The proof itself is a C2SP `tlog-proof`, which does not hold what it is about. The entry is taken from its `extra` line
(base64), from the line above the proof, as the command shows both on the screen, or from a file of its own.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.crypto.canonical import canonical_json
from lockhouse.crypto.checkpoint import Checkpoint, open_checkpoint, parse_proof
from lockhouse.crypto.merkle import check_inclusion, leaf_hash
from lockhouse.errors import Invalid, Tampered
from lockhouse.ledger.verify.lanes import Wire, refuse_fraction

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER = b"c2sp.org/tlog-proof@"
_EXTRA = b"extra "
_decode = msgspec.json.Decoder(Wire, float_hook=refuse_fraction).decode


class Proof(NamedTuple):
    """What a proof proves, once verified: the entry, where it stands, and the checkpoint that says so."""

    entry: Wire
    position: int
    checkpoint: Checkpoint


def verify_proof(text: bytes, *, vkeys: Sequence[str], entry: bytes = b"") -> Proof:
    """The entry and its place, if a log of these keys holds it there.

    Args:
        text: the proof; the entry may stand in it or on the line above it.
        vkeys: verifier keys of the log, from a source other than the proof.
        entry: the entry's canonical bytes, where the proof does not hold them; it counts before what does.

    Raises:
        Tampered: malformed, another entry, no such place in the tree, or not signed by these keys.
        Invalid: one of `vkeys` is no verifier key, or there is no entry at all.
    """
    above, proven = _parts(text)
    raw = (entry or _extra(proven) or above).strip(b"\n")
    if not raw:
        raise Invalid("entry", "the entry that the proof is about", got="none", hint="name its file with --entry")
    try:
        proof = parse_proof(proven.decode())
        wire = _decode(raw)
        canonical = canonical_json(msgspec.to_builtins(wire))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Invalid) as err:
        raise Tampered("proof: expected an entry in its canonical form, with a tlog-proof of version 1") from err
    checkpoint = open_checkpoint(proof.checkpoint, vkeys)
    check_inclusion(leaf_hash(raw), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    if canonical != raw or wire.log != checkpoint.origin:
        raise Tampered("proof: expected an entry of the log that signed, in its canonical form")
    return Proof(wire, proof.index, checkpoint)


def _parts(text: bytes) -> tuple[bytes, bytes]:
    """What stands above the proof, and the proof."""
    at = 0 if text.startswith(HEADER) else text.find(b"\n" + HEADER) + 1
    return text[:at], text[at:]


def _extra(proven: bytes) -> bytes:
    """The entry in the proof's own `extra` line, or nothing."""
    lines = proven.split(b"\n", 2)
    if len(lines) < 2 or not lines[1].startswith(_EXTRA):  # noqa: PLR2004  # header and extra
        return b""
    try:
        return base64.b64decode(lines[1].removeprefix(_EXTRA), validate=True)
    except binascii.Error as err:
        raise Tampered("proof: expected its extra line in base64") from err
