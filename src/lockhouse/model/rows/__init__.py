"""Every row of both stores, as typed values; the tables' only definition.

A row class names its store, its key and its indexes once; adapters derive DDL, statements and wire frames from
it. Rows hold ids, keyed hashes, sealed bytes and small integers, never a person's value. Column kinds follow the
annotation: `bytes` BLOB, `int` INTEGER, `str` TEXT, `| None` nullable. Rows marked `authority` give someone or
something a right; they carry a MAC over their content and the ledger entry that made them, checked on load.
"""

from __future__ import annotations

from lockhouse.model.rows.approval import PolicyApproval
from lockhouse.model.rows.asked import Asked
from lockhouse.model.rows.authority import Attestation, Consent, Credential, HookSecret, Suppression
from lockhouse.model.rows.base import Row, Store
from lockhouse.model.rows.brought import Import, Imported
from lockhouse.model.rows.corrected import Correction
from lockhouse.model.rows.grant import AccessGrant, PersonFlag, StaffIdentifier
from lockhouse.model.rows.happened import Drop, DropList, Outbox, Quarantined, Receipt, Record, Seal, Snapshot
from lockhouse.model.rows.held import HeldKey, Hold
from lockhouse.model.rows.keys import EpochKey, HouseSecret, IndexKey, Kek, KeyRing, Limbo, Tombstone
from lockhouse.model.rows.ledger import Checkpoint, Deletion, Intake, Lane, LedgerEntry, Note
from lockhouse.model.rows.mail import QueuedMail
from lockhouse.model.rows.repeat import Repeat
from lockhouse.model.rows.review import AccessReview
from lockhouse.model.rows.running import House, Intent, Job, Name, Pause, PolicyVersion, Quota, ReadShut
from lockhouse.model.rows.staff import (
    Attempts,
    Ceremony,
    Factor,
    FactorUse,
    FailedSignIn,
    Invite,
    Session,
    Staff,
    StaffLogin,
    StaffRole,
)
from lockhouse.model.rows.token import Token, TokenUse
from lockhouse.model.rows.who import ErasedMark, Identifier, Link, Lookup, Person

__all__ = [
    "AccessGrant",
    "AccessReview",
    "Asked",
    "Attempts",
    "Attestation",
    "Ceremony",
    "Checkpoint",
    "Consent",
    "Correction",
    "Credential",
    "Deletion",
    "Drop",
    "DropList",
    "EpochKey",
    "ErasedMark",
    "Factor",
    "FactorUse",
    "FailedSignIn",
    "HeldKey",
    "Hold",
    "HookSecret",
    "House",
    "HouseSecret",
    "Identifier",
    "Import",
    "Imported",
    "IndexKey",
    "Intake",
    "Intent",
    "Invite",
    "Job",
    "Kek",
    "KeyRing",
    "Lane",
    "LedgerEntry",
    "Limbo",
    "Link",
    "Lookup",
    "Name",
    "Note",
    "Outbox",
    "Pause",
    "Person",
    "PersonFlag",
    "PolicyApproval",
    "PolicyVersion",
    "Quarantined",
    "QueuedMail",
    "Quota",
    "ReadShut",
    "Receipt",
    "Record",
    "Repeat",
    "Row",
    "Seal",
    "Session",
    "Snapshot",
    "Staff",
    "StaffIdentifier",
    "StaffLogin",
    "StaffRole",
    "Store",
    "Suppression",
    "Token",
    "TokenUse",
    "Tombstone",
    "tables",
]


def tables() -> dict[str, type[Row]]:
    """Every table by name."""
    return {row.TABLE: row for row in sorted(Row.__subclasses__(), key=lambda row: row.TABLE)}
