"""From a canonical value to the text whose keyed hash is a blind index.

Two spellings of one identifier must give one text, and two people's identifiers must never give one: so case,
width and space go, but dots and `+tags` of an e-mail's local part stay, which for some providers are two mailboxes.
What stands for "nobody" (`null`, a till's zeroes, a phone that hides its advertising id) gives None: thousands would
become one person. What a house says of its own (a till's address, a shop's phone) is added to that.

What one value's text is may change only together with `NORM_VERSION`, which goes into the hash; that a further value
stands for nobody changes no other's.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

NORM_VERSION: Final = 1
MAX_CHARS: Final = 256

_PLAIN_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z][a-z0-9-]{1,62}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PHONE_PUNCTUATION = re.compile(r"[\s().\-/\u2010-\u2015]")
_SPACE_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f]")

STOP_WORDS: Final = frozenset(
    {
        "null", "undefined", "none", "nil", "nan", "n/a", "na", "unknown", "anonymous", "anon", "guest", "customer",
        "user", "test", "testing", "default", "empty", "false", "true", "0", "-1", "-", "--", ".", "?", "x", "xx",
        "xxx", "not_set", "notset", "no-email", "noemail", "no-phone", "nophone", "[object object]", "(not set)",
        "not set",
    }
)  # fmt: skip
_STOP_EMAILS = frozenset(
    {"test@test.com", "test@example.com", "email@email.com", "a@a.com", "a@b.com", "none@none.com"}
)
_STOP_LOCALS = frozenset(
    {
        "noreply", "no-reply", "donotreply", "do-not-reply", "null", "undefined", "none", "anonymous", "unknown",
        "guest", "test", "noemail", "no-email",
    }
)  # fmt: skip
_ONE_DIGIT = re.compile(r"\+?([0-9])\1*")
_FILLER_ID = re.compile(r"[0-]+|[f-]+")
_ZEROES = re.compile(r"0+")
_MIN_FILLER = 8
_RUNS = ("1234567890", "0123456789", "9876543210", "0987654321")


class StopList(NamedTuple):
    """What stands for nobody in one house besides what does everywhere: texts to index, and e-mail domains."""

    values: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()


EMPTY: Final = StopList()


def stop_list(kind: str, listed: Iterable[str]) -> StopList:
    """The stop-list of one field, from its canonical values; `@domain` stands for every address there."""
    domains = frozenset(value[1:] for value in listed if value.startswith("@"))
    texts = {normal(kind, value) for value in listed if not value.startswith("@")}
    return StopList(frozenset(text for text in texts if text is not None), domains)


def normal(kind: str, value: str, *, own: StopList = EMPTY) -> str | None:
    """The text to index, or None if the value identifies nobody.

    Args:
        kind: the field's type: `email`, `phone` or `id`; any other is treated as `id`.
        value: its canonical value.
        own: what stands for nobody in this house.
    """
    if len(value) > MAX_CHARS:
        return None
    if kind == "email":
        plain = _email(value, own.domains)
    elif kind == "phone":
        plain = _phone(value)
    else:
        plain = _id(value)
    return None if plain in own.values else plain


def _email(value: str, own_domains: frozenset[str]) -> str | None:
    plain = value if _PLAIN_EMAIL.fullmatch(value) else _odd_email(value)
    if plain is None or plain in _STOP_EMAILS:
        return None
    local, _, domain = plain.rpartition("@")
    return None if local in _STOP_LOCALS or domain in own_domains else plain


def _odd_email(value: str) -> str | None:
    """Upper case, full-width letters, other scripts: the slow way, once."""
    wide = unicodedata.normalize("NFKC", value).strip()
    local, at, domain = wide.rpartition("@")
    if not at or not local or not domain or _SPACE_OR_CONTROL.search(wide):
        return None
    if not domain.isascii():
        from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  # rarely needed, slow to load

        try:
            domain = validate_email(f"a@{domain}", check_deliverability=False).ascii_domain
        except EmailNotValidError:
            return None
    return f"{local.lower()}@{domain.lower()}"


def _phone(value: str) -> str | None:
    plain = value if _E164.fullmatch(value) else _PHONE_PUNCTUATION.sub("", unicodedata.normalize("NFKC", value))
    if _E164.fullmatch(plain) is None:
        return None
    tail = plain[2:]
    is_filler = len(set(tail[-_MIN_FILLER + 1 :])) == 1 or any(tail.endswith(run) for run in _RUNS)
    return None if is_filler else plain


def _id(value: str) -> str | None:
    plain = value.strip()
    if not plain or _SPACE_OR_CONTROL.search(plain.replace(" ", "")):
        return None
    low = plain.lower()
    if low in STOP_WORDS or low in _STOP_EMAILS or low in _RUNS or _ZEROES.fullmatch(low):
        return None
    is_filler = len(low) >= _MIN_FILLER and (_ONE_DIGIT.fullmatch(low) or _FILLER_ID.fullmatch(low))
    return None if is_filler else plain


def plain_text(value: str) -> str:
    """Free text as it is compared with what somebody says: without case, width and more than one space in a row."""
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def lookup(how: str, value: str) -> str | None:
    """What a look-up of several owners is indexed by: `exact`, `last4` digits or `surname`; None if nothing is left."""
    if how == "last4":
        digits = [char for char in value if char.isdecimal() and char.isascii()]
        return "".join(digits[-4:]) if len(digits) >= len("0000") else None
    if how == "surname":
        return surname(value)
    return value.strip() or None


def surname(name: str) -> str | None:
    """The last word of a name, or what stands before a comma, without case and accents: `Müller, Eva` is `muller`."""
    family = name.partition(",")[0] if "," in name else name
    words = family.split()
    if not words:
        return None
    apart = unicodedata.normalize("NFKD", words[-1].casefold())
    return "".join(char for char in apart if char.isalnum()) or None
