"""Service tokens, as questions and answers. A token's text stands in the one answer that makes it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from lockhouse.client.shapes.base import Answer, Asked, At, Id, Label

LIFE_DAYS, MAX_DAYS, OVERLAP_DAYS, MAX_OVERLAP_DAYS, MAX_LISTED = 90, 365, 7, 30, 32
"""As `access.tokens` has them, of which a client loads nothing; a test holds the two together."""
Labels = Annotated[tuple[Label, ...], msgspec.Meta(max_length=MAX_LISTED)]
Days = Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)]


class TokenShown(Answer, frozen=True, kw_only=True):
    """A token: whose it is, what it may do, from where, until when. `used`: the last day, UTC, of its use."""

    id: Id
    name: str
    begins: str
    role: str | None
    may: list[str]
    purposes: list[str]
    networks: list[str]
    owner: str
    state: Literal["live", "overtaken", "revoked", "expired"]
    made_at: At
    until: At
    used: str | None
    by: str
    follows: Id | None
    entry: Id


class TokenList(Answer, frozen=True, kw_only=True):
    """Every token, also the ended ones, the oldest first. `spoilt`: those changed by hand; they open nothing."""

    tokens: list[TokenShown]
    spoilt: list[str]


class TokenMade(Answer, frozen=True, kw_only=True):
    """A new token. `text` is shown this once."""

    text: str
    token: TokenShown


class TokenAsked(Asked, frozen=True, kw_only=True):
    """What a token is for: no more than the one that makes it. No networks: the house's own machine."""

    name: Label
    role: Annotated[str, msgspec.Meta(max_length=80)] = ""
    may: Labels = ()
    purposes: Labels = ()
    networks: Labels = ()
    days: Days = LIFE_DAYS


class RotateAsked(Asked, frozen=True, kw_only=True):
    """How long the new token lives, and the old one beside it."""

    days: Days = LIFE_DAYS
    overlap_days: Annotated[int, msgspec.Meta(ge=1, le=MAX_OVERLAP_DAYS)] = OVERLAP_DAYS
