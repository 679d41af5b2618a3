"""Grants: more than one's roles give, for a case and a while. `access.grants` says who may decide, and until when.

Whoever has the machine asks for none and approves none: nobody knows who that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.access.grants import (
    Kind,
    Now,
    Review,
    Standing,
    Terms,
    against_approval,
    against_glass,
    against_step,
    decoded,
    is_due,
    is_overdue,
    standing,
    stands,
)
from lockhouse.access.people import State
from lockhouse.gates.granted import every_grant, grant_of, grants_of, now_of, seen
from lockhouse.gates.granting import Wanted, new_grant, sealed_words, stepped, terms_of, words_in
from lockhouse.gates.mail import notice_for
from lockhouse.gates.staff.called import called
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.finding import active_doer, one_of
from lockhouse.gates.staff.members import is_staff, people
from lockhouse.gates.staff.refusing import refuse
from lockhouse.model.mails import GlassBroken
from lockhouse.model.rows import AccessGrant
from lockhouse.policy.decide import permits

if TYPE_CHECKING:
    from typing import Literal

    from lockhouse.access.people import Member
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.members import People

__all__ = ["Known", "Wanted", "approve", "break_glass", "end", "listed", "refused", "request", "review", "show"]
APPROVES, REQUESTS, BREAKS, ENDS = "grant.approve", "grant.request", "grant.break-glass", "grant.end"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A grant as it stands.

    Attributes:
        how: as its row and its holder's account say; one whose holder was disabled since is `ended`.
        is_due, is_overdue: whether it waits for a review, and for too long.
        words: of whoever reviewed it.
    """

    row: AccessGrant
    terms: Terms
    how: Standing
    is_due: bool
    is_overdue: bool
    words: str


async def request(house: House, wanted: Wanted, *, by: str) -> AccessGrant:
    """Somebody asks for it; nothing is open yet.

    Raises:
        Invalid, NotFound: as of `terms_of`.
        Refused: it is no member of staff who asks, or none who may.
    """
    terms = await terms_of(house, wanted, kind=Kind.ASKED)
    deed, who, _ = await _begun(house, by, REQUESTS)
    row = deed.put(new_grant(house, who.id, terms, kind=Kind.ASKED, by=by), was=None)
    await deed.done()
    return row


async def break_glass(house: House, wanted: Wanted, *, by: str) -> AccessGrant:
    """It is open at once, for an hour at most. Whoever could have approved it is told, and one of them reviews it.

    Raises:
        Invalid, NotFound: as of `terms_of`.
        Refused: nobody of the staff, or none who may; or an earlier one of theirs was not reviewed in time.
    """
    terms = await terms_of(house, wanted, kind=Kind.GLASS)
    deed, who, everybody = await _begun(house, by, BREAKS)
    theirs = await grants_of(house, who.id)
    refuse("grant", against_glass([seen(one) for one in theirs], now=now_of(house)))
    row = deed.put(new_grant(house, who.id, terms, kind=Kind.GLASS, by=by), was=None)
    name = called(house, everybody.rows[who.id]).name
    about = GlassBroken(who=name, purpose=terms.purpose, reason=f"{terms.reason}: {terms.ticket}", at=row.asked_at)
    for other in everybody.active:
        if other != who.id and _may(everybody, other, APPROVES):
            deed.also(*notice_for(house, everybody.rows[other], about))
    await deed.done()
    return row


async def approve(house: House, grant: bytes, *, by: str) -> AccessGrant:
    """It is open from now on, for as long as was asked for.

    Raises:
        NotFound: there is none.
        Refused: it waits no longer, its asker is not active, or this is nobody who may approve it.
    """
    row = await grant_of(house, grant)
    deed = await _decided_over(house, row, "approve", by=by)
    until = now_of(house) + decoded(row.terms).lasts_ms
    then = msgspec.structs.replace(
        stepped(house, row, "approved", by=by), state=Now.OPEN, until_at=until, approved_by=by
    )
    whole = deed.put(then, was=row)
    await deed.done()
    return whole


async def refused(house: House, grant: bytes, *, by: str) -> AccessGrant:
    """It will not be open; who asked may ask anew.

    Raises:
        NotFound, Refused: as of `approve`.
    """
    row = await grant_of(house, grant)
    deed = await _decided_over(house, row, "refuse", by=by)
    whole = deed.put(msgspec.structs.replace(stepped(house, row, "refused", by=by), state=Now.REFUSED), was=row)
    await deed.done()
    return whole


async def end(house: House, grant: bytes, *, by: str) -> AccessGrant:
    """It is over, in every process; a request is taken back.

    Raises:
        NotFound: there is none.
        Refused: it is over already, or is somebody else's and this is nobody who may.
    """
    row, everybody, deed = await grant_of(house, grant), await people(house), Deed(house)
    refuse("grant", against_step(seen(row), "end", now=now_of(house)))
    who = active_doer(everybody, deed, by)
    is_theirs = who.id == row.staff
    is_allowed = not who.id or any(_may(everybody, who.id, one) for one in (APPROVES, ENDS))
    refuse("grant", None if is_theirs or is_allowed else "not-allowed")
    whole = deed.put(_over(house, stepped(house, row, "ended", by=by)), was=row)
    await deed.done()
    return whole


async def review(house: House, grant: bytes, *, in_order: bool, words: str, by: str) -> AccessGrant:
    """A broken glass is reviewed, and over.

    Raises:
        Invalid: there are no words, or too many.
        NotFound: there is none.
        Refused: it is none that is reviewed, was reviewed, or this is nobody who may.
    """
    row = await grant_of(house, grant)
    deed = await _decided_over(house, row, "review", by=by)
    then = stepped(house, row, "reviewed-in-order" if in_order else "reviewed-not-in-order", by=by)
    said = Review.IN_ORDER if in_order else Review.NOT_IN_ORDER
    then = msgspec.structs.replace(_over(house, then), review=said, box=sealed_words(house, row.id, words))
    whole = deed.put(then, was=row)
    await deed.done()
    return whole


async def show(house: House, grant: bytes) -> Known:
    """One grant.

    Raises:
        NotFound: there is none.
    """
    return _known(house, await grant_of(house, grant), await people(house))


async def listed(house: House) -> list[Known]:
    """Every grant, the newest first."""
    everybody = await people(house)
    return [_known(house, row, everybody) for row in await every_grant(house)]


def _known(house: House, row: AccessGrant, everybody: People) -> Known:
    now, one, whose = now_of(house), seen(row), everybody.rows.get(row.staff)
    how = standing(one, now=now)
    if whose is None or not _counts(house, row, everybody):
        how = "ended" if how == "open" else "lapsed" if how == "waiting" else how
    return Known(
        row=row, terms=decoded(row.terms), how=how, is_due=is_due(one), is_overdue=is_overdue(one, now=now),
        words=words_in(house, row),
    )  # fmt: skip


def _counts(house: House, row: AccessGrant, everybody: People) -> bool:
    """Whether its holder's account still lets it count: also of one that waits."""
    whose, one = everybody.rows[row.staff], seen(row)
    would = one._replace(now=Now.OPEN, until_at=now_of(house) + 1)
    return stands(would, holder=State(whose.state), counts_from=whose.sessions_from, now=now_of(house))


def _over(house: House, row: AccessGrant) -> AccessGrant:
    return msgspec.structs.replace(row, state=Now.ENDED, until_at=min(row.until_at, now_of(house)))


def _may(everybody: People, staff: bytes, permission: str) -> bool:
    policy = everybody.policy
    return policy is not None and permits(policy, tuple(everybody.member(staff).roles), permission)


async def _begun(house: House, by: str, permission: str) -> tuple[Deed, Member, People]:
    """Who begins something of their own, and may."""
    everybody, deed = await people(house), Deed(house)
    refuse("grant", None if is_staff(by) else "not-staff")
    who = active_doer(everybody, deed, by)
    refuse("grant", None if _may(everybody, who.id, permission) else "not-allowed")
    return deed, who, everybody


async def _decided_over(
    house: House, row: AccessGrant, step: Literal["approve", "refuse", "review"], *, by: str
) -> Deed:
    """The deed of somebody who may decide over a grant that can be decided over so; all that it rests on is held."""
    everybody, deed = await people(house), Deed(house)
    refuse("grant", None if is_staff(by) else "not-staff")
    refuse("grant", against_step(seen(row), step, now=now_of(house)))
    other, holder = active_doer(everybody, deed, by), one_of(everybody, row.staff)
    if step != "review":
        refuse("grant", None if _counts(house, row, everybody) else "no-longer")
    asker = everybody.member(holder.id)
    refuse("grant", against_approval(asker, other, inviters=everybody.inviters, now=now_of(house)))
    refuse("grant", None if _may(everybody, other.id, APPROVES) else "not-allowed")
    deed.hold(holder)
    for role in everybody.roles.get(other.id, ()):
        deed.hold(role)
    return deed
