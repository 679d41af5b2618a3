"""Which evidence moves a known person to another region, or to their first.

It must come with more than a public key, be believed as far as the person is known, be no older than what is known of
where they are, and be sent, not brought in with a file of what was. Evidence that is less counts for its own event
alone, and there beside what is known: the rules of both must be met. So must they from then on where two are of one
moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.gates.collect.work import evidence_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.collect.turns import Owners
    from lockhouse.gates.collect.work import Found, Work
    from lockhouse.gates.house import PersonFacts


def moved_region(work: Work, kept: Sequence[Found], owners: Owners) -> str | None:
    """The region that a person is in from this event on; None where it moves nobody.

    Args:
        work: decided, and known whose it is and how far its sender is believed.
        kept: its identifiers that are kept.
        owners: who owns them.
    """
    own: PersonFacts | None = work.own
    if own is None or work.batch.origin is not None:
        return None
    region = evidence_of(work)
    if region is None or region == own.region:
        return None
    at = min(work.event.occurred_at, work.batch.received_at)
    is_late = work.active_on < own.active_at or at < own.region_at or (at == own.region_at and region in own.regions)
    if is_late and own.region_at >= 0:  # of nothing there is nothing newer
        return None
    rows = [row for one in kept for row in owners.get((one.kind, one.generation, one.tag), ())]
    known_as = max((belief for belief, person, _ in rows if person == work.person), default=0)
    return region if work.proof >= known_as else None
