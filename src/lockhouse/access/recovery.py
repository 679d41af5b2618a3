"""Recovery codes: look-up secrets on paper, for a member whose app or phone is gone.

1. Ten codes of 24 signs of Crockford's base32, 120 random bits each (NIST SP 800-63B-4 §3.1.2 asks for 20 bits with a
   throttle). From 112 bits on a hash without a salt will do (OWASP ASVS 5.0 V6.5.2); ours is keyed besides.
2. They are shown once; a house keeps their tags.
3. A code works once (§3.1.2.2; V6.5.1): its bit is set in the map of used ones, in the Change that signs in.
4. It stands in for the app's code, never for the password (`sign_in`): paper alone opens nothing.
5. Typed in either case, with or without hyphens, and with I, L and O for the digits they look like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.signatures import equal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.crypto.signatures import Entropy

CODES = 10
SIGNS = 24
_GROUP = 4
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKS_LIKE = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None})


def new(entropy: Entropy) -> tuple[str, ...]:
    """Ten new codes, as they are shown."""
    return tuple(shown("".join(_ALPHABET[byte % 32] for byte in entropy(SIGNS))) for _ in range(CODES))


def shown(code: str) -> str:
    """A code as a person reads it: groups of four."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def normal(typed: str) -> str | None:
    """The 24 signs that somebody meant; None if what was typed cannot be a code."""
    code = "".join(typed.upper().split()).translate(_LOOKS_LIKE)
    return code if len(code) == SIGNS and set(code) <= set(_ALPHABET) else None


def match(tags: Sequence[bytes], tag: bytes, *, used: int) -> int | None:
    """Which of the codes a tag is of; None if it is none of them, or was used.

    Args:
        tags: of all codes of the member, in order.
        used: the map of used codes, bit 0 for the first.
    """
    found = None
    for at, one in enumerate(tags):
        is_right = equal(one, tag)
        found = at if is_right and not used >> at & 1 else found
    return found


def spent(used: int, at: int) -> int:
    """The map of used codes with this one."""
    return used | 1 << at


def left(tags: Sequence[bytes], *, used: int) -> int:
    """How many codes still work."""
    return sum(not used >> at & 1 for at in range(len(tags)))
