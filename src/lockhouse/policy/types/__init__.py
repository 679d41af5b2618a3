"""Types of fields: from what was sent to one canonical value, coarsened as the policy says, or a refusal of it.

A parser takes any JSON value and answers the canonical one: text, integer, boolean, or a list of those. It never
answers a float, and it never says what the value was: only that it is bad or too long. A null is absent: it never comes
to a parser, and in an item of a list its key is left out.
"""

from __future__ import annotations

from typing import Any

from lockhouse.model.policy import Field
from lockhouse.policy.types import contact, minimise, redact, values
from lockhouse.policy.types.values import BadValueError, Parser, TooLongError, UnfitError

__all__ = ["BadValueError", "Parser", "TooLongError", "UnfitError", "parser"]

MAX_ITEMS = 500

_PLAIN: dict[str, Parser] = {
    "boolean": values.boolean,
    "country": values.country,
    "date": values.date,
    "decimal": values.decimal,
    "email": contact.email,
    "id": values.identifier,
    "integer": values.integer,
    "ip": values.ip,
    "money": values.decimal,
    "text": redact.text,
    "url": redact.url,
}


def parser(field: Field, *, country: str | None = None) -> Parser:
    """What turns a sent value into the one that is kept for this field.

    Args:
        field: of the compiled policy.
        country: ISO 3166-1 alpha-2, for phone numbers and postal codes written without their country.
    """
    if field.type == "list":
        return _list(field, country)
    parse = _scalar(field.type, country)
    if field.minimise is None:
        return parse
    return minimise.after(parse, field.minimise, kind=field.type, country=country)


def _scalar(kind: str, country: str | None) -> Parser:
    if kind == "phone":
        return contact.phone_in(country)
    return _PLAIN[kind]


def _list(field: Field, country: str | None) -> Parser:
    parsers = {key: _scalar(kind, country) for key, kind in field.of.items()}
    plain = parsers.get("")

    def parse(raw: Any) -> list[Any]:
        if type(raw) is not list:
            raise BadValueError
        if len(raw) > MAX_ITEMS:
            raise TooLongError
        if plain is not None:
            return [plain(item) for item in raw]
        kept: list[dict[str, Any]] = []
        for item in raw:
            if type(item) is not dict:
                raise BadValueError
            kept.append(
                {key: parsers[key](value) for key, value in item.items() if value is not None and key in parsers}
            )
        return kept

    return parse
