"""Standard Webhooks, as Svix, Resend, Clerk and many others send them (standardwebhooks.com, specification 1.0.0).

`webhook-id`, `webhook-timestamp` and `webhook-signature: v1,BASE64 v1,BASE64`; Svix's own senders name the same three
`svix-…`. `v1a`, by an Ed25519 key, is not taken: no provider that we know sends it alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from lockhouse.channels.hooks.kind import HookKind, Risk, Sample
from lockhouse.channels.hooks.reading import one_event
from lockhouse.channels.hooks.scheme import prove
from lockhouse.model.event import Kind
from lockhouse.model.signing import Signing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.channels.hooks.delivery import Delivery, Proven, Unproven
    from lockhouse.secret import Secret

SIGNING: Final = Signing(
    header="webhook-signature",
    signed="{id}.{timestamp}.{body}",
    encoding="base64",
    element="v1",
    separator=" ",
    assign=",",
    timestamp="header:webhook-timestamp",
    id="header:webhook-id",
    event="body:type",
    occurred="body:timestamp",
    key="base64",
    key_prefix="whsec_",
)
_SVIX: Final = replace(SIGNING, header="svix-signature", timestamp="header:svix-timestamp", id="header:svix-id")


def _prove(delivery: Delivery, signing: Signing, keys: Sequence[Secret]) -> Proven | Unproven:
    """By the standard's headers; by Svix's where there is not one of the standard's."""
    names = {name for name, _ in delivery.headers}
    is_standard = any(name.startswith(b"webhook-") for name in names)
    return prove(delivery, signing if is_standard else _SVIX, keys=keys)


KIND = HookKind(
    wire=Kind(
        name="standard-webhooks",
        roots=("data",),
        defaults={},
        envelope=frozenset({"type", "timestamp"}),
        vocabulary=frozenset({"type", "timestamp", "data", "id", "email", "name", "created_at", "updated_at"}),
    ),
    signing=SIGNING,
    prove=_prove,
    events=one_event,
    stanza="""\
channels:
  provider:
    kind: standard-webhooks
    stage: observe
""",
    steps=(
        "In the provider's webhook settings, add an endpoint with the address {url}.",
        "Choose only the events that the policy names.",
        "Copy the endpoint's signing secret (`whsec_…`) into this channel: lockhouse channel add NAME",
    ),
    sample=Sample(
        body=b'{"type":"customer.updated","timestamp":"2026-01-05T09:30:00Z","data":{"email":"anna@customer.example"}}'
    ),
    risk=Risk(
        proof="What the provider itself checked, and nothing else: list it under the channel's `proves`.",
        replay="Id and timestamp are signed: five minutes, and within them each id once.",
        typed="Every field that the provider lets its own users fill in.",
    ),
    oracle="standardwebhooks, svix",
)
