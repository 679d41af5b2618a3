"""Open, change and seal again with nothing leaving the process: one ledger entry a range, before anything is opened.

Such works are sealing a person's boxes again under the keys that seal now, and comparing two who may be one.
"""

from __future__ import annotations

from lockhouse.gates.rework.check import Agreement, check_merge
from lockhouse.gates.rework.reseal import RANGE, Resealed, reseal_person

__all__ = ["RANGE", "Agreement", "Resealed", "check_merge", "reseal_person"]
