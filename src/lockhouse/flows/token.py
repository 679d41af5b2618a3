"""Service tokens: made for a system, shown once, rotated with an overlap, revoked for good.

What was made is never shown again, so that nothing brings a token back: a revoked one is not undone, a new one is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from lockhouse.access.tokens import (
    LIFE_DAYS,
    LIVE,
    MAX_DAYS,
    MAX_OVERLAP_DAYS,
    OVERLAP_DAYS,
    OVERTAKEN,
    REVOKED,
    beyond,
    covers,
    decoded,
    sound_days,
    sound_terms,
)
from lockhouse.errors import Conflict, Invalid, Refused
from lockhouse.gates import tokens
from lockhouse.policy.decide import permits
from lockhouse.policy.words import PERMISSION_AREAS

if TYPE_CHECKING:
    from lockhouse.access.tokens import Terms
    from lockhouse.gates.house import House
    from lockhouse.gates.tokens import Bearer, Made, Refusal
    from lockhouse.model.decision import Actor, Facts
    from lockhouse.model.policy import Policy
    from lockhouse.model.rows import Token

CREATE, ROTATE = "token.create", "token.rotate"


class Maker(NamedTuple):
    """Who makes a token: an actor, and the token that acts, if it is one."""

    actor: Actor
    token: Bearer | None = None

    @property
    def owner(self) -> str:
        """To whom what is made counts: whoever sees its text, or the owner of the token that does."""
        return self.actor.id if self.token is None else self.token.owner

    def capped(self, until: int) -> int:
        """An end (ms) that is no later than that of the token that acts."""
        return until if self.token is None else min(until, self.token.until)


async def create(house: House, terms: Terms, *, by: Maker, days: int = LIFE_DAYS) -> Made:
    """A token of these terms; its text is in the answer and nowhere else.

    Raises:
        Invalid: a part of the terms has not its form, or the live policy does not give it to the role.
        Refused: it is more than whoever makes it has.
        Unavailable: no policy rules.
    """
    whole = checked(house, terms, by=by)
    life = sound_days(days, most=MAX_DAYS, where="days")
    return await tokens.make(house, whole, owner=by.owner, by=by.actor.id, until=by.capped(house.clock.now_ms() + life))


def checked(house: House, terms: Terms, *, by: Maker) -> Terms:
    """The terms of a token that whoever makes it may make, with networks in their one form; nothing is made yet.

    Raises:
        Invalid, Refused, Unavailable: as `create`.
    """
    whole = sound_terms(terms, areas=PERMISSION_AREAS)
    policy = house.live().policy
    _require_given(policy, whole)
    _require_within(policy, whole, by, CREATE)
    return whole


def _require_given(policy: Policy, terms: Terms) -> None:
    if terms.role and terms.role not in policy.roles:
        raise Invalid("role", f"one of {', '.join(policy.roles)}", got="another word")
    read_for = policy.roles[terms.role].for_ if terms.role else ()
    if not set(terms.purposes) <= set(read_for):
        told = f"purposes of the role: {', '.join(read_for)}" if read_for else "none, as its role looks at nobody"
        raise Invalid("purposes", told, got="another")
    for one in terms.may:
        if not permits(policy, (terms.role,), one):
            may = [name for name in policy.roles if permits(policy, (name,), one)]
            hint = f"the live policy gives it to {', '.join(may)}" if may else "the live policy gives it to no role"
            raise Invalid("may", "permissions that the live policy gives to the role", got=f"{one} besides", hint=hint)


def _require_within(policy: Policy, terms: Terms, by: Maker, permission: str) -> None:
    """Nobody gives more than they have; the machine's own user may act in every role, and has them all."""
    if by.token is not None:
        _require_makes(policy, by.token, permission)
        more = beyond(terms, by.token.terms)
        if more is not None:
            raise Refused(f"{more}: expected no more than the token that makes it has", reasons=("beyond-its-maker",))
    elif by.actor.kind == "staff" and terms.role not in {"", *by.actor.roles}:
        raise Refused("role: expected one of whoever makes the token", reasons=("beyond-its-maker",))


def _require_makes(policy: Policy, token: Bearer, permission: str) -> None:
    if not may(policy, token, permission):
        raise Refused(f"{permission}: expected a token that may make tokens", reasons=("no-permission",))


def may(policy: Policy, token: Bearer, permission: str) -> bool:
    """Whether a token may do what needs a permission: its terms say so, and the live policy gives it to its role."""
    return covers(token.terms.may, permission) and permits(policy, (token.terms.role,), permission)


class Listed(NamedTuple):
    """Every token, also the ended ones, oldest first, each with the last day of its use.

    Attributes:
        spoilt: ids of rows that are not as this house made them; they open nothing.
    """

    tokens: list[tuple[Token, int | None]]
    spoilt: list[bytes]


async def listed(house: House) -> Listed:
    """Every token, and what was edited.

    Raises:
        Tampered: a row of a day of use has what none of ours has.
    """
    rows, spoilt = await tokens.every_token(house)
    used = await tokens.used_on(house, rows)
    return Listed([(row, used.get(row.id)) for row in rows], spoilt)


async def find(house: House, own: bytes) -> tuple[Token, int | None]:
    """One token, with the last day of its use.

    Raises:
        NotFound: there is none.
        Tampered: it is not as this house made it.
    """
    row = await tokens.token_of(house, own)
    return row, (await tokens.used_on(house, [row])).get(own)


async def rotate(
    house: House, own: bytes, *, by: Maker, days: int = LIFE_DAYS, overlap_days: int = OVERLAP_DAYS
) -> Made:  # fmt: skip
    """A new token of the same terms; the old one is taken beside it until its overlap is over.

    It counts to whoever sees its text now.

    Raises:
        NotFound: there is none.
        Conflict: it does not live, or was overtaken already.
        Invalid: a number of days is none that may be, or the live policy gives the role less than the terms say.
        Refused: it is more than whoever makes it has.
    """
    life = sound_days(days, most=MAX_DAYS, where="days")
    overlap = sound_days(overlap_days, most=MAX_OVERLAP_DAYS, where="overlap-days")
    now, old = house.clock.now_ms(), await tokens.token_of(house, own)
    if old.state != LIVE or old.until_at <= now:
        raise Conflict(
            "token: expected one that lives and was not overtaken", hint="lockhouse token list names the newer one"
        )
    policy, terms = house.live().policy, decoded(old.terms)
    _require_given(policy, terms)
    _require_within(policy, terms, by, ROTATE)
    made = tokens.Renewed(owner=by.owner, by=by.actor.id, until=by.capped(now + life), overlap_until=now + overlap)
    return await tokens.rotate(house, old, made)


async def revoke(house: House, own: bytes, *, by: str) -> Token:
    """It is nobody's any more, in every process, from its next use on; nor is what it made, and what that made.

    Raises:
        NotFound: there is none.
        Conflict: it was revoked already, or changed meanwhile.
    """
    old = await tokens.token_of(house, own)
    if old.state == REVOKED:
        raise Conflict("token: expected one that was not revoked", hint="it has ended; make another")
    ended, *_ = await tokens.revoke(house, [old, *await _made_by(house, own)], by=by)
    # One that was just being made as its maker ended.
    if late := await _made_by(house, own):
        await tokens.revoke(house, late, by=by)
    return ended


async def _made_by(house: House, own: bytes) -> list[Token]:
    return tokens.made_by((await tokens.every_token(house)).sound, own)


async def shown(house: House, text: str, *, network: str | None) -> Bearer | Refusal:
    """Whose token was shown, if it stands.

    Raises:
        Tampered: its row is not as this house made it.
    """
    return await tokens.bearer(house, text, network=network)


async def facts(house: House, token: Bearer) -> Facts:
    """What is known of a token that looks at persons.

    Raises:
        Tampered: a row that gives authority was not made by this house.
    """
    return await tokens.facts_of(house, token)


def standing(row: Token, *, now: int) -> Literal["live", "overtaken", "revoked", "expired"]:
    """What has become of a token, in a word."""
    if row.state == REVOKED:
        return "revoked"
    if row.until_at <= now:
        return "expired"
    return "overtaken" if row.state == OVERTAKEN else "live"
