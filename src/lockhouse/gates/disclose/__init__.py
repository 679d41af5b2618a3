"""The one way to see sealed data: decide, note, open, fold, mask."""

from __future__ import annotations

from lockhouse.gates.disclose.gate import FOLD_LIMIT, Records, disclose
from lockhouse.gates.disclose.hour import Spent
from lockhouse.gates.disclose.noting import Kept, kept_beside, note_nothing, ticket_of
from lockhouse.gates.disclose.view import FieldView, Moment, RecordView, ShutBoxes, View
from lockhouse.gates.disclose.within import note_nobody, out_of_room, with_room

__all__ = [
    "FOLD_LIMIT",
    "FieldView",
    "Kept",
    "Moment",
    "RecordView",
    "Records",
    "ShutBoxes",
    "Spent",
    "View",
    "disclose",
    "kept_beside",
    "note_nobody",
    "note_nothing",
    "out_of_room",
    "ticket_of",
    "with_room",
]
