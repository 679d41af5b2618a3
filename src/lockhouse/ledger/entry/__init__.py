"""What ledger entries say: one class a kind, which builds its body and reads it back.

Bodies are pseudonymous. A person stands as the 16-byte ref of a source person (which nobody can compute once the
ref key has died), staff as random identifiers, names as numbers of the name registry, free text as a salted hash
whose salt and text lie beside and can be deleted. Byte strings are lower-case hex, times ms since 1970. A field is
never taken away or given another meaning: a kind that must change gets a new word, and both are read for ever.
"""

from __future__ import annotations

from lockhouse.ledger.entry.asking import Asked
from lockhouse.ledger.entry.authority import (
    Attestation,
    Consent,
    Credential,
    Hold,
    Link,
    Pause,
    Policy,
    Suppression,
    Token,
    row_hash,
)
from lockhouse.ledger.entry.body import Body
from lockhouse.ledger.entry.correcting import Correction
from lockhouse.ledger.entry.ending import Cancellation, Completion, Confirmation, Intent, Key, serials_root
from lockhouse.ledger.entry.keeping import Acceptance, Backup, Doctor, Gap, Opened, Restore
from lockhouse.ledger.entry.parse import KINDS, Entry, parse_entry, salted
from lockhouse.ledger.entry.reading import Disclosure, Quota, Refusal, Refusals, Rework, refs_root
from lockhouse.ledger.entry.staff import (
    AccessReview,
    Factor,
    FactorStep,
    FailedSignIns,
    Flag,
    Grant,
    GrantStep,
    Means,
    ReviewStep,
    Role,
    RoleStep,
    Session,
    Staff,
    StaffIdentifier,
    StaffStep,
    StepUp,
)
from lockhouse.ledger.entry.storing import Deletion, Gone, Import, Intake, Reseal, Undo, deletion_of

__all__ = [
    "KINDS", "Acceptance", "AccessReview", "Asked", "Attestation", "Backup", "Body", "Cancellation", "Completion",
    "Confirmation", "Consent", "Correction", "Credential", "Deletion", "Disclosure", "Doctor", "Entry", "Factor",
    "FactorStep", "FailedSignIns", "Flag", "Gap", "Gone", "Grant", "GrantStep", "Hold", "Import", "Intake", "Intent",
    "Key", "Link", "Means", "Opened", "Pause", "Policy", "Quota", "Refusal", "Refusals", "Reseal", "Restore",
    "ReviewStep", "Rework", "Role", "RoleStep", "Session", "Staff", "StaffIdentifier", "StaffStep", "StepUp",
    "Suppression", "Token", "Undo", "deletion_of", "parse_entry", "refs_root", "row_hash", "salted", "serials_root",
]  # fmt: skip
