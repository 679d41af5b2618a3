"""Whether a policy is approved by two persons or by one, and whether one is enough.

1. Whoever approves is active, and signs exactly this policy and these effects (`gates.approvals`).
2. It is two persons' if a member who is active proposed it, and the approver may be the second person to them as
   `access.people` has it: another one, in for 72 hours, of no line of invitations with them (NIST SP 800-53r5 AC-5).
3. What the machine's user proposed, or somebody who is not active any more, is the approver's own.
4. One person approves only where nobody could be the second to them. Whoever may approve now counts, and whoever might
   within the last 72 hours: nobody is disabled out of the way.
5. What two approve rules at once. What one approves waits if it widens (`gates.versions`), and anybody active calls it
   off meanwhile; an off switch there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from lockhouse.access.people import Deed, State, against_second

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lockhouse.access.people import Member, Objection

Standing = Literal["one", "two"]


class Agreement(NamedTuple):
    """By how many a policy is approved; or why this is nobody who may."""

    standing: Standing | None
    objection: Objection | None = None


def agreement(
    proposer: Member, approver: Member, *, others: Collection[Member], inviters: Mapping[bytes, bytes], now: int
) -> Agreement:
    """By how many it is approved, if `approver` approves what `proposer` proposed.

    Args:
        others: who may approve policies, or might within 72 hours, each as active.
        inviters: member -> who invited them.
    """
    if approver.state is not State.ACTIVE:
        return Agreement(None, "not-active")
    is_own = not proposer.id or proposer.state is not State.ACTIVE
    begun = Deed(approver if is_own else proposer, b"")
    objection = against_second(begun, approver, inviters=inviters, now=now)
    if objection is None:
        return Agreement("two")
    if any(against_second(begun, one, inviters=inviters, now=now) is None for one in others):
        return Agreement(None, "by-host" if not proposer.id else objection)
    return Agreement("one")
