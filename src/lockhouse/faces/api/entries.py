"""The ledger: its entries a page at a time, a checkpoint, a proof."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import msgspec

from lockhouse.errors import Invalid
from lockhouse.faces.api import shapes
from lockhouse.faces.api.cursors import reopened, signed
from lockhouse.faces.api.route import Call
from lockhouse.faces.api.shapes import answered
from lockhouse.flows import audit
from lockhouse.ledger.columns import said_by
from lockhouse.ledger.entry import KINDS
from lockhouse.ledger.verify.lanes import Wire
from lockhouse.model.rows import LedgerEntry

NAMED = frozenset({"channel", "compartment", "field", "purpose", "recipient"})
MOST_READ = 5_000
"""Entries that one call looks at: whoever asks for what is rare gets a short page and a cursor, and no long wait."""


async def log(call: Call) -> shapes.EntryPage:
    """Entries, the newest first."""
    asked: shapes.EntriesAsked = call.query
    if asked.kind is not None and asked.kind not in KINDS:
        raise Invalid("kind", f"one of {', '.join(KINDS)}", got="another word")
    about = msgspec.json.encode([asked.kind, asked.actor, asked.since])
    if asked.cursor is None:
        top = (await call.desk.sequencer.seal_ledger()).size
    else:
        top = int.from_bytes(reopened(call, asked.cursor, about=about))
    found: list[dict[str, Any]] = []
    left = top
    async for rows in audit.entries_back(call.house, top):
        for row in rows:
            said, left = said_by(row), row.position or 0
            if said.at < asked.since:
                return _page(call, found, None)
            if _is_meant(said, asked):
                found.append(_entry(row, said))
            if len(found) >= asked.limit:
                break
        if len(found) >= asked.limit or top - left >= MOST_READ:
            break
    onward = signed(call, left.to_bytes(8), about=about) if left else None
    return _page(call, found, onward)


async def show(call: Call) -> shapes.EntryWhole:
    """One entry, with what is kept beside it."""
    row, kept = await audit.read_entry(call.house, call.id("entry"), sequencer=call.desk.sequencer)
    entry = _entry(row, said_by(row))
    return answered(shapes.EntryWhole, **entry, kept=kept, names=_names(call, [entry]))


def _page(call: Call, found: list[dict[str, Any]], onward: str | None) -> shapes.EntryPage:
    return answered(shapes.EntryPage, entries=found, names=_names(call, found), next=onward)


def _entry(row: LedgerEntry, said: Wire) -> dict[str, Any]:
    return {
        "id": row.id, "position": row.position, "at": said.at, "lane": said.lane, "kind": said.kind, "body": said.body,
    }  # fmt: skip


def _names(call: Call, entries: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """What numbers in these entries stand for, by kind; a number that is another thing is looked up for nothing."""
    said = {number for entry in entries for number in _numbers(entry["body"])}
    names: dict[str, dict[str, str]] = {}
    for kind, number, name in call.house.live_policy.names if call.house.live_policy else ():
        if kind in NAMED and number in said:
            names.setdefault(kind, {})[str(number)] = name
    return names


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _numbers(one)


def _is_meant(said: Wire, asked: shapes.EntriesAsked) -> bool:
    return asked.actor in {None, said.body.get("actor"), said.body.get("by")} and asked.kind in {None, said.kind}


async def checkpoint(call: Call) -> shapes.CheckpointShown:
    """The log as it stands now, signed."""
    point = await call.desk.sequencer.seal_ledger()
    return answered(
        shapes.CheckpointShown, size=point.size, at=point.at, checkpoint=point.text, vkey=call.desk.verifier
    )


async def prove(call: Call) -> shapes.ProofShown:
    """An entry with its place in the tree."""
    done = await audit.prove(call.house, call.id("entry"), sequencer=call.desk.sequencer)
    body = base64.b64encode(done.body).decode()
    return answered(shapes.ProofShown, entry=body, position=done.position, proof=done.proof, vkey=call.desk.verifier)
