"""The lines of an export. Each begins with its own word, so that a reader knows a line by its first bytes.

```
{"export":1,"house":HEX,"log":ORIGIN,"size":N}                    first
{"entry":{…canonical entry…},"position":P}                        in order of position, from 0
{"leaves":HEX,"of":ENTRY,"records":HEX}                           after each intake, reseal and deletion entry
{"checkpoint":TEXT}                                               after the entry that makes its size
{"end":{"checkpoints":N,"entries":N}}                             last
```
"""

from __future__ import annotations

from typing import Literal

import msgspec

ENTRY = b'{"entry":'
POSITION = b',"position":'
LEAVES = b'{"leaves":'
CHECKPOINT = b'{"checkpoint":'
END = b'{"end":'
WORDS = (b'{"export":', ENTRY, LEAVES, CHECKPOINT, END)
"""How lines begin, whatever became of the rest of them."""
BESIDE = frozenset({"intake", "reseal", "deletion"})
"""Kinds of entries whose leaves follow on a line of their own."""


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line: which house, which log, how many entries are to come."""

    export: Literal[1]
    house: str
    log: str
    size: int


class Leaves(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Record ids (16 bytes each) and leaves (32 bytes each), joined, in hex; `of`: the entry above."""

    leaves: str
    of: str
    records: str


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A checkpoint, as the signed note's text."""

    checkpoint: str


class Totals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many lines of each there were: an export that was cut off is told from a log that was."""

    checkpoints: int
    entries: int


class Tail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line."""

    end: Totals
