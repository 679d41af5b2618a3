"""From a proven body to events, as most kinds need it."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec

from lockhouse.channels import codes
from lockhouse.channels.hooks.delivery import Delivery, Proven
from lockhouse.channels.hooks.places import MAX_ID_CHARS, at_path, at_place, text_of
from lockhouse.channels.hooks.scheme import time_at
from lockhouse.channels.segment.parse import MAX_EVENT_NAME_CHARS, object_of
from lockhouse.channels.segment.times import MAX_AHEAD_MS
from lockhouse.model.event import Event, Fault
from lockhouse.model.signing import Signing

MAX_EVENTS: Final = 1_000
"""Of one delivery; SendGrid's hold at most some hundred."""
UNNAMED: Final = "delivery"
"""Name of an event whose kind or channel says of no place where its name stands."""
_DIGEST = 32
"""Hexadecimal digits: 128 bits."""
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


def message_id(delivery: Delivery, proven: Proven, *, part: int = 0, topic: str = "") -> str:
    """The id by which an event of a delivery is known again: the provider's, if signed, or the body's own hash.

    Args:
        delivery: whole.
        proven: of the delivery.
        part: number of the event in it, from 0.
        topic: the event's name where a header says it: providers send one body under several topics.
    """
    own = proven.id
    if own is None:
        own = hashlib.sha256(topic.encode("utf-8", "surrogatepass") + b"\x00" + delivery.body).hexdigest()[:_DIGEST]
    return f"{own}#{part}" if part else own


def bounded(at: int | None, *, received_at: int) -> int:
    """When something happened, in ms: never before 1970, never more than a day ahead, now where nobody says."""
    return received_at if at is None else max(0, min(at, received_at + MAX_AHEAD_MS))


def one_event(delivery: Delivery, proven: Proven, signing: Signing) -> list[Event | Fault]:
    """A body that is one JSON object as one event, named and dated at the places of `signing`."""
    tree = object_of(delivery.body)
    own = message_id(delivery, proven)
    if isinstance(tree, Fault):
        return [msgspec.structs.replace(tree, message_id=own)]
    return [event_of(tree, delivery, proven=proven, signing=signing)]


def event_of(tree: dict[str, Any], delivery: Delivery, *, proven: Proven, signing: Signing) -> Event | Fault:
    """One object as an event."""
    own, name = _own_id(tree, signing) or message_id(delivery, proven), UNNAMED
    if signing.event is not None:
        said = text_of(at_place(signing.event, delivery, found=(), tree=tree), most=MAX_EVENT_NAME_CHARS)
        if said is None:
            return Fault(code=codes.BAD_TYPE, where=f"/{signing.event}", expected="the event's name", message_id=own)
        name = said
        if signing.event.startswith("header:"):
            own = _own_id(tree, signing) or message_id(delivery, proven, topic=name)
    path = (signing.occurred or "").removeprefix("body:")
    at = time_at(tree, path) if path else proven.at
    when = bounded(at, received_at=delivery.received_at)
    return Event(name=name, message_id=own, occurred_at=when, source=tree)


def _own_id(tree: dict[str, Any], signing: Signing) -> str | None:
    """The delivery's id in a body that is proven."""
    where, _, path = (signing.id or "").partition(":")
    return text_of(at_path(tree, path), most=MAX_ID_CHARS) if where == "body" else None


def objects(raw: bytes) -> list[dict[str, Any] | Fault] | Fault:
    """A body that is a JSON array of objects, each one sound or a `Fault` in its place."""
    try:
        pieces = _ARRAY.decode(raw)
    except (ValueError, RecursionError):
        return Fault(code=codes.NOT_JSON, where="", expected="a list of objects")
    if len(pieces) > MAX_EVENTS:
        return Fault(code=codes.TOO_MANY_ITEMS, where="", expected=f"at most {MAX_EVENTS} events")
    return [object_of(bytes(piece)) for piece in pieces]
