"""Ending data by destroying keys: a person, one compartment of a person, an epoch. Shut first, destroyed later.

    1 record store    the intent, durable, and the person's seal moved: nothing sealed under the old keys can follow
    2 identity store  shut: the ring (or the epoch key) moves into limbo, which no read path opens
    3 every process   has dropped what it derived, or its lease has run out
    4 journal         the serials, shipped off the stores, before anything is destroyed
    5 identity store  destroyed: limbo gone, tombstones in its place, the log file truncated until nothing remains
    6 every process   again
    7 record store    the completion; only then does the ending answer

Each step is idempotent and named in the intent, so that start-up carries on an ending that a crash interrupted.
"""

from __future__ import annotations

from lockhouse.gates.cases import Case, open_cases
from lockhouse.gates.ending.again import adopt, end_some, is_back, keep_bare, shut_again, sweep_again
from lockhouse.gates.ending.blast import Ends, extent_of
from lockhouse.gates.ending.cancel import cancel
from lockhouse.gates.ending.epoch import begin_epoch, compartment_of
from lockhouse.gates.ending.idle import Idle, begin_lapse, idle_of, lapsing
from lockhouse.gates.ending.orphans import begin_orphans, orphans_of
from lockhouse.gates.ending.person import begin_person
from lockhouse.gates.ending.steps import Done, carry_on, destroy_again, shut_at_once

__all__ = [
    "Case", "Done", "Ends", "Idle", "adopt", "begin_epoch", "begin_lapse", "begin_orphans", "begin_person", "cancel",
    "carry_on", "compartment_of", "destroy_again", "end_some", "extent_of", "idle_of", "is_back", "keep_bare",
    "lapsing", "open_cases", "orphans_of", "shut_again", "shut_at_once", "sweep_again",
]  # fmt: skip
