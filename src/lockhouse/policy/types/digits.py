"""Check digits: what tells an identifier from a number that looks like one.

Every function takes text that its caller has found to be ASCII digits (or letters and digits, where it says so), and
answers whether the last of them follow from the others.
"""

from __future__ import annotations

from collections.abc import Sequence

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_VERY_LONG = 64


def luhn(digits: str) -> bool:
    """The check of ISO/IEC 7812-1 Annex B: payment cards, Canadian SIN, Swedish and South African numbers."""
    total, double = 0, False
    for digit in reversed(digits.encode()):
        total += _DOUBLED[digit - 48] if double else digit - 48
        double = not double
    return total % 10 == 0


def weighted(digits: str, weights: Sequence[int]) -> int:
    """The sum of each digit by its weight, as far as there are weights."""
    return sum(weight * (digit - 48) for weight, digit in zip(weights, digits.encode(), strict=False))


def mod_97(compact: str) -> bool:
    """ISO 7064 MOD 97-10 over letters and digits, as ISO 13616 uses it for an IBAN: its head goes to the end."""
    if len(compact) > _VERY_LONG:
        return False
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


def mod_11_10(digits: str) -> bool:
    """ISO 7064 MOD 11,10, as the German tax number uses it."""
    product = 10
    for digit in digits[:-1].encode():
        total = (digit - 48 + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def ean_13(digits: str) -> bool:
    """The check digit of GS1, as the Swiss AHV number uses it."""
    return weighted(digits, (1, 3) * 6 + (1,)) % 10 == 0


def day_of(day: str, month: str) -> bool:
    """Whether two times two digits can be a day and a month; which year is not asked."""
    return 1 <= int(month) <= 12 and 1 <= int(day) <= (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[int(month) - 1]  # noqa: PLR2004 - the calendar
