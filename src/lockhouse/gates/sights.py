"""What one process knows of observed channels: the paths that are counted, and the keys it waits to see again.

A key that is in nobody's vocabulary is shown by its name once it came from `SENDERS` different senders, if it could be
a name at all (`policy.observe.may_be_name`); until then, and for ever if its object holds as many different keys as a
map does, it is shown as `*`. Keys that wait, and the tags of who sent them, are held in memory only, and are bounded as
everything here is.
"""

from __future__ import annotations

from collections.abc import Iterable

from lockhouse.crypto.derive import keyed
from lockhouse.policy.observe import may_be_event, may_be_name, read

SENDERS = 5
"""Different senders from whom a key must come before its name is shown: what one alone sends may be their value."""
MAX_PATHS = 1_000
"""Paths with shapes of one channel; further ones are counted together."""
MAX_NAMES = 50
"""Names that are shown at one place; an object with more of them is a map whose keys are values."""
MAX_WAITING = 200
"""Keys that wait at one place; where more wait, none is shown any more."""
MAX_PLACES = 500
"""Places of one channel at which keys are remembered."""
REASON = "seen."
"""Begins what `drop_count` says beside an observed path; behind it stands the shape."""
MORE = ("*", f"{REASON}more")
"""Where everything beyond the bounds is counted."""
UNKNOWN_EVENT = (("*", "no-such-event"),)
"""What `drop_count` says of an event that the policy does not name: how many, and no name, which may be a value."""
WOULD_BE_KEPT = "would-be-kept"
"""What `drop_count` says beside a field of an observed channel that another stage would keep."""
HIDDEN = "*"
EVENTS: tuple[str, ...] = ()
ROOT = ("",)
"""Where names of events are remembered, and where paths begin."""


class _Place:
    """One place in the tree of events: the names shown there, and keys that wait, each with the tags of who sent it."""

    __slots__ = ("is_map", "names", "waiting")

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.waiting: dict[str, set[bytes]] = {}
        self.is_map = False


class Sighted:
    """What is known of one observed channel."""

    def __init__(self, stored: Iterable[tuple[str, str]] = (), *, tag_key: bytes) -> None:
        """Begin with what the store counts already, as (path, reason).

        Args:
            stored: that.
            tag_key: random bytes that no other process and nothing on disk has; who sent is remembered under it.
        """
        self._tags = keyed(tag_key)
        self._counted: set[tuple[str, str]] = set()
        self._places: dict[tuple[str, ...], _Place] = {}
        for path, reason in stored:
            if reason.startswith(REASON):
                self._counted.add((path, reason))
                event, keys = read(path)
                self._known(EVENTS, event)
                for at, key in enumerate(keys):
                    self._known((*ROOT, *keys[:at]), key)

    def counted(self, path: str, shape: str) -> tuple[str, str]:
        """Under which path and reason this is counted: its own, while there is room."""
        one = (path, f"{REASON}{shape}")
        if one not in self._counted:
            if len(self._counted) >= MAX_PATHS:
                return MORE
            self._counted.add(one)
        return one

    def sender(self, identifier: str) -> bytes:
        """The tag by which this process knows again, until it ends, who sent an event."""
        mac = self._tags.copy()
        mac.update(identifier.encode("utf-8", "surrogatepass"))
        return mac.finalize()

    def shown(self, place: tuple[str, ...], key: str, *, sender: bytes | None) -> str:
        """The key, or `*` while nobody answers for it.

        Args:
            place: `EVENTS`, or `ROOT` and the path of its object, as shown; the same in every event.
            key: as sent.
            sender: `sender` of whom the event is of; None if it names nobody: then no new name is ever shown.
        """
        known = self._places.get(place)
        if known is not None and key in known.names:
            return key
        if sender is None or not (may_be_event(key) if place == EVENTS else may_be_name(key)):
            return HIDDEN
        return self._waited(self._place(place), key, sender)

    def _known(self, place: tuple[str, ...], key: str) -> None:
        if key != HIDDEN:
            self._place(place).names.add(key)

    def _waited(self, known: _Place, key: str, sender: bytes) -> str:
        if known.is_map:
            return HIDDEN
        senders = known.waiting.setdefault(key, set())
        senders.add(sender)
        if len(known.waiting) > MAX_WAITING or len(known.names) >= MAX_NAMES:
            known.is_map = True
            known.waiting.clear()
        elif len(senders) >= SENDERS:
            del known.waiting[key]
            known.names.add(key)
            return key
        return HIDDEN

    def _place(self, place: tuple[str, ...]) -> _Place:
        known = self._places.get(place)
        if known is None:
            known = _Place()
            known.is_map = len(self._places) >= MAX_PLACES
            if not known.is_map:
                self._places[place] = known
        return known
