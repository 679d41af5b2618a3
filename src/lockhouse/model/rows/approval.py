"""Record store: what a member of staff signed when they approved a policy."""

from __future__ import annotations

from lockhouse.model.rows.base import Row


class PolicyApproval(Row, frozen=True):
    """A passkey's answer to this version of the policy and its effects, kept to be verified whenever it is loaded.

    It stands in the Change that approves the version and never moves: its entry is the one of the approval. The public
    key stands in the member's factor, which is kept when it has ended.
    """

    TABLE = "policy_approval"
    STORE = "record"
    KEY = ("version",)
    AUTHORITY = True
    version: int
    base: int
    """The version that ruled; 0 for none."""
    effects: bytes
    """SHA-256 of what was said that it changes."""
    ends: int
    """How many boxes end by it now or soon, as was said; 0 where no keep is shortened."""
    proposer: str
    standing: str
    """`two`: proposed by one and approved by another; `one`: nobody else could, so what widens waited."""
    settings: str
    """Those that can weaken, as they were then, as JSON text (`posture.weakening`)."""
    staff: bytes
    factor: bytes
    rp_id: str
    origin: str
    ceremony: str
    """The token that the challenge was made from; it opens nothing any more."""
    answer: str
    """Client data, authenticator data and signature, as JSON text of the browser."""
    at: int
    entry: bytes
    mac: bytes
