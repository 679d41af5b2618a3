"""Mailchimp Marketing: who came to an audience, and who left it.

Nothing is signed: a secret of ours stands in the address that Mailchimp posts to, after `?key=`. Bodies are forms.
Mailchimp asks with a GET whether somebody is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from lockhouse.channels import codes
from lockhouse.channels.hooks.delivery import BAD_SIGNATURE, Challenge, Delivery, Proven, Unproven
from lockhouse.channels.hooks.forms import form_of
from lockhouse.channels.hooks.kind import HookKind, Risk, Sample
from lockhouse.channels.hooks.places import at_path, text_of
from lockhouse.channels.hooks.reading import bounded, message_id
from lockhouse.channels.hooks.scheme import time_at
from lockhouse.channels.segment.parse import MAX_EVENT_NAME_CHARS
from lockhouse.crypto.hooks import same_secret
from lockhouse.model.event import Asked, Demand, Event, Fault, Kind
from lockhouse.model.scale import Assurance
from lockhouse.model.signing import Signing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from lockhouse.secret import Secret

_KEY: Final = "key"
_MAX_QUERY_FIELDS: Final = 8
_WORDS = """
    type fired_at data id web_id email email_type list_id merges ip_opt ip_signup action reason campaign_id new_id
    new_email old_email subject status EMAIL FNAME LNAME ADDRESS PHONE BIRTHDAY INTERESTS GROUPINGS
"""


def _knows(delivery: Delivery, secrets: Sequence[Secret]) -> bool:
    """Whether the address that was asked for holds the secret, once."""
    try:
        pairs = parse_qsl(delivery.query.decode("ascii"), errors="strict", max_num_fields=_MAX_QUERY_FIELDS)
    except ValueError:
        return False
    said = [text for name, text in pairs if name == _KEY]
    return len(said) == 1 and same_secret(secrets, said[0].encode())


def _prove(delivery: Delivery, _signing: Signing, keys: Sequence[Secret]) -> Proven | Unproven:
    return Proven() if _knows(delivery, keys) else Unproven(code=BAD_SIGNATURE, why="wrong-secret")


def _challenge(delivery: Delivery, secrets: Sequence[Secret]) -> Challenge | None:
    """The answer to Mailchimp's own look; whoever lacks the secret is told nothing."""
    return Challenge(body=b"") if delivery.method in {"GET", "HEAD"} and _knows(delivery, secrets) else None


def _events(delivery: Delivery, proven: Proven, signing: Signing) -> list[Event | Fault]:
    if not delivery.body.strip():
        return []  # some say that it also looks with an empty POST
    own, tree = message_id(delivery, proven), form_of(delivery.body)
    if isinstance(tree, Fault):
        return [Fault(code=tree.code, where=tree.where, expected=tree.expected, message_id=own)]
    name = text_of(tree.get("type"), most=MAX_EVENT_NAME_CHARS)
    if name is None:
        return [Fault(code=codes.BAD_TYPE, where="/type", expected="the event's name", message_id=own)]
    at = bounded(time_at(tree, (signing.occurred or "").removeprefix("body:")), received_at=delivery.received_at)
    return [Event(name=name, message_id=own, occurred_at=at, source=tree, demand=_demand(name, tree))]


def _demand(name: str, tree: Mapping[str, Any]) -> Demand | None:
    """What a member asked for; an address that was cleaned because it bounced asked for nothing."""
    address, reason = at_path(tree, "data.email"), at_path(tree, "data.reason")
    asked: Asked | None = None
    if name in {"unsubscribe", "cleaned"} and reason == "abuse":
        asked = "complaint"
    elif name == "unsubscribe":
        asked = "unsubscribe"
    if asked is None or not isinstance(address, str):
        return None
    return Demand(what=asked, identifiers=(("email", address),))


KIND = HookKind(
    wire=Kind(
        name="mailchimp",
        roots=("data", "data.merges"),
        defaults={
            "email": ("data.email", "data.new_email"),
            "first_name": ("data.merges.FNAME",),
            "last_name": ("data.merges.LNAME",),
            "phone": ("data.merges.PHONE",),
        },
        envelope=frozenset({"type", "fired_at", "data.id", "data.web_id"}),
        vocabulary=frozenset(_WORDS.split()),
    ),
    signing=Signing(header="", event="body:type", occurred="body:fired_at"),
    prove=_prove,
    challenge=_challenge,
    events=_events,
    assurance=Assurance.SECRET,
    makes_secret=True,
    keyed=False,
    signs=False,
    stanza="""\
events:
  unsubscribe: [email]
  cleaned: [email]
channels:
  newsletter:
    kind: mailchimp
    stage: observe
    events: [unsubscribe, cleaned]
    narrows: [marketing]
""",
    steps=(
        "In Mailchimp, open Audience, Settings, Webhooks, and create one.",
        "Its callback URL is {url}?key= and behind that the secret that was shown.",
        "Choose unsubscribes and cleaned addresses, and only those others that the policy names, by whomever made.",
    ),
    sample=Sample(
        body=b"type=unsubscribe&fired_at=2021-02-25+15%3A02%3A10&data%5Baction%5D=unsub&data%5Breason%5D=manual"
        b"&data%5Bid%5D=8a25ff1d98&data%5Blist_id%5D=a6b5da1054&data%5Bemail%5D=anna%40customer.example",
        headers=(("content-type", "application/x-www-form-urlencoded"),),
    ),
    risk=Risk(
        proof="Nothing of a customer: nothing is signed. What narrows is heard; nothing of it opens anything.",
        replay="The same body counts once. Whoever has the address can post what they like: keep it like a password.",
        typed="Every field of the sign-up form, by anybody; with the address, the whole body.",
    ),
    unverified="The time zone of `fired_at` (taken as UTC), and all values of `data[reason]`.",
)
