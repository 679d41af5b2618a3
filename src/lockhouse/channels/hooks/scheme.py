"""Proving a delivery by its signature, and signing one: the same description serves both.

The rules it keeps: the very bytes that came are signed; a header that stands twice proves nothing; nothing that was
sent chooses the algorithm; every signature that came is compared with every live secret, in constant time; what is
signed holds the timestamp and the id that are believed.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, Final

from lockhouse.channels.hooks.delivery import BAD_SIGNATURE, STALE, Delivery, Proven, Unproven
from lockhouse.channels.hooks.places import (
    MAX_HEADER_CHARS,
    MAX_ID_CHARS,
    at_path,
    at_place,
    members,
    stamp_ms,
    text_of,
)
from lockhouse.channels.segment.parse import object_of
from lockhouse.channels.segment.times import millis
from lockhouse.crypto.hooks import hook_mac, signed_by
from lockhouse.model.event import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockhouse.model.signing import Signing
    from lockhouse.secret import Secret

MAX_SIGNATURES: Final = 4
"""Of one delivery: two secrets live while a provider rotates."""
_MOST_MS = 10**13
"""Of a time that is written as a number, in ms: the year 2286."""
_PART = re.compile(r"\{(body|timestamp|id|url)\}")
_HEX = re.compile(r"[0-9a-fA-F]+", re.ASCII)
_VISIBLE = re.compile(r"[!-~]{1,80}", re.ASCII)


def prove(delivery: Delivery, signing: Signing, *, keys: Sequence[Secret]) -> Proven | Unproven:
    """What a delivery's signature proves, by one of the live secrets; never an error, whatever was sent."""
    header = delivery.one(signing.header)
    if header is None or len(header) > MAX_HEADER_CHARS or not keys:
        return Unproven(code=BAD_SIGNATURE, why="no-signature")
    found = members(signing, header) if signing.element is not None else []
    macs = _signatures(signing, header, found)
    if not macs:
        return Unproven(code=BAD_SIGNATURE, why="no-signature")
    parts = _parts(delivery, signing, found)
    if parts is None:
        return Unproven(code=BAD_SIGNATURE, why="lacking")
    if not signed_by(keys, signed_bytes(signing, parts), macs=macs, algorithm=signing.algorithm):
        return Unproven(code=BAD_SIGNATURE, why="wrong-signature")
    at = _at(parts)
    if signing.timestamp is not None and (at is None or abs(delivery.received_at - at) > signing.window_s * 1000):
        return Unproven(code=STALE, why="outside-window")
    return Proven(id=parts["id"].decode() if "id" in parts else None, at=at)


def signed_bytes(signing: Signing, parts: Mapping[str, bytes]) -> bytes:
    """What is signed of these parts."""
    pieces = _PART.split(signing.signed)
    return b"".join(parts[piece] if at % 2 else piece.encode() for at, piece in enumerate(pieces))


def sign(signing: Signing, parts: Mapping[str, bytes], *, key: Secret) -> str:
    """The signature's header of these parts, as the provider would send it."""
    mac = hook_mac(key, signed_bytes(signing, parts), algorithm=signing.algorithm)
    text = mac.hex() if signing.encoding == "hex" else base64.b64encode(mac).decode()
    if signing.element is None:
        return signing.prefix + text
    own = [f"{signing.element}{signing.assign}{text}"]
    where, _, name = (signing.timestamp or "").partition(":")
    if where == "element":
        own.insert(0, f"{name}{signing.assign}{parts['timestamp'].decode()}")
    return signing.separator.join(own)


def _signatures(signing: Signing, header: str, found: Sequence[tuple[str, str]]) -> list[bytes]:
    """The MACs that a header claims; none at all where one is written in another way."""
    if signing.element is None:
        texts = [header.removeprefix(signing.prefix)] if header.startswith(signing.prefix) else []
    else:
        texts = [text for name, text in found if name == signing.element]
    if len(texts) > MAX_SIGNATURES:
        return []
    macs = [_decoded(text, signing.encoding) for text in texts]
    return [mac for mac in macs if mac]


def _decoded(text: str, encoding: str) -> bytes | None:
    try:
        if encoding == "hex":
            return bytes.fromhex(text) if _HEX.fullmatch(text) else None
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None


def _parts(delivery: Delivery, signing: Signing, found: Sequence[tuple[str, str]]) -> dict[str, bytes] | None:
    """The bytes of each placeholder; None where one that is needed is lacking."""
    parts = {"body": delivery.body, "url": delivery.url.encode()}
    tree = _tree(delivery, signing)
    for name, place, shape in (("timestamp", signing.timestamp, None), ("id", signing.id, _VISIBLE)):
        if place is None or (name == "id" and "{id}" not in signing.signed):
            continue  # an id in the body is read with the body, once that is proven; one in a header proves nothing
        text = text_of(at_place(place, delivery, found=found, tree=tree), most=MAX_ID_CHARS)
        if text is None or (shape is not None and shape.fullmatch(text) is None):
            return None
        parts[name] = text.encode("utf-8", "surrogatepass")
    if any(not parts.get(name) for name in _PART.findall(signing.signed) if name != "body"):
        return None
    return parts


def _tree(delivery: Delivery, signing: Signing) -> Any:
    """The body, where a part of what proves it stands in it."""
    if not any((place or "").startswith("body:") for place in (signing.timestamp, signing.id)):
        return None
    tree = object_of(delivery.body)
    return None if isinstance(tree, Fault) else tree


def _at(parts: Mapping[str, bytes]) -> int | None:
    text = parts.get("timestamp", b"").decode("utf-8", "replace")
    stamp = stamp_ms(text)
    return millis(text) if stamp is None else stamp


def time_at(tree: Any, path: str) -> int | None:
    """A time at a path of a body, as ms: Unix seconds (with a fraction, too), milliseconds or ISO 8601."""
    value = at_path(tree, path)
    if isinstance(value, float) and 0 <= value < _MOST_MS:
        value = int(value)
    text = text_of(value, most=MAX_ID_CHARS)
    if text is None:
        return None
    stamp = stamp_ms(text)
    return millis(text) if stamp is None else stamp
