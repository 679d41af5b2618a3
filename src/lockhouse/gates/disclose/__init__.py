"""The one way to see sealed data: decide, note, open, fold, mask."""

from __future__ import annotations

from lockhouse.gates.disclose.gate import FOLD_LIMIT, Records, disclose
from lockhouse.gates.disclose.noting import Kept, kept_beside, note_nothing, ticket_of
from lockhouse.gates.disclose.view import FieldView, RecordView, ShutBoxes, View

__all__ = [
    "FOLD_LIMIT",
    "FieldView",
    "Kept",
    "RecordView",
    "Records",
    "ShutBoxes",
    "View",
    "disclose",
    "kept_beside",
    "note_nothing",
    "ticket_of",
]
