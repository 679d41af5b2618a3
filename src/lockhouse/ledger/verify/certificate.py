"""A certificate of an ending: what it says, how an entry commits to it, and its check without the product.

The entry in the ledger holds only SHA-256(lp(label, salt, canonical statement)), so that the log tells nobody what was
certified to whom; the person gets statement and salt, with a proof that the entry stands in the signed tree.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from lockhouse.crypto.canonical import canonical_json, lp
from lockhouse.crypto.checkpoint import Checkpoint, open_checkpoint, parse_proof
from lockhouse.crypto.merkle import check_inclusion, leaf_hash
from lockhouse.errors import Invalid, Tampered
from lockhouse.ledger.verify.lanes import Wire, refuse_fraction

if TYPE_CHECKING:
    from collections.abc import Sequence

LABEL = "lockhouse/certificate/1"
MIN_SALT_BYTES = 16
CANNOT_PROVE = (
    "That no copy of the destroyed keys was made before, outside of the backups listed as residues.",
    "That nothing was written down, copied out or sent elsewhere while the data could still be read.",
    "That an event which was never entered in the ledger did not happen.",
)
"""What every certificate says of itself (and no wording of a house may leave out)."""
_Hex16 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
_Hex32 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
_Salt = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2}){16,64}\Z")]


class Residue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that outlives the ending. `what`: in words; `until`: ms since 1970, None where nobody can say."""

    what: str
    until: int | None


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is certified.

    Attributes:
        house, case: hex ids. `what`: `person`, `compartment`, `epoch`. `step`: `erased` or `final`.
        asked_at, done_at: ms since 1970.
        keys: how many keys were destroyed. `serials_root`: over their serials, as in the entry.
        scope: what was ended, in the policy's words.
        recipients: who had been sent some of it and was told.
        residues: what outlives it, and until when.
        cannot_prove: `CANNOT_PROVE`, and more where a house has more to say.
    """

    house: _Hex16
    case: _Hex16
    what: Literal["person", "compartment", "epoch", "generation"]
    step: Literal["erased", "final"]
    asked_at: int
    done_at: int
    keys: int
    serials_root: _Hex32
    scope: list[str]
    recipients: list[str]
    residues: list[Residue]
    cannot_prove: list[str]


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What a certificate proves, once verified: the statement, the time and id of its entry, and where that stands."""

    statement: Statement
    entry: bytes
    at: int
    position: int
    checkpoint: Checkpoint


class Sheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The certificate's bytes: canonical JSON of these. `proof` is a whole `.tlog-proof`."""

    entry: Wire
    proof: str
    salt: _Salt
    statement: Statement
    v: Literal[1]


def commitment(statement: Statement, *, salt: bytes) -> str:
    """What the entry says of a statement, in hex.

    Args:
        statement: what is certified.
        salt: at least 16 random bytes of its own; with a known salt anyone could try statements.

    Raises:
        Invalid: a shorter salt.
    """
    if len(salt) < MIN_SALT_BYTES:
        raise Invalid("salt", "16 bytes or more", got=f"{len(salt)}")
    return sha256(lp(LABEL, salt, canonical_json(msgspec.to_builtins(statement)))).hexdigest()


def verify_certificate(text: bytes, *, vkeys: Sequence[str]) -> Certificate:
    """The certificate, if a log of these keys holds an entry that commits to its statement and says the same.

    Args:
        text: the file, canonical JSON.
        vkeys: verifier keys of the log, from a source other than the certificate.

    Raises:
        Tampered: malformed, another statement, another entry, no place in the tree, or not signed by these keys.
        Invalid: one of `vkeys` is no verifier key.
    """
    sheet = _sheet(text)
    proof = parse_proof(sheet.proof)
    checkpoint = open_checkpoint(proof.checkpoint, vkeys)
    entry = canonical_json(msgspec.to_builtins(sheet.entry))
    check_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    if sheet.entry.log != checkpoint.origin or not says_the_same(sheet.entry, sheet.statement):
        raise Tampered("certificate: expected an entry that says what the statement says")
    if sheet.entry.body["statement"] != commitment(sheet.statement, salt=bytes.fromhex(sheet.salt)):
        raise Tampered("certificate: expected the statement that the entry commits to")
    return Certificate(
        statement=sheet.statement,
        entry=bytes.fromhex(sheet.entry.id),
        at=sheet.entry.at,
        position=proof.index,
        checkpoint=checkpoint,
    )


def says_the_same(entry: Wire, statement: Statement) -> bool:
    """Whether an entry is the completion that a statement tells of, and the statement says what it cannot prove."""
    body = entry.body
    told = (body.get("what"), body.get("step"), body.get("serials"), body.get("serials_root"), entry.house)
    meant = (statement.what, statement.step, statement.keys, statement.serials_root, statement.house)
    return entry.kind == "completion" and told == meant and set(CANNOT_PROVE) <= set(statement.cannot_prove)


def _sheet(text: bytes) -> Sheet:
    try:
        sheet = _decode(text.rstrip(b"\n"))
        canonical = canonical_json(msgspec.to_builtins(sheet))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Invalid) as err:
        raise Tampered("certificate: expected one of version 1") from err
    if canonical != text.rstrip(b"\n") or "statement" not in sheet.entry.body:
        raise Tampered("certificate: expected canonical JSON of version 1")
    return sheet


_decode = msgspec.json.Decoder(Sheet, float_hook=refuse_fraction).decode
