"""Identity store: service tokens, and on which day each was last used."""

from __future__ import annotations

from lockhouse.model.rows.base import Row, Sixteen, Whole


class Token(Row, frozen=True):
    """A service token, as a keyed hash. `state` 0 live, 1 revoked, 2 overtaken: it lives on until its overlap ends."""

    TABLE = "token"
    STORE = "identity"
    KEY = ("generation", "hash")
    INDEXES = (("id",),)
    AUTHORITY = True
    generation: int
    """Version of the house secret that it is hashed under."""
    hash: bytes
    id: bytes
    owner: str
    """Whoever made it: to them it counts."""
    terms: bytes
    """msgpack of `access.tokens.Terms`: in which role, for what, from where."""
    shown: str
    """The first characters, so that people can tell tokens apart."""
    state: int
    made_at: int
    until_at: int
    by: str
    """Who made it, or revoked it: what a token made is revoked with that token."""
    follows: bytes
    """Id of the token in whose place it was made; empty: of none."""
    entry: bytes
    mac: bytes


class TokenUse(Row, frozen=True):
    """The last day on which a token was used, counted from 1970-01-01. No entry makes it, and nothing decides by it."""

    TABLE = "token_use"
    STORE = "identity"
    KEY = ("token",)
    token: Sixteen
    day: Whole
