"""National identifiers: which numbers are one, by their form and by their own check digits.

A number is told by its shape, the lengths of its groups and what stands between them (`3-2-4`, `11`), and then by what
its country checks. Where that is so weak that one in ten or eleven order numbers would pass (`word`), a number without
its groups counts only if its name stands shortly before it. The page docs/spec/policy.md lists them; each has its
source here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from lockhouse.policy.types.digits import day_of, ean_13, luhn, mod_11_10, weighted

LABEL = "[national id]"
LEAST = 9
"""The fewest digits a number here has."""
WORD_WITHIN = 40
"""How far before a number its name may stand, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One country's number: its shapes, its check, and what must stand before it in the shapes of `bare`."""

    name: str
    shapes: tuple[str, ...]
    check: Callable[[str], bool]
    bare: tuple[str, ...] = ()
    word: re.Pattern[str] | None = None


def _word(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{words})(?![a-z])", re.IGNORECASE)


def _us(digits: str) -> bool:
    """Social Security numbers (SSA, POMS RM 10201.030) and taxpayer numbers (IRS Publication 1915)."""
    area, group = digits[:3], digits[3:5]
    if area[0] == "9":
        return "50" <= group <= "65" or "70" <= group <= "88" or "90" <= group <= "99"
    return area not in ("000", "666") and group != "00" and digits[5:] != "0000"


def _canada(digits: str) -> bool:
    """Social Insurance Number (ESDC): none begins with 0 or 8."""
    return digits[0] not in "08" and luhn(digits)


def _nhs(digits: str) -> bool:
    """NHS number (NHS Data Dictionary, modulus 11)."""
    rest = 11 - weighted(digits, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return rest % 11 == int(digits[9]) and rest != 10  # noqa: PLR2004 - 10 is given to nobody


def _germany(digits: str) -> bool:
    """Steuerliche Identifikationsnummer (AO §139b; BZSt): one digit of the first ten stands twice or three times."""
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    return digits[0] != "0" and counts[-1] in (2, 3) and counts[-2] == 1 and mod_11_10(digits)


def _france(digits: str) -> bool:
    """NIR (INSEE, Code de la sécurité sociale R115-1): 97 less the rest of the number by 97."""
    known = "01" <= digits[3:5] <= "12" or digits[3:5] >= "20"  # 20 and more stand for a month that is not known
    return digits[0] in "123478" and known and int(digits[:13]) % 97 == 97 - int(digits[13:])


def _netherlands(digits: str) -> bool:
    """Burgerservicenummer (Wabb; elfproef with -1 as the last weight)."""
    return digits != "000000000" and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _poland(digits: str) -> bool:
    """PESEL (Ustawa o ewidencji ludności, Art. 15): the century is added to the month."""
    if not day_of(digits[4:6], f"{int(digits[2:4]) % 20:02}"):
        return False
    return weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def _belgium(digits: str) -> bool:
    """National number (KB 3 April 1984): 97 less the rest by 97, with a 2 in front from birth year 2000 on."""
    month = int(digits[2:4]) % 20
    if not (month == 0 or day_of(digits[4:6], f"{month:02}") or digits[4:6] == "00"):
        return False
    return 97 - int(digits[9:]) in (int(digits[:9]) % 97, int("2" + digits[:9]) % 97)


def _sweden(digits: str) -> bool:
    """Personnummer and samordningsnummer (SFS 1991:481 §18; SKV 704): Luhn; a samordningsnummer adds 60 to the day."""
    short = digits[-10:]
    day = int(short[4:6])
    return day_of(f"{day - 60 if day > 60 else day:02}", short[2:4]) and luhn(short)  # noqa: PLR2004 - as above


def _denmark(digits: str) -> bool:
    """CPR (CPR-loven): a day of birth and four digits; since 2007 not all pass the old modulus 11."""
    return day_of(digits[:2], digits[2:4])


def _norway(digits: str) -> bool:
    """Fødselsnummer and D-nummer (Folkeregisterforskriften §2-2-3): two check digits modulus 11."""
    day, month = int(digits[:2]) % 40, int(digits[2:4]) % 40
    first = weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11
    second = weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11
    return day_of(f"{day:02}", f"{month:02}") and not first and not second


def _switzerland(digits: str) -> bool:
    """AHV number (AHVV Art. 133 ff.): GS1's number of Switzerland and its check digit."""
    return digits.startswith("756") and ean_13(digits)


def _austria(digits: str) -> bool:
    """Sozialversicherungsnummer (ASVG §460d): the fourth digit checks the others; months go to 15."""
    rest = weighted(digits, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11
    return digits[0] != "0" and rest == int(digits[3]) and "01" <= digits[6:8] <= "15" and "01" <= digits[4:6] <= "31"


def _portugal(digits: str) -> bool:
    """NIF of a person (Decreto-Lei 14/2013): modulus 11."""
    rest = 11 - weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return digits[0] in "123" and (0 if rest > 9 else rest) == int(digits[8])  # noqa: PLR2004 - two digits become 0


def _brazil(digits: str) -> bool:
    """CPF (Receita Federal, IN RFB 1548/2015): two check digits modulus 11; one digit eleven times is none."""
    if len(set(digits)) == 1:
        return False
    for size in (9, 10):
        rest = weighted(digits[:size], range(size + 1, 1, -1)) * 10 % 11 % 10
        if rest != int(digits[size]):
            return False
    return True


def _south_africa(digits: str) -> bool:
    """Identity number (Identification Act 68 of 1997): a day of birth, 0 to 2 for the citizenship, Luhn."""
    return day_of(digits[4:6], digits[2:4]) and digits[10] in "012" and luhn(digits)


NUMBERS = (
    Number(name="Austria", shapes=("10", "4 6", "4-6"), check=_austria),
    Number(name="Belgium", shapes=("11", "2.2.2-3.2", "2.2.2 3 2", "2.2.2-3 2", "6-3-2", "6 3 2"), check=_belgium),
    Number(name="Brazil", shapes=("11", "3.3.3-2"), check=_brazil),
    Number(
        name="Canada", shapes=("3-3-3",), check=_canada, bare=("9", "3 3 3"), word=_word("sin|nas|social insurance")
    ),
    Number(name="Denmark", shapes=("6-4",), check=_denmark, bare=("10", "6 4"), word=_word("cpr")),
    Number(name="France", shapes=("15", "13 2", "1 2 2 2 3 3 2", "1.2.2.2.3.3.2", "1-2-2-2-3-3-2"), check=_france),
    Number(name="Germany", shapes=("11", "2 3 3 3"), check=_germany),
    Number(
        name="Netherlands", shapes=("3.3.3", "4.2.3"), check=_netherlands, bare=("9", "3 3 3"),
        word=_word("bsn|burgerservicenummer|sofinummer|citizen service number"),
    ),
    Number(name="Norway", shapes=("11", "6 5", "6-5"), check=_norway),
    Number(name="Poland", shapes=("11",), check=_poland),
    Number(
        name="Portugal", shapes=(), check=_portugal, bare=("9", "3 3 3"), word=_word("nif|contribuinte|n\\.i\\.f\\.")
    ),
    Number(name="South Africa", shapes=("13", "6 4 3", "6 4 2 1", "6 4 1 1 1"), check=_south_africa),
    Number(name="Sweden", shapes=("6-4", "6+4", "8-4", "8+4", "10", "12"), check=_sweden),
    Number(name="Switzerland", shapes=("13", "3.4.4.2", "3 4 4 2"), check=_switzerland),
    Number(
        name="United Kingdom (NHS)", shapes=(), check=_nhs, bare=("10", "3 3 4", "3-3-4"),
        word=_word("nhs(?: (?:number|no\\.?))?"),
    ),
    Number(
        name="United States", shapes=("3-2-4", "3 2 4"), check=_us, bare=("9",),
        word=_word("ssn|social security|itin|tin|taxpayer"),
    ),
)  # fmt: skip
"""Numbers of digits alone. Those of letters and digits stand in `lockhouse.policy.types.lettered`."""


def _by_shape() -> dict[str, tuple[Number, ...]]:
    found: dict[str, list[Number]] = {}
    for number in NUMBERS:
        for shape in (*number.shapes, *number.bare):
            found.setdefault(shape, []).append(number)
    return {shape: tuple(numbers) for shape, numbers in found.items()}


BY_SHAPE = _by_shape()


def is_national(digits: str, shape: str, *, around: tuple[str, int]) -> bool:
    """Whether digits of this shape are somebody's national number.

    Args:
        digits: the digits alone.
        shape: one that stands in `BY_SHAPE`.
        around: the text and where in it the number begins.
    """
    text, at = around
    for number in BY_SHAPE[shape]:
        if number.check(digits) and (shape not in number.bare or _is_named(number, text, at)):
            return True
    return False


def _is_named(number: Number, text: str, at: int) -> bool:
    return number.word is not None and number.word.search(text, max(0, at - WORD_WITHIN), at) is not None
