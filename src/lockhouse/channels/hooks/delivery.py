"""One delivery as it came off the wire, and what is found out about it. Nothing of it was parsed yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

BAD_SIGNATURE: Final = "LH-1110"
"""Of a delivery that nothing proves, and of a channel that does not exist: one answer for both."""
STALE: Final = "LH-1111"
TEST_DELIVERY: Final = "LH-1112"


class Delivery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A request to `/hooks/{channel}`.

    Attributes:
        headers: as ASGI has them, in their order, names in lower case; the same name may stand twice.
        query: the raw query string.
        body: the very bytes that came, never unpacked or re-encoded.
        url: the address under which the provider knows this channel; empty when no setting says it.
        received_at: ms, by the house's clock.
        fetched: what stood at the address that `HookKind.needs` named; empty where nothing did.
    """

    method: str = "POST"
    headers: Sequence[tuple[bytes, bytes]]
    query: bytes = b""
    body: bytes
    url: str = ""
    received_at: int
    fetched: bytes = b""

    def one(self, name: str) -> str | None:
        """The header of this name if it stands exactly once: of two, another reader might take the other one."""
        wanted = name.encode("latin-1")
        found = [text for known, text in self.headers if known == wanted]
        return found[0].decode("latin-1").strip() if len(found) == 1 else None


class Proven(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery that its sender's secret proves.

    Attributes:
        id: the provider's id of the delivery, if it is part of what is signed. Another one could be changed to have the
            same delivery taken twice.
        at: the provider's timestamp in ms, if it sent one.
    """

    id: str | None = None
    at: int | None = None


class Unproven(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery that nothing proves. `why` is for counts and tests; a stranger is not told it."""

    code: str
    why: str


class Challenge(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The answer to a provider that asks whether this address is ours."""

    body: bytes
    content_type: str = "text/plain"
