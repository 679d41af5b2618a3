"""Stripe: payments in shops (Terminal) and online, customers, checkouts.

`Stripe-Signature: t=…,v1=HEX`, two `v1` while Stripe rolls a secret; `v0` is made for test mode alone and never taken.
The whole text `whsec_…` is the key.
"""

from __future__ import annotations

from typing import Any

from lockhouse.channels.hooks.kind import HookKind, Risk, Sample
from lockhouse.channels.hooks.reading import one_event
from lockhouse.model.event import Kind
from lockhouse.model.signing import Signing

_OBJECT = "data.object"
_WORDS = """
    data object id amount amount_received currency customer customer_details billing_details receipt_email email phone
    name address city country line1 line2 postal_code state metadata order_id status created payment_method
    payment_intent client_reference_id customer_email previous_attributes
"""


def _is_test(tree: Any) -> bool:
    """Whether an event is of a sandbox or of test mode: whatever does not say that it is live."""
    return tree.get("livemode") is not True


KIND = HookKind(
    wire=Kind(
        name="stripe",
        roots=(_OBJECT,),
        defaults={
            "email": (
                f"{_OBJECT}.email", f"{_OBJECT}.receipt_email", f"{_OBJECT}.customer_details.email",
                f"{_OBJECT}.billing_details.email", f"{_OBJECT}.customer_email",
            ),
            "phone": (
                f"{_OBJECT}.phone", f"{_OBJECT}.customer_details.phone", f"{_OBJECT}.billing_details.phone",
            ),
            "name": (f"{_OBJECT}.name", f"{_OBJECT}.customer_details.name", f"{_OBJECT}.billing_details.name"),
            "customer_id": (f"{_OBJECT}.customer",),
            "order_id": (f"{_OBJECT}.metadata.order_id", f"{_OBJECT}.client_reference_id"),
            "currency": (f"{_OBJECT}.currency",),
        },
        envelope=frozenset(
            {"id", "object", "type", "created", "livemode", "api_version", "account", "pending_webhooks", "request"}
        ),
        vocabulary=frozenset(_WORDS.split()),
    ),
    signing=Signing(
        header="stripe-signature",
        signed="{timestamp}.{body}",
        element="v1",
        timestamp="element:t",
        id="body:id",
        event="body:type",
        occurred="body:created",
    ),
    events=one_event,
    is_test=_is_test,
    stanza="""\
events:
  charge.succeeded: [email, customer_id, order_id]
channels:
  payments:
    kind: stripe
    stage: observe
    events: [charge.succeeded]
""",
    steps=(
        "In Stripe's Workbench, open Webhooks and add an event destination of the kind webhook, in live mode.",
        "Choose only the events that the policy names; set the endpoint's address to {url}.",
        "Reveal the signing secret (`whsec_…`) and give it to this channel: lockhouse channel add NAME",
    ),
    sample=Sample(
        body=b'{"id":"evt_lockhouse_sample","object":"event","type":"charge.succeeded","livemode":true,'
        b'"created":1614265330,"data":{"object":{"id":"ch_1","billing_details":{"email":"anna@customer.example"}}}}'
    ),
    risk=Risk(
        proof="A payment was made. Stripe checks no e-mail address: whoever pays types it.",
        replay="The timestamp is signed: five minutes, and each event id once for as long as receipts are kept.",
        typed="E-mail, name, phone, address and metadata of whoever pays; descriptions that the shop lets them write.",
    ),
    oracle="stripe",
)  # fmt: skip
