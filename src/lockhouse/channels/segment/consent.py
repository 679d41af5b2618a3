"""What a banner said and which signals came with an event, in both shapes that clients send.

Absent and empty are two things: no consent object says nothing, and one that is there but empty, or of another form,
says no to everything that can be refused, for its own event.
A word that is both allowed and denied is denied, and only `true` is a yes: a reader's doubt never widens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

GPC: Final = frozenset({"gpc"})
NONE: Final[frozenset[str]] = frozenset()
_YES = (True, 1, "1", "true")


def consent_of(context: Mapping[str, Any]) -> dict[str, bool] | None:
    """The banner's words and their answers; empty when nothing can be read, None when there is no consent object."""
    segment = context.get("consent")
    rudder = context.get("consentManagement")
    if segment is None and rudder is None:
        return None
    said: dict[str, bool] = {}
    if isinstance(segment, dict):
        preferences = segment.get("categoryPreferences")
        if isinstance(preferences, dict):
            for word, answer in preferences.items():
                said[word] = answer is True
    if isinstance(rudder, dict):
        for word in _words(rudder.get("allowedConsentIds")):
            said.setdefault(word, True)
        for word in _words(rudder.get("deniedConsentIds")):
            said[word] = False
    return said


def _words(listed: Any) -> list[str]:
    if isinstance(listed, dict):  # RudderStack's custom provider may group them
        listed = [word for group in listed.values() if isinstance(group, list) for word in group]
    return [word for word in listed if isinstance(word, str)] if isinstance(listed, list) else []


def says_gpc(context: Mapping[str, Any]) -> bool:
    """Whether the event's own context carries the Global Privacy Control signal."""
    return context.get("gpc") in _YES or context.get("globalPrivacyControl") in _YES
