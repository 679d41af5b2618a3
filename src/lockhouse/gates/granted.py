"""Grants as they stand: read back checked, and those that open something for whoever asks just now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.access.grants import Kind, Now, Review, Seen, decoded, stands
from lockhouse.access.people import State
from lockhouse.errors import NotFound
from lockhouse.gates.authority import checked
from lockhouse.gates.staff.members import STAFF, is_staff
from lockhouse.gates.staff.read import account
from lockhouse.model.decision import Grant
from lockhouse.model.rows import AccessGrant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor


def seen(row: AccessGrant) -> Seen:
    """What of a row decides."""
    return Seen(Kind(row.kind), Now(row.state), row.asked_at, row.until_at, Review(row.review))


def now_of(house: House) -> int:
    """The moment by which grants are judged (ms): a clock that was set back gives none its time again."""
    return max(house.clock.now_ms(), house.time.ledger_ms)


async def grant_of(house: House, own: bytes) -> AccessGrant:
    """The grant with this id.

    Raises:
        NotFound: there is none.
        Tampered: its row is not as this house made it.
    """
    rows = checked((await house.reads.get(AccessGrant, [(own,)])).values(), house.integrity_key)
    for row in rows:
        return row
    raise NotFound("grant: expected an id that grant list gave, got another", hint="lockhouse grant list")


async def every_grant(house: House) -> list[AccessGrant]:
    """Every grant, the newest first.

    Raises:
        Tampered: a row is not as this house made it.
    """
    rows = [row async for some in house.reads.scan(AccessGrant) for row in checked(some, house.integrity_key)]
    return sorted(rows, key=lambda row: (-row.asked_at, row.id))


async def grants_of(house: House, staff: bytes) -> list[AccessGrant]:
    """Every grant of one member, also those that are over."""
    return checked(await house.reads.find(AccessGrant, ("staff",), [(staff,)]), house.integrity_key)


async def standing_for(house: House, actor: Actor) -> tuple[Grant, ...]:
    """The grants that open something for whoever asks, oldest first. Only people have any: no service, and no host.

    Raises:
        Tampered: a row that says that it is open was not made, or not left, as this house made it.
    """
    if actor.kind != "staff" or not is_staff(actor.id):
        return ()
    own, now = bytes.fromhex(actor.id.removeprefix(STAFF)), now_of(house)
    rows = await house.reads.find(AccessGrant, ("staff",), [(own,)])
    able = checked([row for row in rows if row.state == Now.OPEN and row.until_at > now], house.integrity_key)
    whose = await account(house, own) if able else None
    if whose is None:
        return ()
    holder = State(whose.state)
    live = [row for row in able if stands(seen(row), holder=holder, counts_from=whose.sessions_from, now=now)]
    return tuple(_fact(row) for row in sorted(live, key=lambda row: row.id))


def _fact(row: AccessGrant) -> Grant:
    terms = decoded(row.terms)
    return Grant(
        id=row.id.hex(), purpose=terms.purpose, fields=frozenset(terms.fields), persons=frozenset(terms.persons)
    )


async def all_stand(house: House, actor: Actor, used: Iterable[str]) -> bool:
    """Whether each of these grants, by its id, still opens something for the actor."""
    needed = {*used}
    return not needed or needed <= {one.id for one in await standing_for(house, actor)}
