"""Whoever is signed in, as the policy decides over them: their roles, and what is known of them in this session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.gates.staff.members import STAFF
from lockhouse.model.decision import Actor

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockhouse.gates.house import House
    from lockhouse.model.decision import Facts
    from lockhouse.model.rows import Session


def actor_of(session: Session, roles: Collection[str]) -> Actor:
    """The member of staff whose session it is."""
    return Actor(id=STAFF + session.staff.hex(), kind="staff", roles=tuple(sorted(roles)))


async def facts_in(house: House, actor: Actor, session: Session, *, address: str, proven: bool = False) -> Facts:
    """What stands of them now.

    How long ago they proved who they are, and from where they ask, is known of the session itself: nobody's word that
    was recorded for the machine's shell counts in its place.

    Args:
        house: as it stands. actor: of `actor_of`. session: theirs.
        address: from which they ask.
        proven: a passkey answered for the very deed just now, and the answer was used up.

    Raises:
        Tampered: an attestation was not made by this house.
    """
    known = await house.actor_facts.of(actor)
    since = house.clock.now_ms() - session.step_up_at
    age = 0 if proven else since // 1000 if session.step_up_at and since >= 0 else None
    return msgspec.structs.replace(known, step_up_age_s=age, network=address or None)
