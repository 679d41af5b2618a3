"""Open, change and seal again with nothing leaving the process: one ledger entry a range, before anything is opened.

Such works are sealing a person's boxes again under the keys that seal now, comparing two who may be one, and folding
many records into snapshots.
"""

from __future__ import annotations

from lockhouse.gates.rework.check import Agreement, check_merge
from lockhouse.gates.rework.lacking import Lacking, lacking
from lockhouse.gates.rework.range import RANGE
from lockhouse.gates.rework.reseal import Resealed, reseal_person
from lockhouse.gates.rework.snapshot import Snapshotted, snapshot_person
from lockhouse.gates.rework.standing import mend_snapshots

__all__ = [
    "RANGE",
    "Agreement",
    "Lacking",
    "Resealed",
    "Snapshotted",
    "check_merge",
    "lacking",
    "mend_snapshots",
    "reseal_person",
    "snapshot_person",
]
