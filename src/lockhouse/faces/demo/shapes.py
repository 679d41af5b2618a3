"""What each of the shop's systems sends, in the Segment protocol's own words, good habits and bad ones.

The bad habits are those that real shops have: properties nobody declared, card numbers in a support message, an
e-mail address in a search box or as a JSON key, a consent object that is missing. `None` where a value is not known,
as the public clients send it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

    from lockhouse.faces.demo.people import Customer

CATALOGUE = (
    ("NW-1001", "rain jacket", "89.00"), ("NW-1002", "wool socks", "12.50"), ("NW-1003", "tent, two persons", "219.00"),
    ("NW-1004", "camping stove", "54.90"), ("NW-1005", "head torch", "34.95"), ("NW-1006", "water bottle", "19.99"),
    ("NW-1007", "rucksack, 40 l", "139.00"), ("NW-1008", "sleeping bag", "169.00"), ("NW-1009", "map case", "24.00"),
    ("NW-1010", "rope, 20 m", "44.50"), ("NW-1011", "first-aid kit", "29.90"), ("NW-1012", "walking poles", "79.00"),
)  # fmt: skip
SEARCHES = ("rain jacket", "tent 2 persons", "stove gas", "socks wool 39", "head torch red light", "poles carbon")
TEST_CARD = "4111 1111 1111 1111"
"""The payment industry's test number: passes the check digit, belongs to nobody."""
HALF = 0.5

Item = dict[str, Any]


def consented(one: Customer) -> Item:
    """The consent object as the banner gave it; nothing at all for those it never asked."""
    if one.says == "silent":
        return {}
    yes = one.says == "yes"
    return {"consent": {"categoryPreferences": {"Advertising": yes, "Analytics": True}}}


def track(event: str, properties: Item, context: Item, **ids: str) -> Item:
    """A track call."""
    return {"type": "track", "event": event, "properties": properties, "context": context, **ids}


def sign_in(one: Customer, draw: random.Random) -> Item:
    """The account system tells who signed in, half of the time with one internal score too much."""
    traits: Item = {"email": one.email, "name": one.name, "account_country": one.country}
    if one.says == "yes":
        traits["birthday"] = one.birthday
    if draw.random() < HALF:
        traits["risk_score"] = draw.randint(1, 99)
    if one.phone is not None:
        traits["phone"] = one.phone
    if one.loyalty is not None:
        traits["loyalty_id"] = one.loyalty
    if one.country == "US":
        traits["ssn"] = f"900-{draw.randint(10, 99)}-{draw.randint(1000, 9999)}"  # 900 and above is never issued
    return {"type": "identify", "userId": one.customer_id, "traits": traits, "context": consented(one)}


def page(one: Customer, draw: random.Random) -> Item:
    """A page view; now and then the address bar holds an e-mail address."""
    path = draw.choice(("/", "/jackets", "/tents", "/sale", "/stores/berlin", "/account"))
    if draw.random() < 0.1:  # noqa: PLR2004  # one link in ten comes from a mail tool that puts the address in
        path = f"/welcome?e={one.email}"
    context = consented(one) | {"page": {"path": path, "title": "Northwind"}, "userAgent": "Mozilla/5.0 (X11; Linux)"}
    return {"type": "page", "anonymousId": one.browser, "properties": {"path": path}, "context": context}


def screen(one: Customer, draw: random.Random) -> Item:
    """An app screen, with the handset's advertising id, which nothing needs."""
    context = consented(one) | {"device": {"advertisingId": one.handset[::-1], "model": "Pixel 9"}}
    path = draw.choice(("home", "stores", "basket", "profile"))
    return {"type": "screen", "anonymousId": one.handset, "properties": {"path": path}, "context": context}


def search(one: Customer, draw: random.Random) -> Item:
    """A search; people paste all sorts of things into that box."""
    pasted = (one.email, f"order {one.name} {TEST_CARD}", one.phone or "opening hours")
    text = draw.choice(pasted) if draw.random() < 0.15 else draw.choice(SEARCHES)  # noqa: PLR2004  # one in seven
    return track("Products Searched", {"search": text}, consented(one), anonymousId=one.browser)


def product(one: Customer, draw: random.Random, *, event: str, device: str) -> Item:
    """A product looked at or put into the basket; the app keeps favourites under the person's own address."""
    properties: Item = {"products": [_line(draw)]}
    if device == one.handset and draw.random() < 0.3:  # noqa: PLR2004  # three in ten
        properties["favourites"] = {one.email: draw.randint(1, 9)}
    return track(event, properties, consented(one), anonymousId=device)


def order(one: Customer, draw: random.Random, *, number: str, device: str | None) -> Item:
    """An order at the site or in the app (with a device) or as the shop's own back end tells it (without)."""
    lines = [_line(draw, named=device is not None) for _ in range(draw.choice((1, 1, 2, 3)))]
    properties: Item = {
        "order_id": number, "order_total": _total(lines), "currency": one.currency, "products": lines,
        "email": one.email, "name": one.name, "street": one.street, "postcode": one.postcode, "city": one.city,
        "shipping_country": one.country,
    }  # fmt: skip
    if device is not None:
        properties["utm_click"] = f"{draw.getrandbits(64):x}"
        return track("Order Completed", properties, consented(one), anonymousId=device)
    properties["phone"] = one.phone
    if draw.random() < HALF:
        properties["margin"] = "0.31"
    return track("Order Completed", properties, consented(one), userId=one.customer_id)


def sale(one: Customer, draw: random.Random, *, number: str) -> Item:
    """A sale at a till: older tills send the card number and the cashier along, whoever needs them."""
    lines = [_line(draw) for _ in range(draw.choice((1, 2, 2, 4)))]
    properties: Item = {
        "order_id": number, "order_total": _total(lines), "currency": one.currency, "products": lines,
        "store_country": one.country, "store_id": f"S-{draw.randint(1, 24):02d}",
    }  # fmt: skip
    if draw.random() < HALF:
        properties |= {"cashier": f"K{draw.randint(10, 99)}", "payment": {"method": "card", "pan": TEST_CARD}}
    return track("Order Completed", properties, {}, userId=one.loyalty or "")


def help_wanted(one: Customer, draw: random.Random, *, number: str) -> Item:
    """A message to support, with more in it than support asked for."""
    message = draw.choice((
        f"My parcel is late, please call {one.phone or 'me'}. {one.name}",
        f"I paid with card {TEST_CARD} and was charged twice!",
        f"Please write to {one.email}, not to my office.",
        "Where can I return the boots?",
    ))  # fmt: skip
    properties: Item = {"email": one.email, "name": one.name, "order_id": number, "message": message}
    return track("Support Requested", properties, consented(one), userId=one.customer_id)


def mail(one: Customer, draw: random.Random, *, event: str) -> Item:
    """What the newsletter tool reports: opened, clicked, unsubscribed; with the link's own trackers."""
    properties: Item = {} if event == "Unsubscribed" else {"campaign_id": f"K-{draw.randint(1, 6)}"}
    if event == "Email Clicked":
        properties["link_url"] = f"https://shop.example/sale?u={one.email}"
    return track(event, properties, consented(one), userId=one.email)


def _line(draw: random.Random, *, named: bool = False) -> Item:
    sku, name, price = draw.choice(CATALOGUE)
    line: Item = {"sku": sku, "quantity": draw.choice((1, 1, 1, 2)), "price": price}
    return line | {"name": name} if named else line


def _total(lines: list[Item]) -> str:
    cents = sum(int(line["price"].replace(".", "")) * line["quantity"] for line in lines)
    return f"{cents // 100}.{cents % 100:02d}"
