"""The hashes under which a password stands in the public lists of leaked ones.

SHA-1, since the lists have no other: it finds a line there and protects nothing, and no such hash is ever kept.
"""

from __future__ import annotations

import hashlib
import unicodedata


def leaked_hashes(password: str) -> list[bytes]:
    """The SHA-1 of a text as it was typed and, where that is another, of its NFKC form; nothing of what is no text."""
    try:
        forms = [password.encode(), unicodedata.normalize("NFKC", password).encode()]
    except UnicodeEncodeError:
        return []
    return [hashlib.sha1(one, usedforsecurity=False).digest() for one in dict.fromkeys(forms)]
