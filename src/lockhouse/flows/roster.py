"""A list of people, looked at before anybody is invited: what each line would do, and what is wrong with it.

It is looked at anew whenever it is typed, so whoever was stopped types the same again: who is there already is invited
no second time, and gets the roles that they lack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.access.people import State
from lockhouse.access.roster import wanted
from lockhouse.errors import Invalid
from lockhouse.gates.staff.called import Called, new_account
from lockhouse.gates.staff.members import kept_apart, meant, people, takes_two

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from lockhouse.access.roster import Fault, Line
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.members import People
    from lockhouse.model.policy import Policy
    from lockhouse.model.rows import Staff

_FAULTS: dict[str, Fault] = {"language": "language", "login": "login", "name": "name"}


class Planned(NamedTuple):
    """What a line would do.

    Attributes:
        line: as it stands. `fault`: why it does nothing; None: it does.
        staff: who it is; None: nobody yet, so they are invited.
        gives: roles that one person gives. `proposes`: roles that take two.
    """

    line: Line
    fault: Fault | None = None
    staff: bytes | None = None
    gives: tuple[str, ...] = ()
    proposes: tuple[str, ...] = ()


async def plan(house: House, lines: Sequence[Line], *, mapped: Collection[tuple[str, str]], by: str) -> list[Planned]:
    """What each line would do, in their order; nothing is stored.

    Args:
        house: as it stands.
        lines: of the list.
        mapped: groups and the roles that they give, by the settings.
        by: who acts.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    found = await people(house)
    known = {row.login_tag: row for row in found.rows.values()}
    seen: set[bytes] = set()
    planned = []
    for line in lines:
        tag = house.staff_keys.login_tag(line.login)
        twice: Fault | None = "twice" if line.fault is None and tag in seen else line.fault
        seen.add(tag)
        planned.append(_planned(house, found, line._replace(fault=twice), (known.get(tag), mapped, by)))
    return planned


def _planned(
    house: House, found: People, line: Line, more: tuple[Staff | None, Iterable[tuple[str, str]], str]
) -> Planned:  # fmt: skip
    row, mapped, by = more
    fault = line.fault or _of_account(house, line, row, by=by)
    if fault is not None:
        return Planned(line, fault)
    has = frozenset[str]() if row is None else meant(found.roles.get(row.id, ()))
    roles, policy = [role for role in wanted(line, mapped) if role not in has], found.policy
    fault = None if not roles else "no-policy" if policy is None else _of_roles(policy, roles, has)
    if fault is not None or policy is None:
        return Planned(line, fault, None if row is None else row.id)
    takes = [role for role in roles if takes_two(policy, role)]
    gives = tuple(role for role in roles if role not in takes)
    return Planned(line, None, None if row is None else row.id, gives, tuple(takes))


def _of_account(house: House, line: Line, row: Staff | None, *, by: str) -> Fault | None:
    if row is not None:
        return "disabled" if row.state == State.DISABLED else None
    try:
        new_account(house, called(line), inviter=b"", by=by, language=line.language or "en")
    except Invalid as err:
        return _FAULTS.get(err.where, "form")
    return None


def _of_roles(policy: Policy, roles: Sequence[str], has: Collection[str]) -> Fault | None:
    if any(role not in policy.roles for role in roles):
        return "role"
    return "kept-apart" if kept_apart(policy, {*roles, *has}) else None


def called(line: Line) -> Called:
    """What somebody of a list is called."""
    return Called(line.login, line.name)
