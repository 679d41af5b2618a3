"""From the bytes of a Segment request to events and faults, item by item.

The rules it keeps: a bad item becomes a `Fault` in its own slot and never fails its batch; what is not JSON at all,
too large or too many is one `Fault` for the whole request; no text it makes holds anything that was sent
(a `Fault` carries the item's message id beside it, to be hashed).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from lockhouse.channels import codes
from lockhouse.channels.pieces import UnbalancedError, elements, members
from lockhouse.channels.segment.consent import GPC, NONE, consent_of, says_gpc
from lockhouse.channels.segment.kind import PEER_NETWORK
from lockhouse.channels.segment.times import millis, occurred
from lockhouse.model.event import Event, Fault

MAX_ITEM_BYTES: Final = 32 * 1024
MAX_BATCH_BYTES: Final = 500 * 1024
MAX_LONG_BYTES: Final = 4_000 * 1024
MAX_ITEMS: Final = 2_500
MAX_MESSAGE_ID_CHARS: Final = 99
"""Segment's own limits: 32 KB an event, 500 KB and 2,500 events a batch, message ids of less than 100 characters.

RudderStack's take 4,000 KB, and its Python client fills them: it drops a batch that is refused. So a sender whose
secret key is known before its body is read may send as much; nobody else costs that much memory.
"""
MAX_DEPTH: Final = 32
"""No client of the six we know nests deeper than 9; every later reader of the tree may recurse."""
MAX_EVENT_NAME_CHARS: Final = 200
MAX_SPREAD_BYTES: Final = 4 * 1024 * 1024
"""A batch's own context is merged into each item; this bounds what 500 KB may become."""

CALLS: Final = {
    "i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias",
    "identify": "identify", "track": "track", "page": "page", "screen": "screen", "group": "group", "alias": "alias",
}  # fmt: skip
"""Last segment of a single call's path -> its type; the short ones are the browser library's."""
_BATCHES = frozenset({"batch", "b"})
_TYPES = frozenset(CALLS.values())
_CONTAINERS = (dict, list)


class ParsedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request's items in their order.

    Attributes:
        write_key: `writeKey` of the body, unchecked; None when there is none.
        sent_at: the sender's clock when it sent, in ms; None when it did not say.
    """

    write_key: str | None
    items: list[Event | Fault]
    sent_at: int | None


class _Frame(msgspec.Struct, gc=False):
    """A batch with its items still raw."""

    batch: list[msgspec.Raw]
    context: msgspec.Raw = msgspec.Raw(b"null")
    sentAt: Any = None  # noqa: N815  # the protocol's own words
    writeKey: Any = None  # noqa: N815


class _Named(msgspec.Struct, gc=False):
    """An item of which only its id is wanted."""

    messageId: Any = None  # noqa: N815  # the protocol's own word


class _Framed(NamedTuple):
    """A batch cut into its raw items and what stands beside them."""

    pieces: list[bytes]
    context: bytes
    sent_at: Any
    key: Any


class _Around(msgspec.Struct, gc=False, frozen=True):
    """What holds for every item of one request."""

    received_at: int
    sent_at: int | None
    network: str | None
    gpc: bool
    context: dict[str, Any]
    call: str | None


_FRAME = msgspec.json.Decoder(_Frame)
_OBJECT = msgspec.json.Decoder(dict[str, Any])
_NAMED = msgspec.json.Decoder(_Named)
_ANY = msgspec.json.Decoder()
_ENCODE = msgspec.json.Encoder().encode
_PACK = msgspec.msgpack.Encoder().encode
"""Whatever passes here can be stored and sent: no integer is longer than 64 bits, no text holds half a character."""
_BACKSLASH = 0x5C
_TOO_DEEP = Fault(code=codes.ITEM_TOO_DEEP, where="", expected=f"at most {MAX_DEPTH} levels")


def parse_batch(
    raw: bytes, *, path: str, received_at: int, remote_network: str | None, gpc: bool = False
) -> ParsedRequest | Fault:
    """The items of a request; one `Fault` instead when the request as a whole cannot be read.

    Args:
        raw: the unpacked body, of at most `MAX_LONG_BYTES`.
        path: last segment of the request's path: `batch`, `b` or a single call of `CALLS`.
        received_at: ms, by the house's clock.
        remote_network: the sender's network to add as its `ip`, or None to add none.
        gpc: whether the request carries `Sec-GPC: 1`.
    """
    if len(raw) > MAX_LONG_BYTES:
        return Fault(code=codes.BODY_TOO_LARGE, where="", expected=f"at most {MAX_LONG_BYTES} bytes")
    call = CALLS.get(path)
    if call is not None:
        return _single(raw, _Around(received_at, None, remote_network, gpc, {}, call))
    framed = _frame(raw) if path in _BATCHES else _not_json("a call of the protocol")
    return framed if isinstance(framed, Fault) else _batch(framed, received_at, remote_network, gpc=gpc)


def _batch(framed: _Framed, received_at: int, network: str | None, *, gpc: bool) -> ParsedRequest | Fault:
    pieces, context_raw, sent_stamp, key = framed
    if len(pieces) > MAX_ITEMS:
        return Fault(code=codes.TOO_MANY_ITEMS, where="/batch", expected=f"at most {MAX_ITEMS} events")
    context = _batch_context(context_raw, len(pieces))
    if isinstance(context, Fault):
        return context
    sent_at = millis(sent_stamp)
    around = _Around(received_at, sent_at, network, gpc, context, None)
    items: list[Event | Fault] = [_item(piece, around) for piece in pieces]
    return ParsedRequest(write_key=key if isinstance(key, str) else None, items=items, sent_at=sent_at)


def _single(raw: bytes, around: _Around) -> ParsedRequest | Fault:
    item = _item(raw, around)
    if isinstance(item, Fault):
        if item.code == codes.BAD_ITEM and not raw.strip().startswith(b"{"):
            return _not_json("a JSON object")
        return ParsedRequest(write_key=None, items=[item], sent_at=None)
    key = item.source.get("writeKey")
    sent_at = millis(item.source.get("sentAt"))
    return ParsedRequest(write_key=key if isinstance(key, str) else None, items=[item], sent_at=sent_at)


def _not_json(expected: str) -> Fault:
    return Fault(code=codes.NOT_JSON, where="", expected=expected)


def _frame(raw: bytes) -> _Framed | Fault:
    """The raw items, the raw context, `sentAt` and `writeKey`; the slow way only if the quick one fails."""
    try:
        frame = _FRAME.decode(raw)
    except (ValueError, RecursionError):  # DecodeError and UnicodeDecodeError are ValueErrors
        return _slow_frame(raw)
    pieces = [bytes(piece) for piece in frame.batch[: MAX_ITEMS + 1]]  # one too many says that there are too many
    return _Framed(pieces, bytes(frame.context), frame.sentAt, frame.writeKey)


def _slow_frame(raw: bytes) -> _Framed | Fault:
    try:
        found = members(raw)
        batch = found.get(b"batch")
        if batch is None:
            return Fault(code=codes.NOT_JSON, where="/batch", expected="a list of events")
        pieces = elements(batch, most=MAX_ITEMS)
    except UnbalancedError:
        return _not_json("a JSON object with a list under `batch`")
    return _Framed(pieces, found.get(b"context", b"null"), _lenient(found, b"sentAt"), _lenient(found, b"writeKey"))


def _lenient(found: dict[bytes, bytes], name: bytes) -> Any:
    try:
        return _ANY.decode(found.get(name, b"null"))
    except (ValueError, RecursionError):
        return None


def _batch_context(raw: bytes, items: int) -> dict[str, Any] | Fault:
    """The batch's own context, to be merged into each item's."""
    if raw == b"null":
        return {}
    if len(raw) > MAX_ITEM_BYTES or len(raw) * items > MAX_SPREAD_BYTES:
        return Fault(code=codes.BODY_TOO_LARGE, where="/context", expected="a smaller context, or one in each event")
    tree = object_of(raw)
    if isinstance(tree, Fault):
        return _not_json("an object under `context`, each key once")
    return tree


def object_of(raw: bytes) -> dict[str, Any] | Fault:
    """One JSON object, sound in every respect a later reader relies on; a `Fault` if it is none."""
    try:
        tree = _OBJECT.decode(raw)
    except RecursionError:
        return _TOO_DEEP
    except msgspec.ValidationError:
        return Fault(code=codes.BAD_ITEM, where="", expected="an object with numbers in range")
    except ValueError:
        return Fault(code=codes.BAD_ITEM, where="", expected="a JSON object in UTF-8")
    return _unsound(raw, tree) or tree


def _unsound(raw: bytes, tree: dict[str, Any]) -> Fault | None:
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _is_deeper(tree, MAX_DEPTH):
        return _TOO_DEEP
    try:
        _PACK(tree)
    except OverflowError:
        return Fault(code=codes.NUMBER_TOO_LARGE, where="", expected="integers of at most 64 bits")
    # A key that stood twice took its colon with it: a decoder keeps the last, another system might keep the first, and
    # the two would not speak of the same event. Colons written as an escape are counted in: none makes up for it.
    colons = raw.count(b":")
    if _BACKSLASH in raw:
        colons += raw.replace(b"\\\\", b"").lower().count(b"\\u003a")
    if _ENCODE(tree).count(b":") != colons:
        return Fault(code=codes.TWICE_A_KEY, where="", expected="each key once")
    return None


def _is_deeper(tree: Any, limit: int) -> bool:
    level = [tree]
    for _ in range(limit):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, _CONTAINERS)
        ]
        if not level:
            return False
    return True


def _item(raw: bytes, around: _Around) -> Event | Fault:
    """One item as an event, or what is wrong with it."""
    if len(raw) > MAX_ITEM_BYTES:
        return _known(Fault(code=codes.ITEM_TOO_LARGE, where="", expected=f"at most {MAX_ITEM_BYTES} bytes"), raw)
    item = object_of(raw)
    if isinstance(item, Fault):
        return _known(item, raw)
    name = around.call or item.get("type")
    if name == "track":
        name = item.get("event")
        if not isinstance(name, str) or not 0 < len(name) <= MAX_EVENT_NAME_CHARS:
            return _known(Fault(code=codes.BAD_TYPE, where="/event", expected="the event's name"), raw)
    elif not isinstance(name, str) or name not in _TYPES:
        expected = "identify, track, page, screen, group or alias"
        return _known(Fault(code=codes.BAD_TYPE, where="/type", expected=expected), raw)
    message_id = item.get("messageId")
    if message_id is not None and (not isinstance(message_id, str) or not 0 < len(message_id) <= MAX_MESSAGE_ID_CHARS):
        return Fault(code=codes.BAD_MESSAGE_ID, where="/messageId", expected="text of 1 to 99 characters")
    return _event(item, name, message_id, around)


def _known(fault: Fault, raw: bytes) -> Fault:
    """The fault with its item's message id, if that can be read: by it `why` tells of the item."""
    try:
        message_id = _NAMED.decode(raw).messageId
    except (ValueError, RecursionError):
        return fault
    if not isinstance(message_id, str) or not 0 < len(message_id) <= MAX_MESSAGE_ID_CHARS:
        return fault
    return msgspec.structs.replace(fault, message_id=message_id)


def _event(item: dict[str, Any], name: str, message_id: str | None, around: _Around) -> Event:
    _tidy(item, around.network)
    context = item.get("context")
    if not isinstance(context, dict):
        context = around.context
        if context:
            item["context"] = context
    elif around.context:
        context = item["context"] = around.context | context
    return Event(
        name=name,
        message_id=message_id,
        occurred_at=occurred(item, sent_at=around.sent_at, received_at=around.received_at),
        source=item,
        consent=consent_of(context) if context else None,
        signals=GPC if around.gpc or (context and says_gpc(context)) else NONE,
    )


def _tidy(item: dict[str, Any], network: str | None) -> None:
    """Take out ids that say nothing (python sends null, RudderStack an empty text) and set the peer's network."""
    if not item.get("anonymousId", 1):
        del item["anonymousId"]
    if not item.get("userId", 1):
        del item["userId"]
    if network is not None:
        item[PEER_NETWORK] = network
    elif PEER_NETWORK in item:
        del item[PEER_NETWORK]
