"""Accounts, roles, factors and what is open, read back with their MACs checked.

Raises throughout:
    Tampered: a row was not made, or not left, as this house made it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Tampered
from lockhouse.gates.authority import Bound, checked, checked_bound
from lockhouse.gates.staff.told import FACTOR_LIVE
from lockhouse.model.rows import Ceremony, Factor, FactorUse, Invite, Session, Staff, StaffLogin, StaffRole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.gates.house import House

OneT = TypeVar("OneT", bound=Bound)
INVITED, ACTIVE, DISABLED = 0, 1, 2
PROPOSED, GIVEN, ENDED = 0, 1, 2


class Proof(NamedTuple):
    """A factor that is live, and how far it was used."""

    factor: Factor
    use: FactorUse


async def account(house: House, staff: bytes) -> Staff | None:
    """The account with this id."""
    rows = await house.reads.get(Staff, [(staff,)])
    return next(iter(checked(rows.values(), house.integrity_key)), None)


async def account_of_login(house: House, tag: bytes) -> Staff | None:
    """The account whose login has this tag.

    Raises:
        Tampered: besides, the account does not say that the login is its own.
    """
    login = await _one(house, StaffLogin, tag)
    found = None if login is None else await account(house, login.staff)
    if login is not None and (found is None or not equal(found.login_tag, tag)):
        raise Tampered("staff_login: expected the login of an account that says so")
    return found


async def login_row(house: House, tag: bytes) -> StaffLogin | None:
    """Whose account a login, or an identity, with this tag leads to."""
    return await _one(house, StaffLogin, tag)


async def accounts(house: House) -> list[Staff]:
    """Every account, oldest first."""
    rows = [row async for some in house.reads.scan(Staff) for row in checked(some, house.integrity_key)]
    return sorted(rows, key=lambda row: (row.created_at, row.id))


async def roles_of(house: House, staff: bytes) -> list[StaffRole]:
    """Every role that somebody holds, is to hold or held."""
    return checked(await house.reads.find(StaffRole, ("staff",), [(staff,)]), house.integrity_key)


async def every_role(house: House) -> list[StaffRole]:
    """The same of everybody."""
    return [row async for some in house.reads.scan(StaffRole) for row in checked(some, house.integrity_key)]


async def sound_roles(house: House) -> list[StaffRole]:
    """The same, without what this house did not make; raises nothing: a planted role keeps nobody from being disabled.

    It gives nobody anything either, and `ledger verify --state` names it.
    """
    kept: list[StaffRole] = []
    async for some in house.reads.scan(StaffRole):
        for row in some:
            with suppress(Tampered):
                kept += checked([row], house.integrity_key)
    return kept


async def factors_of(house: House, staff: bytes) -> list[Factor]:
    """Every factor that somebody has or had, oldest first."""
    rows = checked(await house.reads.find(Factor, ("staff",), [(staff,)]), house.integrity_key)
    return sorted(rows, key=lambda row: (row.created_at, row.id))


async def proofs_of(house: House, staff: bytes) -> list[Proof]:
    """The live ones, each with how far it was used.

    Raises:
        Tampered: besides, one without that: what was used once would be good again.
    """
    live = [row for row in await factors_of(house, staff) if row.state == FACTOR_LIVE]
    found = await house.reads.get(FactorUse, [(row.staff, row.id) for row in live])
    checked_bound(found.values(), house.row_macs)
    if len(found) != len(live):
        raise Tampered("factor_use: expected how far each factor was used", hint="lockhouse ledger verify --state")
    return [Proof(row, found[(row.staff, row.id)]) for row in live]


async def uses_of(house: House, staff: bytes) -> list[FactorUse]:
    """How far each factor of somebody was used, also those that ended."""
    return checked_bound(await house.reads.find(FactorUse, ("staff",), [(staff,)]), house.row_macs)


async def invite_of(house: House, tag: bytes) -> tuple[Invite, Staff] | None:
    """The link with this tag and whose it is, if that account says that this is the one that may be used."""
    link = await _one(house, Invite, tag)
    whose = None if link is None else await account(house, link.staff)
    return (link, whose) if link is not None and whose is not None and equal(whose.link, tag) else None


async def ceremony_of(house: House, tag: bytes) -> Ceremony | None:
    """What was begun under this tag and has not ended."""
    return await _one(house, Ceremony, tag)


async def session_of(house: House, tag: bytes) -> Session | None:
    """The session with this tag, whether it still counts or not."""
    return await _one(house, Session, tag)


async def sessions_of(house: House, staff: bytes) -> list[Session]:
    """Every session of somebody, whether it still counts or not, newest first; see `sound_sessions`."""
    return sound_sessions(house, await house.reads.find(Session, ("staff",), [(staff,)]))


async def every_session(house: House) -> list[Session]:
    """The same of everybody."""
    return sound_sessions(house, [row async for rows in house.reads.scan(Session) for row in rows])


def sound_sessions(house: House, rows: Iterable[Session]) -> list[Session]:
    """The sessions that this house made, newest first.

    One that was planted opens nothing, so whoever planted it must not keep the others from being listed and ended by
    it; `ledger verify --state` names it.
    """
    every = list(rows)
    try:
        kept = checked_bound(every, house.row_macs)
    except Tampered:
        kept = []
        for row in every:
            with suppress(Tampered):
                kept += checked_bound([row], house.row_macs)
    return sorted(kept, key=lambda row: (-row.made_at, row.id))


async def _one(house: House, table: type[OneT], tag: bytes) -> OneT | None:
    rows = await house.reads.get(table, [(tag,)])
    return next(iter(checked_bound(rows.values(), house.row_macs)), None)
