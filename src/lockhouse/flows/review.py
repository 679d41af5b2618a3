"""A review of access, as `access.reviewing` has its steps: opened, decided line by line, signed off, carried out.

The signature goes with the Change that names who signed; what is to end is ended behind it, each by itself. A process
that stops in between leaves a review that is signed and not done: `carry_out` goes on with it, whoever calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.access.reviewing import (
    DONE,
    MAX_LINES,
    OPEN,
    SIGNED,
    Line,
    against_signing,
    packed,
    signature,
    unpacked,
)
from lockhouse.access.step_up import action_hash
from lockhouse.errors import Conflict, Invalid, NotFound, Refused
from lockhouse.gates.reviews import lines_of, review_of, reviews
from lockhouse.gates.roles import end
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.finding import active_doer, doer, require_host_may
from lockhouse.gates.staff.members import is_staff, people
from lockhouse.gates.staff.refusing import refuse
from lockhouse.gates.staff.steps import Meant, used_up
from lockhouse.model.rows import AccessReview

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.access.reviewing import Decision
    from lockhouse.gates.house import House
    from lockhouse.model.rows import Session


ACTOR = "access-review"
"""As the ledger calls a review whose signer is not active any more, and which ends what they signed."""


class Shown(NamedTuple):
    """A review, and its lines."""

    row: AccessReview
    lines: list[Line]


async def now(house: House) -> list[Line]:
    """Who holds which role at this moment, reviewed or not."""
    return await lines_of(house, await people(house))


async def list_of(house: House) -> list[Shown]:
    """Every review, the newest first.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    return [Shown(row, unpacked(row.lines)) for row in await reviews(house)]


async def show(house: House, review: bytes) -> Shown:
    """One review.

    Raises:
        NotFound: there is none. Tampered: as `list_of`.
    """
    row = await review_of(house, review)
    return Shown(row, unpacked(row.lines))


async def begin(house: House, *, by: str) -> Shown:
    """A review is open, over the roles that are held now.

    Raises:
        Refused: another one is open, or who acts is not active; the host, once two have ever enrolled.
        Invalid: nobody holds a role, or too many do.
    """
    found, at = await people(house), house.clock.now_ms()
    is_open = any(row.state != DONE for row in await reviews(house))
    refuse("review", "wrong-state" if is_open else None, instead="the one before to be done")
    if not is_staff(by):  # nobody could sign it off: the host no more, and no member what the host opened
        require_host_may(found, where="review")
    lines = await lines_of(house, found)
    if not 0 < len(lines) <= MAX_LINES:
        raise Invalid("review", f"1 to {MAX_LINES} roles that are held", got="another number")
    deed = Deed(house)
    active_doer(found, deed, by)
    new = AccessReview(house.ids.new(), OPEN, packed(lines), by, at, "", 0, by, at, house.ids.new(), b"")
    row = deed.put(new, was=None)
    await deed.done()
    return Shown(row, lines)


async def decide(
    house: House, review: bytes, lines: Sequence[tuple[bytes, str]], decision: Decision, *, by: str
) -> Shown:
    """These lines (member and role) are to be kept, or to end; nothing changes for anybody yet.

    Raises:
        NotFound: there is no such review or line.
        Refused: it is signed, one is about whoever acts, or they are not active.
        Conflict: somebody else decided meanwhile.
    """
    found, row = await people(house), await review_of(house, review)
    refuse("review", None if row.state == OPEN else "wrong-state", instead="one that is open")
    deed = Deed(house)
    who = active_doer(found, deed, by)
    refuse("review", "same-person" if any(staff == who.id for staff, _ in lines) else None)
    wanted, before = {(staff.hex(), role) for staff, role in lines}, unpacked(row.lines)
    if not wanted <= {(one.staff, one.role) for one in before}:
        raise NotFound("review: expected a line of it, got another", hint="lockhouse staff access show REVIEW")
    after = [
        msgspec.structs.replace(one, decision=decision, by=by) if (one.staff, one.role) in wanted else one
        for one in before
    ]
    whole = deed.put(_moved(house, row, by=by, lines=packed(after)), was=row)
    await deed.done()
    return Shown(whole, after)


def signing(row: AccessReview) -> Meant:
    """What is meant by signing off a review as its lines stand."""
    said = [row.id.hex(), signature(row.id, row.lines)]
    return Meant("access-review-sign", action_hash("access-review-sign", fields=said))


async def sign(house: House, review: bytes, *, by: str, proof: tuple[Session, Meant, str] | None = None) -> Shown:
    """The review is signed off as its lines stand, and what is to end has ended.

    Args:
        house: as it stands.
        review: its id.
        by: who signs.
        proof: of a member: the session, what they meant, and the token of the step up for it.

    Raises:
        NotFound: there is none.
        Refused: it is not open or not decided, or this is nobody who may sign it; the host may, while fewer than two
            have ever enrolled.
        Unproven: they proved nothing for the lines as they stand.
        Conflict: somebody decided meanwhile.
    """
    found, row = await people(house), await review_of(house, review)
    refuse("review", None if row.state == OPEN else "wrong-state", instead="one that is open")
    lines, deed = unpacked(row.lines), Deed(house)
    if is_staff(by):
        opener, other, at = doer(found, row.opened_by), active_doer(found, deed, by), house.clock.now_ms()
        refuse("review", against_signing(lines, opener=opener, other=other, inviters=found.inviters, now=at))
        if proof is None or proof[1] != signing(row):
            raise Conflict("review: expected it as it was read", hint="look at it again")
        await used_up(house, deed, proof[0], signing(row), proof=proof[2])
        deed.hold(proof[0])
    else:
        require_host_may(found, where="review")
        refuse("review", "undecided" if any(not one.decision for one in lines) else None)
    signed = msgspec.structs.replace(
        _moved(house, row, by=by, lines=row.lines), state=SIGNED, signed_by=by, signed_at=house.clock.now_ms()
    )
    deed.put(signed, was=row)
    await deed.done()
    return await carry_out(house, review)


async def carry_out(house: House, review: bytes) -> Shown:
    """What a review that is signed wants to end has ended, and it is done; the last admin stays one.

    Raises:
        NotFound: there is none.
        Refused: it is not signed, or done already.
    """
    row = await review_of(house, review)
    refuse("review", None if row.state == SIGNED else "wrong-state", instead="one that is signed and not done")
    lines = [
        msgspec.structs.replace(one, outcome=await _ended(house, one, by=row.signed_by))
        if one.decision == "end" and not one.outcome
        else one
        for one in unpacked(row.lines)
    ]
    deed = Deed(house)
    done = msgspec.structs.replace(_moved(house, row, by=row.signed_by, lines=packed(lines)), state=DONE)
    whole = deed.put(done, was=row)
    await deed.done()
    return Shown(whole, lines)


async def _ended(house: House, line: Line, *, by: str) -> str:
    try:
        await end(house, bytes.fromhex(line.staff), line.role, by=by)
    except NotFound:
        return "gone"
    except Refused as err:
        if err.reasons == ("not-active",) and by != ACTOR:  # whoever signed was disabled since; the signature stands
            return await _ended(house, line, by=ACTOR)
        return err.reasons[0] if err.reasons else "refused"
    return "ended"


def _moved(house: House, row: AccessReview, *, by: str, lines: bytes) -> AccessReview:
    return msgspec.structs.replace(row, lines=lines, by=by, at=house.clock.now_ms(), entry=house.ids.new())
