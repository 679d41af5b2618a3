"""What the ids and times of a house are counted in.

Ids of Lockhouse's own things are 16 bytes. Persons, records, entries and jobs are UUIDv7 (RFC 9562 §5.7):
time-ordered, so that B-trees grow at their end. Names (channels, events, fields, slots, purposes, compartments) are
small integers from the name registry and are never reused.
"""

from __future__ import annotations

EPOCH_DAY_ZERO_MS = 1_577_836_800_000
"""2020-01-01T00:00:00Z, day 0 of the epoch numbers that stand in box directories (u16 days, until 2199)."""
DAY_MS = 86_400_000
JUMP_MS = 5 * 60_000
"""How far the wall clock may move otherwise than the lease clock before it is believed no more: further than time
servers slew or leap (RFC 8633 §2.3: they step rarely, and by little), less than a mistake."""
GAP_MS = DAY_MS
"""Longer than this without an entry, and the ledger has not watched the time go by: a house at work, with senders and
people who look, notes something every day, and the shortest cooling time is as long."""
AHEAD_MS = 35 * DAY_MS
"""How far a clock may be ahead of the newest ledger entry when a process starts: longer than any house rests but one
that is wound up, moved or seasonal, and then an admin is at hand. A machine whose clock was reset, or whose battery is
empty, is off by years."""


def first_id(at: int) -> bytes:
    """What stands before every id that was made at this time (ms) or later: its first 48 bits are the time."""
    return (at << 80).to_bytes(16)
