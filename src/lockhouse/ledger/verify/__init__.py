"""The auditor's half: verifies an export, its records, certificates and proofs with `crypto` and `errors` alone.

Nothing of the product is believed: not its database, not its word on what the tree looked like. What is believed are
the verifier keys (and checkpoints held from elsewhere) that the auditor brings along. It cannot show events that were
never written, nor that a log was cut off behind the newest checkpoint the auditor holds.

Run it alone: ``python -m lockhouse.ledger.verify EXPORT --vkey KEY``. From code:

- `leaf_hash`, `node_hash`, `tree_root`: the tree of RFC 6962 §2.1 and RFC 9162 §2.1;
- `inclusion`, `consistency`: a proof holds, or `Tampered`; `inclusion_proof`, `consistency_proof` make them;
- `verify_export`, `verify_tiles`, `verify_records`, `verify_certificate`, `verify_proof`: what this house writes;
- `cosigners`: which witnesses saw a checkpoint.
"""

from __future__ import annotations

from lockhouse.crypto.cosignature import cosigners
from lockhouse.ledger.verify.certificate import Certificate, verify_certificate
from lockhouse.ledger.verify.export import Report, require_checkpoints, verify_export
from lockhouse.ledger.verify.findings import Finding
from lockhouse.ledger.verify.proof import Proof, verify_proof
from lockhouse.ledger.verify.records import verify_records
from lockhouse.ledger.verify.tiles import verify_tiles
from lockhouse.ledger.verify.trees import (
    consistency,
    consistency_proof,
    inclusion,
    inclusion_proof,
    leaf_hash,
    node_hash,
    tree_root,
)

__all__ = [
    "Certificate", "Finding", "Proof", "Report", "consistency", "consistency_proof", "cosigners", "inclusion",
    "inclusion_proof", "leaf_hash", "node_hash", "require_checkpoints", "tree_root", "verify_certificate",
    "verify_export", "verify_proof", "verify_records", "verify_tiles",
]  # fmt: skip
