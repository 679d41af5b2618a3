"""What somebody without the secret, or with one delivery overheard, can do at `/hooks/…`: nothing."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from lockhouse.channels.hooks import HOOKS
from lockhouse.channels.hooks.scheme import sign
from lockhouse.faces.collect import Hook, Limited
from lockhouse.model.event import Event
from lockhouse.model.signing import Signing
from lockhouse.secret import Secret
from tests.faces.collect_world import NOW, Heard, World

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = Secret(b"k" * 32)
SIGNING = Signing(header="x-sig", signed="{timestamp}.{body}", timestamp="header:x-at", id="body:id", event="body:type")
BODY = b'{"id":"d-1","type":"customer.updated","data":{"email":"anna@customer.example"}}'
STAMP = str(NOW // 1000)


@pytest.fixture
def world() -> World:
    made = World()
    made.house.hooks["crm"] = Hook(channel="crm", kind=HOOKS["hmac"], signing=SIGNING, secrets=(KEY,), credential="7/3")
    return made


def _send(
    world: World, body: bytes = BODY, *, key: Secret = KEY, stamp: str = STAMP, path: str = "/hooks/crm"
) -> Heard:
    text = sign(SIGNING, {"timestamp": stamp.encode(), "body": body}, key=key)
    return world.call(path, body, headers={"x-at": stamp, "x-sig": text})


def _codes(world: World) -> Sequence[tuple[str, str, str]]:
    return sorted(world.counts.answers)


def test_a_proven_delivery_becomes_an_event_of_its_channel(world: World) -> None:
    heard = _send(world)
    [batch] = world.house.batches
    [event] = world.house.events
    assert (heard.status, batch.channel, batch.credential, int(batch.assurance)) == (200, "crm", "7/3", 3)
    assert (event.name, event.message_id) == ("customer.updated", "d-1")


def test_an_unknown_channel_and_a_forged_delivery_get_the_very_same_answer(world: World) -> None:
    forged = _send(world, key=Secret(b"x" * 32))
    unknown = _send(world, path="/hooks/nobody")
    odd = _send(world, path="/hooks/crm/../crm")
    assert forged == unknown == odd
    assert (forged.status, world.house.batches) == (401, [])
    assert ("", "rejected", "LH-1110") in _codes(world)


def test_a_channel_without_a_secret_takes_nothing(world: World) -> None:
    world.house.hooks["crm"] = Hook(channel="crm", kind=HOOKS["hmac"], signing=SIGNING, secrets=(), credential="7/3")
    assert _send(world).status == 401
    assert _send(world, key=Secret(b"")).status == 401
    assert world.house.batches == []


@pytest.mark.parametrize(
    "body", [BODY[:-1], BODY + b"\n", BODY.replace(b"anna", b"eve "), b"", BODY.decode().encode("utf-16")]
)
def test_a_body_that_is_not_the_one_that_was_signed_is_refused(world: World, body: bytes) -> None:
    text = sign(SIGNING, {"timestamp": STAMP.encode(), "body": BODY}, key=KEY)
    assert world.call("/hooks/crm", body, headers={"x-at": STAMP, "x-sig": text}).status == 401
    assert world.house.batches == []


def test_an_old_delivery_sent_again_is_refused_and_a_fresh_one_keeps_its_message_id(world: World) -> None:
    assert _send(world, stamp=str(NOW // 1000 - 301)).status == 401
    assert world.house.batches == []
    assert [_send(world).status, _send(world, stamp=str(NOW // 1000 - 5)).status] == [200, 200]
    assert [event.message_id for event in world.house.events] == ["d-1", "d-1"]  # receipts make the second a duplicate


def test_what_is_larger_than_the_cap_is_refused_before_anything_is_proven(world: World) -> None:
    big = b"x" * (520 * 1024)
    assert _send(world, big).status == 413
    assert world.call("/hooks/crm", b"", headers={"content-length": "99999999"}).status == 413


def test_a_bomb_is_not_unpacked_unless_it_is_signed_and_then_only_to_the_cap(world: World) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    assert _send(world, bomb, key=Secret(b"x" * 32)).status == 401
    assert _send(world, bomb).status == 413
    assert _send(world, gzip.compress(BODY)).status == 200
    assert [event.message_id for event in world.house.events] == ["d-1"]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b'{"id":"a","id":"b","type":"x"}', 400), (b'{"id":"a","type":"x","n":1e400}', 400), (b"[1]", 400),
     (b'{"id":"a","type":' + b"[" * 2_000 + b"]" * 2_000 + b"}", 400), (b'{"id":"\xff","type":"x"}', 400),
     (b'{"id":"a"}', 400), (b'{"id":"a","type":7.5}', 400), (b'{"id":"a","type":"x","n":' + b"9" * 40 + b"}", 400)],
)  # fmt: skip
def test_a_proven_body_that_cannot_be_read_one_way_only_is_never_a_5xx(world: World, body: bytes, status: int) -> None:
    signing = Signing(header="x-sig", event="body:type")
    world.house.hooks["crm"] = Hook(
        channel="crm", kind=HOOKS["hmac"], signing=signing, secrets=(KEY,), credential="7/3"
    )
    heard = world.call("/hooks/crm", body, headers={"x-sig": sign(signing, {"body": body}, key=KEY)})
    assert heard.status == status
    assert world.house.batches == []
    assert world.counts.incidents == []


def test_keys_of_prototypes_are_keys_like_any_other(world: World) -> None:
    assert _send(world, b'{"id":"a","type":"x","__proto__":{"admin":true},"constructor":1}').status == 200
    [event] = world.house.events
    assert isinstance(event, Event)
    assert event.source["__proto__"] == {"admin": True}


def test_a_header_smuggled_in_beside_the_signed_one_proves_nothing(world: World) -> None:
    text = sign(SIGNING, {"timestamp": STAMP.encode(), "body": BODY}, key=KEY)
    scope = {
        "type": "http", "method": "POST", "path": "/hooks/crm", "query_string": b"", "scheme": "http",
        "headers": [(b"x-at", STAMP.encode()), (b"x-sig", text.encode()), (b"x-at", b"1")],
        "client": ("203.0.113.7", 1),
    }  # fmt: skip
    start, _ = world.exchange(scope, [{"type": "http.request", "body": BODY, "more_body": False}])
    assert start["status"] == 401
    assert world.house.batches == []


def test_the_message_ids_of_one_channel_are_not_those_of_another(world: World) -> None:
    world.house.hooks["erp"] = Hook(
        channel="erp", kind=HOOKS["hmac"], signing=SIGNING, secrets=(KEY,), credential="8/3"
    )
    _send(world)
    _send(world, path="/hooks/erp")
    assert [(batch.channel, batch.credential) for batch in world.house.batches] == [("crm", "7/3"), ("erp", "8/3")]


def test_who_guesses_must_wait_and_who_has_the_secret_need_not(world: World) -> None:
    world.house.senders.clear()
    wait = Limited(channel="", retry_after_s=3.0)

    async def held(_key: str | None) -> Limited:
        return wait

    world.house.authenticate = held  # type: ignore[method-assign, assignment]
    guessed = _send(world, key=Secret(b"x" * 32))
    assert (guessed.status, guessed.headers["retry-after"]) == (429, "3")
    assert _send(world).status == 200


def test_a_paused_channel_has_its_provider_come_again_and_tells_a_stranger_nothing(world: World) -> None:
    world.house.hooks["crm"] = Hook(
        channel="crm", kind=HOOKS["hmac"], signing=SIGNING, secrets=(KEY,), credential="7/3", paused=True
    )
    assert (_send(world).status, _send(world, key=Secret(b"x" * 32)).status) == (503, 401)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(world: World, method: str) -> None:
    assert world.call("/hooks/crm", method=method).status == 405
    assert world.call("/hooks/crm", method="GET").status == 401


def test_no_answer_repeats_what_was_sent(world: World) -> None:
    told = _send(world, b'{"id":"a","type":{"jane@x.example":1}}')
    assert told.status == 400
    assert b"jane" not in told.body
