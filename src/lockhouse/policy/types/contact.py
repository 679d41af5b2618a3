"""E-mail addresses and phone numbers: one canonical form each, because they find people."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Any

import phonenumbers

from lockhouse.policy.types.values import MAX_ID, BadValueError, Parser, TooLongError

MAX_EMAIL = 254  # RFC 5321 §4.5.3.1.3: a path of 256 octets less its angle brackets
_MAX_LOCAL = 64  # RFC 5321 §4.5.3.1.1
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}\Z"
)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_ITALY = 39  # the only large numbering plan that keeps its leading zero abroad


def email(raw: Any) -> str:
    """An address with an A-label domain, all in lower case (NFKC, trimmed).

    The local part is lower-cased although RFC 5321 lets it be case-sensitive: no large provider does, and two
    spellings of one person would otherwise be two people.
    """
    if type(raw) is not str:
        raise BadValueError
    if len(raw) > MAX_ID:
        raise TooLongError
    text = raw if raw.isascii() else unicodedata.normalize("NFKC", raw)
    text = text.strip().lower()
    if len(text) > MAX_EMAIL:
        raise TooLongError
    if _PLAIN_EMAIL.match(text) and text.index("@") <= _MAX_LOCAL and "@xn--" not in text and ".xn--" not in text:
        return text
    return _other_email(text)


def _other_email(text: str) -> str:
    import email_validator  # noqa: PLC0415  # rarely needed, slow to load

    try:
        found = email_validator.validate_email(text, check_deliverability=False, allow_smtputf8=True)
    except (email_validator.EmailNotValidError, UnicodeError) as err:
        raise BadValueError from err
    return f"{found.local_part.lower()}@{found.ascii_domain.lower()}"


def phone_in(country: str | None) -> Parser:
    """A parser for phone numbers; those without `+` or a country are bad values."""

    def phone(raw: Any) -> str:
        if type(raw) is not str:
            raise BadValueError
        if len(raw) > MAX_ID:
            raise TooLongError
        if _E164.match(raw) and _is_canonical(raw):
            return raw
        found = _other_phone(raw.strip(), country)
        if found is None:
            raise BadValueError
        return found

    return phone


def _is_canonical(text: str) -> bool:
    """Whether digits after `+` have a known country code, a possible length and no trunk zero left in."""
    for size in (1, 2, 3):
        code = int(text[1 : 1 + size])
        if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            national = text[1 + size :]
            return (national[0] != "0" or code == _ITALY) and len(national) in _lengths(code)
    return False


@functools.cache
def _lengths(code: int) -> frozenset[int]:
    """Possible lengths of national numbers under a country code; loaded once a code."""
    region = phonenumbers.region_code_for_country_code(code)
    found = (
        phonenumbers.PhoneMetadata.metadata_for_nongeo_region(code)
        if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY
        else phonenumbers.PhoneMetadata.metadata_for_region(region)
    )
    general = found.general_desc if found is not None else None
    return frozenset(general.possible_length or () if general is not None else ())


@functools.lru_cache(maxsize=4096)
def _other_phone(text: str, country: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or number.extension:
        return None
    text = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return text if _E164.match(text) else None
