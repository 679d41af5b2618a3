"""A small house whose ledger is real: lanes, records, folds, checkpoints. What the ledger tests take apart."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.checkpoint import sign_checkpoint, vkey
from lockhouse.crypto.merkle import inclusion_proof
from lockhouse.crypto.signatures import SigningKey
from lockhouse.ledger.append import LaneState, append, fold, intake_body
from lockhouse.ledger.certificate import Place
from lockhouse.ledger.entry import Completion, Disclosure, Gone, deletion_of, refs_root, serials_root
from lockhouse.ledger.export import Chunk, chunk_lines, end_line, head_line
from lockhouse.ledger.record import record_leaf_of
from lockhouse.model.rows import Checkpoint, Intake, LedgerEntry, Record
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockhouse.ledger.entry import Body
    from lockhouse.ledger.entry.ending import What
    from lockhouse.ledger.verify import Report

ORIGIN = "lockhouse.example/harbour"
START = 1_790_000_000_000


def some(label: str, size: int = 16) -> bytes:
    """Bytes that are the same in every run."""
    return sha256(label.encode()).digest()[:size]


class Log:
    """A house's ledger and records in memory."""

    def __init__(self, *, origin: str = ORIGIN) -> None:
        self.house = some("house")
        self.origin = origin
        self.key = SigningKey.from_secret(Secret(some("log key", 32)))
        self.lanes: dict[str, LaneState] = {}
        self.waiting: list[LedgerEntry] = []
        self.entries: list[LedgerEntry] = []
        self.intakes: dict[bytes, Intake] = {}
        self.deletions: dict[bytes, list[Gone]] = {}
        self.checkpoints: list[Checkpoint] = []
        self.records: dict[bytes, Record] = {}
        self.frontier = b""
        self.at = START
        self.made = 0

    @property
    def vkeys(self) -> tuple[str, ...]:
        return (vkey(self.origin, self.key.public()),)

    def id(self) -> bytes:
        self.made += 1
        return some(f"id {self.made}")

    def note(self, body: Body, *, lane: str = "console") -> LedgerEntry:
        return self._append(lane, body.KIND, body.body())

    def look(self, *, lane: str = "console") -> LedgerEntry:
        return self.note(disclosure(ask=self.id().hex()), lane=lane)

    def store(self, count: int, *, lane: str = "collect-0") -> list[bytes]:
        rows = [self._record() for _ in range(count)]
        leaves = [record_leaf_of(row) for row in rows]
        entry = self._append(lane, "intake", intake_body(leaves))
        self.intakes[entry.id] = Intake(entry.id, b"".join(row.id for row in rows), b"".join(leaves))
        self.records.update({row.id: row for row in rows})
        return [row.id for row in rows]

    def reseal(self, records: Sequence[bytes], *, by: bytes) -> None:
        rows = [msgspec.structs.replace(self.records[one], boxes=b"sealed again") for one in records]
        leaves = [record_leaf_of(row) for row in rows]
        entry = self._append("work", "reseal", {**intake_body(leaves), "by": by.hex()})
        self.intakes[entry.id] = Intake(entry.id, b"".join(row.id for row in rows), b"".join(leaves))
        self.records.update({row.id: row for row in rows})

    def delete(self, records: Sequence[bytes], *, by: bytes, cause: str = "erasure") -> LedgerEntry:
        gone = [Gone(one, record_leaf_of(self.records.pop(one))) for one in records]
        entry = self.note(deletion_of(gone, cause=cause, by=by), lane="work")
        self.deletions[entry.id] = gone
        return entry

    def end(self, what: What = "person", *, statement: str | None = None) -> LedgerEntry:
        return self.note(
            Completion(
                of=self.id().hex(),
                what=what,
                step="erased",
                serials=1,
                serials_root=serials_root([some("serial", 8)]),
                statement=statement,
            ),
            lane="work",
        )

    def seal(self) -> None:
        """Fold what waits and sign a checkpoint."""
        folded = fold(self.waiting, frontier=self.frontier, size=len(self.entries))
        rows = {entry.id: entry for entry in self.waiting}
        self.entries += [msgspec.structs.replace(rows[one], position=at) for one, at in folded.positions]
        self.waiting = []
        self.frontier = folded.frontier
        text = sign_checkpoint(self.origin, folded.size, folded.root, self.key)
        self.checkpoints.append(Checkpoint(folded.size, self.at, text))

    def lines(self) -> list[bytes]:
        chunk = Chunk(
            entries=self.entries, intakes=self.intakes, deletions=self.deletions, checkpoints=self.checkpoints
        )
        head = head_line(house=self.house, log=self.origin, size=len(self.entries))
        end = end_line(entries=len(self.entries), checkpoints=len(self.checkpoints))
        return [head, *chunk_lines(chunk), end]

    def rows(self) -> Iterator[tuple[bytes, bytes]]:
        return ((row.id, record_leaf_of(row)) for row in self.records.values())

    def place(self, entry: LedgerEntry) -> Place:
        """Where a folded entry stands under the newest checkpoint."""
        leaves = [one.leaf for one in self.entries]
        position = [one.id for one in self.entries].index(entry.id)
        return Place(position=position, path=inclusion_proof(leaves, position), checkpoint=self.checkpoints[-1].text)

    def _append(self, lane: str, kind: str, body: dict[str, object]) -> LedgerEntry:
        self.at += 10
        before = self.lanes.get(lane, LaneState(lane))
        entry, self.lanes[lane] = append(
            before, house=self.house, log=self.origin, id=self.id(), kind=kind, body=body, at=self.at
        )
        self.waiting.append(entry)
        return entry

    def _record(self) -> Record:
        own = self.id()
        return Record(
            own, some("person"), 1, 2, self.at, self.at, 3, 3, 1, some(f"salt {own.hex()}"), b"", b"boxes " + own
        )


def disclosure(*, ask: str, refs: Sequence[bytes] = (b"r" * 16,)) -> Disclosure:
    return Disclosure(
        actor="staff:7f3a",
        role="support",
        purpose="service",
        action="reveal",
        reason="ticket",
        fields=[3, 4],
        compartments=[1],
        count=len(refs),
        refs_root=refs_root(refs),
        ask=ask,
    )


def busy() -> Log:
    """Two lanes of three looks each, two intakes of three records, and a checkpoint between."""
    log = Log()
    for _ in range(2):
        log.store(3)
        for _ in range(3):
            log.look()
            log.look(lane="privacy")
        log.seal()
    return log


def kinds(report: Report) -> set[str]:
    return {finding.kind for finding in report.findings}
