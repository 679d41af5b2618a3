"""Shopify: orders of the shop and of its tills (POS), customers, and what Shopify must pass on of them.

HMAC-SHA256 over the body. The headers are not signed, the topic among them: whoever has overheard a delivery can send
its body again under any topic. So what narrows or widens is read from the body's own shape, and no topic makes a
request for erasure of what is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from lockhouse.channels import codes
from lockhouse.channels.hooks.kind import HookKind, Risk, Sample
from lockhouse.channels.hooks.places import MAX_ID_CHARS, at_path, text_of
from lockhouse.channels.hooks.reading import event_of, message_id
from lockhouse.channels.hooks.scheme import time_at
from lockhouse.channels.segment.parse import object_of
from lockhouse.model.event import Asked, Demand, Event, Fault, Kind
from lockhouse.model.signing import Signing

if TYPE_CHECKING:
    from lockhouse.channels.hooks.delivery import Delivery, Proven

_TOPIC: Final = "x-shopify-topic"
_ACCESS, _ERASURE, _SHOP = "customers/data_request", "customers/redact", "shop/redact"
_ASKED: Final[dict[str, Asked]] = {_ACCESS: "access", _ERASURE: "erasure", _SHOP: "shop"}
_OF_SHOP: Final = frozenset({"shop_id", "shop_domain"})
_MEDIA: Final = (
    ("email", "email_marketing_consent", ("email_address", "email")),
    ("phone", "sms_marketing_consent", ("phone",)),
)  # fmt: skip
"""Type of the identifier, where the state of its consent stands, and where the identifier does."""
_YES_BY: Final = frozenset({"single_opt_in", "confirmed_opt_in"})
_WORDS = """
    id admin_graphql_api_id app_id order_number name number email contact_email phone customer customer_id first_name
    last_name verified_email tags note note_attributes currency presentment_currency total_price subtotal_price
    total_tax total_discounts line_items sku title vendor quantity price variant_id product_id location_id source_name
    financial_status fulfillment_status billing_address shipping_address default_address addresses address1 address2
    city province province_code country country_code zip company latitude longitude browser_ip client_details
    user_agent landing_site referring_site discount_codes refunds transactions order_id payment_gateway_names test
    created_at updated_at processed_at closed_at cancelled_at email_address email_marketing_consent
    sms_marketing_consent state opt_in_level consent_updated_at consent_collected_from shop_id shop_domain
    orders_requested orders_to_redact data_request
"""


def _events(delivery: Delivery, proven: Proven, signing: Signing) -> list[Event | Fault]:
    tree = object_of(delivery.body)
    if isinstance(tree, Fault):
        return [replace(tree, message_id=message_id(delivery, proven))]
    told, topic = _compliance(tree), delivery.one(_TOPIC)
    if told is not None:
        own, at = message_id(delivery, proven, topic=told), delivery.received_at
        return [Event(name=told, message_id=own, occurred_at=at, source=tree, demand=_demand(told, tree))]
    if topic in _ASKED:
        where = Fault(code=codes.BAD_ITEM, where="", expected="the body of its topic")
        return [replace(where, message_id=message_id(delivery, proven, topic=topic))]
    event = event_of(_named(tree), delivery, proven=proven, signing=signing)
    return [event if isinstance(event, Fault) else _said(event)]


def _compliance(tree: dict[str, Any]) -> str | None:
    """The topic of which a body is that Shopify must pass on of customers and shops; None of any other."""
    if not isinstance(tree.get("shop_id"), int) or not isinstance(tree.get("shop_domain"), str):
        return None
    if tree.keys() == _OF_SHOP:
        return _SHOP
    asks, redacts = isinstance(tree.get("data_request"), dict), isinstance(tree.get("orders_to_redact"), list)
    if asks == redacts or not isinstance(tree.get("customer"), dict):
        return None
    return _ACCESS if asks else _ERASURE


def _demand(told: str, tree: dict[str, Any]) -> Demand:
    """What is asked for. Of an erasure Shopify has no number, and the customer's would name them."""
    named = (("customer_id", "id"), ("email", "email"), ("phone", "phone"))
    found = [(name, text_of(at_path(tree, f"customer.{key}"), most=320)) for name, key in named]
    number = at_path(tree, "data_request.id") if told == _ACCESS else None
    return Demand(
        what=_ASKED[told],
        identifiers=tuple((name, text) for name, text in found if text is not None),
        reference=text_of(number, most=MAX_ID_CHARS) or "",
    )


def _named(tree: dict[str, Any]) -> dict[str, Any]:
    """The body, a customer's with their number where orders have it."""
    is_customer = isinstance(tree.get("verified_email"), bool) and "customer" not in tree
    return {**tree, "customer_id": tree.get("id")} if is_customer else tree


def _said(event: Event) -> Event:
    """The event with what its customer says of mails and messages, and since when they say so."""
    noes: list[tuple[str, str]] = []
    times: list[int | None] = []
    yes: dict[str, bool] = {}
    for kind, place, whose in _MEDIA:
        about = event.source.get(place)
        state, at = str(at_path(about, "state")).lower(), time_at(about, "consent_updated_at")
        address = next((text for key in whose if (text := text_of(event.source.get(key), most=320))), None)
        if state == "unsubscribed" and address is not None:
            noes.append((kind, address))
            times.append(at)
        elif state == "subscribed" and at is not None and "updated_at" not in event.source:
            event, yes = replace(event, occurred_at=min(at, event.occurred_at)), yes | _yes(kind, about)
    if noes:
        at = None if None in times else max(one for one in times if one is not None)
        return replace(event, demand=Demand(what="unsubscribe", identifiers=tuple(noes), at=at))
    return replace(event, consent=yes) if yes else event


def _yes(kind: str, about: Any) -> dict[str, bool]:
    """The words of a yes that a customer said, and not staff or an import; one more where they confirmed it by mail."""
    word, level = f"shopify:{'email' if kind == 'email' else 'sms'}", str(at_path(about, "opt_in_level")).lower()
    words = {word: True} if level in _YES_BY else {}
    return words | {f"{word}:confirmed": True} if level == "confirmed_opt_in" else words


def _is_test(tree: Any) -> bool:
    """Whether it is an order of the test gateway."""
    return tree.get("test") is True


KIND = HookKind(
    wire=Kind(
        name="shopify",
        roots=("", "customer"),
        defaults={
            "email": ("email", "contact_email", "email_address", "customer.email"),
            "country": (
                "shipping_address.country_code", "billing_address.country_code", "default_address.country_code",
            ),
            "customer_id": ("customer.id", "customer_id"),
            "order_id": ("order_number",),
        },
        envelope=frozenset({"id", "admin_graphql_api_id", "updated_at", "shop_id", "shop_domain"}),
        vocabulary=frozenset(_WORDS.split()),
    ),
    signing=Signing(
        header="x-shopify-hmac-sha256", encoding="base64", event=f"header:{_TOPIC}", occurred="body:updated_at"
    ),
    events=_events,
    is_test=_is_test,
    stanza="""\
events:
  orders/create: [email, customer_id, order_id]
  customers_email_marketing_consent/update: [email]
  customers/redact: [email]
channels:
  shop:
    kind: shopify
    stage: observe
    events: [orders/create, customers_email_marketing_consent/update, customers/redact]
    narrows: [marketing]
""",
    steps=(
        "In Shopify, make an app of your own for this shop alone.",
        "In its configuration subscribe the topics that the policy names to {url}, of tills and of the shop.",
        "There set the three compliance topics (customers/data_request, customers/redact, shop/redact) to {url}, too.",
        "Reveal the app's client secret and give it to this channel: lockhouse channel add NAME",
    ),
    sample=Sample(
        headers=((_TOPIC, "orders/create"),),
        body=b'{"id":1,"order_number":1001,"email":"anna@customer.example","updated_at":"2026-01-05T09:30:00Z",'
        b'"source_name":"pos","customer":{"id":7,"email":"anna@customer.example"}}',
    ),
    risk=Risk(
        proof="An order was made, or Shopify passes on what a customer asked of it. No e-mail address is checked.",
        replay="Each body counts once under a topic. The topic is not signed, so it decides nothing that narrows.",
        typed="E-mail, phone, name, addresses, notes: by the customer, by whoever serves them, and by other apps.",
    ),
    oracle="@shopify/shopify-api",
    unverified="Shapes of the compliance and consent topics; how long a request may take (30 days are taken).",
)  # fmt: skip
