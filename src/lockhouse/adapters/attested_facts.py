"""The `Facts` port as this release supplies it: courses and other facts that an admin vouched for, day and hour.

Nobody signs in yet, and no listener knows the network of whoever asks. So those facts are attestations with an end
(`lockhouse grant record`), and what nobody attested is not so: a person at the machine's own shell has shown that they
may read its files, and not who they are.

Extra access of a member of staff is theirs by a grant that another approved, and by nobody's word alone.

In a demo house the machine's user counts as freshly signed in: whoever watches a demo has nobody to ask. How many
people are left to look up is counted where a look is noted (`gates.disclose.hour`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lockhouse.access.vouched import Said, standing
from lockhouse.gates.granted import standing_for
from lockhouse.gates.staff.members import is_staff
from lockhouse.gates.vouched import vouched
from lockhouse.model.decision import Facts
from lockhouse.training.lapse import Attested, in_force

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor


class AttestedFacts:
    """Facts from the house's own attestations and clock."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def of(self, actor: Actor) -> Facts:
        """What stands of the actor now.

        Raises:
            Tampered: an attestation was not made by this house.
        """
        now, live = self._house.clock.now_ms(), self._house.live()
        rows = await vouched(self._house, actor.id)
        courses = in_force(
            live.policy.training, [Attested(row.fact, row.at, row.until_at) for row in rows], assigned=live.assigned,
            now=now,
        )  # fmt: skip
        said = standing([Said(row.fact, row.at, row.until_at) for row in rows], now=now)
        watched = self._house.demo and actor.kind == "os-user"
        age = None if said.step_up_at is None else (now - said.step_up_at) // 1000
        moment = datetime.fromtimestamp(now / 1000, UTC)
        return Facts(
            training=courses, grant=None if is_staff(actor.id) else said.grant,
            grants=await standing_for(self._house, actor), network=said.network, own=said.own,
            step_up_age_s=0 if watched else age,
            limit=said.limit, today=moment.date().isoformat(), hour=moment.hour,
        )  # fmt: skip
