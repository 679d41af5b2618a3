"""Identity store: what gives or takes a right: consents, suppressions, attestations, credentials."""

from __future__ import annotations

from lockhouse.model.rows.base import Row, ThirtyTwo, Whole


class Consent(Row, frozen=True):
    """One thing a person (or a signal on their behalf) said about one purpose; the newest that counts rules."""

    TABLE = "consent"
    STORE = "identity"
    KEY = ("person", "purpose", "at", "id")
    AUTHORITY = True
    person: bytes
    purpose: int
    at: int
    id: bytes
    state: int
    channel: int
    signal: str
    assurance: int
    notice: str | None
    """Version of the text they saw; of a suppression's word, whose it is: kind and tag of the suppression."""
    entry: bytes
    mac: bytes


class Suppression(Row, frozen=True):
    """What must not be collected again: an identifier under the suppression branch and the purposes it closes."""

    TABLE = "suppression"
    STORE = "identity"
    KEY = ("kind", "tag")
    AUTHORITY = True
    kind: int
    tag: bytes
    purposes: bytes
    """msgpack list of purpose numbers; an empty list closes every purpose that may be closed."""
    reason: str
    since: int
    until_at: int | None
    entry: bytes
    mac: bytes


class Attestation(Row, frozen=True):
    """A fact about an actor that an admin records while no better source exists (a course passed, a role held)."""

    TABLE = "attestation"
    STORE = "identity"
    KEY = ("actor", "fact")
    AUTHORITY = True
    actor: str
    fact: str
    until_at: int | None
    by: str
    at: int
    entry: bytes
    mac: bytes


class HookSecret(Row, frozen=True):
    """The secret by which a provider's deliveries are proven, sealed; its credential is what says that it counts."""

    TABLE = "hook_secret"
    STORE = "identity"
    KEY = ("generation", "hash")
    generation: Whole
    hash: ThirtyTwo
    """Both as in the credential of the same key, to which, and to whose channel, the box is bound."""
    box: bytes


class Credential(Row, frozen=True):
    """A channel's write key or a provider's secret, as a keyed hash. `state` 0 live, 1 ended."""

    TABLE = "credential"
    STORE = "identity"
    KEY = ("generation", "hash")
    INDEXES = (("channel",),)
    AUTHORITY = True
    generation: int
    """Version of the house secret that it is hashed under."""
    hash: bytes
    channel: int
    assurance: int
    shown: str
    """The first characters after the prefix, so that people can tell keys apart."""
    state: int
    created_at: int
    until_at: int | None
    entry: bytes
    mac: bytes
