"""One lane while an export passes by: its chain, its numbers, and what is missing, repeated or out of order."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import msgspec

from lockhouse.errors import Tampered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.ledger.verify.findings import Findings

WIDEST_GAP = 1_000_000
"""A jump wider than this is reported at once and not kept open for late arrivals: a forged number of 2^53 must not
take the memory for as many marks."""
_NO_HEAD = "00" * 32
_Id = Annotated[str, msgspec.Meta(min_length=32, max_length=32)]


class Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """An entry as it stands in an export; `body` as plain values."""

    at: int
    body: dict[str, Any]
    house: _Id
    id: _Id
    kind: str
    lane: str
    log: str
    n: Annotated[int, msgspec.Meta(ge=1)]
    prev: str
    v: Literal[1]


class Lane:
    """The newest entry of a lane, and eight bytes of the leaf of each: enough to tell a repeat from a fork."""

    __slots__ = ("at", "base", "counter", "gaps", "head", "marks", "name", "position")

    def __init__(self, name: str) -> None:
        self.name = name
        self.counter = 0
        self.head = _NO_HEAD
        self.at = 0
        self.position = -1
        self.base = 1
        self.gaps = False
        self.marks = array("Q")

    def follow(self, entry: Wire, leaf: bytes, position: int, found: Findings) -> None:
        """Take the next entry as it comes, and say what is wrong with its place in the lane."""
        number = entry.n
        if number <= self.counter:
            self._late(number, leaf, position, found)
            return
        if number > self.counter + 1:
            self._jump(number, found)
        elif entry.prev != self.head:
            self._broken(number, position, found)
        if entry.at < self.at:
            found.add("clock", self._where(number, position), "Its time is before that of the entry before it.")
        self.counter = number
        self.head = leaf.hex()
        self.at = entry.at
        self.position = position
        self.marks.append(int.from_bytes(leaf[:8], "big"))

    def missing(self) -> Iterator[tuple[str, str, str]]:
        """A finding for each run of numbers that never came."""
        start = 0
        for at, mark in enumerate(self.marks if self.gaps else ()):
            if mark == 0:
                start = start or at + self.base
            elif start:
                yield self._absent(start, at + self.base - 1)
                start = 0

    def _broken(self, number: int, position: int, found: Findings) -> None:
        if number == 1:
            found.add("edited-entry", self._where(1, position), "The first entry of its lane names one before it.")
            return
        found.add(
            "edited-entry",
            self._where(self.counter, self.position),
            f"It is not the entry that number {number} of its lane names as the one before: one of them was changed.",
        )

    def _jump(self, number: int, found: Findings) -> None:
        if number - self.counter > WIDEST_GAP:
            found.add(*self._absent(self.counter + 1, number - 1))
            self.base, self.marks = number, array("Q")
            return
        self.gaps = True
        self.marks.extend([0] * (number - self.counter - 1))

    def _late(self, number: int, leaf: bytes, position: int, found: Findings) -> None:
        where = self._where(number, position)
        at = number - self.base
        mark = int.from_bytes(leaf[:8], "big")
        if at >= 0 and self.marks[at] == 0:
            self.marks[at] = mark
            found.add("reordered-entry", where, f"It stands after number {self.counter} of its lane.")
        elif at >= 0 and self.marks[at] == mark:
            found.add("duplicated-entry", where, "The same entry stands before it already.")
        else:
            found.add("forked-lane", where, "Another entry of its lane has this number.")

    def _absent(self, first: int, last: int) -> tuple[str, str, str]:
        numbers = f"number {first}" if first == last else f"numbers {first} to {last}"
        verb = "is" if first == last else "are"
        return "deleted-entry", f"lane {self.name}, {numbers}", f"{numbers.capitalize()} of the lane {verb} missing."

    def _where(self, number: int, position: int) -> str:
        return f"position {position}, lane {self.name}, number {number}"


def refuse_fraction(_text: str) -> NoReturn:
    """Entries hold no fractions: two readers could round one differently.

    Raises:
        Tampered: always.
    """
    raise Tampered("ledger entry: expected no fraction")
