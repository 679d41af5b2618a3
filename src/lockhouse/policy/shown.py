"""How a message names what was written: never with what looks like a person's value."""

from __future__ import annotations

import re

MAX_SHOWN = 60
_PERSONAL = re.compile(r"@|\d[\d ()./-]{5,}\d")


def shown(value: object) -> str:
    """How a message names a word of the policy; what looks like a person's value is not shown."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if looks_personal(text):
        return "something that looks like a person's value"
    return f"'{text[:MAX_SHOWN]}'" if text else "an empty text"


def looks_personal(text: str) -> bool:
    """Whether a word looks like a person's value, and so is not repeated."""
    return _PERSONAL.search(text) is not None
