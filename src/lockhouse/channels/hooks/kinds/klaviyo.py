"""Klaviyo's system webhooks: what became of messages, and what their recipients said of them.

HMAC-SHA256 over the body and, behind it, the header with the time. A delivery is a list; each event has an id of its
own, under the same signature, and its profile beside it.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from lockhouse.channels import codes
from lockhouse.channels.hooks.delivery import Delivery, Proven
from lockhouse.channels.hooks.kind import HookKind, Risk, Sample
from lockhouse.channels.hooks.places import at_path, text_of
from lockhouse.channels.hooks.reading import MAX_EVENTS, event_of, message_id
from lockhouse.channels.segment.parse import object_of
from lockhouse.model.event import Asked, Demand, Event, Fault, Kind
from lockhouse.model.signing import Signing

_TRIED_FOR_S: Final = 25 * 3600
"""How long Klaviyo tries again, and whether with a new time, it says nowhere. What is sent twice is known by its id."""
SIGNING: Final = Signing(
    header="klaviyo-signature",
    signed="{body}{timestamp}",
    timestamp="header:klaviyo-timestamp",
    window_s=_TRIED_FOR_S,
    id="body:external_id",
    event="body:topic",
    occurred="body:event.datetime",
)
_OWN: Final = "event:klaviyo."
_SPAM: Final = "marked_email_as_spam"
_WORDS = """
    data meta topic external_id payload event profile properties attributes email phone_number first_name last_name
    organization location city country region zip timestamp datetime uuid klaviyo_account_id klaviyo_webhook_id
"""


def _events(delivery: Delivery, proven: Proven, signing: Signing) -> list[Event | Fault]:
    tree, own = object_of(delivery.body), message_id(delivery, proven)
    if isinstance(tree, Fault):
        return [replace(tree, message_id=own)]
    items, named = tree.get("data"), delivery.one("klaviyo-webhook-id")
    if not isinstance(items, list):
        return [Fault(code=codes.BAD_ITEM, where="/data", expected="a list of events", message_id=own)]
    if len(items) > MAX_EVENTS:
        return [Fault(code=codes.TOO_MANY_ITEMS, where="/data", expected=f"at most {MAX_EVENTS} events")]
    if named is not None and named != at_path(tree, "meta.klaviyo_webhook_id"):  # as Klaviyo asks for
        return [Fault(code=codes.BAD_ITEM, where="/meta", expected="the webhook of the header", message_id=own)]
    return [_event(item, delivery, proven=proven, signing=signing, part=part) for part, item in enumerate(items)]


def _event(item: Any, delivery: Delivery, *, proven: Proven, signing: Signing, part: int) -> Event | Fault:
    own = message_id(delivery, proven, part=part)
    if not isinstance(item, dict):
        return Fault(code=codes.BAD_ITEM, where="", expected="an event", message_id=own)
    about, profile = at_path(item, "payload.data.attributes"), _profile(at_path(item, "payload.included"))
    about = about if isinstance(about, dict) else {}
    source = {
        "topic": item.get("topic"), "external_id": item.get("external_id"), "profile": profile,
        "properties": about.get("event_properties"), "event": {"datetime": about.get("datetime")},
    }  # fmt: skip
    event = event_of(source, delivery, proven=Proven(id=own, at=proven.at), signing=signing)
    return event if isinstance(event, Fault) else _said(event, profile)


def _profile(included: Any) -> dict[str, Any]:
    """Of the resources beside an event its profile's attributes."""
    found = [one for one in included if isinstance(one, dict)] if isinstance(included, list) else []
    attributes = [one.get("attributes") for one in found if one.get("type") == "profile"]
    return attributes[0] if len(attributes) == 1 and isinstance(attributes[0], dict) else {}


def _said(event: Event, profile: dict[str, Any]) -> Event:
    """The event with what its recipient asked for; a yes is a word that the policy may map."""
    word = event.name.removeprefix(_OWN) if event.name.startswith(_OWN) else ""
    medium, kept = ("sms", "phone_number") if "sms" in word else ("email", "email")
    asked: Asked | None = None
    if word == _SPAM:
        asked = "complaint"
    elif word.startswith("unsubscribed"):
        asked = "unsubscribe"
    elif word.startswith("subscribed_to") and "list" not in word:
        return replace(event, consent={f"klaviyo:{medium}": True})
    whose = text_of(profile.get(kept), most=320)
    if asked is None or whose is None:
        return event
    return replace(event, demand=Demand(what=asked, identifiers=((kept.removesuffix("_number"), whose),)))


KIND = HookKind(
    wire=Kind(
        name="klaviyo",
        roots=("profile", "properties"),
        defaults={"phone": ("profile.phone_number",)},
        envelope=frozenset({"topic", "external_id", "event"}),
        vocabulary=frozenset(_WORDS.split()),
    ),
    signing=SIGNING,
    events=_events,
    makes_secret=True,
    stanza="""\
events:
  "event:klaviyo.unsubscribed_from_email_marketing": [email]
  "event:klaviyo.marked_email_as_spam": [email]
channels:
  newsletter:
    kind: klaviyo
    stage: observe
    events: ["event:klaviyo.unsubscribed_from_email_marketing", "event:klaviyo.marked_email_as_spam"]
    narrows: [marketing]
""",
    steps=(
        "In Klaviyo, open Integrations, Developers, Webhooks, and create one with the address {url}.",
        "Choose only the topics that the policy names, unsubscribes and spam reports first.",
        "Give Klaviyo the secret that was shown, as the webhook's secret key.",
    ),
    sample=Sample(
        body=b'{"data":[{"external_id":"lockhouse-sample","topic":"event:klaviyo.opened_email","payload":'
        b'{"data":{"type":"event","attributes":{"datetime":"2026-01-05T09:30:00+00:00"}},"included":'
        b'[{"type":"profile","attributes":{"email":"anna@customer.example"}}]}}],"meta":{}}'
    ),
    risk=Risk(
        proof="That whoever reads mail at an address clicked there; of a number, that they wrote back.",
        replay="The time is signed: 25 hours; each event's own id counts once.",
        typed="Every field of a profile that a form or the API of the account lets others fill in.",
    ),
    unverified="The words of topics, the form of the time, how long and how Klaviyo tries again.",
)
