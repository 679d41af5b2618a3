"""The record store's duty to the ledger: drafts become entries, leaves an intake entry, entries a tree.

All of it in the transaction of the rows it speaks of. States are values: a group stages its lanes and only a
transaction that became durable moves the kept ones, so a failed commit leaves no gap in a chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.adapters.group_commit.states import Kept, Stage
from lockhouse.crypto.merkle import Frontier, leaf_hash
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, Tampered, Unavailable
from lockhouse.ledger.append import LaneState, append, fold, intake_body
from lockhouse.ledger.tail import back, before, head_mac, is_own, meets
from lockhouse.model.ids import AHEAD_MS, GAP_MS, JUMP_MS
from lockhouse.model.rows import Checkpoint, House, Intake, Lane, LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.adapters.group_commit.shelf import Effects, Shelf
    from lockhouse.adapters.group_commit.signing import Signing
    from lockhouse.adapters.tables import Values
    from lockhouse.model.change import Draft, Leaf
    from lockhouse.model.ports import Clock, Ids

CHECKPOINT_EVERY_S = 60.0
CHECKPOINT_EVERY_ENTRIES = 1_000
HOUSE_KEY = (1,)
DECIDE = "lockhouse ledger verify names what was changed; then restore a backup, or ask whoever runs this house"


class LedgerDuty:
    """Keeps lanes, tree and checkpoints of one house."""

    def __init__(self, shelf: Shelf, *, clock: Clock, ids: Ids, signing: Signing) -> None:
        self._shelf = shelf
        self._clock = clock
        self._ids = ids
        self._lane_key = signing.lane_key
        self._sign = signing.sign
        self._anchors = signing.anchors
        self._drift_ms = self._apart()
        self._began_ms = clock.now_ms()
        self._kept = self._recall()
        self._halted = ""
        self._begin()

    def _begin(self) -> None:
        try:
            self._go_on_from_anchor()
        except Tampered as error:
            self.halt(error)

    def leads(self) -> bool:
        """Whether this writer folds and signs: always, where it is the only one."""
        return True

    def catch_up(self, *, fold: bool = False) -> None:
        """Know what other writers wrote, in a turn of the record store: nothing, where there are none.

        Args:
            fold: what waits for a position is to be known too.

        Raises:
            Tampered: it is not what a writer of this house leaves.
        """

    def _apart(self) -> float:
        """How far the wall clock is ahead of the lease clock, in ms: constant, unless somebody sets the wall clock."""
        return self._clock.now_ms() - self._clock.monotonic_s() * 1000

    def _recall(self) -> Kept:
        houses = [House(*values) for values in self._shelf.rows("house")]
        lanes = [Lane(*values) for values in self._shelf.rows("lane")]
        house = houses[0] if houses else None
        return Kept(
            house=house,
            lanes={lane.name: LaneState(lane.name, lane.counter, lane.head) for lane in lanes},
            fences={lane.name: lane.fence for lane in lanes},
            waiting=[as_said(LedgerEntry(*values)) for values in self._shelf.unplaced()],
            checked_size=self._shelf.checkpoint_size(house.tree_size) if house else 0,
            checked_s=self._clock.monotonic_s(),
        )

    def _go_on_from_anchor(self) -> None:
        """Return only if the tree to be grown holds what was signed last, whatever the stores say of it.

        From here on the tree is carried in memory, so that it holds every checkpoint this process signs as well. Only
        entries behind the newest anchor are read: an older one that was edited is the audit's to find, and what is
        signed is then still the tree that holds the true one. Those behind it must be the house's own.

        Raises:
            Tampered: the stored tree is shorter, or another; or an entry or a lane is not the house's own.
        """
        newest = self._anchors.newest() if self._anchors else None
        placed = [LedgerEntry(*values) for values in self._shelf.entries_from(newest.size)] if newest else []
        if newest is None:  # a new house, or one from before there were anchors: what stands is signed anew and kept
            self._kept.checked_size = 0 if self._anchors else self._kept.checked_size
            self._require_own(0)
            return
        house = self._kept.house
        size, tree = house.tree_size if house else 0, newest.tree
        for entry in placed:
            tree.append(leaf_hash(entry.body))
        dense = [entry.position for entry in placed] == list(range(newest.size, tree.size))
        if house is None or not dense or tree.size != size or not equal(tree.to_bytes(), house.frontier):
            raise Tampered("ledger: expected the tree that was signed last, got one cut off or written anew")
        self._require_own(newest.size)
        # A crash between a checkpoint's row and its anchor, or between two places, leaves the newest to be anchored.
        if self._sign and self._kept.checked_size == size and (size > newest.size or not newest.everywhere):
            signed = Checkpoint(size, house.last_at, self._sign(size, tree.root()))
            self._kept.unanchored = signed, house.frontier

    def _require_own(self, size: int) -> None:
        """Return only if every lane leads back to what was signed, and all of the tail lies on the way.

        Args:
            size: of the newest anchored tree; 0 if there is none.

        Raises:
            Tampered: an entry or a lane is not the house's own, or something was taken away.
        """
        lanes = [Lane(*values) for values in self._shelf.rows("lane")]
        passed = [self._passed(lane, size) for lane in lanes]
        known = {lane.name for lane in lanes}
        if -1 in passed or sum(passed) != self._shelf.count_from(size) or not self._shelf.lanes() <= known:
            raise Tampered("ledger: expected only what this house noted to wait for a signature, got something else")

    def _passed(self, lane: Lane, size: int) -> int:
        """How many unsigned entries the lane's head leads back to; -1 if it is not the house's own or leads nowhere."""
        if not is_own(lane, self._lane_key):
            return -1
        end, passed = (lane.counter, lane.head), 0
        for entry in back(lane, lambda number: self._at(lane, number, size)[0]):
            end, passed = before(entry), passed + 1
        here, above = (self._at(lane, number, size)[1] for number in (end[0], end[0] + 1))
        return passed if meets(end, here=here, above=above) else -1

    def _at(self, lane: Lane, number: int, size: int) -> tuple[list[LedgerEntry], list[LedgerEntry]]:
        """Entries of a lane with this number that are not in the tree of this size, and those that are."""
        rows = [LedgerEntry(*values) for values in self._shelf.entries_at(lane.name, number)]
        signed = [row for row in rows if row.position is not None and 0 <= row.position < size]
        return [row for row in rows if row not in signed], signed

    def halt(self, error: Tampered) -> None:
        """From now on nothing is committed, folded or signed: somebody has to look."""
        self._halted = error.text

    @property
    def is_halted(self) -> bool:
        """Whether the ledger was found changed."""
        return bool(self._halted)

    def require_whole(self) -> None:
        """Return only if the ledger may go on.

        Raises:
            Tampered: it was found changed, at start or since.
        """
        if self._halted:
            raise Tampered(self._halted, hint=DECIDE)

    @property
    def house(self) -> House | None:
        """The house row as committed; None before `init`."""
        return self._kept.house

    def stage(self, *, accepted: bool = False, restored: bool = False) -> Stage:
        """Begin a group. Ledger time never runs backwards: a clock behind it stands still instead.

        Args:
            accepted: the group says that the clock is right, however far it is ahead.
            restored: the ledger is of a backup, which may be old: that the clock is far ahead of it says nothing. But
                nobody has watched the time go by.

        Raises:
            Unavailable: the wall clock was set since this writer began, or was far ahead of the ledger when it did. One
                entry under a date of next century would bar the house until then, so nothing is written until the
                clock is right again.
        """
        if abs(self._apart() - self._drift_ms) > JUMP_MS:
            raise Unavailable(
                "clock: expected it to go on steadily, got a jump", retry_after_s=60.0,
                hint="set this machine's clock right; if it is right now, start Lockhouse again",
            )  # fmt: skip
        house = self._kept.house
        if house is not None and 0 < house.last_at < self._began_ms - AHEAD_MS and not (accepted or restored):
            raise Unavailable(
                "clock: expected it to be near the ledger's last time, got one that is far ahead", retry_after_s=60.0,
                hint="set this machine's clock right; if it is right, lockhouse accept clock",
            )  # fmt: skip
        at = max(self._clock.now_ms(), house.last_at if house else 0)
        return Stage(house=house, at=at, accepted=accepted)

    def note(self, stage: Stage, drafts: Sequence[Draft], *, house: House | None) -> list[LedgerEntry]:
        """Final entries of one Change's drafts, added to the stage all or none.

        Args:
            stage: the group's.
            drafts: of one Change.
            house: the house row that this Change puts, if it is the founding one.

        Raises:
            Invalid: a body that cannot be an entry, or there is no house yet.
        """
        if not drafts:
            return []
        owner = stage.house or house
        if owner is None:
            raise Invalid("change", "a house before its first ledger entry", got="none")
        lanes = dict(stage.lanes)
        entries: list[LedgerEntry] = []
        for draft in drafts:
            lane = lanes.get(draft.lane) or self._lane(draft.lane)
            entry, lanes[draft.lane] = append(
                lane, house=owner.id, log=owner.log, id=draft.id, kind=draft.kind, body=draft.body, at=stage.at
            )
            entries.append(entry)
        stage.lanes = lanes
        stage.entries.extend(entries)
        return entries

    def _lane(self, name: str) -> LaneState:
        return self._kept.lanes.get(name) or LaneState(name)

    def close(self, stage: Stage, effects: Effects) -> None:
        """Add the intake entries and everything the ledger writes to the group's transaction."""
        for lane, leaves in stage.leaves.items():
            self._take_in(stage, effects, lane=lane, leaves=leaves)
        for entry in stage.entries:
            effects.put("ledger_entry", (entry.id,), _values(entry))
        for name, state in stage.lanes.items():
            mac = head_mac(self._lane_key, name, state.counter, state.head)
            row = Lane(name, state.counter, state.head, self._kept.fences.get(name, 0), mac)
            effects.put("lane", (name,), _values(row))
        if stage.house is not None and stage.entries:
            steady = stage.at if stage.at > stage.house.last_at + GAP_MS else stage.house.steady_at
            stage.house = msgspec.structs.replace(
                stage.house, last_at=stage.at, steady_at=0 if stage.accepted else steady
            )
            effects.put("house", HOUSE_KEY, _values(stage.house))

    def _take_in(self, stage: Stage, effects: Effects, *, lane: str, leaves: Sequence[Leaf]) -> None:
        hashes = [leaf.hash for leaf in leaves]
        entry, after = append(
            stage.lanes.get(lane) or self._lane(lane),
            house=_must(stage.house).id,
            log=_must(stage.house).log,
            id=self._ids.new(),
            kind="intake",
            body=intake_body(hashes),
            at=stage.at,
        )
        stage.lanes[lane] = after
        stage.entries.append(entry)
        row = Intake(entry.id, b"".join([leaf.record for leaf in leaves]), b"".join(hashes))
        effects.put("intake", (entry.id,), _values(row))

    def keep(self, stage: Stage) -> None:
        """The group is durable: what it staged is now what is."""
        self._kept.house = stage.house
        self._kept.lanes.update(stage.lanes)
        self._kept.waiting.extend(stage.entries)

    def move_epochs(self, effects: Effects, *, policy: bool, key: bool) -> House:
        """The house with its epochs moved, put into `effects`; `keep_house` once it is durable.

        Raises:
            Invalid: there is no house yet.
        """
        house = self._kept.house
        if house is None:
            raise Invalid("announce", "a house", got="none")
        moved = msgspec.structs.replace(
            house, policy_epoch=house.policy_epoch + int(policy), key_epoch=house.key_epoch + int(key)
        )
        effects.put("house", HOUSE_KEY, _values(moved))
        return moved

    def keep_house(self, house: House) -> None:
        """The house row as it was just made durable."""
        self._kept.house = house

    @property
    def is_waiting(self) -> bool:
        """Whether an entry has no position yet."""
        return bool(self._kept.waiting)

    def fold(self, effects: Effects, *, force_checkpoint: bool) -> tuple[House, Checkpoint | None]:
        """Place the waiting entries and, when one is due, sign a checkpoint; `keep_fold` once it is durable."""
        house = _must(self._kept.house)
        folded = fold(self._kept.waiting, frontier=house.frontier, size=house.tree_size)
        effects.positions.extend(folded.positions)
        grown = msgspec.structs.replace(house, tree_size=folded.size, frontier=folded.frontier)
        if folded.size != house.tree_size:
            effects.put("house", HOUSE_KEY, _values(grown))
        return grown, self._check(effects, grown, root=folded.root, force=force_checkpoint)

    def _check(self, effects: Effects, house: House, *, root: bytes, force: bool) -> Checkpoint | None:
        grown = house.tree_size - self._kept.checked_size
        due = grown >= CHECKPOINT_EVERY_ENTRIES or self._clock.monotonic_s() >= self.checkpoint_due_s
        if self._sign is None or self._kept.unanchored or grown == 0 or not (force or due):
            return None
        text = self._sign(house.tree_size, root)
        checkpoint = Checkpoint(house.tree_size, max(self._clock.now_ms(), house.last_at), text)
        effects.put("checkpoint", (checkpoint.size,), _values(checkpoint))
        return checkpoint

    @property
    def checkpoint_due_s(self) -> float:
        """When the next checkpoint is due by time, on the lease clock."""
        return self._kept.checked_s + CHECKPOINT_EVERY_S

    @property
    def has_unchecked(self) -> bool:
        """Whether the tree, or what waits for it, is ahead of the newest checkpoint."""
        house = self._kept.house
        return self.is_waiting or (house is not None and house.tree_size > self._kept.checked_size)

    def keep_fold(self, house: House, checkpoint: Checkpoint | None) -> None:
        """The fold is durable."""
        self._kept.house = house
        self._kept.waiting = []
        if checkpoint is not None:
            self._kept.checked_size = checkpoint.size
            self._kept.checked_s = self._clock.monotonic_s()
            self._kept.unanchored = (checkpoint, house.frontier) if self._anchors else None

    def newest(self) -> Checkpoint | None:
        """The checkpoint of the tree as it stands; None of a tree without entries.

        The row is anybody's to edit, so it is held against what the log's key signs of this very tree, which is always
        the same (RFC 8032 §5.1.6).

        Raises:
            Tampered: it is another, or was taken away.
        """
        house = self._kept.house
        if self._sign is None or house is None or not house.tree_size:
            return None
        text = self._sign(house.tree_size, Frontier.from_bytes(house.frontier).root())
        row = self._shelf.load("checkpoint", [(house.tree_size,)]).get((house.tree_size,))
        if row is None or Checkpoint(*row).text != text:
            where = f"checkpoint of size {house.tree_size}"
            raise Tampered(f"{where}: expected the one that was signed, got another or none", hint=DECIDE)
        return Checkpoint(*row)

    @property
    def is_unanchored(self) -> bool:
        """Whether the newest checkpoint has still to be kept outside of the stores; until then no other is signed."""
        return self._kept.unanchored is not None

    def anchor(self) -> None:
        """The newest checkpoint is kept outside of the stores: only now may it be given away.

        It follows the commit, and does not go before it: positions that a crash takes back could come otherwise, and
        an anchor of a tree that never was would halt the house.

        Raises:
            Unavailable: a place cannot be written; the next fold tries again.
        """
        if self._kept.unanchored is not None and self._anchors is not None:
            checkpoint, frontier = self._kept.unanchored
            self._anchors.append(checkpoint.text, frontier)
            self._kept.unanchored = None


def _values(row: Any) -> Values:
    return msgspec.structs.astuple(row)


def as_said(entry: LedgerEntry) -> LedgerEntry:
    """The entry with the leaf of its bytes, whatever the column beside them holds: the audit names that one."""
    return msgspec.structs.replace(entry, leaf=leaf_hash(entry.body))


def _must(house: House | None) -> House:
    if house is None:
        raise Invalid("ledger", "a house", got="none")
    return house
