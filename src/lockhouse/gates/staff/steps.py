"""Proofs of a step up: made from an answered ceremony, used up in the Change of what they were for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.access.sign_in import Means
from lockhouse.access.step_up import Given, action_hash, lack, need_of
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Unproven
from lockhouse.gates.staff.ceremonies import PROVEN, SHORT_MS, found, kept_of

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.deed import Deed
    from lockhouse.model.rows import Session

MEANS_KEPT = 1
"""Where a proof's ceremony keeps by which means it was given."""


class Meant(NamedTuple):
    """What is to be done: the action's word, and its hash with persons and fields (`access.step_up.action_hash`)."""

    action: str
    hash: bytes


def adding(staff: bytes) -> Meant:
    """What is meant by adding a factor to somebody's own account."""
    return Meant("factor-add", action_hash("factor-add", persons=[staff]))


async def used_up(house: House, deed: Deed, session: Session, meant: Meant, *, proof: str) -> None:
    """Nothing, if somebody proved in this session that they mean this; a bound proof goes with the deed.

    Args:
        proof: the token of `flows.step_up.by_passkey`; empty where a window of the session is enough.

    Raises:
        Unproven: they did not, or for something else, or too long ago.
    """
    need = need_of(meant.action)
    given: Given | None = None
    if need.bound and proof:
        row = await found(house, proof, PROVEN)
        if equal(row.session, session.tag):
            at = row.until_at - SHORT_MS
            given = Given(session.level, at, Means(int(str(kept_of(house, row)[MEANS_KEPT]))), row.bound)
            deed.take(row)
    elif not need.bound and session.step_up_at:
        # By which means does not matter: no window asks for a passkey (tests/unit/access).
        given = Given(session.level, session.step_up_at, Means.TOTP)
    said = lack(need, given, asked=meant.hash, now=house.clock.now_ms())
    if said is not None:
        raise Unproven(f"{meant.action}: expected a fresh proof of who you are", reasons=(said,), hint="step up")
