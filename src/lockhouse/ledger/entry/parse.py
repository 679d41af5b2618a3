"""The registry of kinds, and an entry read back from its bytes."""

from __future__ import annotations

from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from lockhouse.crypto.canonical import canonical_json, lp
from lockhouse.errors import Invalid
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
)
from lockhouse.ledger.entry.body import Body, Hex16, Hex32, Number, Word, read
from lockhouse.ledger.entry.correcting import Correction
from lockhouse.ledger.entry.ending import Cancellation, Completion, Confirmation, Intent, Key
from lockhouse.ledger.entry.keeping import Acceptance, Backup, Doctor, Gap, Opened, Restore
from lockhouse.ledger.entry.reading import Disclosure, Quota, Refusal, Refusals, Rework
from lockhouse.ledger.entry.staff import (
    AccessReview,
    Factor,
    FailedSignIns,
    Flag,
    Grant,
    Role,
    Session,
    Staff,
    StaffIdentifier,
    StepUp,
)
from lockhouse.ledger.entry.storing import Deletion, Import, Intake, Reseal, Undo

if TYPE_CHECKING:
    from collections.abc import Mapping

MIN_SALT_BYTES = 16
_KINDS: tuple[type[Body], ...] = (
    Acceptance, AccessReview, Asked, Attestation, Backup, Cancellation, Completion, Confirmation, Consent, Correction,
    Credential, Deletion, Disclosure, Doctor, Factor, FailedSignIns, Flag, Gap, Grant, Hold, Import, Intake, Intent,
    Key, Link, Opened, Pause, Policy, Quota, Refusal, Refusals, Reseal, Restore, Rework, Role, Session, Staff,
    StaffIdentifier, StepUp, Suppression, Token, Undo,
)  # fmt: skip

KINDS: Mapping[str, type[Body]] = MappingProxyType({kind.KIND: kind for kind in _KINDS})
"""Every kind by its word."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry read back. `body` is its class; identifiers and hashes are bytes again."""

    at: int
    body: Body
    house: bytes
    id: bytes
    kind: str
    lane: str
    log: str
    n: int
    prev: bytes


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at: Number
    body: dict[str, Any]
    house: Hex16
    id: Hex16
    kind: Word
    lane: Word
    log: str
    n: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
    prev: Hex32
    v: Literal[1]


def parse_entry(raw: bytes) -> Entry:
    """The entry behind its bytes.

    Raises:
        Invalid: not canonical JSON of an entry, a kind nobody knows, or a body that is not of its kind.
    """
    try:
        wire = _decode(raw)
        canonical = canonical_json(msgspec.to_builtins(wire))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as err:
        raise Invalid("ledger entry", "an entry of version 1", got="something else") from err
    kind = KINDS.get(wire.kind)
    if canonical != raw or kind is None:
        raise Invalid("ledger entry", "canonical JSON of a known kind", got="something else")
    house, own, prev = (bytes.fromhex(text) for text in (wire.house, wire.id, wire.prev))
    body = read(kind, wire.body)
    return Entry(
        at=wire.at, body=body, house=house, id=own, kind=wire.kind, lane=wire.lane, log=wire.log, n=wire.n, prev=prev
    )


def salted(text: str, *, salt: bytes) -> str:
    """The commitment to a text that lies beside its entry, with its salt, until both are deleted.

    Args:
        text: what was typed.
        salt: at least 16 random bytes: short texts could be guessed from a plain hash.

    Raises:
        Invalid: a shorter salt.
    """
    if len(salt) < MIN_SALT_BYTES:
        raise Invalid("salt", "16 bytes or more", got=f"{len(salt)}")
    return sha256(lp("lockhouse/text/1", salt, text)).hexdigest()


_decode = msgspec.json.Decoder(_Wire).decode
