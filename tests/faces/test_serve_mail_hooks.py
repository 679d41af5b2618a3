"""What a provider of mail passes on goes through a served house and its stores: proven, narrowed, stored, once."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lockhouse.faces.hook_kinds import way_of
from lockhouse.flows.consent import show
from lockhouse.flows.hook import add_secret
from lockhouse.model.rows import Consent, Record, Suppression
from lockhouse.secret import Secret
from lockhouse.wiring import opened
from tests.faces.serve_world import POLICY, Place, make_place, run, served, stored

if TYPE_CHECKING:
    from pathlib import Path

SIGNATURE, STAMP = "x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"
MARKETING = "  marketing: {about: Write to you, basis: consent, keep: 12 months after last_activity}\n"
RULES = (
    POLICY.replace("purposes:\n", "purposes:\n" + MARKETING)
    .replace("for: [fulfilment], identifies: person", "for: [fulfilment, marketing], identifies: person")
    .replace("events:\n", "events:\n  group_unsubscribe: [email]\n  unsubscribe: [email]\n")
    .replace(
        "channels:\n",
        "channels:\n"
        "  news: {kind: sendgrid, events: [group_unsubscribe], narrows: [marketing]}\n"
        "  letters: {kind: mailchimp, events: [unsubscribe], narrows: [marketing]}\n",
    )
)
EVENT = {"email": "anna@example.com", "event": "group_unsubscribe", "timestamp": 1_767_000_000, "sg_event_id": "e-1"}


async def _given(place: Place, channel: str, secret: str | None) -> str:
    async with opened(place.folder, role="console") as house:
        way = way_of(house.house.live().policy.channels[channel])
        assert way is not None
        given = None if secret is None else Secret(secret.encode())
        made, _ = await add_secret(house.house, channel, given, form=way.form, by="os-user:0")
        return made.reveal().decode()  # house: allow no-reveal: the test stands for the provider


async def _words(place: Place) -> list[tuple[bool, str]]:
    """Every word that anybody said, and how it came."""
    async with opened(place.folder, role="console") as house:
        persons = {row.person async for chunk in house.house.reads.scan(Consent) for row in chunk}
        return [(one.granted, one.signal) for person in persons for one in await show(house.house, person)]


def _signed(place: Place, key: ec.EllipticCurvePrivateKey, *events: dict[str, object]) -> httpx.Response:
    body, stamp = json.dumps(events).encode() + b"\r\n", str(int(time.time()))
    text = base64.b64encode(key.sign(stamp.encode() + body, ec.ECDSA(SHA256()))).decode()
    headers = {SIGNATURE: text, STAMP: stamp}
    return httpx.post(f"{place.url}/hooks/news", content=body, headers=headers, timeout=10)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made: Place = run(make_place(tmp_path, policy=RULES))
    return made


def test_a_signed_unsubscribe_and_a_complaint_are_stored_and_narrow_once_and_a_forged_one_does_nothing(
    place: Place,
) -> None:
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    raw = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    run(_given(place, "news", base64.b64encode(raw).decode()))
    complaint = EVENT | {"event": "spamreport", "sg_event_id": "e-2", "email": "ben@example.com"}
    with served(place):
        answers = [_signed(place, other, EVENT), *(_signed(place, key, EVENT, complaint) for _ in range(2))]
    assert [answer.status_code for answer in answers] == [401, 200, 200]
    assert [word for word in run(_words(place)) if word[1] == "provider"] == [(False, "provider")]
    assert len(run(place.rows(Suppression))) == 1, "of the complaint, which the policy keeps nothing of"
    assert run(stored(place))[0] == 1


def test_mailchimps_look_and_its_form_pass_by_the_secret_in_the_address_and_no_log_has_it(place: Place) -> None:
    secret = run(_given(place, "letters", None))
    form = {"type": "unsubscribe", "fired_at": "2026-11-23 09:30:00", "data[email]": "anna@example.com"}
    with served(place) as house:
        url = f"{place.url}/hooks/letters"
        looks = [httpx.get(f"{url}{query}", timeout=10).status_code for query in (f"?key={secret}", "?key=x", "")]
        sent = [
            httpx.post(f"{url}{query}", data=form, timeout=10).status_code
            for query in ("", f"?key={secret}x", f"?key={secret}", f"?key={secret}")
        ]
        log = house.log
    assert (looks, sent) == ([200, 401, 401], [401, 401, 200, 200])
    assert len(run(place.rows(Record))) == 1
    assert run(_words(place)) == [(False, "provider")]
    assert (secret in log, "anna@" in log) == (False, False)
