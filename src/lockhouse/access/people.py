"""The life of a member of staff, and who may decide over whom.

1. Invited, then active with the first factors, then disabled and active again by somebody else. Nobody is deleted: the
   ledger speaks of them. There is no account that a house begins with.
2. Each is invited by a member, or by whoever has the machine (no inviter). Following inviters upwards gives a *line*.
   Two are of one line if one of them stands above the other, or a third member above both: who invites two could be
   both, too.
3. A role that reads personal data, or has power over staff, is proposed by one and approved by another (NIST SP
   800-53r5 AC-5, AC-6(5)) who is active, is for 72 hours at least, holds a role that the proposer does not hold and
   that is not the one given, and is neither the one it is for nor of one line with the proposer or with them. A second
   mailbox is so no second person: it would have to be given its own first role by somebody who is one.
4. A reset is begun by one and approved by another under the same rules of age and line, neither of them the one it is
   for (ASVS 5.0 V6.4.4, V6.4.6). What it opens is a link; nobody chooses somebody else's factor.
   Whoever has the machine may have an account, too, so what they began no member approves: a member begins it.
5. Neither a reset nor taking a factor away lowers what signs in: whoever had a passkey ends with one, whoever had two
   factors with two (V6.4.3; NIST SP 800-63B-4 §4.2).
6. Who is the only admin recovers on the machine itself with the root key, and only then: others who were so within 72
   hours count. Somebody of another line reviews it. The last admin is neither disabled nor loses the role.
7. A proposal stands for seven days, and while who made it is active.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from lockhouse.access.sign_in import Means

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

PROPOSAL_MS = 7 * 24 * 60 * 60_000
"""How long a proposed role waits for its approval."""
SETTLED_MS = 72 * 60 * 60_000
"""How long somebody must be active before they approve."""

Objection = Literal[
    "by-host", "last-admin", "lowers-factors", "not-active", "not-another-role", "not-sole", "of-one-line",
    "same-person", "too-young", "wrong-state",
]  # fmt: skip
OBJECTIONS: tuple[Objection, ...] = get_args(Objection)
"""Why somebody may not; stable words."""


class State(IntEnum):
    """Of a member of staff; the numbers are those of the rows."""

    INVITED = 0
    ACTIVE = 1
    DISABLED = 2


Step = Literal["enrol", "disable", "enable"]
_STEPS: dict[tuple[State, Step], State] = {
    (State.INVITED, "enrol"): State.ACTIVE,
    (State.INVITED, "disable"): State.DISABLED,
    (State.ACTIVE, "disable"): State.DISABLED,
    (State.DISABLED, "enable"): State.ACTIVE,
}


class Member(NamedTuple):
    """What of a member of staff decides.

    Attributes:
        active_at: when they enrolled last (ms), so anew after a reset; 0: never.
        roles: that are given and not ended.
    """

    id: bytes
    state: State
    active_at: int = 0
    roles: frozenset[str] = frozenset()


class Deed(NamedTuple):
    """What one member began about another (or themselves), which a second person is to approve."""

    by: Member
    subject: bytes


def after(state: State, step: Step, *, was_active: bool) -> State | None:
    """The state after a step; None where the step does not lead from there.

    Args:
        was_active: whether the member ever enrolled; who never did is enabled as invited.
    """
    then = _STEPS.get((state, step))
    return State.INVITED if step == "enable" and then is not None and not was_active else then


def line(of: bytes, *, inviters: Mapping[bytes, bytes]) -> tuple[bytes, ...]:
    """Who stands above a member, nearest first. A ring of edited rows ends where it closes.

    Args:
        inviters: member -> who invited them; without an entry, or with an empty one, whoever has the machine did.
    """
    above: list[bytes] = []
    one = inviters.get(of, b"")
    while one and one not in above:
        above.append(one)
        one = inviters.get(one, b"")
    return tuple(above)


def of_one_line(a: bytes, b: bytes, *, inviters: Mapping[bytes, bytes]) -> bool:
    """Whether two are the same, one of them stands above the other, or a third member above both."""
    return not {a, *line(a, inviters=inviters)}.isdisjoint({b, *line(b, inviters=inviters)})


def against_second(deed: Deed, other: Member, *, inviters: Mapping[bytes, bytes], now: int) -> Objection | None:
    """Why `other` may not approve what somebody began; None if they may.

    That is all of it for a reset; a role asks `against_role` besides.
    """
    if other.state is not State.ACTIVE:
        return "not-active"
    if other.id in {deed.by.id, deed.subject}:
        return "same-person"
    if not deed.by.id:
        return "by-host"
    if any(of_one_line(one, other.id, inviters=inviters) for one in (deed.by.id, deed.subject)):
        return "of-one-line"
    return "too-young" if not other.active_at or now - other.active_at < SETTLED_MS else None


def against_role(
    deed: Deed, other: Member, *, role: str, inviters: Mapping[bytes, bytes], now: int
) -> Objection | None:
    """Why `other` may not approve that `role` is given, which takes two; None if they may."""
    objection = against_second(deed, other, inviters=inviters, now=now)
    if objection is not None:
        return objection
    return None if other.roles - deed.by.roles - {role} else "not-another-role"


def against_reset(by: Member, *, subject: Member) -> Objection | None:
    """Why `by` may not begin a reset of somebody's factors; None if they may."""
    if by.state is not State.ACTIVE:
        return "not-active"
    if by.id == subject.id:
        return "same-person"
    return "wrong-state" if subject.state is not State.ACTIVE else None


def against_leaving(member: bytes, *, admins: Collection[bytes]) -> Objection | None:
    """Why a member may not be disabled or lose the admin's role; `admins` are those that are active now."""
    return "last-admin" if {*admins} == {member} else None


def against_local(member: bytes, *, admins: Collection[bytes]) -> Objection | None:
    """Why a member may not recover on the machine alone; `admins` are those that are active now."""
    return None if {*admins} == {member} else "not-sole"


def against_factors(before: Collection[Means], left: Collection[Means]) -> Objection | None:
    """Why a member who had factors of some kinds may not be left with these; None if they may."""
    return "lowers-factors" if _strength(left) < _strength(before) else None


def _strength(has: Collection[Means]) -> int:
    if Means.PASSKEY in has:
        return 3
    if Means.PASSWORD in has:
        return 2 if Means.TOTP in has else 1
    return 1 if Means.IDENTITY in has else 0  # how sure it is, its provider says, each time anew
