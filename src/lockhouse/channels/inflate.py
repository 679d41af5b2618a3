"""Unpacking what a client compressed, with a hard end.

Clients mislabel: rudder-sdk-node sends gzip as `application/x-www-form-urlencoded`, posthog-js sends it without a
`Content-Encoding`. So the first two bytes decide, not a header. Output is capped while it is made: a bomb costs
its sender's bytes plus the cap, never what it claims to unpack to.
"""

from __future__ import annotations

import zlib

from lockhouse.channels import codes
from lockhouse.model.event import Fault

GZIP_MAGIC = b"\x1f\x8b"
"""RFC 1952 §2.3.1."""
_GZIP_ONLY = 31
"""zlib's wbits for a gzip wrapper and a 32 KiB window; it checks length and CRC-32 at the end."""
_MAX_MEMBERS = 64
"""A gzip file may hold several members (RFC 1952 §2.2); thousands of empty ones are only meant to burn time."""


def is_gzip(raw: bytes) -> bool:
    """Whether the bytes start as gzip does."""
    return raw.startswith(GZIP_MAGIC)


def inflate(raw: bytes, *, cap: int) -> bytes | Fault:
    """The bytes that were compressed, at most `cap` of them; a `Fault` if there are more, or if it is not sound gzip.

    Args:
        raw: what came in; starts with the gzip magic.
        cap: the longest output in bytes; no more than one byte beyond is ever made.
    """
    parts: list[bytes] = []
    room = cap + 1
    for _ in range(_MAX_MEMBERS):
        engine = zlib.decompressobj(_GZIP_ONLY)
        try:
            part = engine.decompress(raw, room)
        except zlib.error:
            return _unsound()
        parts.append(part)
        room -= len(part)
        if room <= 0:
            return Fault(code=codes.BODY_TOO_LARGE, where="", expected=f"at most {cap} bytes when unpacked")
        if not engine.eof:
            return _unsound()
        raw = engine.unused_data
        if not raw:
            return parts[0] if len(parts) == 1 else b"".join(parts)
    return _unsound()


def _unsound() -> Fault:
    return Fault(code=codes.BAD_GZIP, where="", expected="a whole gzip body")
