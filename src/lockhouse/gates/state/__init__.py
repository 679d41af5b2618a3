"""Rows that give authority, held against their MACs and against what the ledger says of them.

The database administrator is the suspect. A row that was edited or invented has no MAC that fits. A whole row put back
as it truly was before has one, and so does nothing that was taken away: those are found by the ledger, which says what
stands last in each place.
"""

from __future__ import annotations

from lockhouse.gates.state.verify import State, verify_state

__all__ = ["State", "verify_state"]
