"""Of a channel: the kind of its provider, and how its deliveries are signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.channels.hooks import HOOKS
from lockhouse.flows.hook import Form
from lockhouse.model.signing import Signing

if TYPE_CHECKING:
    from lockhouse.channels.hooks import HookKind
    from lockhouse.model.policy import Channel


class Way(NamedTuple):
    """How deliveries of a channel come in."""

    kind: HookKind
    signing: Signing
    form: Form

    @property
    def signs_address(self) -> bool:
        """Whether the address that the provider posts to is part of what proves a delivery."""
        return "{url}" in self.signing.signed


def way_of(channel: Channel) -> Way | None:
    """How a channel's deliveries come in; None of a channel that no provider delivers to."""
    kind = HOOKS.get(channel.kind)
    if kind is None:
        return None
    signing = channel.sign if isinstance(channel.sign, Signing) else kind.signing
    if signing is None:  # an older policy's `hmac`, which says of nothing how it is signed: nothing is taken
        return None
    return Way(kind, signing, Form(signing=signing, assurance=kind.assurance, keyed=kind.keyed))
