"""SendGrid's Event Webhook, signed: what became of mails, and what their recipients said of them.

ECDSA on P-256 over the timestamp's header and the raw body (with the line break at its end). A delivery is a list; each
event has an id of its own, under the same signature.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from lockhouse.channels.hooks.delivery import BAD_SIGNATURE, STALE, Delivery, Proven, Unproven
from lockhouse.channels.hooks.kind import HookKind, Risk, Sample
from lockhouse.channels.hooks.places import MAX_HEADER_CHARS, MAX_ID_CHARS, stamp_ms, text_of
from lockhouse.channels.hooks.reading import event_of, message_id, objects
from lockhouse.crypto.hooks import ecdsa_signed_by
from lockhouse.model.event import Asked, Demand, Event, Fault, Kind
from lockhouse.model.signing import Signing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.secret import Secret

_STAMP: Final = "x-twilio-email-event-webhook-timestamp"
_TRIED_FOR_S: Final = 25 * 3600
"""SendGrid tries again for a day, and says nowhere whether with a new timestamp. What is sent twice within it is known
by the ids that are signed, which are kept for longer."""
SIGNING: Final = Signing(
    header="x-twilio-email-event-webhook-signature",
    signed="{timestamp}{body}",
    encoding="base64",
    timestamp=f"header:{_STAMP}",
    window_s=_TRIED_FOR_S,
    id="body:sg_event_id",
    event="body:event",
    occurred="body:timestamp",
    key="p256",
)
_ASKED: Final[dict[str, Asked]] = {
    "unsubscribe": "unsubscribe", "group_unsubscribe": "unsubscribe", "spamreport": "complaint",
}  # fmt: skip
_RESUBSCRIBED: Final = "group_resubscribe"
_TEST_ADDRESS: Final = "example@test.com"
"""Of every event that the button "Test Your Integration" sends."""
_WORDS = """
    email event timestamp category asm_group_id reason type status response attempt url useragent ip tls cert_err
    sg_event_id sg_message_id sg_machine_open marketing_campaign_id marketing_campaign_name newsletter pool
"""


def _prove(delivery: Delivery, signing: Signing, keys: Sequence[Secret]) -> Proven | Unproven:
    """By the key that SendGrid shows once signing is switched on."""
    header, stamp = delivery.one(signing.header), delivery.one(_STAMP)
    if header is None or stamp is None or len(header) > MAX_HEADER_CHARS:
        return Unproven(code=BAD_SIGNATURE, why="no-signature")
    at = stamp_ms(stamp)
    try:
        signature = base64.b64decode(header.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return Unproven(code=BAD_SIGNATURE, why="no-signature")
    if at is None or not ecdsa_signed_by(keys, stamp.encode() + delivery.body, signature=signature):
        return Unproven(code=BAD_SIGNATURE, why="wrong-signature")
    if abs(delivery.received_at - at) > signing.window_s * 1000:
        return Unproven(code=STALE, why="outside-window")
    return Proven(at=at)


def _events(delivery: Delivery, proven: Proven, signing: Signing) -> list[Event | Fault]:
    trees = objects(delivery.body)
    if isinstance(trees, Fault):
        return [replace(trees, message_id=message_id(delivery, proven))]
    found: list[Event | Fault] = []
    for part, tree in enumerate(trees):
        own = message_id(delivery, proven, part=part)
        if isinstance(tree, Fault):
            found.append(replace(tree, message_id=own))
        elif tree.get("email") != _TEST_ADDRESS:
            found.append(_said(event_of(tree, delivery, proven=Proven(id=own, at=proven.at), signing=signing), tree))
    return found


def _said(event: Event | Fault, tree: dict[str, Any]) -> Event | Fault:
    """The event with what its recipient asked for; a yes to one group is a word that the policy may map."""
    address = tree.get("email")
    if isinstance(event, Fault) or not isinstance(address, str):
        return event
    group = text_of(tree.get("asm_group_id"), most=MAX_ID_CHARS)
    if event.name == _RESUBSCRIBED and group is not None:
        return replace(event, consent={f"sendgrid:group:{group}": True})
    asked = _ASKED.get(event.name)
    return event if asked is None else replace(event, demand=Demand(what=asked, identifiers=(("email", address),)))


KIND = HookKind(
    wire=Kind(
        name="sendgrid",
        roots=("",),
        defaults={},
        envelope=frozenset({"event", "timestamp", "sg_event_id", "sg_message_id", "smtp-id"}),
        vocabulary=frozenset({*_WORDS.split(), "smtp-id"}),
    ),
    signing=SIGNING,
    prove=_prove,
    events=_events,
    signs=False,
    stanza="""\
events:
  group_unsubscribe: [email]
  unsubscribe: [email]
  spamreport: [email]
channels:
  newsletter:
    kind: sendgrid
    stage: observe
    events: [group_unsubscribe, unsubscribe, spamreport]
    narrows: [marketing]
""",
    steps=(
        "In SendGrid, open Settings, Mail Settings, Event Webhooks, and create one with the address {url}.",
        "Choose unsubscribes, group unsubscribes and spam reports, and only those others that the policy names.",
        "Enable the signed event webhook there, save, and copy the verification key.",
        "Give the key to this channel: lockhouse channel add NAME",
    ),
    sample=Sample(
        body=b'[{"email":"anna@customer.example","timestamp":1614265330,"event":"group_unsubscribe",'
        b'"asm_group_id":10,"sg_event_id":"bG9ja2hvdXNlLXNhbXBsZQ","sg_message_id":"m1.filter0001"}]\r\n'
    ),
    risk=Risk(
        proof="That whoever reads mail at an address clicked there. Scanners of mail click, too.",
        replay="The timestamp is signed: 25 hours, for SendGrid tries for a day; each event's own id counts once.",
        typed="Nothing but clicks. Your own custom arguments stand beside SendGrid's words in each event.",
    ),
    oracle="sendgrid",
    unverified="Whether a delivery that is tried again is signed anew; the address of the test's events.",
)
