"""Coarse places: coordinates on a grid of some eleven kilometres, postal codes cut by country.

What is neither is a bad value: a street would not become coarser by being cut. A coarse place is its own coarse place.
"""

from __future__ import annotations

import re

from lockhouse.policy.types.values import BadValueError
from lockhouse.policy.words import COUNTRIES

_COORDINATE = r"([+-]?[0-9]{1,3}\.[0-9]{1,20})"
_PAIR = re.compile(rf"{_COORDINATE}(?:\s*[,;]\s*|\s+){_COORDINATE}\Z")
_ONE = re.compile(rf"{_COORDINATE}\Z")
_MAX_LATITUDE, _MAX_LONGITUDE = 90.0, 180.0
_STEPS = ((600, 1), (750, 2), (850, 5), (901, 10))
"""Below which latitude, in tenths of a degree, how many tenths a longitude is rounded to: meridians draw together."""

_LETTER_OF = {"A": "AT", "B": "BE", "D": "DE", "F": "FR", "I": "IT", "L": "LU"}  # as still written before a code
_PREFIX = re.compile(r"([A-Z]{1,2})-(?=[A-Z0-9])")
_DIGITS = re.compile(r"[0-9]{2,10}\Z|[0-9]{2,6}[ -][0-9]{2,5}\Z")
_BRITISH = re.compile(r"([A-Z]{1,2})(?:[0-9][A-Z0-9]?(?: ?[0-9][A-Z]{2})?)?\Z")
_CANADIAN = re.compile(r"([A-Z][0-9])(?:[A-Z](?: ?[0-9][A-Z][0-9])?)?\Z")
_DUTCH = re.compile(r"([0-9]{2})[0-9]{2} ?[A-Z]{2}\Z")
_IRISH = re.compile(r"([A-Z])(?:[0-9][0-9W](?: ?[A-Z0-9]{4})?)?\Z")
_LETTERED = {
    "CA": _CANADIAN,
    "GB": _BRITISH,
    "GG": _BRITISH,
    "IE": _IRISH,
    "IM": _BRITISH,
    "JE": _BRITISH,
    "NL": _DUTCH,
}
# Whole codes, whose forms exclude each other, where no country is known.
_WHOLE = (
    re.compile(r"([A-Z]{1,2})[0-9][A-Z0-9]? ?[0-9][A-Z]{2}\Z"),
    re.compile(r"([A-Z][0-9])[A-Z] ?[0-9][A-Z][0-9]\Z"),
    re.compile(r"([A-Z])[0-9][0-9W] ?[A-Z0-9]{4}\Z"),
    _DUTCH,
    re.compile(r"([A-Z][A-Z0-9]?)\Z"),  # coarse already
)
_KEPT = 2
_ZIP_KEPT, _ZIP_LENGTHS = 3, (3, 5, 9)
# 45 CFR 164.514(b)(2)(i)(B): not where the three digits cover 20,000 people or fewer (Census of 2000 and of 2010).
_FEW_PEOPLE = frozenset(
    "036 059 063 102 203 205 369 556 692 790 821 823 830 831 878 879 884 890 893".split()  # noqa: SIM905 - one list
)
_NOWHERE = "000"


def coarse(value: str, *, country: str | None = None) -> str:
    """A place made coarse: `52.5,13.4` of coordinates, the leading part of a postal code.

    Args:
        value: two coordinates in decimal degrees, latitude first; one alone; or a postal code, if need be with its
            country before it (`DE-10115`).
        country: ISO 3166-1 alpha-2, for a code without one.

    Raises:
        BadValueError: it is none of these.
    """
    text = value.strip()
    if "." in text:
        return _coordinates(text)
    text = text.upper()
    prefix = _PREFIX.match(text)
    if prefix is None:
        return _code(text, country)
    named = _LETTER_OF.get(prefix[1], prefix[1])
    if named not in COUNTRIES:
        raise BadValueError
    return f"{named}-{_code(text[prefix.end() :], named)}"


def coarse_number(value: str) -> str:
    """A coordinate that is a canonical decimal, to a tenth of a degree, as a canonical decimal.

    Raises:
        BadValueError: it is more than 180 degrees.
    """
    return _tenths_as_text(_tenths(value, _MAX_LONGITUDE)).removesuffix(".0")


def _coordinates(text: str) -> str:
    pair = _PAIR.match(text)
    if pair is None:
        if not _ONE.match(text):
            raise BadValueError
        return _tenths_as_text(_tenths(text, _MAX_LONGITUDE))
    latitude = _tenths(pair[1], _MAX_LATITUDE)
    # By the rounded latitude, so that a coarse place keeps its step.
    step = next(step for below, step in _STEPS if abs(latitude) < below)
    return f"{_tenths_as_text(latitude)},{_tenths_as_text(_tenths(pair[2], _MAX_LONGITUDE, step=step))}"


def _tenths(text: str, most: float, *, step: int = 1) -> int:
    """The nearest multiple of so many tenths of a degree, in tenths."""
    degrees = float(text)
    if not -most <= degrees <= most:
        raise BadValueError
    return round(degrees * 10 / step) * step


def _tenths_as_text(tenths: int) -> str:
    return f"{'-' if tenths < 0 else ''}{abs(tenths) // 10}.{abs(tenths) % 10}"


def _code(text: str, country: str | None) -> str:
    if _DIGITS.match(text):
        digits = text.replace(" ", "").replace("-", "")
        return _zip(digits) if country == "US" and len(digits) in _ZIP_LENGTHS else digits[:_KEPT]
    own = _LETTERED.get(country or "")
    for form in (own, *_WHOLE) if own is not None else _WHOLE:
        found = form.match(text)
        if found is not None:
            return found[1]
    raise BadValueError


def _zip(digits: str) -> str:
    head = digits[:_ZIP_KEPT]
    return _NOWHERE if head in _FEW_PEOPLE else head
