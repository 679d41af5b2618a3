"""Free text: what looks like an identifier or a secret is taken out.

Card numbers are taken out of every text, whatever the policy says (PCI DSS 3.4: not readable anywhere stored).
The rest (`redact_identifiers`) goes only where the policy says so. Numbers are checked by their own digits, so an
order number is not mistaken for a card nine times in ten, and an IBAN not at all. Names and addresses of streets are
not found: no pattern tells them.

Everything here takes time in proportion to the text.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from lockhouse.policy.types.lettered import ibans, is_italian, lettered
from lockhouse.policy.types.national import LABEL
from lockhouse.policy.types.numbers import MIN_CARD, has_many, without_numbers
from lockhouse.policy.types.values import MAX_TEXT, plain_text

ROUNDS = 8
"""How often a text is searched: what stood beside an identifier may be one itself once that is gone."""
ALL = "[redacted]"
"""What is left of a text that goes on changing: nothing."""

# Signs that people and telephones write for digits, hyphens and spaces, and characters that are not seen at all: those
# are Unicode's `Default_Ignorable_Code_Point` (DerivedCoreProperties.txt), and the frame of a digit typed as a picture.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_FOREIGN = re.compile(
    f"(?![\x00-\x7f])[\\d\\s{_UNSEEN}\u058a\u2010-\u2015\u2043\u2212"
    "\ufe58\ufe63\uff0b\uff0d\uff0e\uff08\uff09\uff20\ufe6b]"
)
_ALIKE = {"\uff0b": "+", "\uff0e": ".", "\uff08": "(", "\uff09": ")", "\uff20": "@", "\ufe6b": "@"}
_HYPHENS = frozenset("\u058a\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d")

# What may begin at any letter looks behind after its first character, so that the search can skip to one that fits.
_EMAIL = re.compile(
    r"[\w.+-](?<![\w.+-].)[\w.+-]*(?:'[\w.+-]+){0,2}(?:@|%40)(?:[\w-]+\.)+(?:xn--[A-Za-z0-9-]{2,59}|[^\W\d_]{2,24})"
)
# A key is looked for in whole words, each of which is taken as one: looked for from each of its characters, the search
# would be quadratic, and 4 kB of `-` would hold a process for a twelfth of a second.
_WORD = re.compile(
    r"[A-Za-z0-9_-](?<![A-Za-z0-9_-].)(?:G\.[A-Za-z0-9_-]{16}|[A-Za-z0-9_-]{15})[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*){0,2}"
)
_KNOWN_KEY = re.compile(
    r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))(?:"
    r"(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9_]{16,}|shp(?:at|ss|ca|pa)_[A-Za-z0-9]{16,}"
    r"|gl(?:pat|ptt|rt)-[A-Za-z0-9_-]{16,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{40,}|lh[ps]_[A-Za-z0-9_]{16,}"
    r"|gh[opusr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|hf_[A-Za-z0-9]{30,}"
    r"|(?:AKIA|ASIA|AGPA|AROA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{35}|sq0(?:atp|csp)-[A-Za-z0-9_-]{20,}"
    r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"
    r"|(?:sk|pk|rk|key|api|token|secret)[_-](?=[A-Za-z]*[0-9])[A-Za-z0-9]{16,})"
)
_TOKEN = re.compile(r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))eyJ")  # `{"` in base64, how a JWT begins (RFC 7519)
_CHANGE = re.compile(r"(?<=[a-z])[A-Z0-9]|(?<=[A-Z])[0-9]|(?<=[0-9])[A-Za-z]")
_SHORTEST_WORD = 16
_SHORTEST_IBAN = 15
_LONG = 32
_CHANGES = 6  # of 31 pairs in random letters and digits some 14 change their kind, in words with numbers hardly three
_IP4 = re.compile(
    r"[0-9](?<![0-9.vV].)(?:(?<=2)5[0-5]|(?<=2)[0-4][0-9]|(?<=[01])[0-9]{1,2}|[0-9]?)"
    r"(?:\.(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})){3}(?![0-9]|\.[0-9])"
)
_COLONS = re.compile(r"[0-9A-Fa-f:](?<![0-9A-Fa-f:.].)[0-9A-Fa-f]*:[0-9A-Fa-f:.]*[0-9A-Fa-f:](?![0-9A-Za-z])")
_LONGEST_IP6 = 45
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\Z")
_DIGIT = re.compile("[0-9]")
_SIX = re.compile(r"[0-9](?:(?:%20|[^0-9A-Za-z%]{0,4})[0-9]){5}")
_DATE = r"(?![0-3]?[0-9]([./-])[01]?[0-9]\1(?:(?:19|20)[0-9]{2}|[0-9]{2})(?![0-9]|\1[0-9]))"
_EXTENSION = r"(?: ?(?:x|ext\.?) ?[0-9]{1,6})?"
_ENDS = r"(?![0-9A-Za-z]|-[0-9])"
_BEGINS = r"(?:(?<![0-9A-Za-z./-])(?<![0-9]:)|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"
# Not in a word, a path, a date or a time; behind `\n` and `%3D`, as written.
_PHONE = re.compile(
    rf"(?:[+]|%2B|(?<![0-9A-Za-z+])00)[1-9](?:(?:%20|[ ()./-]{{0,3}})[0-9]){{6,14}}{_EXTENSION}(?![0-9])"
    rf"|{_BEGINS}(?:{_DATE}\(?0[1-9](?:(?:%20|[ ()./-]{{0,2}})[0-9]){{6,12}}|(?:[0-9]{{1,2}}[ .-])?(?:"
    r"\([0-9]{3}\) ?[0-9]{3}[ .-]?[0-9]{4}|[2-9][0-9]{2} [0-9]{3} [0-9]{4}|[0-9]{3}(?:-[0-9]{3}-?|\.[0-9]{3}\.)[0-9]{4}"
    rf"|(?<!#)[2-9][0-9]{{2}}[2-9][0-9]{{6}})){_EXTENSION}{_ENDS}"
)
_DIALLABLE = re.compile(rf"[0-9+(%](?:[0-9 ()./+-]|%2[0B]){{6,}}{_EXTENSION}")
_LOOSE = re.compile(rf"{_BEGINS}[0-9(](?:[ ()./-]{{0,2}}[0-9]){{6,14}}{_EXTENSION}(?![0-9A-Za-z])")
_CALL = re.compile(
    r"(?:(?<![a-z])|(?<=\\[nrt]))(?:tel|phone|telephone|mobile|mob|cell|call|whatsapp|sms|ring|fax|dial|reach|handy|telefon|anruf\w*|rufen|t\u00e9l"
    r"|t\u00e9l\u00e9phone|appel\w*|telefono|tel\u00e9fono|m\u00f3vil|cellulare|llam\w*|bel|bellen)(?![a-z])[^0-9\n]*\Z",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"(?<![a-z])(?:order|article|item|sku|product|parcel|tracking|shipment|invoice|receipt|ticket|ref(?:erence)?|case|voucher"
    r"|bestell\w*|auftrag\w*|artikel\w*|rechnung\w*|sendung\w*|commande|facture|colis|pedido|factura|ordine|fattura"
    r"|bestelling|factuur)[^0-9A-Za-z]{0,3}(?:(?:no|nr|num|number|nummer|id|is)(?![a-z]))?[^0-9A-Za-z]{0,3}\Z",
    re.IGNORECASE,
)
_CALL_WITHIN = 40
_CALLED = re.compile(r"[ -]{0,2}\(?(?:office|fax|mobile|cell|phone|tel)(?![a-z])", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(?:19|20)[0-9]{2}[./-][0-9]{2}[./-][0-9]{2}")


def text(raw: Any) -> str:
    """Text, with card numbers taken out."""
    found = plain_text(raw)
    return cards(found) if len(found) >= MIN_CARD else found


def url(raw: Any) -> str:
    """A web address as written, with card numbers taken out."""
    return text(raw).strip()


def cards(found: str) -> str:
    """The text with every number that passes as a payment card's replaced by `[card]`."""
    plain = found if found.isascii() else _FOREIGN.sub(_plain, found)
    if not has_many(plain):
        return found
    kept = _settled(plain, _cards_once)
    return found if kept == plain else kept


def identifiers(found: str) -> str:
    """The text without e-mail addresses, phone, card, account and national numbers, network addresses and keys."""
    plain = found if found.isascii() else _FOREIGN.sub(_plain, found)
    kept = _settled(plain, _once)
    return found if kept == plain else kept


def _plain(match: re.Match[str]) -> str:
    """The ASCII sign that stands for a foreign one; nothing for one that is not seen."""
    sign = match.group()
    if sign in _HYPHENS:
        return "-"
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    return _ALIKE.get(sign) or (" " if sign.isspace() else "")


def _settled(found: str, once: Callable[[str], str]) -> str:
    """What a text becomes when searching it again changes nothing; `[redacted]` if that does not come about."""
    for _ in range(ROUNDS):
        kept = once(found)[:MAX_TEXT]
        if kept == found:
            return found
        found = kept
    return ALL


def _cards_once(found: str) -> str:
    return without_numbers(found, national_too=False)


def _once(found: str) -> str:
    if "@" in found or "%40" in found:
        found = _EMAIL.sub("[e-mail]", found)
    if len(found) >= _SHORTEST_WORD:
        found = _WORD.sub(_key, found)
    if not _DIGIT.search(found):
        return found
    if found.count(":") > 1:
        found = _COLONS.sub(_address, found)
    if found.count(".") > 2:  # noqa: PLR2004 - between four numbers
        found = _IP4.sub("[ip]", found)
    if len(found) >= _SHORTEST_IBAN:
        found = ibans(found)
    if not _SIX.search(found):
        return found
    return _DIALLABLE.sub(_phones, without_numbers(lettered(found), national_too=True))


def _key(match: re.Match[str]) -> str:
    """A word without the key that it is or ends in."""
    word = match.group()
    first, dot, rest = word.partition(".")
    if len(first) == _SHORTEST_WORD and is_italian(first):
        return f"{LABEL}{dot}{rest}"
    known = _KNOWN_KEY.search(match.string, match.start(), match.end())
    if known is not None:
        return f"{word[: known.start() - match.start()]}[key]{word[known.end() - match.start() :]}"
    token = _TOKEN.search(match.string, match.start(), match.end())
    if token is not None:
        start = token.start() - match.start()
        head, *parts = word[start:].split(".")
        if len(parts) == 2 and len(head) > 10 and len(parts[0]) > 7:  # noqa: PLR2004 - header, claims, signature or none
            return f"{word[:start]}[key]"
    return f"[key]{dot}{rest}" if _looks_random(first) else word


def _looks_random(word: str) -> bool:
    """Whether letters and digits change places as often, somewhere in a word, as no words do."""
    if len(word) < _LONG or not _DIGIT.search(word):
        return False
    at = [change.start() for change in _CHANGE.finditer(word)]
    return any(last - first < _LONG for first, last in zip(at, at[_CHANGES - 1 :], strict=False))


def _address(match: re.Match[str]) -> str:
    run = match.group()
    if _MAC.match(run):
        return "[mac]"
    if "::" not in run and run.count(":") < 6:  # noqa: PLR2004 - between eight groups, the last two perhaps as IPv4
        return run
    for start in (0, run.index(":") + 1):  # after a word and a colon, as in `ip:2001:db8::1`
        inner = run[start:].rstrip(":") if run.endswith(":") and not run.endswith("::") else run[start:]
        if len(inner) <= _LONGEST_IP6 and _DIGIT.search(inner) and _is_ip6(inner):
            return f"{run[:start]}[ip]{run[start + len(inner) :]}"
    return run


def _is_ip6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _phones(match: re.Match[str]) -> str:
    """A run of digits and what stands between them, without the telephone numbers in it."""
    found, at, end = match.string, match.start(), match.end()
    out: list[str] = []
    while phone := _PHONE.search(found, at, end + 1):
        out += (found[at : phone.start()], phone.group() if _is_counted(phone) else "[phone]")
        at = phone.end()
    while phone := _LOOSE.search(found, at, end + 1):
        out += (found[at : phone.start()], "[phone]" if _is_named(phone) else phone.group())
        at = phone.end()
    return "".join((*out, found[at:end]))


def _is_counted(phone: re.Match[str]) -> bool:
    """Whether these are digits alone behind a word for what shops number."""
    found, start = phone.string, phone.start()
    return phone.group().isdigit() and _COUNTED.search(found, max(0, start - _CALL_WITHIN), start) is not None


def _is_named(phone: re.Match[str]) -> bool:
    """Whether a word for calling stands shortly before the digits, or behind them."""
    found, start = phone.string, phone.start()
    named = _CALL.search(found, max(0, start - _CALL_WITHIN), start) or _CALLED.match(found, phone.end())
    return named is not None and not _YEAR_FIRST.match(phone.group())
