"""Seal a person's boxes again under the keys that seal now; nobody is shown anything, and the ledger says who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import NotFound
from lockhouse.gates.disclose.group import groups_of
from lockhouse.gates.facts import facts_of_persons
from lockhouse.gates.rework import Resealed, reseal_person

if TYPE_CHECKING:
    from lockhouse.gates.house import House


async def reseal(house: House, person: bytes, *, by: str) -> Resealed:
    """Every box of a canonical person that still opens lies under the key that seals now.

    Source persons that are ending, or have ended, are left as they are.

    Raises:
        NotFound: no such person, or nothing of them lives.
        Unavailable: the lease is lost, the clock is in doubt, or a store is away; call again.
        Conflict: their records or keys keep moving; call again.
        Tampered: a box is not as it was sealed.
    """
    [group] = await groups_of(house, [person])
    facts = await facts_of_persons(house, group, fresh=True)
    living = [one for one in group if one in facts and not facts[one].ending]
    if not living:
        raise NotFound("person: expected a living person", hint="lockhouse person find KIND looks one up")
    done = [await reseal_person(house, one, by=by) for one in living]
    return Resealed(
        records=sum(one.records for one in done), boxes=sum(one.boxes for one in done),
        renewed=sum(one.renewed for one in done), left=sum(one.left for one in done),
    )  # fmt: skip
