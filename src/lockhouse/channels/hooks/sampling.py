"""A signed delivery as the provider would send it, of a synthetic person: for `channel test` and for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.channels.hooks.scheme import sign
from lockhouse.channels.segment.parse import object_of
from lockhouse.model.event import Fault

if TYPE_CHECKING:
    from lockhouse.channels.hooks.kind import HookKind
    from lockhouse.model.signing import Signing
    from lockhouse.secret import Secret

Parcel = tuple[list[tuple[str, str]], bytes]
"""Headers and body."""


def sample(kind: HookKind, signing: Signing, *, key: Secret, told: tuple[str, str, int], url: str = "") -> Parcel:
    """The kind's sample, with id, event and time where this channel looks for them, and signed.

    Args:
        kind: of the channel.
        signing: how its deliveries are signed.
        key: one of its live secrets, as a key.
        told: the delivery's id, the event's name (empty: the sample's own), and now in ms.
        url: the address that the provider would post to.
    """
    own, event, at = told
    stamp = str(at // 1000)
    tree = object_of(kind.sample.body)
    body: Any = {} if isinstance(tree, Fault) else tree
    headers = [("content-type", "application/json"), *kind.sample.headers]
    placed = {"id": own, "event": event, "timestamp": stamp}
    for name, text in placed.items():
        where, _, path = (getattr(signing, name) or "").partition(":")
        if where == "body" and text:
            _put(body, path, text)
        elif where == "header" and text:
            headers.append((path, text))
    raw = kind.sample.body if isinstance(tree, Fault) else msgspec.json.encode(body)
    parts = {"body": raw, "id": own.encode(), "timestamp": stamp.encode(), "url": url.encode()}
    return [*headers, (signing.header, sign(signing, parts, key=key))], raw


def _put(tree: dict[str, Any], path: str, text: str) -> None:
    *above, last = path.split(".")
    for key in above:
        below = tree.get(key)
        if not isinstance(below, dict):
            below = tree[key] = {}
        tree = below
    tree[last] = text
