"""What one kind of provider is: a value that its file makes, and from which the shared path takes everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from lockhouse.channels.hooks.delivery import Challenge, Delivery, Proven, Unproven
from lockhouse.model.event import Event, Fault, Kind
from lockhouse.model.scale import Assurance
from lockhouse.model.signing import Signing
from lockhouse.secret import Secret

Events = Callable[[Delivery, Proven, Signing], "list[Event | Fault]"]
Prove = Callable[[Delivery, Signing, Sequence[Secret]], Proven | Unproven]
"""Of a kind whose deliveries are not proven by an HMAC of `Signing`. It gets keys, see `HookKind.keyed`."""
Challenged = Callable[[Delivery, Sequence[Secret]], Challenge | None]
"""The answer to a provider's question; None for what is no question of this kind."""
Needs = Callable[[Delivery, Sequence[Secret]], "str | None"]
"""The address at which a kind's proof stands; None where a delivery is not worth asking for. Pure: it pins the host."""
Visits = Callable[[Delivery], "str | None"]
"""The address that a delivery that is proven asks to be visited, at a pinned host; None of every other."""


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """The risk sheet of a kind, in plain sentences; its page and `channel show` have it.

    Attributes:
        proof: what its deliveries can prove of a customer.
        replay: what keeps one from being sent again.
        typed: what somebody outside can type into it, though the provider signs it.
    """

    proof: str
    replay: str
    typed: str


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery for `channel test`: the provider's shape with a synthetic person."""

    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    """Beside those that `Signing` names."""


class HookKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of webhook.

    Attributes:
        wire: name, where fields are looked for by default, and which words may be shown.
        signing: how it is signed; None for `hmac`, whose channel says it in the policy.
        events: a proven body as events. Never raises; never puts a value into a `Fault`.
        prove: instead of `Signing`'s HMAC, for other proofs.
        challenge: the handshake, if there is one.
        needs: what has to be fetched before a delivery can be proven; see there.
        visits: what is asked for once a delivery is proven; see there.
        assurance: `signed`, or `secret` where the body is not signed.
        is_test: whether a delivery is of the provider's test mode; such a one is answered and not stored.
        makes_secret: whether the house makes the secret, instead of taking the provider's.
        keyed: whether secrets are made keys by `Signing.key`; else `prove` gets them as they were typed.
        signs: whether the house can sign as the provider does, by `signing`; not where only they hold the key.
        stanza: the channel and its events as a policy has them, to begin with.
        steps: what to do in the provider's own screens, `{url}` being this channel's address.
        sample: what `channel test` sends.
        risk: see there.
        oracle: the library that the tests hold this against; empty for none.
        unverified: what of it no source of the provider's own was read for.
    """

    wire: Kind
    signing: Signing | None
    events: Events
    stanza: str
    steps: tuple[str, ...]
    sample: Sample
    risk: Risk
    prove: Prove | None = None
    challenge: Challenged | None = None
    needs: Needs | None = None
    visits: Visits | None = None
    assurance: Assurance = Assurance.SIGNED
    is_test: Callable[[Any], bool] | None = None
    makes_secret: bool = False
    keyed: bool = True
    signs: bool = True
    oracle: str = ""
    unverified: str = ""
