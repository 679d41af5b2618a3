"""Plain values: identifiers, dates, countries, numbers, addresses of the network."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from lockhouse.policy.words import COUNTRIES

Parser = Callable[[Any], Any]
"""From a sent JSON value to the canonical one; raises `BadValueError` or `TooLongError`."""
MAX_TEXT = 4096
MAX_ID = 256
MAX_DIGITS = 30
_PLAIN_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{0,8}[1-9])?\Z")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ][0-9:.,+Zz-]{4,30})?\Z")
_INTEGER = re.compile(r"-?[0-9]{1,19}\Z")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?!\Z)|\Z)){4}\Z")
_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**63 - 1  # what a msgpack integer and a BIGINT column hold
_OTHER_NAMES = {"UK": "GB", "EL": "GR"}  # European Union usage


class UnfitError(Exception):
    """The value cannot be kept. Carries nothing, least of all the value; `reason` is the code that counts it."""

    reason: ClassVar[str] = "bad-value"


class BadValueError(UnfitError):
    """The value is not one of its type."""


class TooLongError(UnfitError):
    """The value is longer than its type allows."""

    reason = "too-long"


def plain_text(raw: Any) -> str:
    """Text in Unicode's composed form (NFC), at most 4,096 characters; numbers become text."""
    if type(raw) is int:
        return _digits(raw)
    if type(raw) is not str:
        raise BadValueError
    if len(raw) > MAX_TEXT:
        raise TooLongError
    if raw.isascii():
        return raw
    text = unicodedata.normalize("NFC", raw)
    if len(text) > MAX_TEXT:
        raise TooLongError
    try:
        text.encode()  # a lone surrogate parses, but cannot be kept
    except UnicodeEncodeError as err:
        raise BadValueError from err
    return text


def identifier(raw: Any) -> str:
    """An id: 1 to 256 characters, trimmed, kept as written; integers become text."""
    text = plain_text(raw).strip()
    if len(text) > MAX_ID:
        raise TooLongError
    if not text:
        raise BadValueError
    return text


def date(raw: Any) -> str:
    """A calendar day as `YYYY-MM-DD`; of a date and time the day is kept."""
    if type(raw) is not str:
        raise BadValueError
    found = _DATE.match(raw.strip() if len(raw) < MAX_ID else "")
    if found is None:
        raise BadValueError
    try:
        return dt.date.fromisoformat(found.group(1)).isoformat()
    except ValueError as err:
        raise BadValueError from err


def country(raw: Any) -> str:
    """A country as ISO 3166-1 alpha-2 in capitals."""
    if type(raw) is not str or len(raw) > MAX_ID:
        raise BadValueError
    code = raw.strip().upper()
    code = _OTHER_NAMES.get(code, code)
    if code not in COUNTRIES:
        raise BadValueError
    return code


def decimal(raw: Any) -> str:
    """A decimal number as text in its shortest plain form: no exponent, no leading plus, no trailing zeros.

    A JSON float stands for its shortest text, so that 19.99 is 19.99 and not the nearest binary fraction.
    """
    if type(raw) is float:
        text = repr(raw)
    elif type(raw) is str:
        text = raw.strip() if len(raw) <= MAX_ID else "x"
    elif type(raw) is int:
        return _digits(raw)
    else:
        raise BadValueError
    if _PLAIN_DECIMAL.match(text) and text != "-0":
        return text
    try:
        number = Decimal(text)
    except InvalidOperation as err:
        raise BadValueError from err
    if not number.is_finite() or "_" in text or not text.isascii() or abs(number.adjusted()) >= MAX_DIGITS:
        raise BadValueError
    digits = format(number, "f")
    if len(digits) > 2 * MAX_DIGITS:
        raise TooLongError
    short = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return "0" if not number else short


def _digits(raw: int) -> str:
    if not -(10**MAX_DIGITS) < raw < 10**MAX_DIGITS:
        raise TooLongError
    return str(raw)


def integer(raw: Any) -> int:
    """A whole number of at most 64 bits; digits and fractions that are zero are taken too."""
    whole = type(raw) is float and raw.is_integer()
    if type(raw) is not int and not whole and not (type(raw) is str and _INTEGER.match(raw.strip())):
        raise BadValueError
    number = int(raw)
    if not _MIN_INTEGER <= number <= _MAX_INTEGER:
        raise TooLongError
    return number


def boolean(raw: Any) -> bool:
    """True or false, also as the words."""
    if type(raw) is bool:
        return raw
    if raw in ("true", "false"):
        return bool(raw == "true")
    raise BadValueError


def ip(raw: Any) -> str:
    """An IPv4 or IPv6 address in its canonical form; an IPv4-mapped one as IPv4."""
    if type(raw) is not str or len(raw) > MAX_ID:
        raise BadValueError
    text = raw.strip()
    if _IPV4.match(text):
        return text
    try:
        address = ipaddress.IPv6Address(text.partition("%")[0])
    except ValueError as err:
        raise BadValueError from err
    return str(address.ipv4_mapped or address)
