"""The house's own mail to its staff: what it may be about, each with the values that its text needs and no other.

No kind has room for a customer's data. A link leads to a page that asks before it does anything: whoever only opens
it, as mail scanners do, has done nothing.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Means = Literal["identity", "one-time-codes", "passkey", "password", "recovery-codes"]


class _About(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What a mail is about; its tag is the kind that stands in rows and lists."""


class Invite(_About, frozen=True, kw_only=True, tag="invite"):
    """Somebody may enrol, by a link that works once, `until_at` (ms)."""

    link: str
    until_at: int


class FactorAdded(_About, frozen=True, kw_only=True, tag="factor-added"):
    """A further means of signing in was added to the account, `at` (ms)."""

    means: Means
    at: int


class FactorEnded(_About, frozen=True, kw_only=True, tag="factor-ended"):
    """A means of signing in was taken away from the account, `at` (ms)."""

    means: Means
    at: int


class NewNetwork(_About, frozen=True, kw_only=True, tag="new-network"):
    """The account signed in `at` (ms) from a `network` it never came from, with this browser (`agent`)."""

    network: str
    agent: str
    at: int


class RoleProposed(_About, frozen=True, kw_only=True, tag="role-proposed"):
    """A role was proposed for the account, `at` (ms); it waits for somebody's approval."""

    role: str
    at: int


class ResetBegun(_About, frozen=True, kw_only=True, tag="reset-begun"):
    """Somebody began, `at` (ms), to reset how the account signs in."""

    at: int


class GlassBroken(_About, frozen=True, kw_only=True, tag="glass-broken"):
    """A colleague, `who`, opened extra access at once, `at` (ms), for a purpose and with a reason; it is reviewed."""

    who: str
    purpose: str
    reason: str
    at: int


class PolicyWaits(_About, frozen=True, kw_only=True, tag="policy-waits"):
    """A policy that widens was approved by one person (`by`, their name); it rules from `until_at` (ms) on."""

    version: str
    by: str
    until_at: int


class Trial(_About, frozen=True, kw_only=True, tag="trial"):
    """Nothing: `lockhouse mail test` asks whether mail arrives."""


About = (
    Invite | FactorAdded | FactorEnded | GlassBroken | NewNetwork | RoleProposed | ResetBegun | PolicyWaits | Trial
)  # fmt: skip
KINDS: tuple[str, ...] = (
    "factor-added", "factor-ended", "glass-broken", "invite", "new-network", "policy-waits", "reset-begun",
    "role-proposed", "trial",
)  # fmt: skip
"""Every kind, by its word."""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to one person.

    Attributes:
        to: the address. `name`: of the person, may be empty.
        language: of the text; English where there is none of it.
        until_at: ms; behind that it makes no sense any more, and is not sent.
    """

    to: str
    name: str
    language: str
    until_at: int
    about: About


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as it goes out: plain text.

    Attributes:
        id: 16 bytes, the same at each try, so that whoever gets it twice can tell.
        at: ms, when what it tells of happened.
        to: the address as it stands on the wire: its domain in ASCII.
    """

    id: bytes
    at: int
    to: str
    name: str
    language: str
    subject: str
    text: str
