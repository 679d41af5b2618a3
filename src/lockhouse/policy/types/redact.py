"""Free text: what looks like an identifier or a secret is taken out.

Card numbers are taken out of every text, whatever the policy says (PCI DSS 3.4: not readable anywhere stored).
The rest (`redact_identifiers`) goes only where the policy says so. Numbers are checked by their own digits, so an
order number is not mistaken for a card nine times in ten, and an IBAN not at all.
"""

from __future__ import annotations

import re
from typing import Any

from lockhouse.policy.types.values import plain_text

_CARD = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")
_EMAIL = re.compile(r"[\w.+-]{1,64}(?:@|%40)(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])")
_PHONE = re.compile(
    r"(?<![0-9A-Za-z+])(?:\+|%2B|00)[1-9](?:[ ()./-]{0,2}[0-9]){6,14}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z./-])\(?0[1-9](?:[ ()./-]{0,2}[0-9]){6,12}(?![0-9A-Za-z-])"
    r"|(?<![0-9A-Za-z./-])\(?[2-9][0-9]{2}\)?[ .-][0-9]{3}[ .-][0-9]{4}(?![0-9A-Za-z-])"
)
_IP4 = re.compile(
    r"(?<![0-9.])(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})(?![0-9.])"
)
_IP6 = re.compile(r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{1,4}:){3,7}(?::?[0-9A-Fa-f]{1,4}){1,4}(?![0-9A-Fa-f:])")
# What looks ahead to the end of a run starts at the run's beginning alone: tried from each of its characters, the
# search would be quadratic, and 4 kB of `-` would hold a process for a twelfth of a second.
_KEY = re.compile(
    r"(?:sk|pk|rk|whsec|shpat|shpss|glpat|npm|lh|lhp|lhs)[_-][A-Za-z0-9_-]{16,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|gh[opusr]_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[A-Za-z0-9_-]{35}"
    r"|(?:(?<![A-Za-z0-9_-])|(?<=%[0-9A-Fa-f]{2}))eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
    r"|(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]*[0-9])(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]{32,}"
)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_MIN_CARD = 13
_MAX_E164 = 15


def text(raw: Any) -> str:
    """Text, with card numbers taken out."""
    found = plain_text(raw)
    return cards(found) if len(found) >= _MIN_CARD else found


def url(raw: Any) -> str:
    """A web address as written, with card numbers taken out."""
    return text(raw).strip()


def cards(found: str) -> str:
    """The text with every number that passes as a payment card's replaced by `[card]`."""
    return _CARD.sub(_card, found)


def _card(match: re.Match[str]) -> str:
    number = match.group()
    abroad = match.string[match.start() - 1 : match.start()] == "+"
    if abroad and sum(map(str.isdigit, number)) <= _MAX_E164:
        return number  # a phone number, one in ten of which would pass
    return "[card]" if luhn(number) else number


def luhn(number: str) -> bool:
    """Whether the digits pass the check of ISO/IEC 7812-1 Annex B; other characters are skipped."""
    total, double = 0, False
    for character in reversed(number):
        if character.isdigit():
            digit = ord(character) - 48
            total += _DOUBLED[digit] if double else digit
            double = not double
    return total % 10 == 0


def iban(number: str) -> bool:
    """Whether the text passes the check digits of ISO 13616 (mod 97)."""
    compact = number.replace(" ", "")
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


def identifiers(found: str) -> str:
    """The text without e-mail addresses, phone, card and account numbers, network addresses and keys."""
    found = _EMAIL.sub("[e-mail]", found) if "@" in found or "%40" in found else found
    found = _KEY.sub("[key]", found)
    if not any(map(str.isdigit, found)):
        return found
    found = _IBAN.sub(lambda match: "[iban]" if iban(match.group()) else match.group(), found)
    found = cards(found)
    found = _IP6.sub("[ip]", _IP4.sub("[ip]", found))
    return _PHONE.sub("[phone]", found)
