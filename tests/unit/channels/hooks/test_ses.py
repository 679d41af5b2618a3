"""SNS's messages are proven by its certificate and the topic's ARN; SES's events in them are read by recipient."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from lockhouse.channels.hooks import BAD_SIGNATURE, HOOKS, STALE, Proven, Unproven
from lockhouse.model.event import Demand, Event, Fault
from lockhouse.secret import Secret
from tests.unit.channels.hooks.mail_world import NOW, delivery, proven, read

TOPIC = "arn:aws:sns:eu-central-1:123456789012:mail-feedback"
HOST = "https://sns.eu-central-1.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-{'0123456789abcdef' * 2}.pem"
CONFIRM = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"
ANNA, BEN = "anna@customer.example", "ben@customer.example"
AT = datetime.fromtimestamp(NOW / 1000, tz=UTC)
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


@cache
def key(bits: int = 2048, number: int = 0) -> rsa.RSAPrivateKey:
    del number  # another number, another key
    return rsa.generate_private_key(65537, bits)


def certificate(by: Any = None, *, days: tuple[int, int] = (-9, 30)) -> bytes:
    """A certificate of its own making, as PEM; valid these days from now."""
    by = by or key()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = x509.CertificateBuilder(name, name, by.public_key(), 1, AT + timedelta(days[0]), AT + timedelta(days[1]))
    return made.sign(by, SHA256()).public_bytes(Encoding.PEM)


def message(
    kind: str = "Notification", *, version: str = "2", by: rsa.RSAPrivateKey | None = None, **other: Any
) -> Any:
    """A message as SNS signs it."""
    tree: dict[str, Any] = {
        "Type": kind, "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", "TopicArn": TOPIC, "Message": "{}",
        "Timestamp": AT.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "SignatureVersion": version, "SigningCertURL": CERTIFICATE,
    }  # fmt: skip
    if kind != "Notification":
        tree |= {"Token": "2336412f37", "SubscribeURL": CONFIRM}
    tree |= other
    said = "".join(f"{name}\n{tree[name]}\n" for name in SIGNED.get(kind, ()) if tree.get(name) is not None)
    hashed = SHA1() if version == "1" else SHA256()  # noqa: S303  # version 1 of SNS is that
    text = (by or key()).sign(said.encode("utf-8", "surrogatepass"), padding.PKCS1v15(), hashed)
    return {**tree, "Signature": base64.b64encode(text).decode()}


def found(tree: Any, *, fetched: bytes | None = None, topic: str = TOPIC, at: int = NOW) -> Proven | Unproven:
    sent = delivery(json.dumps(tree).encode(), at=at)
    return proven("ses", replace(sent, fetched=certificate() if fetched is None else fetched), topic)


def events(told: Any) -> list[Event | Fault]:
    text = told if isinstance(told, str) else json.dumps(told)
    sent = replace(delivery(json.dumps(message(Message=text)).encode()), fetched=certificate())
    return read("ses", sent, proven("ses", sent, TOPIC))


def needs(tree: Any) -> str | None:
    """The address of the certificate that a message of the channel's topic asks for."""
    asked = HOOKS["ses"].needs
    assert asked is not None
    return asked(delivery(json.dumps(tree).encode()), [Secret(TOPIC.encode())])


def _visits(tree: Any) -> str | None:
    visits = HOOKS["ses"].visits
    assert visits is not None
    return visits(delivery(json.dumps(tree).encode()))


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("kind", SIGNED)
@pytest.mark.parametrize("subject", [None, "News"])
def test_both_versions_prove_and_nothing_that_is_signed_may_differ(version: str, kind: str, subject: Any) -> None:
    more = {} if subject is None else {"Subject": subject}
    tree = message(kind, version=version, **more)
    assert found(tree) == Proven(id=tree["MessageId"], at=NOW)
    for name in SIGNED[kind]:
        for changed in ({**tree, name: f"{tree.get(name)}x"}, {k: v for k, v in tree.items() if k != name}):
            if changed != tree:
                assert isinstance(found(changed), Unproven), name


@pytest.mark.parametrize(
    "other",
    [{"SignatureVersion": "1"}, {"SignatureVersion": "3"}, {"SignatureVersion": None}, {"Signature": ""},
     {"Signature": None}, {"Signature": "?"}, {"Signature": "A" * 2000}, {"Type": "Other"}, {"Type": ["Notification"]},
     {"Timestamp": "then"}, {"Message": {"a": 1}}, {"Type": "SubscriptionConfirmation"}],
)  # fmt: skip
def test_what_is_written_in_another_form_proves_nothing(other: Any) -> None:
    assert isinstance(found({**message(), **other}), Unproven)


def test_another_topic_proves_nothing_though_sns_signed_it() -> None:
    theirs = message(TopicArn=TOPIC.replace("123456789012", "999999999999"))
    assert found(theirs) == Unproven(code=BAD_SIGNATURE, why="no-signature")
    assert needs(theirs) is None, "nothing is fetched for it either"


@pytest.mark.parametrize("off_s", [-25 * 3600 - 1, 25 * 3600 + 1])
def test_outside_the_window_a_right_signature_proves_nothing(off_s: int) -> None:
    assert found(message(), at=NOW + off_s * 1000) == Unproven(code=STALE, why="outside-window")


def test_a_certificate_that_is_over_weak_of_another_kind_or_none_proves_nothing() -> None:
    assert isinstance(found(message(), fetched=certificate(days=(-9, -1))), Unproven)
    assert isinstance(found(message(), fetched=certificate(days=(1, 9))), Unproven)
    assert isinstance(found(message(by=key(1024)), fetched=certificate(key(1024))), Unproven)
    assert isinstance(found(message(), fetched=certificate(ec.generate_private_key(ec.SECP256R1()))), Unproven)
    assert isinstance(found(message(), fetched=certificate(key(2048, 1))), Unproven)
    for none in (b"", b"<html>", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        assert isinstance(found(message(), fetched=none), Unproven)


@pytest.mark.parametrize(
    "url",
    [CERTIFICATE.replace("https", "http"), CERTIFICATE.replace("eu-central-1", "us-east-1"), CERTIFICATE + "?x=.pem",
     CERTIFICATE.replace(".com/", ".com.evil.example/"), CERTIFICATE.replace(".com/", ".com:444/"),
     CERTIFICATE.replace("sns.", "x@sns."), CERTIFICATE.replace("https://sns", "https://evil.example/sns"),
     CERTIFICATE.replace(".com/", ".com.cn/"), CERTIFICATE.replace("/Simple", "/../Simple"), CERTIFICATE + "\n",
     CERTIFICATE.replace(".com/", ".com\\@evil.example/"), "https://169.254.169.254/SimpleNotificationService-0.pem",
     CERTIFICATE.upper(), "", None, 5, [CERTIFICATE]],
)  # fmt: skip
def test_a_certificate_is_looked_for_at_the_host_of_the_topics_region_alone(url: Any) -> None:
    assert needs({**message(), "SigningCertURL": url}) is None
    assert needs(message()) == CERTIFICATE


def test_chinas_regions_have_a_host_of_their_own() -> None:
    topic = "arn:aws-cn:sns:cn-north-1:123456789012:t"
    url = CERTIFICATE.replace("eu-central-1.amazonaws.com", "cn-north-1.amazonaws.com.cn")
    asked = HOOKS["ses"].needs
    assert asked is not None
    sent = delivery(json.dumps({"TopicArn": topic, "SigningCertURL": url}).encode())
    assert asked(sent, [Secret(topic.encode())]) == url


@pytest.mark.parametrize(
    "url",
    [CONFIRM.replace("https", "http"), CONFIRM.replace("eu-central-1", "us-east-1"), CONFIRM.replace("Confirm", "Un"),
     CONFIRM.replace(".com/", ".com.evil.example/"), CONFIRM.replace("/?", "/x?"), CONFIRM + "#x", CONFIRM + "\r\nX: y",
     CONFIRM.replace("sns.", "a:b@sns."), None, 5],
)  # fmt: skip
def test_only_a_confirmation_is_visited_and_only_there(url: Any) -> None:
    assert _visits(message("SubscriptionConfirmation", SubscribeURL=url)) is None
    assert _visits(message("Notification", SubscribeURL=CONFIRM)) is None
    assert _visits(message("UnsubscribeConfirmation", SubscribeURL=CONFIRM)) is None
    assert _visits(message("SubscriptionConfirmation")) == CONFIRM


@pytest.mark.parametrize(("feedback", "asked"), [("abuse", "complaint"), (None, "complaint"), ("not-spam", None)])
def test_a_complaint_stands_on_the_event_of_each_recipient(feedback: Any, asked: Any) -> None:
    complained = [{"emailAddress": ANNA}, {"emailAddress": BEN}, {"emailAddress": "complaint@simulator.amazonses.com"}]
    about = {
        "complainedRecipients": complained,
        "complaintFeedbackType": feedback,
        "timestamp": "2026-11-23T09:30:00.000Z",
    }
    first, second = events(
        {"eventType": "Complaint", "complaint": about, "mail": {"destination": [ANNA, BEN, "c@x.y"]}}
    )
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    wanted = [None if asked is None else Demand(what=asked, identifiers=(("email", one),)) for one in (ANNA, BEN)]
    assert [first.demand, second.demand] == wanted
    assert (first.source["recipient"], first.occurred_at) == (ANNA, 1_795_426_200_000)
    assert second.message_id == f"{first.message_id}#1"


def _preferences(**topics: str) -> Any:
    listed = [{"topicName": name, "subscriptionStatus": status} for name, status in topics.items()]
    return {"unsubscribeAll": False, "topicSubscriptionStatus": listed}


@pytest.mark.parametrize(
    ("old", "new", "asked", "consent"),
    [(_preferences(news="OptIn"), _preferences(news="OptOut"), "unsubscribe", None),
     (_preferences(news="OptOut"), _preferences(news="OptIn"), None, {"ses:topic:news": True}),
     (_preferences(news="OptIn"), _preferences(news="OptIn"), None, None),
     (_preferences(news="OptOut", tips="OptIn"), _preferences(news="OptIn", tips="OptOut"), "unsubscribe", None),
     (_preferences(), {"unsubscribeAll": True}, "unsubscribe", None), (None, None, "unsubscribe", None)],
)  # fmt: skip
def test_a_change_of_subscriptions_is_a_no_if_one_is_left_and_a_yes_to_a_topic_alone(
    old: Any, new: Any, asked: Any, consent: Any
) -> None:
    about = {"contactList": "list", "oldTopicPreferences": old, "newTopicPreferences": new}
    [event] = events({"eventType": "Subscription", "subscription": about, "mail": {"destination": [ANNA]}})
    assert isinstance(event, Event)
    assert (event.demand and event.demand.what, event.consent) == (asked, consent)


@pytest.mark.parametrize(
    ("name", "about"),
    [("Bounce", {"bounce": {"bouncedRecipients": [{"emailAddress": ANNA}]}}),
     ("Delivery", {"delivery": {"recipients": [ANNA]}}), ("Open", {"mail": {"destination": [ANNA]}}),
     ("DeliveryDelay", {"deliveryDelay": {"delayedRecipients": [{"emailAddress": ANNA}]}})],
)  # fmt: skip
def test_nobody_asked_for_anything_by_what_became_of_a_mail(name: str, about: Any) -> None:
    [event] = events({"notificationType": name, **about})
    assert isinstance(event, Event)
    assert (event.name, event.source["recipient"], event.demand, event.consent) == (name, ANNA, None, None)


@pytest.mark.parametrize("told", ["Successfully validated SNS topic for Amazon SES event publishing.", "", " "])
def test_what_ses_says_in_plain_words_is_no_event(told: str) -> None:
    assert events(told) == []


@pytest.mark.parametrize("told", [{}, {"eventType": 5.5}, '{"eventType":"Open","eventType":"Send"}', "{", "{" * 9000])
def test_a_notification_that_is_no_event_is_a_fault_without_a_value(told: Any) -> None:
    [fault] = events(told)
    assert isinstance(fault, Fault)
    assert fault.where == "/Message"


def test_what_sns_says_of_the_subscription_is_no_event() -> None:
    sent = replace(delivery(json.dumps(message("SubscriptionConfirmation")).encode()), fetched=certificate())
    assert read("ses", sent, proven("ses", sent, TOPIC)) == []
