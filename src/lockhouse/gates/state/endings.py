"""Endings: each intent's row as the ledger tells of it, and a tombstone for every key that an ending destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.ring import WHOLE
from lockhouse.gates.cases import RESTORE, checked_case
from lockhouse.gates.state.found import read_rows
from lockhouse.gates.state.history import restored_at
from lockhouse.gates.state.words import Gone
from lockhouse.ledger.entry import Cancellation as CancellationEntry
from lockhouse.ledger.entry import Completion as CompletionEntry
from lockhouse.ledger.entry import Intent as IntentEntry
from lockhouse.ledger.entry import serials_root
from lockhouse.model.rows import Intent, Tombstone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.cases import Case
    from lockhouse.gates.house import House
    from lockhouse.gates.state.found import Found
    from lockhouse.gates.state.history import History, Told

_OVER = frozenset({"destroying", "destroyed", "done"})


class Endings:
    """Every ending whose row's MAC fits, and the tombstones as they stood behind that."""

    def __init__(self, cases: dict[bytes, Case], stones: list[Tombstone]) -> None:
        self.cases = cases
        self.stones = stones

    @classmethod
    async def read(cls, house: House, found: Found) -> Endings:
        """The cases first: what a case says is destroyed has its tombstones by then."""
        cases = {row.id: checked_case(house, row) for row in await read_rows(house, Intent, found)}
        return cls(cases, await read_rows(house, Tombstone, found))

    def ended(self, history: History) -> Gone:
        """Who has ended: what was theirs went with their keys, in one commit with this tombstone."""
        persons = frozenset(stone.person for stone in self.stones if stone.compartment == WHOLE)
        return Gone(persons, self._refs(history, persons, steps=frozenset()))

    def leaving(self, history: History) -> frozenset[str]:
        """Refs of those whose rows may be gone: who has ended, or is ending so far that nobody calls it off."""
        return self._refs(history, self.ended(history).persons, steps=_OVER)

    def _refs(self, history: History, persons: frozenset[bytes], *, steps: frozenset[str]) -> frozenset[str]:
        pairs = [
            (person, history.get(entry), case.step)
            for case in self.cases.values()
            if case.what == "person"
            for person, entry in zip(case.persons, case.entries, strict=True)
        ]
        bodies = [told.body for person, told, step in pairs if told and (person in persons or step in steps)]
        return frozenset(body.ref for body in bodies if isinstance(body, IntentEntry) and body.ref is not None)

    def hold(self, *, before: History, history: History, found: Found) -> None:
        """Each case is as the ledger tells of it, and each key that one destroyed has its tombstone."""
        begun: dict[str, list[Told]] = {}
        closed: dict[str, Told] = {}
        for told in before.values():
            if isinstance(told.body, IntentEntry):
                begun.setdefault(told.body.case, []).append(told)
            elif isinstance(told.body, CancellationEntry | CompletionEntry):
                closed[told.body.of] = told
        for name in begun.keys() - {case.hex() for case in self.cases}:
            if found.edited.isdisjoint(told.id for told in begun[name]):
                newest = begun[name][-1]
                found.missing("intent", newest.id, is_before=newest.at <= restored_at(before.values()))
        standing = {stone.serial for stone in self.stones}
        for case in self.cases.values():
            where = f"intent {case.id.hex()}"
            if sentence := _differs(case, begun.get(case.id.hex(), []), closed, history=history):
                found.add("rolled-back-row", where, sentence)
            lacking = set(case.serials) - standing if case.step in {"destroyed", "done"} else set()
            if lacking:
                sentence = f"{len(lacking)} of the {len(case.serials)} keys that it destroyed have no tombstone."
                found.add("missing-row", f"tombstone, {where}", sentence)


def _differs(case: Case, begun: Sequence[Told], closed: dict[str, Told], *, history: History) -> str:
    """In what a case is not as the ledger tells of it; empty if it is.

    Only a restore begins a case anew. Of any other the further entries say who asked for it again.
    """
    if case.entries[0] not in history:
        return "No entry tells that it was begun."
    anew = [told.id for told in begun if isinstance(told.body, IntentEntry) and told.body.reason == RESTORE]
    if anew and anew[-1] not in case.entries:
        return f"It was begun anew by entry {anew[-1].hex()}, and this is the one before."
    told = closed.get(case.entries[0].hex())
    if told is None:
        is_told = case.step not in {"done", "cancelled"} or (case.completion or case.cancellation) in history
        return "" if is_told else "No entry tells that it was closed."
    if isinstance(told.body, CompletionEntry):
        same = (told.body.serials, told.body.serials_root) == (len(case.serials), serials_root(case.serials))
        return "" if case.step == "done" and same else f"Entry {told.id.hex()} tells that it was carried out."
    return "" if case.step == "cancelled" else f"Entry {told.id.hex()} tells that it was called off."
