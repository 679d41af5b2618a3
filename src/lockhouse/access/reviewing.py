"""A review of access: who holds which role, looked through by one and signed off by another.

1. Somebody opens it. Its lines are the roles that are held then, by everybody who is not disabled; what is given later
   is of the next one (NIST SP 800-53r5 AC-2 j, AC-6(7); ISO/IEC 27001:2022 A.5.18).
2. Each line is decided, to keep or to end, by anybody but the one it is about. Nothing changes by that.
3. It is signed off once every line is decided, by somebody who neither opened it nor decided anything, who is of no
   line of invitations with a member who did, and who could approve what its opener began (`access.people`). The
   signature is over the lines as they are decided.
4. What is to end is ended with that. The last admin stays one, and the review says so.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Literal, get_args

import msgspec

from lockhouse.access.people import Deed, against_second, of_one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lockhouse.access.people import Member, Objection

OPEN, SIGNED, DONE = 0, 1, 2
MAX_LINES: Final = 5_000
UNUSED_MS: Final = 90 * 24 * 60 * 60_000
Decision = Literal["", "end", "keep"]
Against = Literal["decided-some", "undecided", "wrong-state"]
AGAINST: tuple[Against, ...] = get_args(Against)
_ENCODE = msgspec.msgpack.Encoder().encode
_STAFF: Final = "staff:"
_ORDER: Final = "lockhouse/access-review/1"


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A role that somebody held as the review was opened.

    Attributes:
        given_at: ms; by whom it was proposed, and given.
        used_at: when they last proved themselves (ms); None: never. `enrolled`: whether they ever did.
        outcome: of one that was to end: `ended`, `gone` before, or the word of what kept it.
    """

    staff: str
    role: str
    given_at: int
    proposed_by: str
    given_by: str
    used_at: int | None = None
    enrolled: bool = False
    decision: Decision = ""
    by: str = ""
    outcome: str = ""


def packed(lines: Collection[Line]) -> bytes:
    """The lines as a row keeps them."""
    return _ENCODE(sorted(lines, key=lambda one: (one.staff, one.role)))


def unpacked(raw: bytes) -> list[Line]:
    """The lines of a row whose MAC was checked."""
    return msgspec.msgpack.decode(raw, type=list[Line])


def signature(review: bytes, lines: bytes) -> str:
    """What is signed off: the hash of the review's id and its lines as they are decided."""
    return hashlib.sha256(_ENCODE((_ORDER, review, lines))).hexdigest()


def hints(line: Line, *, at: int) -> tuple[str, ...]:
    """What of a line is worth a look, as of a time (ms); stable words."""
    if not line.enrolled:
        return ("never-enrolled",)
    return ("unused",) if at - max(line.used_at or 0, line.given_at) > UNUSED_MS else ()


def against_signing(
    lines: Collection[Line], *, opener: Member, other: Member, inviters: Mapping[bytes, bytes], now: int
) -> Objection | Against | None:
    """Why somebody may not sign a review off; None if they may."""
    if any(not one.decision for one in lines):
        return "undecided"
    if any(one.by == f"{_STAFF}{other.id.hex()}" for one in lines):
        return "decided-some"
    members = {bytes.fromhex(one.by.removeprefix(_STAFF)) for one in lines if one.by.startswith(_STAFF)}
    if any(of_one_line(one, other.id, inviters=inviters) for one in members):
        return "of-one-line"
    return against_second(Deed(opener, opener.id), other, inviters=inviters, now=now)
