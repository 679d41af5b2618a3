"""A short word for a browser, from what it says of itself: one of a few that we know, never its own text."""

from __future__ import annotations

from typing import Final

_BROWSERS: Final = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
                    ("Safari/", "Safari"), ("curl/", "curl"))  # fmt: skip
"""In this order: Edge and Opera say Chrome too, and Chrome says Safari."""
_SYSTEMS: Final = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
                   ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip
_READ: Final = 512


def label(user_agent: str) -> str:
    """As `Firefox, Linux`; empty where it says nothing that we know."""
    text = user_agent[:_READ]
    found = (next((word for sign, word in known if sign in text), "") for known in (_BROWSERS, _SYSTEMS))
    return ", ".join(filter(None, found))
