"""Taking a request's body in, never more of it than can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.channels import codes
from lockhouse.channels.inflate import inflate, is_gzip
from lockhouse.model.event import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.faces.collect.answers import Receive


async def take(receive: Receive, headers: Mapping[bytes, bytes], *, most: int) -> bytes | Fault | None:
    """The unpacked body; a `Fault` if it is too large or no sound gzip; None if the client hung up.

    What is left of an oversize body is not read here: the server discards it, so that its sender hears why.

    Args:
        receive: of the request.
        headers: its own.
        most: bytes when unpacked.
    """
    raw = await take_raw(receive, headers, most=most)
    if isinstance(raw, bytes) and is_gzip(raw):
        return inflate(raw, cap=most)
    return raw if not isinstance(raw, bytes) or len(raw) <= most else _too_large(most)


async def take_raw(receive: Receive, headers: Mapping[bytes, bytes], *, most: int) -> bytes | Fault | None:
    """The very bytes that came, as a signature is over them; otherwise as `take`."""
    # Gzip makes bytes that cannot be packed a little longer, never by a five-hundredth (RFC 1951 §3.2.4).
    wire = most + most // 500
    said = headers.get(b"content-length")
    if said is not None and (not said.isdigit() or int(said[:_DIGITS]) > wire):
        return _too_large(most)
    raw = await _read(receive, wire)
    return raw if raw is None or len(raw) <= wire else _too_large(most)


def _too_large(most: int) -> Fault:
    return Fault(code=codes.BODY_TOO_LARGE, where="", expected=f"at most {most} bytes")


_DIGITS = 12


async def _read(receive: Receive, most: int) -> bytes | None:
    """The raw body; cut off once it is longer than `most`."""
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    first: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return first
    parts = [first]
    size = len(first)
    while size <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part: bytes = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if not message.get("more_body", False):
            break
    return b"".join(parts)
