"""Record that somebody holds a course, as far as an admin vouches for it, until courses are taken here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.access.vouched import parts_of
from lockhouse.errors import Invalid
from lockhouse.gates.vouched import every_voucher
from lockhouse.gates.vouching import vouch

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.rows import Attestation


async def attest(house: House, actor: str, course: str, *, until: int, by: str) -> Attestation:
    """The actor holds the course until that time, in every process; who vouched for it stands in the ledger.

    Args:
        house: as it stands.
        actor: about whom: `os-user:1000`, `staff:…`.
        course: a course of the live policy.
        until: ms; later than now.
        by: the actor who says so.

    Raises:
        Invalid: the live policy has no such course, the time has passed, or the actor has not its form.
        Moved: another process changed it meanwhile.
    """
    courses = house.live().policy.training
    if course not in courses:
        raise Invalid("course", f"one of {', '.join(courses) or 'none, as the live policy names none'}", got="another")
    if until <= house.clock.now_ms():
        raise Invalid("--until", "a day to come", got="one that has passed")
    return await vouch(house, actor, course, until=until, by=by)


async def attested(house: House) -> list[Attestation]:
    """Every recorded course, by actor and course.

    Raises:
        Tampered: a row was not made by this house.
    """
    return [row for row in await every_voucher(house) if parts_of(row.fact) is None]
