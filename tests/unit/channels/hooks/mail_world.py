"""What the tests of kinds of mail providers share: one delivery proven and read as the door does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.channels.hooks import HOOKS, Delivery, Proven
from lockhouse.channels.hooks.scheme import prove
from lockhouse.crypto.hooks import hook_key
from lockhouse.model.signing import Signing
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.channels.hooks import Unproven
    from lockhouse.model.event import Event, Fault

NOW = 1_795_440_630_000


def delivery(body: bytes, headers: Mapping[str, str] | None = None, *, at: int = NOW, query: str = "") -> Delivery:
    raw = [(name.encode(), text.encode()) for name, text in (headers or {}).items()]
    return Delivery(headers=raw, body=body, query=query.encode(), received_at=at)


def proven(kind: str, sent: Delivery, *shown: str) -> Proven | Unproven:
    """What the delivery's proof is by these secrets, as a provider shows them."""
    known = HOOKS[kind]
    signing = known.signing or Signing(header="")
    keys = [Secret(text.encode()) for text in shown]
    if known.keyed:
        keys = [hook_key(key, form=signing.key, prefix=signing.key_prefix) for key in keys]
    return known.prove(sent, signing, keys) if known.prove else prove(sent, signing, keys=keys)


def read(kind: str, sent: Delivery, found: Proven | Unproven) -> list[Event | Fault]:
    """The events of a delivery that is proven."""
    known = HOOKS[kind]
    assert isinstance(found, Proven)
    return known.events(sent, found, known.signing or Signing(header=""))
