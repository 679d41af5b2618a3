"""A message of SNS at the door, a whole house behind it.

Nothing is fetched for a stranger, it is 503 while the certificate cannot be had, and the subscription is confirmed once
it is proven.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import Unavailable
from lockhouse.faces.collect import CollectApp
from lockhouse.faces.hook_kinds import way_of
from lockhouse.faces.serve.collector import NETWORK, HouseCollector
from lockhouse.faces.serve.desk import Answers
from lockhouse.flows.approve import approve, draft_of
from lockhouse.flows.consent import suppressions
from lockhouse.flows.hook import add_secret
from lockhouse.model.rows import Record
from lockhouse.policy.document import parse
from lockhouse.secret import Secret
from lockhouse.wiring import KINDS, template
from tests.faces.collect_world import Counts
from tests.unit.channels.hooks.mail_world import NOW
from tests.unit.channels.hooks.test_ses import CERTIFICATE, CONFIRM, TOPIC, certificate, message
from tests.world import POLICY, World

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EVENTS = "events:\n  Complaint: [email]\n"
SES = "channels:\n  mail: {kind: ses, events: [Complaint], narrows: [marketing]}\n"
COMPLAINT = {
    "eventType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": "anna@example.com"}]},
}  # fmt: skip


class Door:
    """The listener over a house with stores, and a host that answers what it is told to."""

    def __init__(self, world: World, pages: Mapping[str, tuple[int, bytes] | Exception]) -> None:
        self.world, self.pages = world, dict(pages)
        self.asked: list[str] = []
        self.collector = HouseCollector(world.house, Answers(), ask=self._ask)
        self.app = CollectApp(self.collector, clock=world.clock, watch=Counts(), incident_ids=lambda: "0123abcd")

    async def _ask(self, url: str, *, body: Any, headers: Any, at_most: int) -> tuple[int, bytes]:
        del body, headers, at_most
        self.asked.append(url)
        found = self.pages.get(url, (404, b""))
        if isinstance(found, Exception):
            raise found
        return found

    async def post(self, tree: Any, *, method: str = "POST") -> int:
        """The status that a message is answered."""
        sent: list[Any] = []
        scope = {
            "type": "http", "method": method, "path": "/hooks/mail", "query_string": b"", "scheme": "http",
            "headers": [(b"content-type", b"text/plain; charset=UTF-8")], "client": ("203.0.113.7", 1),
        }  # fmt: skip

        async def receive() -> Any:
            return {"type": "http.request", "body": json.dumps(tree).encode(), "more_body": False}

        async def send(part: Any) -> None:
            sent.append(part)

        await self.app(scope, receive, send)
        return int(sent[0]["status"])


async def _door(tmp_path: Path, pages: Mapping[str, tuple[int, bytes] | Exception] | None = None) -> Door:
    world = await World.make(tmp_path, at=NOW)
    rules = POLICY.replace("channels:\n", SES).replace("events:\n", EVENTS, 1)
    draft = await draft_of(world.house, parse({"policy.yaml": rules}, templates=template), KINDS)
    await approve(world.house, draft, rules.encode(), by="os-user:0")
    way = way_of(world.house.live().policy.channels["mail"])
    assert way is not None
    await add_secret(world.house, "mail", Secret(TOPIC.encode()), form=way.form, by="os-user:1")
    return Door(world, {CERTIFICATE: (200, certificate()), CONFIRM: (200, b"<xml/>")} if pages is None else pages)


async def test_a_signed_complaint_suppresses_and_its_certificate_is_asked_for_once(tmp_path: Path) -> None:
    door = await _door(tmp_path)
    first = message(Message=json.dumps(COMPLAINT))
    assert [await door.post(first), await door.post(first)] == [200, 200]
    assert await door.post({**first, "Message": first["Message"] + " "}) == 401
    assert door.asked == [CERTIFICATE]
    [row] = await suppressions(door.world.house)
    assert (row.reason, len(await door.world.rows(Record))) == ("complaint", 1)


async def test_nothing_is_fetched_for_another_topic_or_from_another_host(tmp_path: Path) -> None:
    door = await _door(tmp_path)
    strangers = message(TopicArn=TOPIC.replace("123456789012", "999999999999"))
    elsewhere = {**message(), "SigningCertURL": "https://169.254.169.254/SimpleNotificationService-0.pem"}
    trees: list[Any] = [strangers, elsewhere, [], {}, "x"]
    assert [await door.post(tree) for tree in trees] == [401] * 5
    assert door.asked == []


async def test_nothing_is_fetched_for_what_is_no_delivery(tmp_path: Path) -> None:
    door = await _door(tmp_path)
    assert [await door.post(message(), method=method) for method in ("GET", "HEAD")] == [401, 401]
    assert door.asked == []


@pytest.mark.parametrize("answer", [Unavailable("x: expected an answer"), (500, b""), (302, b"")])
async def test_while_the_certificate_cannot_be_had_it_is_503_and_asked_for_once(tmp_path: Path, answer: Any) -> None:
    door = await _door(tmp_path, {CERTIFICATE: answer})
    good = message(Message=json.dumps(COMPLAINT))
    assert [await door.post(good), await door.post(good)] == [503, 503]
    assert door.asked == [CERTIFICATE]
    door.pages[CERTIFICATE] = (200, certificate())
    door.world.clock.run += 61
    assert await door.post(good) == 200


async def test_a_certificate_that_its_host_does_not_have_proves_nothing(tmp_path: Path) -> None:
    door = await _door(tmp_path, {})
    assert await door.post(message()) == 401
    assert len(door.asked) == 1


async def test_a_subscription_is_confirmed_once_and_only_once_it_is_proven(tmp_path: Path) -> None:
    door = await _door(tmp_path)
    good = message("SubscriptionConfirmation")
    assert await door.post({**good, "Token": "another"}) == 401
    assert door.asked == [CERTIFICATE]
    assert [await door.post(good), await door.post(good)] == [200, 200]
    assert door.asked == [CERTIFICATE, CONFIRM]
    assert await door.world.rows(Record) == []


async def test_a_subscription_that_could_not_be_confirmed_is_asked_for_again(tmp_path: Path) -> None:
    door = await _door(tmp_path, {CERTIFICATE: (200, certificate()), CONFIRM: (500, b"")})
    good = message("SubscriptionConfirmation")
    assert await door.post(good) == 503
    door.pages[CONFIRM] = (200, b"<xml/>")
    door.world.clock.run += 61
    assert await door.post(good) == 200
    assert door.asked == [CERTIFICATE, CONFIRM, CONFIRM]


async def test_a_network_that_must_wait_makes_the_house_fetch_nothing_and_whoever_proves_is_heard(
    tmp_path: Path,
) -> None:
    door = await _door(tmp_path)
    forged = {**message(), "Signature": "AAAA"}
    other = forged["SigningCertURL"].replace("0123", "4567", 1)
    token = NETWORK.set("203.0.113.0/24")
    statuses = [await door.post(forged) for _ in range(80)]
    asked = len(door.asked)
    assert statuses[-1] == 429
    assert await door.post({**forged, "SigningCertURL": other}) == 429
    assert len(door.asked) == asked == 1
    assert await door.post(message("SubscriptionConfirmation")) == 200
    NETWORK.reset(token)
    assert door.asked == [CERTIFICATE, CONFIRM]
