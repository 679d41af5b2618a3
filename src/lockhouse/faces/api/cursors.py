"""Opaque cursors: where a page ended, signed for the token and the question that it was of.

A cursor tells nothing that its holder was not answered, and one that was made up, or is of another token or question,
is `Invalid`. It names a place and not a moment: what came since stands before the first page.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.signatures import equal, hmac_sha256
from lockhouse.errors import Invalid

if TYPE_CHECKING:
    from lockhouse.faces.api.route import Call

MAC_BYTES = 16


def signed(call: Call, place: bytes, *, about: bytes = b"") -> str:
    """A place as a text for a URL."""
    return base64.urlsafe_b64encode(_mac(call, place, about) + place).decode().rstrip("=")


def reopened(call: Call, text: str, *, about: bytes = b"") -> bytes:
    """The place behind a cursor.

    Raises:
        Invalid: it was not made for this token and this question.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    mac, place = raw[:MAC_BYTES], raw[MAC_BYTES:]
    if not equal(mac, _mac(call, place, about)):
        raise Invalid("cursor", "the `next` of a page of the same question", got="another")
    return place


def _mac(call: Call, place: bytes, about: bytes) -> bytes:
    said = lp("lockhouse/cursor/1", call.token.id, call.route.name, about, place)
    return hmac_sha256(call.house.receipt_key, said)[:MAC_BYTES]
