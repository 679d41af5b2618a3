"""Identifiers of letters and digits: account numbers (IBAN) and national numbers that carry letters.

Each begins at the beginning of a word. Letters count in either case.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from lockhouse.policy.types.digits import day_of, mod_97, weighted
from lockhouse.policy.types.national import LABEL

_LENGTH = re.compile(r"([A-Z]{2})([0-9]{2})")
IBAN_LENGTHS = {  # SWIFT, IBAN Registry (ISO 13616-2), release 99
    country: int(size)
    for country, size in _LENGTH.findall(
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 "
        "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
        "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 "
        "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 "
        "YE30"
    )
}
# From its digits back: those are rarer than letters.
_IBAN_HEAD = re.compile(r"[0-9](?<=[A-Za-z]{2}.)(?<![A-Za-z0-9]...)[0-9][ -]?[0-9A-Za-z]")
_BETWEEN = " -"


def ibans(text: str) -> str:
    """The text with every account number of ISO 13616 replaced by `[iban]`."""
    out: list[str] = []
    at = 0
    for head in _IBAN_HEAD.finditer(text):
        start = head.start() - 2
        end = _iban_end(text, start) if start >= at else None
        if end is not None:
            out += (text[at:start], "[iban]")
            at = end
    return "".join((*out, text[at:])) if out else text


def _iban_end(text: str, start: int) -> int | None:
    """Where the account number that begins here ends: its country says how long it is."""
    size = IBAN_LENGTHS.get(text[start : start + 2].upper())
    if size is None:
        return None
    kept: list[str] = []
    at = start
    while len(kept) < size and at < len(text):
        character = text[at]
        if character.isascii() and character.isalnum():
            kept.append(character)
        elif character not in _BETWEEN or text[at - 1] in _BETWEEN:
            return None
        at += 1
    ends = len(kept) == size and not (text[at : at + 1].isascii() and text[at : at + 1].isalnum())
    return at if ends and mod_97("".join(kept)) else None


_ES_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_FI_LETTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_IE_LETTERS = "WABCDEFGHIJKLMNOPQRSTUV"
_IT_ODD = dict(
    zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", (
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10,
        22, 25, 24, 23,
    ), strict=True)
)  # fmt: skip


def _spain(compact: str) -> bool:
    """DNI and NIE (Real Decreto 1553/2005; Orden INT/2058/2008): the letter is the rest by 23."""
    number = compact[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return _ES_LETTERS[int(number) % 23] == compact[-1]


def _finland(compact: str) -> bool:
    """Henkilötunnus (Väestötietojärjestelmälaki 661/2009): the rest of its nine digits by 31."""
    return day_of(compact[:2], compact[2:4]) and _FI_LETTERS[int(compact[:6] + compact[7:10]) % 31] == compact[10]


def _ireland(compact: str) -> bool:
    """PPS number (Social Welfare Consolidation Act 2005 s. 262): modulus 23."""
    total = weighted(compact, (8, 7, 6, 5, 4, 3, 2))
    if len(compact) == 9 and compact[8] != "W":  # noqa: PLR2004 - with its second letter
        total += 9 * (ord(compact[8]) - 64)
    return _IE_LETTERS[total % 23] == compact[7]


def is_italian(word: str) -> bool:
    """Codice fiscale (Decreto ministeriale 23 dicembre 1976): letters for digits in a double; a check letter."""
    compact = word.upper()
    if not _ITALIAN.fullmatch(compact):
        return False
    total = 0
    for index, character in enumerate(compact[:15]):
        if index % 2 == 0:
            total += _IT_ODD[character]
        else:
            total += ord(character) - (48 if character.isdigit() else 65)
    return chr(65 + total % 26) == compact[15]


def _corsica(compact: str) -> bool:
    """NIR of those born in Corsica (INSEE): 2A counts as 19, 2B as 18."""
    number = compact[:5] + ("19" if compact[6] == "A" else "18") + compact[7:13]
    return int(number) % 97 == 97 - int(compact[13:])


def _form_alone(_: str) -> bool:
    """A National Insurance number has no check digit (HMRC NIM39110)."""
    return True


def _compiled(head: str, tail: str) -> re.Pattern[str]:
    # The look behind stands after the first character, so that the search can skip to one that may begin a match.
    return re.compile(f"{head}(?<![A-Za-z0-9].){tail}(?![A-Za-z0-9])")


LETTERED: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    (
        "United Kingdom (NINO)",
        _compiled(
            r"[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z]",
            r"(?i:[A-CEGHJ-NPR-TW-Z](?<!BG|GB|KN|NK|NT|TN|ZZ))"
            r"(?: ?[0-9]{2}){3} ?[A-Da-d]",
        ),
        _form_alone,
    ),
    ("Spain", _compiled(r"[0-9XYZxyz]", r"[ -]?[0-9]{7}[ -]?[A-HJ-NP-TV-Za-hj-np-tv-z]"), _spain),
    ("Finland", _compiled(r"[0-3]", r"[0-9][01][0-9]{3}[-+A-FU-Ya-fu-y][0-9]{3}[0-9A-FHJ-NPR-Ya-fhj-npr-y]"), _finland),
    ("Ireland", _compiled(r"[0-9]", r"[0-9]{6}[A-Wa-w][A-IWa-iw]?"), _ireland),
    (
        "France (Corsica)",
        _compiled(r"[1-478]", r" ?[0-9]{2} ?[0-9]{2} ?2[ABab] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}"),
        _corsica,
    ),
)
_ITALIAN = re.compile(r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]")
_SEPARATORS = str.maketrans("", "", " -")


def lettered(text: str) -> str:
    """The text with every national number that carries letters replaced by `[national id]`."""
    for _, pattern, check in LETTERED:
        text = pattern.sub(functools.partial(_judged, check), text)
    return text


def _judged(check: Callable[[str], bool], match: re.Match[str]) -> str:
    compact = match.group().upper()
    if check is not _finland:  # whose hyphen is the sign of a century
        compact = compact.translate(_SEPARATORS)
    return LABEL if check(compact) else match.group()
