"""Extra access for a while: asked for, approved by another; or taken at once and reviewed behind that.

1. A member asks for one purpose, fields of it, and persons by name or none, with a listed reason and a ticket. A
   request stands for 24 hours; whoever asked may take it back.
2. Somebody else approves it, under the rules of a reset (`people.against_second`): active for 72 hours, neither of the
   asker's line nor the asker; and by a role that may `grant.approve` (Teleport #13416: nobody approves themselves, hard
   blocked; NIST SP 800-53r5 AC-5, AC-6).
3. From its approval it lasts as long as was asked for, at most eight hours (strongdm/accessbot#283: without
   a longest time somebody asks for a year). Nothing prolongs it: another one is asked for.
4. It ends by time; by whoever has it or may `grant.end`; and for good when its holder is disabled, loses a role, is
   reset or has all that they are signed in by ended, as their tokens do: the account says from when on things count.
5. Break-glass opens at once, for at most one hour, with the same words (Infisical PR #7930: no approver, everybody who
   could have been is told, and it must be reviewed). Whoever may `grant.break-glass` does it, with a fresh proof.
6. It is reviewed by another, under the rules of an approval, within 72 hours, as in order or not, in words. Until an
   overdue one is reviewed, or while three wait, its holder breaks no other glass: else an hour would be three days. A
   review ends it, if it still stands.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import msgspec

from lockhouse.access.people import Deed, State, against_second
from lockhouse.errors import Invalid, Tampered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockhouse.access.people import Member, Objection

MINUTE_MS = 60_000
_HOUR_MS = 60 * MINUTE_MS
REQUEST_MS = 24 * _HOUR_MS
"""How long a request waits for its approval."""
LONGEST_MS = 8 * _HOUR_MS
GLASS_MS = _HOUR_MS
REVIEW_MS = 72 * _HOUR_MS
MOST_DUE = 3
"""Of one member's broken glasses that wait for their review."""
MAX_FIELDS, MAX_PERSONS = 100, 50
TICKET = re.compile(r"#?(?=[A-Za-z0-9_-]*[A-Za-z#])(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{2,24}|#[0-9]{1,12}")
"""As a look takes one: letters and digits together, or digits behind a #; neither a name nor a phone number."""


class Kind(IntEnum):
    """How it came to be; the numbers are those of the rows."""

    ASKED = 0
    GLASS = 1


class Now(IntEnum):
    """What was done last; the numbers are those of the rows."""

    WAITING = 0
    OPEN = 1
    REFUSED = 2
    ENDED = 3


class Review(IntEnum):
    """What a reviewer said of a broken glass."""

    NONE = 0
    IN_ORDER = 1
    NOT_IN_ORDER = 2


Standing = Literal["waiting", "lapsed", "open", "over", "refused", "ended"]
Bar = Literal["glass-overdue", "grant-over", "no-longer", "not-glass", "reviewed"]
BARS: tuple[Bar, ...] = get_args(Bar)
"""Why a step cannot be taken; stable words, beside those of `people.Objection`."""


class Terms(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a grant is for, as it was asked for and approved.

    Attributes:
        persons: source persons, all those that each one named was joined of then; empty: it names nobody.
        reason: a word that the policy lists. `lasts_ms`: from its approval.
    """

    purpose: str
    fields: tuple[str, ...]
    persons: tuple[bytes, ...]
    reason: str
    ticket: str
    lasts_ms: int


class Seen(NamedTuple):
    """What of a grant decides."""

    kind: Kind
    now: Now
    asked_at: int
    until_at: int
    review: Review = Review.NONE


_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode
_DECODE = msgspec.msgpack.Decoder(Terms).decode


def encoded(terms: Terms) -> bytes:
    """The terms as a row holds them."""
    return _ENCODE(terms)


def decoded(raw: bytes) -> Terms:
    """The terms of a row.

    Raises:
        Tampered: they are not as this house wrote them.
    """
    try:
        return _DECODE(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as err:
        raise Tampered("access_grant: expected its terms as they were written") from err


def require_form(terms: Terms, *, kind: Kind) -> None:
    """Nothing, if the terms may be asked for so.

    Raises:
        Invalid: no fields or too many, too many persons, no ticket, or a time that is too long or none.
    """
    longest = GLASS_MS if kind is Kind.GLASS else LONGEST_MS
    if not 0 < len(terms.fields) <= MAX_FIELDS:
        raise Invalid("fields", f"1 to {MAX_FIELDS}", got=f"{len(terms.fields)}")
    if len(terms.persons) > MAX_PERSONS:
        raise Invalid("persons", f"at most {MAX_PERSONS}, with all that they are joined of", got="more")
    if not TICKET.fullmatch(terms.ticket):
        raise Invalid("ticket", "the number of a case, as T-17 or #4711", got="another form")
    if not MINUTE_MS <= terms.lasts_ms <= longest:
        raise Invalid("minutes", f"1 to {longest // MINUTE_MS}", got="another number")


def standing(seen: Seen, *, now: int) -> Standing:
    """How a grant stands at a moment (ms), as far as its row says."""
    if seen.now is Now.WAITING:
        return "waiting" if 0 <= now - seen.asked_at < REQUEST_MS else "lapsed"
    if seen.now is Now.OPEN:
        return "open" if now < seen.until_at else "over"
    return "refused" if seen.now is Now.REFUSED else "ended"


def stands(seen: Seen, *, holder: State, counts_from: int, now: int) -> bool:
    """Whether a grant opens anything now.

    Args:
        seen: of its row. holder: how its holder's account stands.
        counts_from: ms; what the holder was given then or before is over.
        now: ms; no earlier than the ledger has seen pass.
    """
    return standing(seen, now=now) == "open" and holder is State.ACTIVE and seen.asked_at > counts_from


def against_approval(by: Member, other: Member, *, inviters: Mapping[bytes, bytes], now: int) -> Objection | None:
    """Why `other` may not approve, or review, what `by` asked for or took; None if they may."""
    return against_second(Deed(by, by.id), other, inviters=inviters, now=now)


def is_due(seen: Seen) -> bool:
    """Whether a glass was broken and nobody has reviewed it."""
    return seen.kind is Kind.GLASS and seen.review is Review.NONE


def is_overdue(seen: Seen, *, now: int) -> bool:
    """The same, and 72 hours have passed."""
    return is_due(seen) and now - seen.asked_at >= REVIEW_MS


def against_glass(theirs: Iterable[Seen], *, now: int) -> Bar | None:
    """Why a member may not break a glass now; None if they may."""
    due = [one for one in theirs if is_due(one)]
    return "glass-overdue" if len(due) >= MOST_DUE or any(is_overdue(one, now=now) for one in due) else None


def against_step(seen: Seen, step: Literal["approve", "end", "refuse", "review"], *, now: int) -> Bar | None:
    """Why a step cannot be taken from how a grant stands; None if it can."""
    how = standing(seen, now=now)
    if step == "review":
        if seen.kind is not Kind.GLASS:
            return "not-glass"
        return None if seen.review is Review.NONE else "reviewed"
    if step == "end":
        return None if how in {"waiting", "open"} else "grant-over"
    return None if how == "waiting" else "no-longer"
