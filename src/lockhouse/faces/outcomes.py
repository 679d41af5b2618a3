"""What the product answers, in one table: codes, plain sentences, HTTP statuses and exit codes.

A code is part of the interface and never changes its meaning; its sentence may be put better. Each row says what
happened, what would change it and who can. docs/outcomes.md is this table; a test holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lockhouse import errors
from lockhouse.faces.api_codes import API_CODES
from lockhouse.faces.hook_codes import HOOK_CODES

if TYPE_CHECKING:
    from collections.abc import Collection


class Edge(NamedTuple):
    """How an error leaves the product."""

    status: int
    exit_code: int


OUTCOMES: Final[dict[type[errors.LockhouseError], Edge]] = {
    errors.Invalid: Edge(422, 2),
    errors.Refused: Edge(403, 3),
    errors.ActingRefused: Edge(403, 3),
    errors.Unproven: Edge(401, 4),
    errors.NotSignedIn: Edge(401, 4),
    errors.NotFound: Edge(404, 5),
    errors.Conflict: Edge(409, 6),
    errors.Tampered: Edge(500, 7),
    errors.Gone: Edge(410, 8),
    errors.Erased: Edge(410, 8),
    errors.Expired: Edge(410, 8),
    errors.Unavailable: Edge(503, 9),
    errors.Paused: Edge(503, 9),
}
"""Error class -> HTTP status and exit code. Exit code 0 is success and 1 an error of our own."""


class Answer(NamedTuple):
    """One outcome code.

    Attributes:
        outcome: what became of the item, or `rejected` when a whole request was.
        status: the HTTP status when a whole request is answered with it; 200 where items are answered one by one,
            because clients repeat or drop a whole batch over any other status.
        sentence: what happened.
        change: what would change it.
        who: who can.
    """

    outcome: str
    status: int
    sentence: str
    change: str
    who: str


_SENDER = "whoever looks after the sending system"
_OWNER = "whoever proposes policy changes"
_OPERATOR = "whoever runs the house"
_PRIVACY = "a privacy officer"
_PERSON = "the customer"
_STAFF = "whoever asked"
_NOBODY = "nobody; it is as it should be"

CODES: Final[dict[str, Answer]] = {
    "LH-0000": Answer("stored", 200, "Stored, with every field it carried.", "Nothing needs to.", _NOBODY),
    "LH-0001": Answer(
        "trimmed",
        200,
        "Stored without the fields that the policy or the customer's consent does not allow.",
        "Declare the field under `fields` and `events`, or the consent it waits for. On a channel in stage trial what "
        "the policy lacks waits sealed for 72 hours: `lockhouse channel replay`.",
        _OWNER,
    ),
    "LH-0002": Answer(
        "observed",
        200,
        "Counted, not stored: this channel only observes.",
        "Move the channel's stage to trial or live.",
        _OWNER,
    ),
    "LH-0100": Answer(
        "duplicate",
        200,
        "Received before under the same message id; what was decided then stands.",
        "Nothing.",
        _NOBODY,
    ),
    "LH-0101": Answer(
        "refused",
        200,
        "The message id was used before, for another event.",
        "Give each event a message id of its own.",
        _SENDER,
    ),
    "LH-0200": Answer("held", 200, "Sealed aside until the banner is answered.", "The banner's answer.", _PERSON),
    "LH-0300": Answer(
        "accepted",
        200,
        "Sealed and set aside while a store is away; decided, in its turn, once the store is back.",
        "The store's return.",
        _OPERATOR,
    ),
    "LH-1001": Answer(
        "refused", 400, "The event is not a JSON object, or not in UTF-8.", "Send one JSON object in UTF-8.", _SENDER
    ),
    "LH-1002": Answer(
        "refused",
        400,
        "A key stands twice in the event, so two readers could see two events.",
        "Send each key once.",
        _SENDER,
    ),
    "LH-1003": Answer(
        "refused",
        400,
        "The event has no type of the protocol, or a track call without its event's name.",
        "Send identify, track, page, screen, group or alias; give a track call its `event`.",
        _SENDER,
    ),
    "LH-1004": Answer(
        "refused", 400, "The message id is no text of 1 to 99 characters.", "Send a shorter one, or none.", _SENDER
    ),
    "LH-1005": Answer("refused", 413, "The event is larger than 32 KiB.", "Send fewer or shorter fields.", _SENDER),
    "LH-1006": Answer("refused", 400, "The event nests deeper than 32 levels.", "Send a flatter event.", _SENDER),
    "LH-1007": Answer(
        "refused", 400, "The event holds an integer of more than 64 bits.", "Send such a number as text.", _SENDER
    ),
    "LH-1010": Answer(
        "rejected",
        400,
        "The request's body is not the protocol's JSON.",
        "Send an object with a list `batch`.",
        _SENDER,
    ),
    "LH-1011": Answer(
        "rejected",
        413,
        "The request is larger than 500 KiB when unpacked, or than 4,000 KiB with a secret key in its head.",
        "Send smaller batches, or a channel's secret key as the user name of HTTP Basic.",
        _SENDER,
    ),
    "LH-1012": Answer("rejected", 413, "The batch has more than 2,500 events.", "Send smaller batches.", _SENDER),
    "LH-1013": Answer("rejected", 400, "The body begins as gzip but is not whole.", "Send it again, whole.", _SENDER),
    "LH-1101": Answer(
        "rejected",
        401,
        "No channel has this write key.",
        "Use a live key: `lockhouse channel show` names the first characters of each.",
        _OPERATOR,
    ),
    "LH-1102": Answer("rejected", 503, "The channel is paused.", "`lockhouse channel resume`.", _OPERATOR),
    "LH-1103": Answer(
        "rejected",
        403,
        "A page of this web site may not send with this key.",
        "List the site under the channel's `origins`.",
        _OWNER,
    ),
    "LH-1104": Answer(
        "rejected", 404, "There is nothing at this address.", "Use a path of docs/spec/event.md.", _SENDER
    ),
    "LH-1105": Answer("rejected", 405, "This address does not take this method.", "Use the method named.", _SENDER),
    "LH-1106": Answer("rejected", 429, "Too many requests from this sender.", "Wait as `Retry-After` says.", _SENDER),
    "LH-1107": Answer(
        "rejected",
        403,
        "A secret key was shown where only a public one may stand: in a page or in an address.",
        "Use a public channel's key there, and end this one, which others may have read: `lockhouse channel revoke`.",
        _OPERATOR,
    ),
    "LH-2101": Answer(
        "refused",
        200,
        "The customer asked not to be collected again for any purpose this event could serve.",
        "The suppression is lifted at the customer's word.",
        _PRIVACY,
    ),
    "LH-2107": Answer(
        "refused",
        200,
        "No field of the event was left to keep: each one waits for a consent, is not declared, or is not one that "
        "this event carries.",
        "The customer's consent, a declared field with another basis, or the field in the event's list under `events`.",
        _PERSON,
    ),
    "LH-2110": Answer(
        "refused",
        200,
        "The event is older than the erasure of the person it names, or a row that does not say when it happened; a "
        "repeat does not bring them back.",
        "Nothing; a new event of the same person is taken.",
        _NOBODY,
    ),
    "LH-2111": Answer(
        "refused",
        200,
        "The event happened so long ago that nothing of it may be kept any more.",
        "A longer `keep` for one of its purposes.",
        _OWNER,
    ),
    "LH-2120": Answer(
        "refused",
        200,
        "The policy knows no such event on this channel.",
        "Add the event under `events`, and to the channel if it lists its own. On a channel in stage trial it waits "
        "sealed for 72 hours: `lockhouse channel replay` stores it then.",
        _OWNER,
    ),
    "LH-3001": Answer(
        "rejected", 421, "The console has one address, and this is another.", "Open the address that serves it.", _STAFF
    ),
    "LH-3002": Answer(
        "rejected",
        403,
        "Not done: the request did not come from a page of this console.",
        "Open the page again, and press its button there.",
        _STAFF,
    ),
    "LH-3003": Answer(
        "rejected",
        403,
        "Not done: the page was made for another sign-in, or too long ago.",
        "Open the page again, and press its button there.",
        _STAFF,
    ),
    "LH-3004": Answer("rejected", 404, "There is no page at this address.", "Go on from the overview.", _STAFF),
    "LH-3005": Answer("rejected", 405, "This address does not take this method.", "Go on from the overview.", _STAFF),
    "LH-3006": Answer(
        "rejected",
        400,
        "Not done: what came in is no form of this console.",
        "Open the page again, and fill in its form there.",
        _STAFF,
    ),
    "LH-3007": Answer(
        "rejected",
        403,
        "Plain HTTP is taken from the proxies that the house trusts only.",
        "Open the https:// address.",
        _STAFF,
    ),
    "LH-3008": Answer(
        "rejected",
        403,
        "Not proven: what was shown does not prove who it is. Which part was wrong is not said.",
        "Try again, or use another way in; after several tries there is a wait, which the page names.",
        _STAFF,
    ),
    "LH-3009": Answer(
        "rejected", 403, "Not done: nobody is signed in here any more.", "Sign in, and do it again.", _STAFF
    ),
    "LH-3010": Answer(
        "rejected",
        403,
        "This link does not open: it was used, is older than a day, or another one was made after it.",
        "Ask whoever invited you for another one.",
        "whoever invited them",
    ),
    "LH-3011": Answer(
        "rejected", 403, "Not done: your role does not let you.", "The policy says who may.", "an admin of the house"
    ),
    "LH-3012": Answer(
        "rejected",
        409,
        "Not done: a rule of the house speaks against it, or it changed meanwhile; the page says which.",
        "Do what the page says, or ask whom it names.",
        _STAFF,
    ),
    "LH-3013": Answer(
        "rejected",
        403,
        "Not approved: where members of staff could sign, a policy is approved by the passkey of one of them.",
        "Approve it in the console, on the page Policy; on the command line propose it: `lockhouse policy propose`.",
        "a member of staff whose role has policy.approve",
    ),
    "LH-3014": Answer(
        "rejected",
        403,
        "Not started: a setting by which the house would listen or write elsewhere is weaker than what was approved.",
        "Put it back and start; change it while the house runs, and approve it in the console, on the page Policy.",
        "a member of staff whose role has policy.approve",
    ),
    **{code: Answer(*told) for code, told in (HOOK_CODES | API_CODES).items()},
    "LH-6001": Answer(
        "rejected",
        200,
        "Not done from elsewhere: the command acts on the house's own machine, or the API does not have it.",
        "Type it on the house's machine; docs/operations/remote.md says of each command why.",
        _OPERATOR,
    ),
    "LH-5000": Answer(
        "rejected",
        500,
        "Something of ours went wrong; nothing was stored that was not answered.",
        "Give the incident's number to the operator; send again.",
        _OPERATOR,
    ),
    "LH-5001": Answer(
        "rejected",
        503,
        "Part of the house is away or busy; nothing was lost.",
        "Send again as `Retry-After` says.",
        _OPERATOR,
    ),
    "LH-5002": Answer(
        "rejected",
        500,
        "Stored bytes do not verify; the house has stopped here.",
        "`lockhouse ledger verify`.",
        _OPERATOR,
    ),
}


class Remedy(NamedTuple):
    """What would change an answer, and who can."""

    change: str
    who: str


_DECIDED_BY_FIELDS = frozenset({"LH-0001", "LH-2107"})
_OF_REASONS: Final[dict[str, Remedy]] = {
    "bad-value": Remedy(
        "Send the value in the form of its field's type, or change the type in the policy.", f"{_SENDER}, or {_OWNER}"
    ),
    "too-long": Remedy("Send a shorter value.", _SENDER),
    "too-old": Remedy("A longer `keep` for one of the field's purposes.", _OWNER),
}
"""Reasons for which a field was not kept that neither a declaration nor a consent would change."""
_OBSERVED = (
    "- What is listed as dropped with the reason `would-be-kept` are the fields that the policy would keep of it, by "
    "their\n  names; the rest would not be kept, and says why.\n"
)


def remedies(code: str, reasons: Collection[str]) -> list[Remedy]:
    """What would change an answer: for each reason with a remedy of its own that one, for the others the code's."""
    answer = CODES.get(code)
    if answer is None or code == "LH-0000":
        return []
    of_code = Remedy(answer.change, answer.who)
    if code not in _DECIDED_BY_FIELDS:
        return [of_code]
    own = [remedy for reason, remedy in _OF_REASONS.items() if reason in reasons]
    return own if own and set(reasons) <= set(_OF_REASONS) else [*own, of_code]


def anchor(code: str) -> str:
    """Where a code is explained, as a path within the documentation."""
    return f"docs/outcomes.md#{code.lower()}"


def sentence(code: str) -> str:
    """What a code says to the one who is answered with it; for an unknown code, the code itself."""
    answer = CODES.get(code)
    return code if answer is None else answer.sentence


def page() -> str:
    """The documentation page of all codes, as Markdown."""
    parts = [_PAGE_HEAD]
    for code, answer in sorted(CODES.items()):
        parts.append(
            f"## {code}\n\n{answer.sentence}\n\n"
            f"- Outcome: {answer.outcome}" + (f", HTTP {answer.status}" if answer.status != _PER_ITEM else "") + "\n"
            f"- What would change it: {answer.change}\n"
            f"- Who can: {answer.who}\n"
            + "".join(
                f"- For a field that is `{reason}`: {remedy.change} Who can: {remedy.who}.\n"
                for reason, remedy in _OF_REASONS.items()
                if code in _DECIDED_BY_FIELDS
            )
            + _OBSERVED * (code == "LH-0002")
        )
    return "\n".join(parts)


_PER_ITEM = 200
_PAGE_HEAD = """# Outcome codes

Every answer that is not plainly "stored and shown" has a code. The code is stable; its sentence may be put better.
`LH-0…` something was stored or was there already · `LH-1…` the event, the request or the sender is wrong ·
`LH-2…` the policy, a consent or an ending decided · `LH-3…` the console answers so to whoever looks at it ·
`LH-4…` the API answers so to a system ·
`LH-5…` something of ours is away · `LH-6…` the command line answers so, before it asks a house.

An event that is refused does not fail its batch: the request is still answered `200 {"success":true}`, because clients
repeat or drop a whole batch over any other status. A sender with a secret key asks for the answer to each event with
the header `Prefer: return=representation`. For every event there is `lockhouse why MESSAGE_ID`.

This page is made from the table in `src/lockhouse/faces/outcomes.py`, and a test holds the two together.
"""
