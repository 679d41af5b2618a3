"""The two turns that the groups of one process take, and what they know of each other meanwhile.

A group decides in one turn and makes its persons durable in the next, so that one group is decided while the store
writes the persons of the one before. Groups enter the second turn in the order in which they left the first. What a
group has decided and not yet made durable lies in the overlay: without it the next group would make a second person of
somebody who is just being made, and would not hear what was just said of them. A person who then was not made after all
(another process was first) has no ring, and what was decided for them is decided again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lockhouse.gates.collect.work import Found
    from lockhouse.gates.house import PersonFacts

Key = tuple[int, int, bytes]
Owner = tuple[int, bytes, int]
Owners = dict[Key, list[Owner]]
"""Blind index (kind, generation, tag) -> everyone who owns it: (proof, person, first seen), one for each proof."""
Brought = dict[bytes, tuple["Sequence[Found]", ...]]
"""Source person -> the identifiers of each event that joins some of them to that person."""


class Flight(NamedTuple):
    """What a group has decided: who owns what, the facts of everybody it makes or heard of, and whom it joins."""

    owners: Sequence[tuple[Key, Owner]]
    facts: Mapping[bytes, PersonFacts]
    brought: Brought


@dataclass(slots=True)
class Turns:
    """Made once a process; a group that comes alone makes its own."""

    deciding: asyncio.Lock = field(default_factory=asyncio.Lock)
    settling: asyncio.Lock = field(default_factory=asyncio.Lock)
    _in_flight: Owners = field(default_factory=dict)
    _facts: dict[bytes, PersonFacts] = field(default_factory=dict)
    _brought: Brought = field(default_factory=dict)

    def in_flight(self, keys: Iterable[Key]) -> Owners:
        """Who is being made the owner of one of these; a copy, to be taken before the store is read."""
        if not self._in_flight:
            return {}
        return {key: list(owned) for key in keys if (owned := self._in_flight.get(key))}

    def facts(self) -> dict[bytes, PersonFacts]:
        """The facts of everybody who is in flight, as they will be; a copy, to be taken before the store is read."""
        return self._facts.copy()

    def brought(self) -> Brought:
        """What events in flight join to whom; a copy, to be taken before the store is read."""
        return self._brought.copy()

    def take_off(self, flight: Flight) -> None:
        """A group has decided this and is about to make it durable."""
        for key, owner in flight.owners:
            self._in_flight.setdefault(key, []).append(owner)
        self._facts.update(flight.facts)
        for person, events in flight.brought.items():
            self._brought[person] = (*self._brought.get(person, ()), *events)

    def land(self, flight: Flight) -> None:
        """It is durable, or will not be."""
        for person, facts in flight.facts.items():
            if self._facts.get(person) is facts:  # else a group behind knows more, and lands later
                del self._facts[person]
        for key, owner in flight.owners:
            owned = self._in_flight.get(key, [])
            if owner in owned:
                owned.remove(owner)
            if not owned:
                self._in_flight.pop(key, None)
        for person, events in flight.brought.items():
            known = self._brought.get(person, ())
            left = tuple(one for one in known if all(one is not event for event in events))
            if left:
                self._brought[person] = left
            else:
                self._brought.pop(person, None)
