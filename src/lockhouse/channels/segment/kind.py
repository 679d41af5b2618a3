"""Where the Segment protocol puts what a field may be, which words are its own, and which may be shown."""

from __future__ import annotations

from typing import Final

from lockhouse.model.event import Kind

PEER_NETWORK: Final = "receivedFrom"
"""Top-level word under which the network of a public sender is added; whatever a client puts there is taken out.

It stands apart from `context.ip` so that a client's retry from another network is still the same item.
"""

# The words of the public specification (calls, context, e-commerce, e-mail, mobile and video events). Any other key
# may be somebody's value (`{"jane@x.example": 1}`) and is shown as `*` when it is dropped.
_WORDS = """
    anonymousId category channel context event groupId integrations messageId name originalTimestamp previousId
    properties receivedAt sentAt timestamp traits type userId version writeKey _metadata
    active address age avatar birthday city company country createdAt description email employees employee_count
    firstName gender id industry lastName logins phone plan postalCode state street title total_billed username website
    app build namespace campaign content medium source term consent categoryPreferences consentManagement
    allowedConsentIds deniedConsentIds provider resolutionStrategy device advertisingId adTrackingEnabled manufacturer
    model token externalIds collection encoding extras groupId ip library locale location latitude longitude speed
    network bluetooth carrier cellular wifi os page path referrer search url referring_domain link screen density
    height width timezone userAgent userAgentData brands mobile platform
    affiliation affiliation_id brand cart_id checkout_id coupon coupon_id currency discount error image_url items
    link_text list_id order_id option order_total payment_method position price product_id products promotion_id
    quantity query reason revenue review_body review_id rating
    share_message share_via shipping shipping_method sku sorts filters
    step subtotal tax total value variant wishlist_id wishlist_name recipient cart
    email_id email_subject campaign_id campaign_name link_id link_url creative
    from_background install_attributed referring_application
    shipping_address billing_address shipping_country store_country account_country store_id
"""

KIND: Final = Kind(
    name="segment",
    roots=("properties", "traits", "context.traits"),
    defaults={
        "device_id": ("anonymousId",),
        "customer_id": ("userId",),
        "user_id": ("userId",),
        "group_id": ("groupId",),
        "previous_id": ("previousId",),
        "ip": ("context.ip", PEER_NETWORK),
        "page_path": ("context.page.path", "properties.path"),
        "page_url": ("context.page.url", "properties.url"),
        "page_title": ("context.page.title", "properties.title"),
        "page_referrer": ("context.page.referrer", "properties.referrer"),
        "user_agent": ("context.userAgent",),
        "locale": ("context.locale",),
        "timezone": ("context.timezone",),
        "advertising_id": ("context.device.advertisingId",),
        "items": ("properties.items", "properties.products"),
        "order_total": ("properties.order_total", "properties.total", "properties.revenue", "properties.value"),
        "order_id": ("properties.order_id", "properties.orderId"),
        "name": ("traits.name", "context.traits.name", "properties.name"),
        "first_name": ("traits.firstName", "context.traits.firstName"),
        "last_name": ("traits.lastName", "context.traits.lastName"),
        "birth_date": ("traits.birthday", "context.traits.birthday"),
    },
    envelope=frozenset(
        {
            "type", "event", "name", "category", "version", "messageId", "timestamp", "originalTimestamp", "sentAt",
            "receivedAt", PEER_NETWORK, "writeKey", "channel", "integrations", "_metadata", "context.library",
            "context.consent", "context.consentManagement", "context.gpc", "context.globalPrivacyControl",
            "context.direct", "context.sessionStart",
        }
    ),
    vocabulary=frozenset({*_WORDS.split(), PEER_NETWORK}),
)  # fmt: skip
