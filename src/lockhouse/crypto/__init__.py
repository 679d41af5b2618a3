"""The crypto room: it speaks bytes and knows nothing of persons, policies or stores.

Only this package imports `cryptography`, reveals a `Secret`'s bytes (root adapters apart) or opens a box.
Formats: docs/spec/; vectors: tests/vectors/.
"""

from __future__ import annotations

from lockhouse.crypto.blindindex import Indexer, plan_bits, suppression_tag, truncated
from lockhouse.crypto.canonical import Value, canonical_json, lp, pack_fields, unpack_fields
from lockhouse.crypto.checkpoint import (
    Checkpoint,
    Proof,
    format_proof,
    open_checkpoint,
    parse_proof,
    sign_checkpoint,
    vkey,
)
from lockhouse.crypto.credentials import MessageTags, credential_hash, looks_valid, message_tag, new_credential
from lockhouse.crypto.derive import derive, epoch_name, open_bytes, seal_bytes, stretch, unwrap, wrap
from lockhouse.crypto.keyring import Keyring
from lockhouse.crypto.merkle import (
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
)
from lockhouse.crypto.noted import Notary, Noted, refs_root
from lockhouse.crypto.ring import WrappedRing
from lockhouse.crypto.seal import SealedBox, decode_boxes, encode_boxes
from lockhouse.crypto.signatures import Entropy, RowMacs, SigningKey, check_row, equal, hmac_sha256, row_mac, verify

__all__ = [
    "Checkpoint",
    "Entropy",
    "Frontier",
    "Indexer",
    "Keyring",
    "MessageTags",
    "Notary",
    "Noted",
    "Proof",
    "RowMacs",
    "SealedBox",
    "SigningKey",
    "Value",
    "WrappedRing",
    "canonical_json",
    "check_consistency",
    "check_inclusion",
    "check_row",
    "consistency_proof",
    "credential_hash",
    "decode_boxes",
    "derive",
    "encode_boxes",
    "epoch_name",
    "equal",
    "format_proof",
    "hmac_sha256",
    "inclusion_proof",
    "leaf_hash",
    "looks_valid",
    "lp",
    "message_tag",
    "new_credential",
    "node_hash",
    "open_bytes",
    "open_checkpoint",
    "pack_fields",
    "parse_proof",
    "plan_bits",
    "refs_root",
    "root",
    "row_mac",
    "seal_bytes",
    "sign_checkpoint",
    "stretch",
    "suppression_tag",
    "truncated",
    "unpack_fields",
    "unwrap",
    "verify",
    "vkey",
    "wrap",
]
