"""From problem details (RFC 9457) back to the error that the house raised, so that both sides of the wire act alike.

Class and exit code are those of the house's own tree. Texts are the house's: they hold no person's value.
"""

from __future__ import annotations

import msgspec

from lockhouse.errors import Conflict, Gone, Invalid, LockhouseError, NotFound, Refused, Tampered, Unavailable, Unproven

_BROKEN = "LH-5002"
_KINDS: dict[int, type[LockhouseError]] = {404: NotFound, 405: NotFound, 409: Conflict, 410: Gone}
_ASK = frozenset({400, 413, 415, 421, 422})
_MIDDLE = ": expected "


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """As much of a problem as is acted on; what else it says is passed over."""

    title: str = ""
    code: str = ""
    change: str = ""
    detail: str = ""
    hint: str = ""
    reasons: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    incident: str = ""


def error_of(status: int, body: bytes, *, retry_after_s: float) -> LockhouseError:
    """The error that a failing answer stands for.

    Args:
        status: of the answer.
        body: a problem, or whatever a proxy between says instead.
        retry_after_s: as the answer said; where it said nothing, a second.
    """
    try:
        told = msgspec.json.decode(body, type=Told)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        told = Told()
    said = f"{told.code}: {told.title}" if told.code else f"status {status}"
    text = told.detail or f"server{_MIDDLE}what was asked for, got {said.rstrip('.')}"
    hint = told.hint or ("" if told.detail else told.change)
    if status < 400:  # noqa: PLR2004  # a redirect: a token goes to no other address than the one that was named
        return Invalid("server", "the house itself at this address", got="a redirect")
    if status in _ASK:
        return _invalid(text, hint=hint, problems=told.problems)
    if status in (401, 403):
        kind = Unproven if status == 401 else Refused  # noqa: PLR2004  # Unauthorized
        return kind(text, reasons=told.reasons, hint=hint)
    if status in _KINDS:
        return _KINDS[status](text, hint=hint)
    if told.code == _BROKEN:
        return Tampered(text, hint=hint)
    if told.incident:
        text = f"server{_MIDDLE}an answer, got incident {told.incident}"
    return Unavailable(text, retry_after_s=retry_after_s, hint=hint)


def _invalid(text: str, *, hint: str, problems: tuple[str, ...]) -> Invalid:
    where, _, rest = text.partition(_MIDDLE)
    expected, _, got = rest.rpartition(", got ")
    made = Invalid(where, expected or rest, got=got if expected else "", hint=hint, problems=problems)
    made.text = text
    return made
