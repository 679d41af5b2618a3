"""One mapping of the document, read word by word: each accessor notes what is wrong and answers a usable default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lockhouse.model.policy import Keep
from lockhouse.policy.reading import Problems, Spot
from lockhouse.policy.shown import shown

_KEEP = re.compile(r"([1-9][0-9]{0,3}) (day|month|year)s? after (event|last_activity)\Z")
_DURATION = re.compile(r"([1-9][0-9]{0,4}) (minute|hour|day|month)s?\Z")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400, "month": 31 * 86_400}
MAX_KEEP_MONTHS = 1200


class Section:
    """A mapping with places. Keys outside `known` are problems at once; `known=None` takes any key."""

    def __init__(self, spot: Spot | None, problems: Problems, known: Iterable[str] | None = None) -> None:
        self.problems = problems
        self.where = spot.where if spot is not None else "policy.yaml:1:1"
        self._stands = spot is not None
        self._spots: dict[str, Spot] = {}
        self._keys: dict[str, str] = {}
        if spot is None or spot.value is None:
            return
        if not isinstance(spot.value, dict):
            problems.add(spot.where, "a mapping", shown(spot.value))
            return
        self._spots, self._keys = spot.value, spot.keys
        for key in self._spots if known is not None else ():
            if key not in (words := tuple(known or ())):
                problems.word(self._spots[key], words, where=spot.keys[key], got=key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._spots)

    def __contains__(self, key: str) -> bool:
        return key in self._spots

    def spot(self, key: str) -> Spot | None:
        """The value at a key, with its place."""
        return self._spots.get(key)

    def place(self, key: str) -> str:
        """Where a key stands, or the mapping itself when the key is missing."""
        return self._keys.get(key, self.where)

    def sub(self, key: str, known: Iterable[str] | None = None) -> Section:
        """The mapping below a key; an empty one where there is none."""
        below = Section(self._spots.get(key), self.problems, known)
        if key not in self._spots:
            below.where = self.where
        return below

    def names(self, pattern: re.Pattern[str], what: str) -> Iterator[str]:
        """The keys that are well-formed names; the others are noted."""
        for key in self._spots:
            if pattern.match(key):
                yield key
            else:
                self.problems.add(self._keys[key], what, shown(key))

    def need(self, *keys: str) -> None:
        """Note each missing key; where the whole mapping is missing, that is noted above and its keys are not."""
        for key in keys:
            if key not in self._spots and self._stands:
                self.problems.add(self.where, f"a key '{key}'", "none")

    def text(self, key: str, pattern: re.Pattern[str] | None = None, what: str = "a text") -> str | None:
        """A text, or None where there is none."""
        spot = self._spots.get(key)
        if spot is None:
            return None
        value = str(spot.value) if isinstance(spot.value, int) and not isinstance(spot.value, bool) else spot.value
        if not isinstance(value, str) or not value.strip() or (pattern is not None and not pattern.match(value)):
            self.problems.add(spot.where, what, shown(spot.value))
            return None
        return value

    def word(self, key: str, known: Iterable[str]) -> Any:
        """One of the known words, or None."""
        spot = self._spots.get(key)
        if spot is None:
            return None
        if not isinstance(spot.value, str) or spot.value not in (words := tuple(known)):
            self.problems.word(spot, known)
            return None
        return spot.value if spot.value in words else None

    def flag(self, key: str) -> bool:
        """True or false; false where there is none."""
        spot = self._spots.get(key)
        if spot is None:
            return False
        if not isinstance(spot.value, bool):
            self.problems.add(spot.where, "true or false", shown(spot.value))
            return False
        return spot.value

    def count(self, key: str) -> int | None:
        """A whole number from 1, or None."""
        spot = self._spots.get(key)
        if spot is None:
            return None
        if not isinstance(spot.value, int) or isinstance(spot.value, bool) or spot.value < 1:
            self.problems.add(spot.where, "a whole number from 1", shown(spot.value))
            return None
        return spot.value

    def items(self, key: str) -> list[Spot]:
        """The entries of a list, with their places; nothing where there is no list."""
        spot = self._spots.get(key)
        if spot is None or spot.value is None:
            return []
        if not isinstance(spot.value, list):
            self.problems.add(spot.where, "a list", shown(spot.value))
            return []
        return spot.value

    def words(self, key: str, known: Iterable[str] | None = None) -> tuple[str, ...]:
        """A list of words in the order written, each once; with `known`, each of them known."""
        listed = tuple(known) if known is not None else None
        seen: dict[str, None] = {}
        for spot in self.items(key):
            if not isinstance(spot.value, str):
                self.problems.add(spot.where, "a word", shown(spot.value))
            elif listed is not None and spot.value not in listed:
                self.problems.word(spot, listed)
            elif spot.value in seen:
                self.problems.add(spot.where, "each word once", f"{shown(spot.value)} again")
            else:
                seen[spot.value] = None
        return tuple(seen)

    def keep(self, key: str) -> Keep | None:
        """`N days|months|years after event|last_activity`."""
        text = self.text(key)
        if text is None:
            return None
        found = _KEEP.match(text)
        n = int(found.group(1)) * (12 if found.group(2) == "year" else 1) if found else 0
        if found is None or n > MAX_KEEP_MONTHS * (31 if found.group(2) == "day" else 1):
            spot = self._spots[key]
            self.problems.add(spot.where, "'N months after event' or 'N months after last_activity'", shown(text))
            return None
        after: Any = found.group(3)
        return Keep(n=n, unit="days" if found.group(2) == "day" else "months", after=after)

    def duration_s(self, key: str, *, suffix: str = "") -> int | None:
        """`N minutes|hours|days|months` in seconds (a month counts 31 days), or None."""
        text = self.text(key)
        if text is None:
            return None
        found = _DURATION.match(text.removesuffix(suffix)) if text.endswith(suffix) else None
        if found is None:
            self.problems.add(self._spots[key].where, f"'N minutes|hours|days|months{suffix}'", shown(text))
            return None
        return int(found.group(1)) * _SECONDS[found.group(2)]
