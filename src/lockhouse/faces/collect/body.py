"""Taking a request's body in, never more of it than can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.channels import codes
from lockhouse.channels.inflate import inflate, is_gzip
from lockhouse.channels.segment import MAX_BATCH_BYTES
from lockhouse.model.event import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.faces.collect.answers import Receive

MAX_WIRE_BYTES = MAX_BATCH_BYTES + 1024
"""Gzip makes bytes that cannot be packed a little longer, never by a kilobyte at this size."""

TOO_LARGE = Fault(code=codes.BODY_TOO_LARGE, where="", expected=f"at most {MAX_BATCH_BYTES} bytes")


async def take(receive: Receive, headers: Mapping[bytes, bytes]) -> bytes | Fault | None:
    """The unpacked body; a `Fault` if it is too large or no sound gzip; None if the client hung up.

    What is left of an oversize body is not read here: the server discards it, so that its sender hears why.
    """
    said = headers.get(b"content-length")
    if said is not None and (not said.isdigit() or int(said[:_DIGITS]) > MAX_WIRE_BYTES):
        return TOO_LARGE
    raw = await _read(receive)
    if raw is None:
        return None
    if is_gzip(raw) and len(raw) <= MAX_WIRE_BYTES:
        return inflate(raw, cap=MAX_BATCH_BYTES)
    return raw if len(raw) <= MAX_BATCH_BYTES else TOO_LARGE


_DIGITS = 12


async def _read(receive: Receive) -> bytes | None:
    """The raw body; cut off once it is longer than any that is taken."""
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    first: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return first
    parts = [first]
    size = len(first)
    while size <= MAX_WIRE_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part: bytes = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if not message.get("more_body", False):
            break
    return b"".join(parts)
