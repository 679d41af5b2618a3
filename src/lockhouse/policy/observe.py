"""What an observed event looks like: paths, and of each value its shape, one of a closed list. Never the value.

Keys can be values (`{"jane@x.example": 1}`), so that a path is made of keys only as far as somebody answers for each of
them: the words of the protocol and of the policy are shown at once; for another key `may_be_name` is asked first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from lockhouse.policy.types import UnfitError, contact, redact, values
from lockhouse.policy.types.values import MAX_TEXT, Parser

CARD: Final = "card"
IDENTIFIERS: Final = "identifiers"
SHAPES: Final = (
    "boolean", CARD, "country", "date", "decimal", "email", "id", IDENTIFIERS, "integer", "ip", "list", "phone", "text",
    "url",
)  # fmt: skip
"""What a value can be told to look like: types of the policy, and two that no type stands for. `card`: a payment card's
number stands in it; `identifiers`: a text in which something stands that points to somebody."""
ITEM: Final = "[]"
"""Stands in a path for the items of a list."""
MAX_SEEN = 200
"""Values of one event that are looked at; a larger one is looked at in part."""
MAX_DEPTH = 8
MAX_ITEMS = 20
MAX_NAME = 40
_MAX_DIGITS = 2
"""A name of a program may count (`address_line_2`); what holds more digits is a number of somebody's."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*\Z")
_EVENT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[ _][A-Za-z0-9]+)*\Z")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")
_TOKEN = re.compile(r"(?=\S*[0-9])\S{1,64}\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_URL = re.compile(r"https?://\S+\Z", re.IGNORECASE)

Sights = dict[tuple[str, ...], str]
"""Path by its keys as they were sent -> shape. Holds keys that may be values: never stored or logged as it is."""


def look(source: Mapping[str, Any], *, envelope: frozenset[str], country: str | None = None) -> Sights:
    """The shape of every value of an event that is not the protocol's own; empty values have none.

    Args:
        source: the event's tree.
        envelope: dotted paths that are the protocol's own, with all below them.
        country: ISO 3166-1 alpha-2, for phone numbers written without their country.
    """
    found: Sights = {}
    waiting: list[tuple[tuple[str, ...], Any]] = [((key,), value) for key, value in source.items()]
    while waiting and len(found) < MAX_SEEN:
        path, value = waiting.pop()
        if len(path) > MAX_DEPTH or ".".join(path) in envelope:
            continue
        if type(value) is dict:
            waiting += [((*path, key), inner) for key, inner in value.items()]
            continue
        if type(value) is list:
            found[path] = "list"
            waiting += [((*path, ITEM), inner) for inner in value[:MAX_ITEMS]]
            continue
        shape = shape_of(value, country=country)
        if shape is not None:
            found[path] = shape if found.get(path, shape) == shape else "text"
    return found


def shape_of(value: Any, *, country: str | None = None) -> str | None:
    """What a value that is neither an object nor a list looks like; None for one that is empty."""
    if value is None or value == "":
        return None
    if type(value) is bool:
        return "boolean"
    if type(value) is float:
        return "decimal"
    if type(value) is int:
        return CARD if redact.cards(str(value)) != str(value) else "integer"
    return _text_shape(str(value)[:MAX_TEXT].strip(), country)


def _text_shape(text: str, country: str | None) -> str | None:
    if not text:
        return None
    if redact.cards(text) != text:
        return CARD
    for shape, pattern, parse in _DETECTORS:
        if (pattern is None or pattern.match(text)) and _takes(parse, text):
            return shape
    found = redact.identifiers(text)
    if found == "[phone]" or (text[0] in "+0" and _takes(contact.phone_in(country), text)):
        return "phone"
    if found != text:
        return IDENTIFIERS
    return "id" if _TOKEN.match(text) else "text"


def _takes(parse: Parser, text: str) -> bool:
    try:
        parse(text)
    except UnfitError:
        return False
    return True


_DETECTORS: tuple[tuple[str, re.Pattern[str] | None, Parser], ...] = (
    ("id", _UUID, values.identifier),
    ("boolean", re.compile("true|false"), values.boolean),
    ("country", _COUNTRY, values.country),
    ("decimal", re.compile(r"-?[0-9]+\.[0-9]+\Z"), values.decimal),
    ("date", None, values.date),
    ("ip", re.compile(r"[0-9A-Fa-f:.]+\Z"), values.ip),
    ("url", _URL, redact.url),
    ("email", re.compile(r"[^\s@]+@[^\s@]+\Z"), contact.email),
)
"""Shape, what a text of it begins like at the least, and the parser of the policy's own type, which decides."""


def may_be_name(key: str) -> bool:
    """Whether a key could be a word of a program: letters, few digits, nothing in it that points to somebody.

    A first name passes: whoever shows keys waits until it comes from several senders as well.
    """
    return _passes(key, _NAME)


def may_be_event(name: str) -> bool:
    """Whether the name of an event could be one that a program gives: words, few digits."""
    return _passes(name, _EVENT_NAME)


def _passes(key: str, pattern: re.Pattern[str]) -> bool:
    if len(key) > MAX_NAME or not pattern.match(key) or sum(map(str.isdigit, key)) > _MAX_DIGITS:
        return False
    return redact.identifiers(key) == key


def written(event: str, path: tuple[str, ...]) -> str:
    """An event and a path as one text: `Order Completed|properties.products[].sku`."""
    return f"{event}|{shown(path)}"


def shown(path: tuple[str, ...]) -> str:
    """A path as people read it, `properties.products[].sku`."""
    return ".".join(path).replace(f".{ITEM}", ITEM)


def read(text: str) -> tuple[str, tuple[str, ...]]:
    """The event and the path that `written` made a text of."""
    event, _, path = text.partition("|")
    return event, tuple(path.replace(ITEM, f".{ITEM}").split(".")) if path else ()
