"""Why a field was not stored, or an event not sent on, in few words; and the codes' longer sentences stay the table's.

A code that has no words here is shown as it is: codes are ours, and hold nobody's value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.flows.forward import ANSWERED, BAD_ADDRESS, NO_ANSWER

if TYPE_CHECKING:
    from collections.abc import Callable


def why(code: str, _: Callable[[str], str]) -> str:
    """The words of a reason."""
    if code.startswith(ANSWERED):
        status = code.removeprefix(ANSWERED)
        if status in {"401", "403"}:
            return _("it does not take the write key")
        return _("it answered %(status)s") % {"status": status}
    return _words(_).get(code, code)


def _words(_: Callable[[str], str]) -> dict[str, str]:
    return {
        "bad-value": _("not a value of the field's type"),
        "erased": _("they were erased"),
        "being-erased": _("their erasure is under way"),
        "keep-over": _("kept as long as was promised"),
        "minor": _("they are a minor"),
        "no-consent": _("they did not agree to what it is for"),
        "no-contract": _("there is no contract with this recipient"),
        "no-purpose": _("no purpose is live for this field"),
        "no-such-event": _("the policy does not name the event on this channel"),
        "not-on-this-event": _("the event does not carry this field"),
        "not-their-purpose": _("not for a purpose of theirs"),
        "not-theirs": _("not a field of theirs"),
        "nothing-may-be-sent": _("they may have nothing of this event"),
        "objected": _("they objected to what it is for"),
        "opted-out": _("they opted out of sale and sharing"),
        "region": _("their region is unknown, so the strictest rule counts"),
        "restricted": _("their data is restricted"),
        "review-due": _("the contract is due for review"),
        "review-unknown": _("the review cannot be checked without a date"),
        "suppressed": _("they asked to be left out"),
        "too-long": _("longer than its type allows"),
        "too-old": _("older than it may be kept"),
        "undeclared": _("the policy does not name it"),
        BAD_ADDRESS: _("its address is private, and no network of the settings holds it"),
        NO_ANSWER: _("no answer within ten seconds"),
    }  # fmt: skip
