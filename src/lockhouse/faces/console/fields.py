"""What fields and classes are called, and a value in words; in the reader's language where the templates name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from unicodedata import category

if TYPE_CHECKING:
    from collections.abc import Callable

MOST: Final = 160
"""Signs of a value that are shown; the rest of a long one is in the record."""
_UNSEEN: Final = frozenset({"Cc", "Cf"})
"""Categories of Unicode whose signs steer what is shown, and are not seen themselves."""
_KEPT: Final = frozenset("\t\n\r\u200c\u200d")
"""Blanks, and what joins letters or keeps them apart, as several scripts need it."""


def label(name: str, _: Callable[[str], str]) -> str:
    """What a field, a class, a purpose or a way to find is called; a word that no template has as it is written."""
    field, _hash, how = name.partition("#")
    known = _known(_).get(field) or (field[:1].upper() + field[1:]).replace("_", " ")
    return f"{known} ({_ways(_).get(how, how)})" if how else known


def _ways(_: Callable[[str], str]) -> dict[str, str]:
    return {"last4": _("last four digits"), "surname": _("surname")}


def _known(_: Callable[[str], str]) -> dict[str, str]:
    return {
        "accounting": _("Accounting"), "account_country": _("Country of the account"), "analytics": _("Analytics"),
        "behaviour": _("Behaviour"), "birth_date": _("Born"), "city": _("City"), "contact": _("Contact"),
        "country": _("Country"), "coupon": _("Coupon"), "currency": _("Currency"), "customer_id": _("Customer number"),
        "device_id": _("Device"), "email": _("E-mail"), "fulfilment": _("Fulfilment"), "identity": _("Identity"),
        "ip": _("Network"), "items": _("Items"), "location": _("Place"), "loyalty_id": _("Loyalty id"),
        "marketing": _("Marketing"), "message": _("Message"), "name": _("Name"), "order_id": _("Order number"),
        "order_total": _("Order total"), "page_path": _("Page"), "phone": _("Phone"), "postcode": _("Postcode"),
        "profile": _("Profile"), "requests": _("Requests"), "search": _("Search"),
        "shipping_country": _("Country of delivery"), "special": _("Special"),
        "store_country": _("Country of the shop"), "street": _("Street"), "transactions": _("Orders"),
    }  # fmt: skip


def spelt(value: Any) -> str:
    """A value in words and signs of no programming language, as long as fits; of a list each item.

    A sign that is not seen, or that turns what follows the other way round, is shown as a sign of its own: it would
    have one value read as another.
    """
    items = value if isinstance(value, list | tuple) else [value]
    text = "; ".join(_one(item) for item in items)
    return text if len(text) <= MOST else text[: MOST - 1] + "…"


def _one(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_one(one)}" for name, one in value.items())
    if isinstance(value, bool):
        return "✓" if value else "✗"
    return plain(str(value))


def plain(text: str) -> str:
    """A text without signs that turn others or hide: each is shown as a sign of its own."""
    return text if text.isprintable() else "".join(_seen(sign) for sign in text)


def _seen(sign: str) -> str:
    return "\N{REPLACEMENT CHARACTER}" if category(sign) in _UNSEEN and sign not in _KEPT else sign
