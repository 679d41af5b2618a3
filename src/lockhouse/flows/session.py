"""Sessions: whose a request is, read anew at each, so that what ends for somebody ends in every process at once.

What a request costs: three look-ups by key in the identity store (the session, its account, the account's roles), and a
write at most once a minute, which says that the session is in use. Nothing is cached, so nothing has to be told.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.access.sessions import Limits, Times, is_to_be_touched, standing
from lockhouse.errors import Conflict, NotFound
from lockhouse.gates.staff.called import moved
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.finding import one_of
from lockhouse.gates.staff.members import held, people
from lockhouse.gates.staff.read import ACTIVE, account, every_session, roles_of, session_of, sessions_of, sound_sessions
from lockhouse.gates.staff.sessions import all_over, over, seen_from, touch, user_of
from lockhouse.gates.staff.tokens import token_tag
from lockhouse.model.rows import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.gates.house import House
    from lockhouse.gates.staff.sessions import Seen
    from lockhouse.model.rows import Staff

LIMITS = Limits()


class Live(NamedTuple):
    """Somebody who is signed in, as of now.

    Attributes:
        account: their account. `session`: the row.
        roles: that are given, and that the policy which rules knows.
    """

    account: Staff
    session: Session
    roles: frozenset[str]

    @property
    def actor(self) -> str:
        """As the ledger calls them."""
        return f"staff:{self.account.id.hex()}"


class Open(NamedTuple):
    """A session as it is listed: whose, and from where they signed in."""

    session: Session
    seen: Seen


async def of(house: House, token: str, *, user: str = "") -> Live | None:
    """Who is signed in by this token; None if nobody is any more, whatever the reason.

    Args:
        house: as it stands.
        token: of a browser's cookie, or of a command line; neither counts for the other.
        user: the machine's account whose command line shows it; empty: a browser does.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
        Unavailable: the store is away.
    """
    row = await session_of(house, token_tag(house, "command-line" if user else "session", token))
    if row is not None and user_of(house, row) != user:
        return None
    whose = None if row is None else await account(house, row.staff)
    now = house.clock.now_ms()
    if row is None or whose is None or not _stands(row, whose, now=now):
        return None
    policy = house.live_policy.policy if house.live_policy else None
    given = held(await roles_of(house, whose.id), policy)
    if is_to_be_touched(_times(row), now=now):
        with suppress(Conflict):  # another request of theirs just did, or it ends: the next one sees
            row = await touch(house, row, now=now)
    return Live(whose, row, given & policy.roles.keys() if policy else frozenset())


def _stands(row: Session, whose: Staff, *, now: int) -> bool:
    is_active, cut_at = whose.state == ACTIVE, whose.sessions_from
    return standing(_times(row), now=now, limits=LIMITS, is_active=is_active, cut_at=cut_at) == "stands"


def _times(row: Session) -> Times:
    return Times(row.level, row.made_at, row.seen_at, row.until_at)


async def list_of(house: House, staff: bytes | None = None) -> list[Open]:
    """The sessions that stand, newest first: of somebody, or of everybody.

    Raises:
        Tampered: as `of`.
    """
    accounts = await _accounts(house, staff)
    rows = await (every_session(house) if staff is None else sessions_of(house, staff))
    now = house.clock.now_ms()
    return [
        Open(row, seen_from(house, row))
        for row in rows
        if row.staff in accounts and _stands(row, accounts[row.staff], now=now)
    ]


async def _accounts(house: House, staff: bytes | None) -> Mapping[bytes, Staff]:
    if staff is None:
        return (await people(house, despite_roles=True)).rows
    row = await account(house, staff)
    return {} if row is None else {staff: row}


async def count(house: House, accounts: Mapping[bytes, Staff]) -> int:
    """How many sessions of these accounts stand; one that was planted or edited is none.

    What a session was seen from stays shut: so it costs a MAC a session, and only of those that would stand.
    """
    now, found = house.clock.now_ms(), 0
    async for rows in house.reads.scan(Session):
        standing_rows = [row for row in rows if row.staff in accounts and _stands(row, accounts[row.staff], now=now)]
        found += len(sound_sessions(house, standing_rows))
    return found


async def end(house: House, session: bytes, *, by: str, whose: bytes | None = None) -> Session:
    """The session with this id is over, in every process from now on.

    Args:
        session: its id. by: who ends it.
        whose: it is, where that is known: nobody else's sessions are read then.

    Raises:
        NotFound: there is none, or theirs it is not.
    """
    every = await (every_session(house) if whose is None else sessions_of(house, whose))
    rows = [row for row in every if row.id == session]
    if not rows:
        raise NotFound("session: expected an id of one that stands", hint="lockhouse staff session list")
    deed = Deed(house)
    over(house, deed, rows[0], by=by)
    await deed.done()
    return rows[0]


async def end_all(house: House, staff: bytes, *, by: str) -> int:
    """Every session of somebody is over, in every process from now on; how many there were.

    Raises:
        NotFound: there is no such account.
        Moved: the account changed meanwhile.
    """
    row = one_of(await people(house, despite_roles=True), staff)
    ended = len(await sessions_of(house, staff))
    deed = Deed(house)
    deed.put(await all_over(house, deed, moved(house, row, "sessions", by=by), by=by), was=row)
    await deed.done()
    return ended
