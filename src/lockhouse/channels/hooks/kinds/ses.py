"""Amazon SES, through SNS: what became of mails, and what their recipients said of them.

SNS signs with an RSA key whose certificate stands at its own host. That proves that SNS sent a message, and not whose:
anybody with an account can have SNS post here. So the channel's secret is the topic's ARN, which is part of what is
signed, and the certificate is fetched from the host of that topic's region alone.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, Final, Literal

from msgspec.structs import replace

from lockhouse.channels import codes
from lockhouse.channels.hooks.delivery import BAD_SIGNATURE, STALE, Delivery, Proven, Unproven
from lockhouse.channels.hooks.kind import HookKind, Risk, Sample
from lockhouse.channels.hooks.places import MAX_ID_CHARS, at_path, text_of
from lockhouse.channels.hooks.reading import MAX_EVENTS, bounded, message_id
from lockhouse.channels.hooks.scheme import time_at
from lockhouse.channels.segment.parse import MAX_EVENT_NAME_CHARS, object_of
from lockhouse.channels.segment.times import millis
from lockhouse.crypto.hooks import certified, same_secret
from lockhouse.model.event import Asked, Demand, Event, Fault, Kind
from lockhouse.model.signing import Signing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockhouse.secret import Secret

_TRIED_FOR_S: Final = 25 * 3600
"""SNS tries again for an hour unless the topic's policy says more, with the first time; each message's id is signed."""
_TOPIC = re.compile(
    r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z0-9]{1,20}){1,5}):[0-9]{12}:[A-Za-z0-9_-]{1,256}", re.ASCII
)
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-f]{16,64}\.pem", re.ASCII)
_CONFIRM = re.compile(r"/\?Action=ConfirmSubscription&[A-Za-z0-9=&%:._-]{1,2000}", re.ASCII)
_MAX_SIGNATURE_CHARS: Final = 1_400
_HASHES: Final[dict[str, Literal["sha1", "sha256"]]] = {"1": "sha1", "2": "sha256"}
_NOTIFICATION: Final = "Notification"
_CONFIRMATION: Final = "SubscriptionConfirmation"
_ASKING: Final = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED: Final[dict[str, tuple[str, ...]]] = {
    _NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    _CONFIRMATION: _ASKING,
    "UnsubscribeConfirmation": _ASKING,
}
_OPTIONAL: Final = "Subject"
_RECIPIENTS: Final = {
    "Bounce": "bounce.bouncedRecipients", "Complaint": "complaint.complainedRecipients",
    "Delivery": "delivery.recipients", "DeliveryDelay": "deliveryDelay.delayedRecipients",
}  # fmt: skip
_SECTIONS: Final = {"DeliveryDelay": "deliveryDelay", "Rendering Failure": "failure"}
_SIMULATED: Final = "@simulator.amazonses.com"
_NOT_SPAM: Final = "not-spam"
_WORDS = """
    recipient eventType notificationType mail bounce complaint delivery send reject open click failure deliveryDelay
    subscription timestamp source sourceArn sourceIp sendingAccountId messageId destination headersTruncated headers
    commonHeaders from to subject date name value tags bounceType bounceSubType bouncedRecipients emailAddress action
    status diagnosticCode feedbackId reportingMTA remoteMtaIp complainedRecipients complaintFeedbackType
    complaintSubType userAgent arrivalDate recipients processingTimeMillis smtpResponse ipAddress link linkTags
    contactList newTopicPreferences oldTopicPreferences unsubscribeAll topicSubscriptionStatus topicName
    subscriptionStatus topicDefaultSubscriptionStatus delayType delayedRecipients expirationTime reason
"""


def _is_ours(tree: Mapping[str, Any], secrets: Sequence[Secret]) -> bool:
    """Whether a message is of the channel's topic."""
    topic = text_of(tree.get("TopicArn"), most=400)
    return topic is not None and same_secret(secrets, topic.encode("utf-8", "surrogatepass"))


def _host(tree: Mapping[str, Any]) -> str | None:
    """SNS's host in the region of a message's topic."""
    found = _TOPIC.fullmatch(str(tree.get("TopicArn")))
    return None if found is None else f"sns.{found[2]}.amazonaws.com{'.cn' if found[1] == 'aws-cn' else ''}"


def _at(url: Any, host: str | None, path: re.Pattern[str]) -> str | None:
    """An address, if it is one of these at this host and written in no other way."""
    begins = f"https://{host}"
    if host is None or not isinstance(url, str) or not url.startswith(begins):
        return None
    return url if path.fullmatch(url[len(begins) :]) else None


def _needs(delivery: Delivery, secrets: Sequence[Secret]) -> str | None:
    """Where the certificate stands that signed a message of the channel's own topic."""
    tree = object_of(delivery.body)
    if isinstance(tree, Fault) or not _is_ours(tree, secrets):
        return None
    return _at(tree.get("SigningCertURL"), _host(tree), _CERTIFICATE)


def _visits(delivery: Delivery) -> str | None:
    """What SNS asks to be visited before it sends anything, of a message that is proven."""
    tree = object_of(delivery.body)
    if isinstance(tree, Fault) or tree.get("Type") != _CONFIRMATION:
        return None
    return _at(tree.get("SubscribeURL"), _host(tree), _CONFIRM)


def _prove(delivery: Delivery, signing: Signing, keys: Sequence[Secret]) -> Proven | Unproven:
    """By the certificate that was fetched from SNS, over the fields that SNS signs."""
    tree = object_of(delivery.body)
    if isinstance(tree, Fault) or not delivery.fetched or not _is_ours(tree, keys):
        return Unproven(code=BAD_SIGNATURE, why="no-signature")
    algorithm, message = _HASHES.get(str(tree.get("SignatureVersion"))), _signed(tree)
    signature, at = _decoded(tree.get("Signature")), millis(tree.get("Timestamp"))
    if algorithm is None or message is None or signature is None or at is None:
        return Unproven(code=BAD_SIGNATURE, why="lacking")
    now = delivery.received_at
    if not certified(delivery.fetched, message, signature=signature, algorithm=algorithm, at=now):
        return Unproven(code=BAD_SIGNATURE, why="wrong-signature")
    if abs(now - at) > signing.window_s * 1000:
        return Unproven(code=STALE, why="outside-window")
    return Proven(id=text_of(tree.get("MessageId"), most=MAX_ID_CHARS), at=at)


def _signed(tree: Mapping[str, Any]) -> bytes | None:
    """What SNS signs of a message: each name and each value on a line of its own; None where one is lacking."""
    lines: list[str] = []
    for name in _SIGNED.get(str(tree.get("Type")), ()):
        value = tree.get(name)
        if isinstance(value, str):
            lines += (name, value)
        elif value is not None or name != _OPTIONAL:
            return None
    return None if not lines else ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")


def _decoded(text: Any) -> bytes | None:
    if not isinstance(text, str) or not 0 < len(text) <= _MAX_SIGNATURE_CHARS:
        return None
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None


def _events(delivery: Delivery, proven: Proven, _signing: Signing) -> list[Event | Fault]:
    """One event for each recipient that the message speaks of; none for what SNS says of the subscription itself."""
    tree, own = object_of(delivery.body), message_id(delivery, proven)
    said = None if isinstance(tree, Fault) or tree.get("Type") != _NOTIFICATION else tree.get("Message")
    if not isinstance(said, str) or not said.lstrip().startswith("{"):
        return []  # SES says in plain words that a topic was set up
    told = object_of(said.encode("utf-8", "surrogatepass"))
    if isinstance(told, Fault):
        return [Fault(code=told.code, where="/Message", expected=told.expected, message_id=own)]
    name = text_of(told.get("eventType") or told.get("notificationType"), most=MAX_EVENT_NAME_CHARS)
    if name is None:
        return [Fault(code=codes.BAD_TYPE, where="/Message", expected="the event's name", message_id=own)]
    section = told.get(_SECTIONS.get(name, name.lower()))
    at = time_at(section, "timestamp") or time_at(told, "mail.timestamp")
    when = bounded(at, received_at=delivery.received_at)
    return [
        _said(
            Event(
                name=name, message_id=message_id(delivery, proven, part=part), occurred_at=when,
                source={**told, "recipient": address},
            ),
            address, section,
        )
        for part, address in enumerate(_recipients(name, told))
        if not address.lower().endswith(_SIMULATED)
    ]  # fmt: skip


def _recipients(name: str, told: Mapping[str, Any]) -> list[str]:
    found = at_path(told, _RECIPIENTS.get(name, "mail.destination"))
    listed = found if isinstance(found, list) else []
    named = [one.get("emailAddress") if isinstance(one, dict) else one for one in listed]
    return [one for one in named if isinstance(one, str)][:MAX_EVENTS] or [""]


def _said(event: Event, address: str, section: Any) -> Event:
    """The event with what its recipient asked for; a yes to a topic is a word that the policy may map."""
    asked: Asked | None = None
    yes: list[str] = []
    if event.name == "Complaint" and at_path(section, "complaintFeedbackType") != _NOT_SPAM:
        asked = "complaint"
    elif event.name == "Subscription":
        new, old = _topics(section, "newTopicPreferences"), _topics(section, "oldTopicPreferences")
        moved = {topic for topic, status in new.items() if old.get(topic) != status}
        yes = sorted(topic for topic in moved if new[topic] == "OptIn")
        left = any(new[topic] == "OptOut" for topic in moved)
        if left or at_path(section, "newTopicPreferences.unsubscribeAll") is not False:
            asked = "unsubscribe"
    demand = None if asked is None or not address else Demand(what=asked, identifiers=(("email", address),))
    consent = {f"ses:topic:{topic}": True for topic in yes} if yes and asked is None else None
    return replace(event, consent=consent, demand=demand)


def _topics(section: Any, which: str) -> dict[str, str]:
    found = at_path(section, f"{which}.topicSubscriptionStatus")
    listed = found if isinstance(found, list) else []
    pairs = [(at_path(one, "topicName"), at_path(one, "subscriptionStatus")) for one in listed]
    return {name: status for name, status in pairs if isinstance(name, str) and isinstance(status, str)}


KIND = HookKind(
    wire=Kind(
        name="ses",
        roots=("",),
        defaults={"email": ("recipient",)},
        envelope=frozenset({"eventType", "notificationType"}),
        vocabulary=frozenset(_WORDS.split()),
    ),
    signing=Signing(header="", window_s=_TRIED_FOR_S),
    prove=_prove,
    events=_events,
    needs=_needs,
    visits=_visits,
    keyed=False,
    signs=False,
    stanza="""\
events:
  Complaint: [email]
  Subscription: [email]
channels:
  newsletter:
    kind: ses
    stage: observe
    events: [Complaint, Subscription]
    narrows: [marketing]
""",
    steps=(
        "Give the ARN of the SNS topic (arn:aws:sns:…) to this channel first: lockhouse channel add NAME",
        "In Amazon SES, open the configuration set or the identity, and have complaints and subscriptions sent there.",
        "In Amazon SNS, set the topic's signature version to 2, and subscribe {url} by HTTPS, without raw delivery.",
        "SNS asks whether the address is yours; the house confirms it by itself.",
    ),
    sample=Sample(body=b'{"Type":"Notification","Message":"{}"}'),
    risk=Risk(
        proof="That whoever reads mail at an address complained, or changed what they subscribed to.",
        replay="Time and id are signed: 25 hours, and each message counts once.",
        typed="Nothing of the message; headers and tags of the mails that your own systems send stand in it.",
    ),
    oracle="sns-validator",
    unverified="How long a topic's own policy lets SNS try again; that certificates keep their present path.",
)
