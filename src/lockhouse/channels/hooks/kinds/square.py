"""Square: payments and orders of tills and online, customers of its directory.

`x-square-hmacsha256-signature` covers the address that was registered, and the body behind it: the house must know
its own `public_url`, letter by letter. Nothing else that came is signed; the event's id and time stand in the body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from lockhouse.channels.hooks.kind import HookKind, Risk, Sample
from lockhouse.channels.hooks.places import at_path, text_of
from lockhouse.channels.hooks.reading import one_event
from lockhouse.model.event import Demand, Event, Fault, Kind
from lockhouse.model.signing import Signing

if TYPE_CHECKING:
    from lockhouse.channels.hooks.delivery import Delivery, Proven

_OBJECT: Final = "data.object"
_CUSTOMER: Final = f"{_OBJECT}.customer"
_PAYMENT: Final = f"{_OBJECT}.payment"
_ORDER: Final = f"{_OBJECT}.order"
_TEST: Final = "webhooks.test_notification"
_WORDS = """
    data object id type customer payment order refund loyalty_account invoice booking amount_money total_money tip_money
    amount currency customer_id order_id location_id buyer_email_address email_address phone_number given_name
    family_name company_name nickname address billing_address shipping_address address_line_1 address_line_2 locality
    administrative_district_level_1 postal_code country birthday note reference_id preferences email_unsubscribed
    creation_source group_ids segment_ids status receipt_number receipt_url source_type card_details card last_4
    card_brand cardholder_name created_at updated_at version deleted
"""


def _events(delivery: Delivery, proven: Proven, signing: Signing) -> list[Event | Fault]:
    return [one if isinstance(one, Fault) else _said(one) for one in one_event(delivery, proven, signing)]


def _said(event: Event) -> Event:
    """The event with the no that its customer gave Square; that somebody takes mail there is nobody's yes here."""
    address = text_of(at_path(event.source, f"{_CUSTOMER}.email_address"), most=320)
    if address is None or at_path(event.source, f"{_CUSTOMER}.preferences.email_unsubscribed") is not True:
        return event
    return replace(event, demand=Demand(what="unsubscribe", identifiers=(("email", address),)))


def _is_test(tree: Any) -> bool:
    return bool(tree.get("type") == _TEST)


KIND = HookKind(
    wire=Kind(
        name="square",
        roots=(_CUSTOMER, _PAYMENT, _ORDER),
        defaults={
            "email": (f"{_CUSTOMER}.email_address", f"{_PAYMENT}.buyer_email_address"),
            "phone": (f"{_CUSTOMER}.phone_number",),
            "first_name": (f"{_CUSTOMER}.given_name",),
            "last_name": (f"{_CUSTOMER}.family_name",),
            "birthday": (f"{_CUSTOMER}.birthday",),
            "country": (f"{_CUSTOMER}.address.country",),
            "customer_id": (f"{_CUSTOMER}.id", f"{_PAYMENT}.customer_id", f"{_ORDER}.customer_id"),
            "order_id": (f"{_PAYMENT}.order_id", f"{_ORDER}.id"),
            "currency": (f"{_PAYMENT}.amount_money.currency", f"{_ORDER}.total_money.currency"),
        },
        envelope=frozenset(
            {"merchant_id", "location_id", "type", "event_id", "created_at", "data.type", "data.id", "data.deleted"}
        ),
        vocabulary=frozenset(_WORDS.split()),
    ),
    signing=Signing(
        header="x-square-hmacsha256-signature",
        signed="{url}{body}",
        encoding="base64",
        id="body:event_id",
        event="body:type",
        occurred="body:created_at",
    ),
    events=_events,
    is_test=_is_test,
    stanza="""\
events:
  payment.created: [email, customer_id, order_id]
  customer.updated: [email, customer_id]
channels:
  tills:
    kind: square
    stage: observe
    events: [payment.created, customer.updated]
    narrows: [marketing]
""",
    steps=(
        "In Square's Developer Console, open the application and Webhooks, Subscriptions, with Production chosen.",
        "Add a subscription with the address {url}, and only the events that the policy names.",
        "Open the subscription, show its signature key, and give it to this channel: lockhouse channel add NAME",
    ),
    sample=Sample(
        body=b'{"merchant_id":"M1","type":"payment.created","event_id":"lockhouse-sample","created_at":'
        b'"2026-01-05T09:30:00Z","data":{"type":"payment","id":"P1","object":{"payment":{"id":"P1",'
        b'"buyer_email_address":"anna@customer.example","amount_money":{"amount":100,"currency":"EUR"}}}}}'
    ),
    risk=Risk(
        proof="A payment was made, or somebody changed the directory. Square checks no e-mail address.",
        replay="Each event id counts once, as long as receipts are kept; no time that came is held against the clock.",
        typed="E-mail, name, phone, birthday, notes: by the customer, or by whoever serves them.",
    ),
    oracle="squareup",
    unverified="That `preferences.email_unsubscribed` is set by the customer alone; the name of the test event.",
)  # fmt: skip
