"""The ledger duty of a writer that is not the only one: what others wrote is known before anything is added.

Every turn reads the house and the heads of its lanes again. A head is believed if it carries the house's MAC and does
not lie behind the one that this writer knew. One writer, the sequencer, folds: it grows the tree from its own memory,
as a sole writer does, and takes up what others noted only if it leads, entry by entry, from the head of its lane back
to what was placed before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.adapters.group_commit.ledger_duty import LedgerDuty, as_said
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Tampered, Unavailable
from lockhouse.ledger.append import GENESIS, LaneState
from lockhouse.ledger.tail import before, is_own
from lockhouse.model.rows import House, Lane, LedgerEntry

if TYPE_CHECKING:
    from lockhouse.adapters.group_commit.states import Stage
    from lockhouse.model.rows import Checkpoint

End = tuple[int, bytes]
"""Number and leaf of an entry in its lane."""


class SharedDuty(LedgerDuty):
    """Keeps lanes and, while it is the sequencer, tree and checkpoints of a house that others write too."""

    _term = 0
    _led = 0
    """The term in which this writer took the tree over; another than `_term` until it did."""

    def _begin(self) -> None:
        """Nothing yet: who comes to be the sequencer looks at the tree then."""
        self._placed: dict[str, End] = {}
        self._ends: dict[str, End] = {}

    def leads(self) -> bool:
        """Whether this writer is the sequencer, now or from now on."""
        self._term = self._shelf.term()
        if not self._term:
            self._led = 0
            self._kept.unanchored = None  # whoever leads now finds that it is not anchored
        return bool(self._term)

    @property
    def is_waiting(self) -> bool:
        """Whether an entry may have no position yet: others note too."""
        return self._kept.house is not None

    def catch_up(self, *, fold: bool = False) -> None:
        """Know what other writers wrote since this one's last turn.

        Raises:
            Tampered: a head or the house was put back or is not a writer's, or something else waits for a position.
            Unavailable: it is to fold, and is not the sequencer any more.
        """
        if self._term:
            self.leads()  # it may have been lost with a connection
        if fold and not self._term:
            raise Unavailable("ledger: expected to be the writer that folds, got another that does")
        try:
            self._follow()
            if fold and self._term == self._led:
                self._kept.waiting = self._behind(self._placed)
            elif fold:
                self._take_over()
        except Tampered as error:
            self.halt(error)
            raise

    def _follow(self) -> None:
        kept = self._kept
        lanes = {lane.name: lane for lane in (Lane(*values) for values in self._shelf.rows("lane"))}
        for name, known in kept.lanes.items():
            lane = lanes.get(name)
            if lane is None or not _goes_on(known, lane):
                raise Tampered("ledger: expected lanes that go on, got one put back or taken away")
        for name, lane in lanes.items():
            if _state(lane) != kept.lanes.get(name) and not is_own(lane, self._lane_key):
                raise Tampered("ledger: expected lanes that this house's writers left so, got another head")
        kept.lanes = {name: _state(lane) for name, lane in lanes.items()}
        kept.fences = {name: lane.fence for name, lane in lanes.items()}
        kept.house = self._house_now()

    def _house_now(self) -> House | None:
        known, found = self._kept.house, [House(*values) for values in self._shelf.rows("house")]
        if known is None:
            return found[0] if found else None
        if not found or not _is_later(found[0], known):
            raise Tampered("house: expected the row as this house's writers leave it, got one put back or taken away")
        led = self._term and self._term == self._led
        if led and not _is_same_tree(found[0], known):
            raise Tampered("ledger: expected the tree that the sequencer grows, got another")
        return found[0]

    def _take_over(self) -> None:
        """The tree is this writer's from now on, if it holds what was signed last."""
        self._kept = self._recall()
        self._go_on_from_anchor()
        waiting = sorted(self._kept.waiting, key=lambda entry: (entry.lane, -entry.counter))
        self._placed = {name: (lane.counter, lane.head) for name, lane in self._kept.lanes.items()}
        for entry in waiting:  # the oldest of each lane comes last
            self._placed[entry.lane] = before(entry)
        self._kept.waiting = self._behind(self._placed)
        self._led = self._term

    def _behind(self, placed: dict[str, End]) -> list[LedgerEntry]:
        """What waits for a position, each lane's leading from its head back to what was placed last."""
        waiting = [as_said(LedgerEntry(*values)) for values in self._shelf.unplaced()]
        ends = dict(placed)
        for entry in sorted(waiting, key=lambda entry: (entry.lane, entry.counter)):
            if before(entry) != ends.get(entry.lane, (0, GENESIS)):
                raise Tampered("ledger: expected only what this house noted to wait for a place, got something else")
            ends[entry.lane] = entry.counter, entry.leaf
        if ends != {name: (lane.counter, lane.head) for name, lane in self._kept.lanes.items()}:
            raise Tampered("ledger: expected all that this house noted to wait for a place, got less")
        self._ends = ends
        return waiting

    def keep(self, stage: Stage) -> None:
        """The group is durable; what it noted waits in the store, where the sequencer finds it."""
        self._kept.house = stage.house
        self._kept.lanes.update(stage.lanes)

    def keep_fold(self, house: House, checkpoint: Checkpoint | None) -> None:
        """The fold is durable, and the tree ends where the lanes did."""
        super().keep_fold(house, checkpoint)
        self._placed = self._ends


def _state(lane: Lane) -> LaneState:
    return LaneState(lane.name, lane.counter, lane.head)


def _goes_on(known: LaneState, lane: Lane) -> bool:
    return lane.counter > known.counter or (lane.counter == known.counter and equal(lane.head, known.head))


def _is_same_tree(found: House, known: House) -> bool:
    if not known.tree_size:  # an empty tree is written in two ways: before the first fold and after
        return not found.tree_size
    return found.tree_size == known.tree_size and equal(found.frontier, known.frontier)


def _is_later(found: House, known: House) -> bool:
    """Whether nothing of the house's row went back that only goes on."""
    return (
        (found.id, found.log) == (known.id, known.log)
        and found.policy_epoch >= known.policy_epoch
        and found.key_epoch >= known.key_epoch
        and found.last_at >= known.last_at
        and found.tree_size >= known.tree_size
    )
