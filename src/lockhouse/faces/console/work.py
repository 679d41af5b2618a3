"""What somebody is at work on in this session: for which purpose, with which reasons, and what callers said already.

It lies in a cookie that opens for this session alone and that no script reads, so that no page asks twice and no
process has to remember. Nothing rests on it but what is asked: whatever it says is decided and noted at each look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import msgspec

from lockhouse.faces.console import cookies
from lockhouse.gates.staff.refs import sealed, unsealed

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.crypto.canonical import Value
    from lockhouse.flows.session import Live
    from lockhouse.gates.house import House
    from lockhouse.model.policy import Policy

_PURPOSE, _REASONS, _CHECKS = 1, 2, 3
_MOST: Final = 12
"""Reasons and checks that are remembered, the newest: a cookie holds 4096 bytes."""
_READS: Final = frozenset({"masked", "full"})


class Reason(NamedTuple):
    """Why somebody looks at a person: a word of the role's list, and a ticket or nothing."""

    person: str
    word: str
    ticket: str

    @property
    def stated(self) -> str:
        """As the gate takes it."""
        return f"{self.word}: {self.ticket}" if self.ticket else self.word


class Said(NamedTuple):
    """What became of something that a caller said: `yes`, `no`, or the code of why it could not be checked."""

    person: str
    field: str
    answer: str
    at: int
    left: int


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """See the module."""

    purpose: str = ""
    reasons: tuple[Reason, ...] = ()
    checks: tuple[Said, ...] = ()

    def reason_for(self, person: bytes) -> Reason | None:
        """The reason that was given for somebody, the newest."""
        return next((one for one in reversed(self.reasons) if one.person == person.hex()), None)

    def checks_of(self, person: bytes) -> dict[str, Said]:
        """Field -> the newest answer, of what was said of somebody."""
        return {one.field: one for one in self.checks if one.person == person.hex()}

    def for_purpose(self, purpose: str) -> Work:
        """The same for another purpose."""
        return msgspec.structs.replace(self, purpose=purpose)

    def with_reason(self, reason: Reason) -> Work:
        """The same with another reason."""
        others = tuple(one for one in self.reasons if one.person != reason.person)
        return msgspec.structs.replace(self, reasons=(*others, reason)[-_MOST:])

    def with_check(self, said: Said) -> Work:
        """The same with another answer."""
        others = tuple(one for one in self.checks if (one.person, one.field) != (said.person, said.field))
        return msgspec.structs.replace(self, checks=(*others, said)[-_MOST:])


class Looks(Protocol):
    """Whoever is signed in, as far as it decides what they look for: their roles, and the purposes of their grants."""

    @property
    def live(self) -> Live:
        """Account, session and roles."""

    @property
    def lent(self) -> frozenset[str]:
        """Of the grants that stand."""


def purposes_of(policy: Policy, roles: frozenset[str]) -> tuple[str, ...]:
    """The purposes for which somebody in these roles sees anything of single persons, in the policy's order."""
    seen = {
        purpose
        for role in roles
        for purpose, classes in policy.table.get(role, {}).items()
        if any(_READS & set(cells) for cells in classes.values())
    }
    return tuple(one.name for one in policy.purposes if one.name in seen)


def purposes_for(house: House, me: Looks) -> tuple[str, ...]:
    """The same of whoever is signed in, and those of their grants; none while no policy rules."""
    if house.live_policy is None:
        return ()
    policy = house.live_policy.policy
    known = {*purposes_of(policy, me.live.roles), *me.lent}
    return tuple(one.name for one in policy.purposes if one.name in known)


def purpose_for(request: Request, house: House, me: Looks) -> str:
    """The one purpose somebody looks for, or the one that they picked in this session; empty where they must pick."""
    known = purposes_for(house, me)
    chosen = known[0] if len(known) == 1 else work_of(request, house, me.live).purpose
    return chosen if chosen in known else ""


def work_of(request: Request, house: House, live: Live) -> Work:
    """What this session is at work on; nothing, where nothing of it is remembered."""
    text = cookies.value_of(request, cookies.WORK)
    said = unsealed(house, live.session, "work", text) if text else None
    if said is None:
        return Work()
    reasons, checks = said[_REASONS], said[_CHECKS]
    return msgspec.convert({"purpose": said[_PURPOSE], "reasons": reasons, "checks": checks}, Work)


def keep_work(request: Request, answer: Response, live: Live, work: Work) -> None:
    """The session is at work on this from now on."""
    reasons: list[Value] = [[*one] for one in work.reasons]
    checks: list[Value] = [[*one] for one in work.checks]
    said: dict[int, Value] = {_PURPOSE: work.purpose, _REASONS: reasons, _CHECKS: checks}
    house: House = request.app.state.served.house
    cookies.keep(request, answer, work=sealed(house, live.session, "work", said))
