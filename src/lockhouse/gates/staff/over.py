"""What was open is over: what ran out, and all of it at once in a house that was brought back."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from lockhouse.access.throttle import DAY_MS, RULES, Scope
from lockhouse.errors import Tampered
from lockhouse.gates.staff.read import accounts
from lockhouse.model.change import Change, Delete
from lockhouse.model.rows import Attempts, Ceremony, Invite, Session

if TYPE_CHECKING:
    from lockhouse.gates.house import House

UNKNOWN_MS = 90 * DAY_MS
"""How long failures of a login that nobody has are kept behind the last one."""
_OF_LOGINS = {Scope.ACCOUNT: "account", Scope.CODE: "code"}
"""Tallies that being right ends, and the word of their tags (`waits.tags_for`)."""
_OPEN: tuple[type[Ceremony | Invite | Session], ...] = (Ceremony, Invite, Session)


async def end_open(house: House) -> int:
    """No session, link or ceremony is left, whether it still counted or not; how many there were.

    Whoever was signed in when the copy was made may have signed out since, or lost their account. Everybody signs in
    anew, and gets a new link.
    """
    return await _take(house, until=None)


async def take_passed(house: House, *, now: int) -> int:
    """Sessions, links and ceremonies that ran out before `now` (ms) are gone, and failures that are forgotten by then.

    How many there were. What ran out counts for nothing already; from where somebody signed in is nobody's to read any
    more. Failures of an account and of its codes stay until whoever it is has been right; of a login that nobody has,
    who never will be, until nothing failed for 90 days: guesses at made-up logins do not fill the store. While an
    account is not as this house made it, nobody can say whose logins are, and none of these go.
    """
    taken = await _take(house, until=now)
    async for rows in house.reads.scan(Attempts):
        gone = tuple(Delete(Attempts.TABLE, (row.scope, row.tag)) for row in rows if _is_forgotten(row, now))
        taken += await _deleted(house, gone)
    with suppress(Tampered):
        taken += await _take_unknown(house, now=now)
    return taken


async def _take_unknown(house: House, *, now: int) -> int:
    """Failures of logins that nobody has are gone, long behind the last one; how many tallies there were.

    Raises:
        Tampered: an account was not made, or not left, as this house made it.
    """
    keys, taken = house.staff_keys, 0
    logins = [row.login_tag for row in await accounts(house)]
    known = {(int(scope), keys.tag(word, login)) for scope, word in _OF_LOGINS.items() for login in logins}
    async for rows in house.reads.scan(Attempts):
        old = [row for row in rows if row.scope in _OF_LOGINS and row.last_at + UNKNOWN_MS < now]
        gone = [Delete(Attempts.TABLE, (row.scope, row.tag)) for row in old if (row.scope, row.tag) not in known]
        taken += await _deleted(house, tuple(gone))
    return taken


def _is_forgotten(row: Attempts, now: int) -> bool:
    known = {int(scope) for scope in Scope}
    forget_ms = RULES[Scope(row.scope)].forget_ms if row.scope in known else 0
    return forget_ms is not None and row.last_at + forget_ms < now


async def _take(house: House, *, until: int | None) -> int:
    taken = 0
    for table in _OPEN:
        async for rows in house.reads.scan(table):
            over = [row for row in rows if until is None or row.until_at < until]
            taken += await _deleted(house, tuple(Delete(table.TABLE, (row.tag,)) for row in over))
    return taken


async def _deleted(house: House, gone: tuple[Delete, ...]) -> int:
    if gone:
        await house.commits.commit(Change("identity", deletes=gone))
    return len(gone)
