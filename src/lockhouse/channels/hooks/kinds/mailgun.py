"""Mailgun: what became of mails, and what their recipients said of them.

The signature stands in the body and covers `timestamp` and `token` alone: whoever has overheard one delivery can put
any body around them. So the token is the message's id: it is taken once, whatever stands beside it. The assurance is
that of a shared secret.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from lockhouse.channels.hooks.delivery import BAD_SIGNATURE, STALE, Delivery, Proven, Unproven
from lockhouse.channels.hooks.kind import HookKind, Risk, Sample
from lockhouse.channels.hooks.places import at_path, text_of
from lockhouse.channels.hooks.reading import event_of, message_id
from lockhouse.channels.segment.parse import object_of
from lockhouse.crypto.hooks import signed_by
from lockhouse.model.event import Asked, Demand, Event, Fault, Kind
from lockhouse.model.scale import Assurance
from lockhouse.model.signing import Signing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.secret import Secret

_DATA: Final = "event-data"
_TRIED_FOR_S: Final = 9 * 3600
"""Mailgun tries again for eight hours, and says nowhere whether with a new signature."""
SIGNING: Final = Signing(
    header="",
    signed="{timestamp}{id}",
    timestamp="body:signature.timestamp",
    window_s=_TRIED_FOR_S,
    id="body:signature.token",
    event=f"body:{_DATA}.event",
    occurred=f"body:{_DATA}.timestamp",
)
_SECONDS = re.compile(r"[0-9]{10}", re.ASCII)
"""Ten digits and no other number: where timestamp and token meet, digits of the token could be read as milliseconds,
and what is left of it would be another token under the same signature."""
_TOKEN = re.compile(r"[0-9A-Za-z_-]{16,80}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SIGNATURES: Final = ("signature", "parent-signature")
"""The second is by the key of the account above: of an event of a subaccount."""
_ASKED: Final[dict[str, Asked]] = {"unsubscribed": "unsubscribe", "complained": "complaint"}
_TEST_ADDRESS: Final = "alice@example.com"
"""Whose mail the button "Test webhook" speaks of."""
_WORDS = """
    signature token timestamp parent-signature event-data event id log-level recipient recipient-domain tags campaigns
    user-variables client-info client-name client-os client-type device-type user-agent ip geolocation city country
    region message headers from to subject message-id mailing-list address list-id severity reason delivery-status code
    description flags url envelope sender targets storage key
"""


def _prove(delivery: Delivery, signing: Signing, keys: Sequence[Secret]) -> Proven | Unproven:
    """By the HTTP webhook signing key of the account."""
    tree = object_of(delivery.body)
    said = {} if isinstance(tree, Fault) else tree.get("signature")
    stamp, token = (text_of(at_path(said, name), most=80) or "" for name in ("timestamp", "token"))
    texts = [text_of(at_path(said, name), most=64) or "" for name in _SIGNATURES]
    macs = [bytes.fromhex(text) for text in texts if _HEX.fullmatch(text)]
    if not macs or _SECONDS.fullmatch(stamp) is None or _TOKEN.fullmatch(token) is None:
        return Unproven(code=BAD_SIGNATURE, why="no-signature")
    if not signed_by(keys, f"{stamp}{token}".encode(), macs=macs, algorithm=signing.algorithm):
        return Unproven(code=BAD_SIGNATURE, why="wrong-signature")
    at = int(stamp) * 1000
    if abs(delivery.received_at - at) > signing.window_s * 1000:
        return Unproven(code=STALE, why="outside-window")
    return Proven(id=token, at=at)


def _events(delivery: Delivery, proven: Proven, signing: Signing) -> list[Event | Fault]:
    tree = object_of(delivery.body)
    if isinstance(tree, Fault):
        return [replace(tree, message_id=message_id(delivery, proven))]
    event = event_of(tree, delivery, proven=proven, signing=signing)
    asked, address = _ASKED.get(event.name) if isinstance(event, Event) else None, at_path(tree, f"{_DATA}.recipient")
    if isinstance(event, Fault) or asked is None or not isinstance(address, str):
        return [event]
    return [replace(event, demand=Demand(what=asked, identifiers=(("email", address),)))]


def _is_test(tree: Any) -> bool:
    return bool(at_path(tree, f"{_DATA}.recipient") == _TEST_ADDRESS)


KIND = HookKind(
    wire=Kind(
        name="mailgun",
        roots=(_DATA, f"{_DATA}.user-variables"),
        defaults={"email": (f"{_DATA}.recipient",)},
        envelope=frozenset({"signature", f"{_DATA}.event", f"{_DATA}.timestamp", f"{_DATA}.id", f"{_DATA}.log-level"}),
        vocabulary=frozenset(_WORDS.split()),
    ),
    signing=SIGNING,
    prove=_prove,
    events=_events,
    assurance=Assurance.SECRET,
    is_test=_is_test,
    signs=False,
    stanza="""\
events:
  unsubscribed: [email]
  complained: [email]
channels:
  newsletter:
    kind: mailgun
    stage: observe
    events: [unsubscribed, complained]
    narrows: [marketing]
""",
    steps=(
        "In Mailgun, open Send, Sending, Webhooks, and choose the domain.",
        "Add a webhook with the address {url} for each event that the policy names, unsubscribes and complaints first.",
        "Copy the HTTP webhook signing key shown there (or under API security).",
        "Give the key to this channel: lockhouse channel add NAME",
    ),
    sample=Sample(
        body=b'{"signature":{"timestamp":"1614265330","token":"lockhouse-sample-token-0001","signature":""},'
        b'"event-data":{"event":"unsubscribed","id":"e1","timestamp":1614265330.5,"recipient":"anna@customer.example"}}'
    ),
    risk=Risk(
        proof="Nothing of a customer: the body is not signed. What narrows is heard; nothing of it opens anything.",
        replay="Each token is taken once, nine hours long; its timestamp is signed with it.",
        typed="All of the body, for whoever has overheard a delivery that did not arrive.",
    ),
    unverified="Whether a delivery that is tried again has a new token; the recipient of the test's events.",
)
