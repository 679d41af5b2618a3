"""The kind that a policy describes: any provider that signs with an HMAC, in ten lines of YAML."""

from __future__ import annotations

from lockhouse.channels.hooks.kind import HookKind, Risk, Sample
from lockhouse.channels.hooks.reading import one_event
from lockhouse.model.event import Kind

KIND = HookKind(
    wire=Kind(
        name="hmac",
        roots=("", "data"),
        defaults={},
        envelope=frozenset(),
        vocabulary=frozenset({"data", "type", "event", "id"}),
    ),
    signing=None,
    events=one_event,
    makes_secret=True,
    stanza="""\
channels:
  provider:
    kind: hmac
    stage: observe
    sign:
      header: x-signature
      prefix: "sha256="
      signed: "{timestamp}.{body}"
      timestamp: header:x-timestamp
      window: 5 minutes
      id: header:x-delivery-id
      event: body:type
""",
    steps=(
        "Register {url} as the address of the webhook.",
        "Give the provider this channel's secret, or take the provider's: lockhouse channel add NAME --given",
    ),
    sample=Sample(body=b'{"type":"customer.updated","data":{"email":"anna@customer.example"}}'),
    risk=Risk(
        proof="What the provider itself checked, and nothing else: list it under the channel's `proves`.",
        replay="The window, where a timestamp is signed; ids are known again for as long as receipts are kept.",
        typed="Every field that the provider lets its own users fill in.",
    ),
)
