"""What the API answers when it does not do what was asked: problem details (RFC 9457) with our outcome codes.

`type` is where the code is explained, relative to the documentation; `detail` names the place and the rule, never a
value. A client acts on `code` and `status`; the texts may be put better.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from lockhouse import errors
from lockhouse.faces.outcomes import CODES, OUTCOMES, anchor

if TYPE_CHECKING:
    from collections.abc import Mapping

MEDIA = "application/problem+json"
BAD_BODY, NO_TOKEN, NO_PERMISSION, REFUSED, NOT_FOUND = "LH-4000", "LH-4001", "LH-4002", "LH-4003", "LH-4004"
NO_METHOD, MOVED, GONE, TOO_LARGE, NO_JSON = "LH-4005", "LH-4006", "LH-4007", "LH-4008", "LH-4009"
INVALID, KEY_USED, KEY_BUSY, TOO_MANY = "LH-4010", "LH-4011", "LH-4012", "LH-4013"
FAULT, AWAY, TAMPERED = "LH-5000", "LH-5001", "LH-5002"
OF_ERRORS: dict[type[errors.LockhouseError], str] = {
    errors.Invalid: INVALID, errors.Refused: REFUSED, errors.Unproven: NO_TOKEN, errors.NotFound: NOT_FOUND,
    errors.Conflict: MOVED, errors.Gone: GONE, errors.Erased: GONE, errors.Expired: GONE, errors.Unavailable: AWAY,
    errors.Tampered: TAMPERED,
}  # fmt: skip
"""Error class -> code. Its status is the class's own at the edge (`faces.outcomes`)."""
_TELLING = re.compile(r"Expected [^-$]{1,200}|Object missing required field `\w{1,40}`")
_PLACE = re.compile(r"at `\$([^`]*)`$")
_UNKNOWN = "Object contains unknown field"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem (RFC 9457).

    Attributes:
        type: where the code is explained. `title`: what happened. `detail`: where, and what was expected there.
        code: outcome code. `change`: what would change it, `who`: who can.
        hint: what helps, if anything is known. `reasons`: the rules that decided. `problems`: each one, of several.
        incident: the number by which the house's log tells of a fault of its own.
    """

    type: str
    title: str
    status: int
    code: str
    change: str
    who: str
    detail: str = ""
    hint: str = ""
    reasons: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    incident: str = ""


class RejectedError(Exception):
    """A request that goes no further: its outcome code, and headers that its answer must have."""

    def __init__(self, code: str, detail: str = "", *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})


def problem(code: str, *, detail: str = "", status: int | None = None, incident: str = "") -> Problem:
    """The problem of a code."""
    told = CODES[code]
    return Problem(
        type=anchor(code), title=told.sentence, status=status or told.status, code=code, change=told.change,
        who=told.who, detail=detail, incident=incident,
    )  # fmt: skip


def problem_of(error: errors.LockhouseError) -> Problem:
    """The problem that an error of our tree is."""
    made = problem(OF_ERRORS[type(error)], detail=error.text, status=OUTCOMES[type(error)].status)
    several = getattr(error, "problems", ())
    return msgspec.structs.replace(
        made, hint=error.hint, reasons=getattr(error, "reasons", ()), problems=several if len(several) > 1 else ()
    )


def unfit(error: msgspec.ValidationError, *, where: str) -> errors.Invalid:
    """What was asked is not of its form: where, and what was expected; the library's text may hold a value."""
    text = str(error)
    place, telling = _PLACE.search(text), _TELLING.match(text)
    at = where + (place[1].replace(".", "/").replace("[...]", "/*") if place else "")
    if text.startswith(_UNKNOWN):
        return errors.Invalid(where, "the words that the document names", got="one besides")
    expected = telling[0].strip(" ,").removeprefix("Expected ") if telling else "what the document says"
    return errors.Invalid(at, expected.partition(", got")[0], got="something else")
