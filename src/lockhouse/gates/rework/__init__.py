"""Open, change and seal again with nothing leaving the process: one ledger entry a range, before anything is opened.

The first of such works is sealing a person's boxes again under the keys that seal now.
"""

from __future__ import annotations

from lockhouse.gates.rework.reseal import RANGE, Resealed, reseal_person

__all__ = ["RANGE", "Resealed", "reseal_person"]
