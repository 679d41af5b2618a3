"""An export, read once from front to back: every entry, every lane, the tree at every checkpoint, every record leaf.

Roots are computed anew from the entries, so consistency between checkpoints is not believed from a proof but shown.
An attacker who rewrites an entry must rewrite its lane behind it and the tree behind that, and cannot sign the result.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from lockhouse.crypto.canonical import MAX_SAFE_INT, canonical_json
from lockhouse.crypto.checkpoint import Checkpoint, open_checkpoint
from lockhouse.crypto.merkle import Frontier, leaf_hash, root
from lockhouse.errors import Invalid, Tampered
from lockhouse.ledger.verify import lines as wire
from lockhouse.ledger.verify.findings import Finding, Findings
from lockhouse.ledger.verify.lanes import Lane, Wire, refuse_fraction
from lockhouse.ledger.verify.records import HASH_BYTES, ID_BYTES, Meanwhile, verify_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Records = Callable[[], Iterable[tuple[bytes, bytes]]]

Line = TypeVar("Line", bound=msgspec.Struct)
Item = TypeVar("Item")
MAX_ENTRY_BYTES = 65_535
_WRITES = "`lockhouse ledger export FILE` writes one"
_SIGNS = "`lockhouse ledger checkpoint` prints one"
_SIGNATURE = "\u2014 "
_GROUNDS = frozenset({"intent", "completion", "undo"})
"""Kinds that a deletion may name as its reason."""
# 16 digits may pass 2^53; then, and where keys might sort otherwise in UTF-16, the slow and exact check decides. What
# stands before a number keeps digests from matching. (Both writers escape alike: a test holds them together.)
_LONG = re.compile(rb"[:,\[-][0-9]{16}")
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(Wire, float_hook=refuse_fraction).decode
_MALFORMED = (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError, Tampered)


class Report(NamedTuple):
    """What an audit of an export saw.

    Attributes:
        entries: how many were read.
        lanes: lane -> number of its newest entry.
        checkpoints: how many verified.
        signed: size of the tree at the newest verified checkpoint.
        root: of the tree over all entries read, 32 bytes.
        findings: the first thousand. `found`: how many there were.
    """

    entries: int
    lanes: dict[str, int]
    checkpoints: int
    signed: int
    root: bytes
    findings: tuple[Finding, ...]
    found: int

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return self.found == 0


def require_checkpoints(texts: Iterable[str]) -> None:
    """Each text is a signed one, though perhaps not by the right key, and not another file named by mistake.

    Raises:
        Invalid: no line of one is a signature, so that there is no damage to be named.
    """
    if not all(any(line.startswith(_SIGNATURE) for line in text.split("\n")) for text in texts):
        raise Invalid("--held", "a checkpoint of a ledger", got="something else", hint=_SIGNS)


def verify_export(
    lines: Iterable[bytes],
    *,
    vkeys: Sequence[str],
    held: Sequence[str] = (),
    records: Records | None = None,
    since: int | None = None,
) -> Report:
    """Read an export and say all that is not as it must be.

    Args:
        lines: of the export, with or without line feeds. Read once.
        vkeys: verifier keys of the log, from a source other than the export.
        held: checkpoints that the auditor has from elsewhere (a witness, a report, a certificate); a log that was cut
            off or rewritten before them is found by nothing else.
        records: gives id and leaf of every record row as it stands; None leaves the records out.
        since: the tree's size when the record rows began to be read; what entries from there on tell excuses rows that
            were read before it. None for rows that nobody writes meanwhile.

    Raises:
        Invalid: one of `vkeys` is no verifier key, or no line begins as one of an export, so that there is no damage
            to be named but another file.
        Tampered: a checkpoint in `held` is not signed by these keys.
    """
    audit, number = _Audit(vkeys, held, keep=records is not None, since=since), 0
    for number, line in enumerate(lines, 1):
        audit.read(line.removesuffix(b"\n"), number)
    if number and audit.strange == number:
        raise Invalid("file", "an export of a ledger", got="something else", hint=_WRITES)
    return audit.close(records)


class _Due(NamedTuple):
    """Leaves that must follow on the next line."""

    entry: Wire
    where: str


class _Audit:
    """The state of one reading; each method takes one kind of line."""

    def __init__(self, vkeys: Sequence[str], held: Sequence[str], *, keep: bool, since: int | None) -> None:
        self.found = Findings()
        self.vkeys = vkeys
        self.held = [open_checkpoint(text, vkeys) for text in held]
        self.awaited: dict[int, list[Checkpoint]] = {}
        for point in self.held:
            self.awaited.setdefault(point.size, []).append(point)
        self.keep = keep
        self.since = since
        self.head: wire.Head | None = None
        self.tail: wire.Totals | None = None
        self.tree = Frontier()
        self.lanes: dict[str, Lane] = {}
        self.due: _Due | None = None
        self.position = 0
        self.checkpoints = self.offered = self.signed = self.agreed = 0
        self.strange = 0
        self.rewritten = False
        self.grounds: set[str] = set()
        self.intakes: list[tuple[bytes, bytes, bool]] = []
        self.deletions: list[tuple[bytes, bytes]] = []
        self.late_intakes: list[tuple[bytes, bytes, bool]] = []
        self.late_deletions: list[tuple[bytes, bytes]] = []

    def read(self, line: bytes, number: int) -> None:
        """Take one line."""
        try:
            if self.due and not line.startswith(wire.LEAVES):
                self._owing(self.due)
            if line.startswith(wire.ENTRY):
                self._entry(line)
            else:
                self._other(line)
        except _MALFORMED:
            self.strange += not line.startswith(wire.WORDS)
            self.found.add("malformed-line", f"line {number}", "It is not a line of an export in its canonical form.")

    def _other(self, line: bytes) -> None:
        if line.startswith(wire.LEAVES):
            if not self._one_leaf(line):
                self._leaves(_line(line, wire.Leaves))
        elif line.startswith(wire.CHECKPOINT):
            self._checkpoint(_line(line, wire.Signed).checkpoint)
        elif line.startswith(wire.END):
            self.tail = _line(line, wire.Tail).end
        elif self.head is None:
            self.head = _line(line, wire.Head)
        else:
            raise Tampered("export: expected one head")

    def _entry(self, line: bytes) -> None:
        cut = line.rfind(wire.POSITION)
        raw = line[len(wire.ENTRY) : cut]
        position = _number(line[cut + len(wire.POSITION) :])
        entry = _decode(raw)
        if not _is_canonical(raw, entry):
            self.found.add("malformed-entry", f"position {position}", "It is not in its canonical form.")
        if position != self.position:
            self._misplaced(position)
        self.position = position + 1
        leaf = leaf_hash(raw)
        self.tree.append(leaf)
        lane = self.lanes.get(entry.lane)
        if lane is None:
            lane = self.lanes[entry.lane] = Lane(entry.lane)
        lane.follow(entry, leaf, position, self.found)
        head = self.head
        if head is None or entry.log != head.log or entry.house != head.house:
            self.found.add("foreign-entry", f"position {position}", "It belongs to another log or house.")
        if self.tree.size in self.awaited:
            self._compare_held()
        if entry.kind in wire.BESIDE:
            self.due = _Due(entry, f"position {position}")
        elif entry.kind in _GROUNDS or (entry.kind == "correction" and entry.body.get("change") != "made"):
            self.grounds.add(entry.id)

    def _misplaced(self, position: int) -> None:
        if position > self.position:
            last = position - 1
            span = f"Position {last} is" if last == self.position else f"Positions {self.position} to {last} are"
            self.found.add("deleted-entry", f"position {self.position}", f"{span} missing.")
        else:
            self.found.add("reordered-entry", f"position {position}", f"It stands where {self.position} was expected.")

    def _one_leaf(self, line: bytes) -> bool:
        """Take the line of an entry with one leaf, which is its own root (RFC 9162 section 2.1.1), if it is all well.

        A house with little traffic has one such line for each entry: it is compared with what must stand there, which
        takes a third of the time of reading it. What differs is read, so that it is named.
        """
        due = self.due
        if due is None or due.entry.kind != "intake" or due.entry.body.get("count") != 1:
            return False
        leaf, of = due.entry.body.get("root"), due.entry.id
        if type(leaf) is not str or len(leaf) != 2 * HASH_BYTES or not of.isalnum():
            return False
        before = f'{{"leaves":"{leaf}","of":"{of}","records":"'.encode()
        record = line[len(before) : -2].decode("ascii")
        if line != before + record.encode() + b'"}' or len(record) != 2 * ID_BYTES:
            return False
        ids, leaves = bytes.fromhex(record), bytes.fromhex(leaf)
        if ids.hex() != record or leaves.hex() != leaf:
            return False
        self.due = None
        if self.keep:
            self._intake_kept(ids, leaves, is_reseal=False)
        return True

    def _leaves(self, beside: wire.Leaves) -> None:
        due, self.due = self.due, None
        ids, leaves = bytes.fromhex(beside.records), bytes.fromhex(beside.leaves)
        if due is None or due.entry.id != beside.of or (ids.hex(), leaves.hex()) != (beside.records, beside.leaves):
            raise Tampered("leaves: expected in lower-case hex below their entry")
        body, kind = due.entry.body, due.entry.kind
        parts = [leaves[at : at + HASH_BYTES] for at in range(0, len(leaves), HASH_BYTES)]
        told = (len(ids) == len(parts) * ID_BYTES, body.get("count"), body.get("root"))
        if told != (True, len(parts), root(parts).hex()):
            self.found.add("changed-leaves", due.where, f"The leaves beside this {kind} are not those it commits to.")
            return
        if kind == "deletion" and body.get("by") not in self.grounds:
            self.found.add("unfounded-deletion", due.where, "No ending before it is what it names as its reason.")
        if self.keep and kind == "deletion":
            found = self.late_deletions if self._is_late() else self.deletions
            found.extend(zip(_split(ids, ID_BYTES), parts, strict=True))
        elif self.keep:
            self._intake_kept(ids, leaves, is_reseal=kind == "reseal")

    def _is_late(self) -> bool:
        return self.since is not None and self.position > self.since

    def _intake_kept(self, ids: bytes, leaves: bytes, *, is_reseal: bool) -> None:
        (self.late_intakes if self._is_late() else self.intakes).append((ids, leaves, is_reseal))

    def _owing(self, due: _Due) -> None:
        self.due = None
        self.found.add("changed-leaves", due.where, f"The leaves beside this {due.entry.kind} are missing.")

    def _checkpoint(self, text: str) -> None:
        self.offered += 1
        where = f"checkpoint {self.offered}, after position {self.position - 1}"
        try:
            point = open_checkpoint(text, self.vkeys)
        except Tampered:
            self.found.add("forged-checkpoint", where, "None of the verifier keys signed it as it stands.")
            return
        if self.head is None or point.origin != self.head.log:
            self.found.add("forged-checkpoint", where, "It was signed for another log.")
        elif point.size != self.tree.size:
            self.found.add("misplaced-checkpoint", where, f"It is of size {point.size} after {self.tree.size} entries.")
        elif point.root == self.tree.root():
            self.checkpoints += 1
            self.signed = point.size
        else:
            self._rewritten(where)

    def _rewritten(self, where: str) -> None:
        # Every later root differs too: only the first says where.
        if not self.rewritten:
            self.rewritten = True
            span = f"positions {max(self.signed, self.agreed)} to {self.tree.size - 1}"
            self.found.add("rewritten-tree", where, f"What was signed differs from what stands here, first in {span}.")

    def _compare_held(self) -> None:
        for point in self.awaited[self.tree.size]:
            if point.root != self.tree.root():
                self._rewritten(f"held checkpoint of size {point.size}")
            elif not self.rewritten:
                self.agreed = point.size

    def close(self, records: Records | None) -> Report:
        """What is only known at the end; and the whole."""
        if self.due:
            self._owing(self.due)
        for lane in self.lanes.values():
            self.found.extend(Finding(*missing) for missing in lane.missing())
        self._totals()
        for point in self.held:
            if point.size > self.tree.size or (self.head and point.origin != self.head.log):
                sentence = f"It has {point.size} entries, the export {self.tree.size}: the log was cut off or replaced."
                self.found.add("truncated-log", f"held checkpoint of {point.origin}", sentence)
        if records is not None:
            meanwhile = Meanwhile(self.late_intakes, self.late_deletions)
            self.found.extend(verify_records(_let_go(self.intakes), records(), self.deletions, meanwhile=meanwhile))
        return Report(
            entries=self.tree.size,
            lanes={name: lane.counter for name, lane in sorted(self.lanes.items())},
            checkpoints=self.checkpoints,
            signed=self.signed,
            root=self.tree.root(),
            findings=tuple(self.found.kept),
            found=self.found.count,
        )

    def _totals(self) -> None:
        seen = wire.Totals(checkpoints=self.offered, entries=self.tree.size)
        if self.head is None or self.tail != seen or self.head.size != self.tree.size:
            self.found.add("incomplete-export", "end", "The export does not hold what its first and last line say.")
        if self.signed != self.tree.size and not self.rewritten:
            span = f"positions {self.signed} to {self.tree.size - 1}"
            self.found.add("unsigned-tail", span, "No verified checkpoint covers them.")


def _let_go(kept: list[Item]) -> Iterator[Item]:
    """The items in order, none of which is kept once it was given."""
    kept.reverse()
    while kept:
        yield kept.pop()


def _is_canonical(raw: bytes, entry: Wire) -> bool:
    if len(raw) > MAX_ENTRY_BYTES:
        return False
    if _encode(entry) == raw and raw.isascii() and _is_safe(raw, entry):
        return True
    return _canonical(entry) == raw


def _is_safe(raw: bytes, entry: Wire) -> bool:
    """Whether no number passes 2^53; a body of lists or objects may be doubted though it is all well.

    Most bodies are flat: each value is looked at, which takes a third of the time of looking through the bytes.
    """
    if not (-MAX_SAFE_INT <= entry.at <= MAX_SAFE_INT and entry.n <= MAX_SAFE_INT):
        return False
    for value in entry.body.values():
        kind = type(value)
        if kind is int:
            if not -MAX_SAFE_INT <= value <= MAX_SAFE_INT:
                return False
        elif kind is not str:
            # Behind its body an entry holds but one number, `n`; in canonical form no text before has unescaped quotes.
            return _LONG.search(raw, 0, raw.rfind(b',"house":"')) is None
    return True


def _number(text: bytes) -> int:
    """The digits before the closing brace of an entry's line."""
    digits = text[:-1]
    if not digits.isdigit() or not text.endswith(b"}") or (digits[:1] == b"0" and digits != b"0"):
        raise Tampered("export: expected a position")
    return int(digits)


def _line(line: bytes, kind: type[Line]) -> Line:
    """A line as its kind, if it is spelt as its writer spells it."""
    value = msgspec.json.decode(line, type=kind)
    # A line of leaves holds no number, so that what the quick writer makes in ASCII is canonical already.
    quick = kind is wire.Leaves and line.isascii() and _encode(value) == line
    if not quick and _canonical(value) != line:
        raise Tampered("export: expected a canonical line")
    return value


def _canonical(value: msgspec.Struct) -> bytes:
    try:
        return canonical_json(msgspec.to_builtins(value))
    except Invalid as err:
        # What has no canonical form is the export's fault; an `Invalid` that leaves this module is the caller's.
        raise Tampered("export: expected values with a canonical form") from err


def _split(joined: bytes, width: int) -> list[bytes]:
    return [joined[at : at + width] for at in range(0, len(joined), width)]
