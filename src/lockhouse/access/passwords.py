"""Which passwords a house takes.

1. It is text, counted in code points after NFKC (NIST SP 800-63B-4 §3.1.1.2), of 256 at most; the standard asks for at
   least 64. Spaces and every script count; what it is made of is nobody's business (no composition rules, ibid.).
2. Alone it has 15 characters at least, beside a second factor 8 (ibid.; OWASP ASVS 5.0 V6.2.1 and V6.2.9).
3. It is not among the first 10^8 that are guessed, by zxcvbn's lists and patterns (ibid.: "commonly used, expected or
   compromised"; V6.2.4). Lists come with the package; nothing is asked of anybody. Nor did it leak, as far as a file of
   the operator's says (V6.2.12).
4. It does not rest on words of the house: its name, the login, the member's name (V6.1.2, V6.2.11). Without them at
   least 8 characters are left.
5. It is never asked to be changed for its age, and no hint of it is kept (§3.1.1.2).
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Literal, get_args

from zxcvbn import matching, scoring

if TYPE_CHECKING:
    from collections.abc import Iterable

ALONE = 15
WITH_SECOND = 8
MOST = 256
LEAST_GUESSES = 10**8
"""Eight random characters take as many; a list of leaked passwords with its usual variations is shorter."""
_WEIGHED = 72
"""Code points that are weighed: what is strong this far is strong, and patterns of more take seconds to find."""
_WORD = re.compile(r"\w{4,}")

Refusal = Literal["guessed-first", "leaked", "not-text", "of-this-house", "too-long", "too-short"]
REFUSALS: tuple[Refusal, ...] = get_args(Refusal)
"""What may be said of a password that is not taken; stable words, which the faces put into sentences."""


def refusal(password: str, *, alone: bool, words: Iterable[str] = (), leaked: bool = False) -> Refusal | None:
    """Why a house does not take a password; None if it does.

    Args:
        alone: it is the only factor.
        words: texts that say who uses it and where; each word of four letters or more counts.
        leaked: it is known to have leaked.
    """
    try:
        password.encode()
    except UnicodeEncodeError:
        return "not-text"
    normal = unicodedata.normalize("NFKC", password)
    if len(normal) < (ALONE if alone else WITH_SECOND):
        return "too-short"
    if len(normal) > MOST:
        return "too-long"
    if leaked:
        return "leaked"
    own = {found for text in words for found in _WORD.findall(unicodedata.normalize("NFKC", text).casefold())}
    if own and _left_without(normal, own) < WITH_SECOND:
        return "of-this-house"
    return "guessed-first" if _guesses(normal[:_WEIGHED], own) < LEAST_GUESSES else None


def _left_without(password: str, own: set[str]) -> int:
    left = password.casefold()
    for word in sorted(own, key=len, reverse=True):
        left = left.replace(word, "")
    return len(left)


def _guesses(password: str, own: set[str]) -> int:
    # The package's own entrance writes the words into a table that all threads share, where they would stay.
    lists = {**matching.RANKED_DICTIONARIES, "user_inputs": matching.build_ranked_dict(sorted(own))}
    found = scoring.most_guessable_match_sequence(password, matching.omnimatch(password, lists))
    return int(found["guesses"])
