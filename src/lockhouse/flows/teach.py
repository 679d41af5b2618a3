"""Record that somebody holds a course, as far as an admin vouches for it, until courses are taken here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Invalid
from lockhouse.gates.authority import checked, digest, signed
from lockhouse.ledger.entry import Attestation as AttestationEntry
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import Attestation

if TYPE_CHECKING:
    from lockhouse.gates.house import House


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
    """
    courses = house.live().policy.training
    now = house.clock.now_ms()
    if course not in courses:
        raise Invalid("course", f"one of {', '.join(courses) or 'none, as the live policy names none'}", got="another")
    if until <= now:
        raise Invalid("--until", "a day to come", got="one that has passed")
    entry = house.ids.new()
    row = signed(Attestation(actor, course, until, by, now, entry, b""), house.integrity_key)
    said = AttestationEntry(change="made", subject=actor, fact=course, by=by, row=digest(row), until=until)
    draft = said.draft(id=entry, lane=house.lane)
    await house.commits.commit(Change("identity", puts=(Put(Attestation.TABLE, row),)))
    await house.commits.commit(Change("record", entries=(draft,)))
    return row


async def attested(house: House) -> list[Attestation]:
    """Every recorded course, by actor and course.

    Raises:
        Tampered: a row was not made by this house.
    """
    rows: list[Attestation] = []
    async for chunk in house.reads.scan(Attestation):
        rows.extend(checked(chunk, house.integrity_key))
    return sorted(rows, key=lambda row: (row.actor, row.fact))
