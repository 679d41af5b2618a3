"""The two turns that the groups of one process take, and what they know of each other meanwhile.

A group decides in one turn and makes its persons durable in the next, so that one group is decided while the store
writes the persons of the one before. Groups enter the second turn in the order in which they left the first. What a
group has decided and not yet made durable lies in the overlay: without it the next group would make a second person of
somebody who is just being made. A person who then was not made after all (another process was first) has no ring, and
what was decided for them is decided again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Key = tuple[int, int, bytes]
Owner = tuple[int, bytes, int]
Owners = dict[Key, list[Owner]]
"""Blind index (kind, generation, tag) -> everyone who owns it: (proof, person, first seen), one for each proof."""


@dataclass(slots=True)
class Turns:
    """Made once a process; a group that comes alone makes its own."""

    deciding: asyncio.Lock = field(default_factory=asyncio.Lock)
    settling: asyncio.Lock = field(default_factory=asyncio.Lock)
    _in_flight: Owners = field(default_factory=dict)

    def in_flight(self, keys: Iterable[Key]) -> Owners:
        """Who is being made the owner of one of these; a copy, to be taken before the store is read."""
        if not self._in_flight:
            return {}
        return {key: list(owned) for key in keys if (owned := self._in_flight.get(key))}

    def take_off(self, made: Iterable[tuple[Key, Owner]]) -> None:
        """A group has decided these owners and is about to make them durable."""
        for key, owner in made:
            self._in_flight.setdefault(key, []).append(owner)

    def land(self, made: Iterable[tuple[Key, Owner]]) -> None:
        """They are durable, or will not be."""
        for key, owner in made:
            owned = self._in_flight.get(key, [])
            if owner in owned:
                owned.remove(owner)
            if not owned:
                self._in_flight.pop(key, None)
