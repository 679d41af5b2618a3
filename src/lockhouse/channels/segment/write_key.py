"""Finding the write key of a request: first where it costs nothing to look, so that who has none costs little.

1. HTTP Basic with the key as user name and an empty password; without the colon too, as old clients send it.
2. `X-Write-Key` of Jitsu's library, which has `id:secret` there: the key and whatever its form asks for beside it.
3. `?writeKey=` of beacons and pixels.
4. `writeKey` at the top of the JSON body. It counts beside an OAuth bearer token too, whose own proof is not asked.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec

from lockhouse.channels.pieces import UnbalancedError, members

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_KEY_CHARS = 200
"""Our own keys have 40; a longer one is nobody's and is not worth hashing."""


class _Keyed(msgspec.Struct, gc=False):
    writeKey: Any = None  # noqa: N815  # the protocol's own word


_KEYED = msgspec.json.Decoder(_Keyed)
_TEXT = msgspec.json.Decoder(str)


def head_key(headers: Mapping[bytes, bytes], query: bytes) -> str | None:
    """The write key that a request shows before its body, or None: Basic, then Jitsu's header, then the query.

    Args:
        headers: lower-case names, as ASGI has them.
        query: the raw query string.
    """
    return _basic_key(headers) or _jitsu_key(headers) or _query_key(query)


def _basic_key(headers: Mapping[bytes, bytes]) -> str | None:
    """The user name of HTTP Basic (RFC 7617), or None. A password is ignored, as Segment does."""
    header = headers.get(b"authorization")
    if header is None or header[:6].lower() != b"basic ":
        return None
    try:
        plain = base64.b64decode(header[6:].strip(), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return _usable(plain.partition(":")[0])


def _jitsu_key(headers: Mapping[bytes, bytes]) -> str | None:
    header = headers.get(b"x-write-key")
    return None if header is None else _usable(header.decode("latin-1").partition(":")[0])


def body_key(raw: bytes) -> str | None:
    """`writeKey` at the top of a JSON body, or None. Nothing else of the body is decoded."""
    try:
        value = _KEYED.decode(raw).writeKey
    except (ValueError, RecursionError):  # DecodeError and UnicodeDecodeError are ValueErrors
        return None
    return _usable(value) if isinstance(value, str) else None


def buried_key(raw: bytes) -> str | None:
    """`writeKey` at the top of a body that is not wholly JSON, or None; the slow way, for what `body_key` cannot read.

    A single bad event (`NaN`) makes such a body, and must not cost the others their key.
    """
    try:
        return _usable(_TEXT.decode(members(raw)[b"writeKey"]))
    except (KeyError, UnbalancedError, ValueError):
        return None


def _query_key(query: bytes) -> str | None:
    if b"writeKey=" not in query:
        return None
    try:
        found = parse_qs(query.decode("ascii"), max_num_fields=50).get("writeKey")
    except ValueError:
        return None
    return _usable(found[0]) if found else None


def _usable(key: str) -> str | None:
    key = key.strip()
    return key if 0 < len(key) <= MAX_KEY_CHARS and key.isascii() and key.isprintable() else None
