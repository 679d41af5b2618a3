"""Service tokens: stored as keyed hashes under the house's credential keys, believed for what their MAC covers.

A token's row gives authority: it carries a MAC over its terms, owner, end and state, and names the ledger entry that
brought it there. So a token that SQL planted, prolonged or moved to another role is `Tampered`, and opens nothing.

The row is stored first and told behind it, as every row of the identity store. A process that ends between the two
leaves a token that nobody was shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from lockhouse.access.tokens import LIVE, OVERTAKEN, REVOKED, Terms, Why, decoded, encoded, why_not
from lockhouse.crypto.credentials import looks_like_token, new_token, token_hash
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import NotFound, Tampered
from lockhouse.gates.authority import checked, digest, place_digest, signed, sound
from lockhouse.gates.staff.members import STAFF, held
from lockhouse.gates.staff.read import ACTIVE
from lockhouse.ledger.entry import Token as TokenEntry
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.decision import Actor
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Staff, StaffRole, Token, TokenUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.change import Draft
    from lockhouse.model.decision import Facts
    from lockhouse.secret import Secret

SHOWN = 7
"""Characters of a token, prefix included, that lists show so that people can tell tokens apart."""


def service(own: bytes) -> str:
    """A token as an actor."""
    return f"service:{own.hex()}"


class Bearer(NamedTuple):
    """A token that was shown and stands.

    Attributes:
        id: its own, in order of their making. `owner`: to whom it counts.
        network: the address it came from. `until`: its end (ms); what it makes lives no longer.
    """

    id: bytes
    owner: str
    terms: Terms
    network: str
    until: int


class Made(NamedTuple):
    """A new token: its text, which stands nowhere else, and its row."""

    text: Secret
    row: Token


async def make(house: House, terms: Terms, *, owner: str, by: str, until: int) -> Made:
    """A new token of these terms, told in the ledger.

    Raises:
        Invalid: a word of the terms is none that the ledger takes.
    """
    made = _new(house, terms, owner=owner, by=by, until=until)
    await _stored(house, [made.row], [])
    return made


class Renewed(NamedTuple):
    """Who makes a token in another's place, until when it lives, and until when the other does (ms)."""

    owner: str
    by: str
    until: int
    overlap_until: int


async def rotate(house: House, old: Token, new: Renewed) -> Made:
    """A new token of the same terms; the old one lives on until its overlap, or its end if that is sooner.

    Its row keeps by whom it was made: whoever ends that one ends it too.

    Raises:
        Moved: somebody changed the old one meanwhile.
    """
    made = _new(house, decoded(old.terms), owner=new.owner, by=new.by, until=new.until, follows=old.id)
    left = msgspec.structs.replace(
        old, state=OVERTAKEN, until_at=min(old.until_at, new.overlap_until), entry=house.ids.new(), mac=b""
    )
    await _stored(house, [made.row, signed(left, house.integrity_key)], [_as_read(old)])
    return made


async def revoke(house: House, olds: Sequence[Token], *, by: str) -> list[Token]:
    """The tokens are ended for good, all or none: every process reads its row at each use.

    Raises:
        Moved: somebody changed one meanwhile.
    """
    now, ended = house.clock.now_ms(), []
    for old in olds:
        until = min(old.until_at, now)
        row = msgspec.structs.replace(old, state=REVOKED, until_at=until, by=by, entry=house.ids.new(), mac=b"")
        ended.append(signed(row, house.integrity_key))
    await _stored(house, ended, [_as_read(old) for old in olds])
    return ended


def made_by(rows: Iterable[Token], own: bytes) -> list[Token]:
    """The tokens that one made, and those that they made, but for what was revoked already."""
    left = [row for row in rows if row.state != REVOKED]
    makers, found = {service(own)}, list[Token]()
    while new := [row for row in left if row.by in makers and row not in found and row.id != own]:
        found += new
        makers = {service(row.id) for row in new}
    return found


def _new(house: House, terms: Terms, *, owner: str, by: str, until: int, follows: bytes = b"") -> Made:  # noqa: PLR0913  (a whole token)
    text = new_token(house.ids.random)
    plain = text.reveal().decode()  # house: allow no-reveal: the token is hashed here, the moment it is made
    newest = max(house.credential_keys)
    row = Token(
        newest, token_hash(plain, key=house.credential_keys[newest]), house.ids.new(), owner, encoded(terms),
        plain[:SHOWN], LIVE, house.clock.now_ms(), until, by, follows, house.ids.new(), b"",
    )  # fmt: skip
    return Made(text, signed(row, house.integrity_key))


async def _stored(house: House, rows: Sequence[Token], expects: Sequence[Expect]) -> None:
    drafts = tuple(_draft(house, row) for row in rows)  # before anything is stored: an owner that is a name is refused
    puts = tuple(Put(Token.TABLE, row) for row in rows)
    if isinstance(await house.commits.commit(Change("identity", puts=puts, expects=tuple(expects))), Conflict):
        raise Moved("token: expected it as it was read", hint="try again")
    await house.commits.commit(Change("record", entries=drafts))


def _as_read(row: Token) -> Expect:
    return Expect(Token.TABLE, (row.generation, row.hash), {"mac": row.mac}, or_absent=False, because="token-moved")


_CHANGES: dict[int, Literal["made", "ended", "rotated"]] = {LIVE: "made", REVOKED: "ended", OVERTAKEN: "rotated"}


def _draft(house: House, row: Token) -> Draft:
    """The ledger entry of a token as its row says it stands. Its networks are counted: one may be somebody's home."""
    terms = decoded(row.terms)
    said = TokenEntry(
        change=_CHANGES[row.state], token=row.id.hex(), owner=row.owner, by=row.by, role=terms.role or None,
        may=list(terms.may), purposes=list(terms.purposes), networks=len(terms.networks), until=row.until_at,
        follows=row.follows.hex() or None, row=digest(row), place=place_digest(row),
    )  # fmt: skip
    return said.draft(id=row.entry, lane=house.lane)


class Tokens(NamedTuple):
    """The tokens of a house, also the ended ones, oldest first; and the ids of those that were changed by hand."""

    sound: list[Token]
    spoilt: list[bytes]


async def every_token(house: House) -> Tokens:
    """Every token. One that was edited opens nothing, and hides no other."""
    kept, spoilt = list[Token](), list[bytes]()
    async for some in house.reads.scan(Token):
        for row in some:
            try:
                kept += checked([row], house.integrity_key)
            except Tampered:
                spoilt.append(row.id)
    return Tokens(sorted(kept, key=lambda row: row.id), sorted(spoilt))


async def token_of(house: House, own: bytes) -> Token:
    """The token with this id.

    Raises:
        NotFound: there is none.
        Tampered: its row is not as this house made it.
    """
    for row in checked(await house.reads.find(Token, ("id",), [(own,)]), house.integrity_key):
        return row
    raise NotFound("token: expected an id that token list gave", hint="lockhouse token list")


async def used_on(house: House, tokens: Sequence[Token]) -> dict[bytes, int]:
    """The last day, from 1970-01-01, on which each was used, of those that ever were.

    Raises:
        Tampered: such a row has what none of ours has.
    """
    found = await house.reads.get(TokenUse, [(row.id,) for row in tokens])
    return {row.token: row.day for row in sound(found.values())}


async def facts_of(house: House, token: Bearer) -> Facts:
    """What is known of a token that asks: its owner's courses, quota and own records, and where it comes from.

    Nobody is there to prove who they are, so there is no step-up, and no grant that somebody else was given.

    Raises:
        Tampered: a row that gives authority was not made by this house.
    """
    known = await house.actor_facts.of(Actor(id=token.owner, kind="token"))
    return msgspec.structs.replace(known, step_up_age_s=None, grant=None, network=token.network)


class Refusal(NamedTuple):
    """Why what was shown is no token that stands. Whoever showed it is not told which."""

    why: Literal["owner", "shape", "unknown"] | Why
    token: bytes | None = None


async def bearer(house: House, text: str, *, network: str | None) -> Bearer | Refusal:
    """Whose token this is, if it stands and comes from where it may; its use is remembered by the day.

    An unknown one takes the same steps as a known one: a hash for each version of the secret, one look-up, one MAC of a
    row, one reading of terms. The shape and its checksum are told apart first; anybody can work those out.

    Raises:
        Tampered: the token's row was not made, or not left, as this house made it.
    """
    if not looks_like_token(text):
        return Refusal("shape")
    places = [(version, token_hash(text, key=key)) for version, key in house.credential_keys.items()]
    found = list((await house.reads.get(Token, places)).values())
    known = bool(found)
    [row, *_] = checked(found or [_decoy(house)], house.integrity_key)
    # A clock that was set back gives no token its time again that the ledger has seen pass.
    terms, now = decoded(row.terms), max(house.clock.now_ms(), house.time.ledger_ms)
    why = why_not(state=row.state, until_at=row.until_at, terms=terms, now=now, network=network)
    if not known:
        return Refusal("unknown")
    if why is not None:
        return Refusal(why, row.id)
    if not await _owner_stands(house, row, terms.role):
        return Refusal("owner", row.id)
    await _remember(house, row, now // DAY_MS)
    return Bearer(row.id, row.owner, terms, network or "", row.until_at)


async def _owner_stands(house: House, row: Token, role: str) -> bool:
    """Whether the member of staff whom a token counts to may still sign in, and holds the role that it narrows.

    What was made before they were last disabled, lost a role or were reset does not come back with them, as no session
    does. The machine's own user, who is no account, always stands.
    """
    if not row.owner.startswith(STAFF):
        return True
    own = bytes.fromhex(row.owner.removeprefix(STAFF))
    accounts = checked((await house.reads.get(Staff, [(own,)])).values(), house.integrity_key)
    roles = checked((await house.reads.get(StaffRole, [(own, role)])).values(), house.integrity_key)
    is_active = any(one.state == ACTIVE and row.made_at > one.sessions_from for one in accounts)
    policy = house.live_policy.policy if house.live_policy else None
    return is_active and (not role or role in held(roles, policy))


_DECOYS: dict[bytes, Token] = {}
_NOBODY = Terms(name="nobody", role="", may=(), purposes=(), networks=("127.0.0.0/8", "::1/128"))


def _decoy(house: House) -> Token:
    """A row of the house's own making that no token leads to, so that an unknown token costs what a known one does."""
    row = _DECOYS.get(house.id)
    if row is None:
        blank = Token(0, bytes(32), bytes(16), "service:nobody", encoded(_NOBODY), "", LIVE, 0, 0, "service:nobody",
                      b"", bytes(16), b"")  # fmt: skip
        row = _DECOYS[house.id] = signed(blank, house.integrity_key)
    return row


async def _remember(house: House, row: Token, day: int) -> None:
    """The day of its use, once a day: nobody reads from it at what hour somebody worked."""
    place = (row.id,)
    before = (await house.reads.get(TokenUse, [place])).get(place)
    if before is None or before.day < day:
        await house.commits.commit(Change("identity", puts=(Put(TokenUse.TABLE, TokenUse(row.id, day)),)))


__all__ = [
    "SHOWN", "Bearer", "Made", "Refusal", "Renewed", "Tokens", "bearer", "every_token", "facts_of", "made_by", "make",
    "revoke", "rotate", "service", "token_of", "used_on",
]  # fmt: skip
