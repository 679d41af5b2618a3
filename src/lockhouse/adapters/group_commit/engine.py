"""The engine: judges a group of Changes against one read of the store, then writes it in one transaction.

Expectations are evaluated set-wise: one look-up a table for all keys of the group, then judged here against what
earlier Changes of the same group leave behind, so that two Changes that want the same absent key conflict as they
would one after the other. A Change that fails leaves its neighbours alone. Single-threaded by design: whoever
owns the engine is the one writer of its house.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from lockhouse.adapters.group_commit.ledger_duty import HOUSE_KEY, LedgerDuty
from lockhouse.adapters.group_commit.plain import Fault, Outcome, PlainChange, fault_of
from lockhouse.adapters.group_commit.shared_duty import SharedDuty
from lockhouse.adapters.group_commit.shelf import Effects, LateError
from lockhouse.adapters.group_commit.signing import Signing
from lockhouse.adapters.tables import STORES, Values, shapes
from lockhouse.errors import Invalid, Tampered, Unavailable
from lockhouse.model.change import Committed, Conflict, Expect, KeyTuple, Noting
from lockhouse.model.rows import Checkpoint, House
from lockhouse.model.scale import KeyState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockhouse.adapters.group_commit.shelf import Shelf
    from lockhouse.adapters.group_commit.signing import Anchors
    from lockhouse.adapters.group_commit.states import Stage
    from lockhouse.model.ports import Clock, Ids
    from lockhouse.model.rows import LedgerEntry, Store
    from lockhouse.secret import Secret

MAX_WRAPS = 2**31
"""Wraps one KEK generation may make: far below 2^32 random nonces a key (NIST SP 800-38D §8.3)."""

State = dict[str, dict[KeyTuple, Values]]


class Notary(Protocol):
    """Says that entries are durable; `lockhouse.crypto.noted.Notary` is the real one."""

    @property
    def public(self) -> bytes:
        """Its public key."""
        ...

    def sign(self, entry_id: bytes, leaf: bytes) -> bytes:
        """Its signature over an entry that is durable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterParts:
    """What a committing store is handed.

    Attributes:
        lane_key: that heads of lanes are known by (`lockhouse.ledger.tail`).
        sign_checkpoint: tree size and root to a signed note; None makes no checkpoints (a store in tests).
        anchors: where each checkpoint is kept outside of the stores; None keeps them nowhere (a store in tests).
        quiet: fold and sign only when asked to: an audit looks before anything is signed.
        restored: the house is being brought back from a backup, which may be old: the clock is believed.
    """

    notary: Notary
    clock: Clock
    ids: Ids
    lane_key: Secret
    sign_checkpoint: Callable[[int, bytes], str] | None = None
    anchors: Anchors | None = None
    quiet: bool = False
    restored: bool = False


@dataclass(slots=True)
class _Group:
    """One transaction in the making. `passed` holds the entries of each Change that will stand.

    Attributes:
        now: ms by the store's clock when the turn began; None if it has none.
    """

    store: Store
    state: State
    effects: Effects
    stage: Stage
    passed: dict[int, list[LedgerEntry]]
    now: int | None


class Engine:
    """Commits groups, folds the ledger, moves epochs."""

    def __init__(self, shelf: Shelf, parts: WriterParts) -> None:
        self._shelf = shelf
        self._parts = parts
        signing = Signing(lane_key=parts.lane_key, sign=parts.sign_checkpoint, anchors=parts.anchors)
        duty = SharedDuty if shelf.is_shared else LedgerDuty
        self._ledger = duty(shelf, clock=parts.clock, ids=parts.ids, signing=signing)
        self._folded_s = parts.clock.monotonic_s()

    @property
    def notary_public(self) -> bytes:
        """What signatures of notings verify under."""
        return self._parts.notary.public

    def epochs(self) -> tuple[int, int]:
        """The policy and key epochs as committed; zeros before `init`."""
        house = self._ledger.house
        return (house.policy_epoch, house.key_epoch) if house else (0, 0)

    def commit_group(self, changes: Sequence[PlainChange]) -> list[Outcome]:
        """Commit what can be committed, identity store first, and answer in the order given.

        Raises:
            Unavailable: a store could not be written. Changes of the identity store may stand then.
            Tampered: the ledger was found changed; nothing is committed.
        """
        self._ledger.require_whole()
        outcomes: list[Outcome | None] = [fault_of(change) for change in changes]
        for store in STORES:
            places = [i for i, change in enumerate(changes) if outcomes[i] is None and change.store == store]
            if places:
                self._commit(store, changes, places, outcomes=outcomes)
        return [outcome for outcome in outcomes if outcome is not None]

    def _commit(
        self, store: Store, changes: Sequence[PlainChange], places: list[int], *, outcomes: list[Outcome | None]
    ) -> None:
        try:
            with self._shelf.turn(store) as now:
                group = self._group(store, changes, places, now=now)
                for place in places:
                    outcomes[place] = self._judge(group, place, changes[place])
                self._ledger.close(group.stage, group.effects)
                if not group.effects.is_empty():
                    self._shelf.apply(store, group.effects)
        except (
            Invalid,
            LateError,
        ) as error:  # one row no column takes, or one too late: find whose, let others through
            if len(places) == 1:
                outcomes[places[0]] = _fault(error) if isinstance(error, Invalid) else Conflict("", (), "deadline")
                return
            for place in places:
                self._commit(store, changes, [place], outcomes=outcomes)
            return
        self._ledger.keep(group.stage)
        sign = self._parts.notary.sign
        for place, entries in group.passed.items():
            if entries:
                outcomes[place] = Committed(
                    tuple([Noting(entry.id, entry.body, sign(entry.id, entry.leaf)) for entry in entries])
                )

    def _group(self, store: Store, changes: Sequence[PlainChange], places: list[int], *, now: int | None) -> _Group:
        if store == "record":
            self._ledger.catch_up()
        state, stage = self._load(changes, places), self._stage(changes, places)
        return _Group(store, state, Effects(), stage, {}, now)

    def _stage(self, changes: Sequence[PlainChange], places: list[int]) -> Stage:
        drafts = [draft for place in places for draft in changes[place].entries]
        said = any(draft.kind == "acceptance" and draft.body.get("what") == "clock" for draft in drafts)
        return self._ledger.stage(accepted=said, restored=self._parts.restored)

    def _load(self, changes: Sequence[PlainChange], places: list[int]) -> State:
        wanted: dict[str, set[KeyTuple]] = {}
        for place in places:
            change = changes[place]
            for expect in change.expects:
                wanted.setdefault(expect.table, set()).add(expect.key)
            for draft in change.entries:
                wanted.setdefault("ledger_entry", set()).add((draft.id,))
            if change.store == "identity":
                _want_keks(change, wanted)
        return {table: self._shelf.load(table, keys) for table, keys in wanted.items()}

    def _judge(self, group: _Group, place: int, change: PlainChange) -> Outcome:
        conflict = self._conflict(group, change)
        if conflict is not None:
            return conflict
        founding = _founding(change)
        try:
            self._check_leaves(group.stage, change, founding)
            entries = self._ledger.note(group.stage, change.entries, house=founding)
        except Invalid as error:
            return _fault(error)
        if founding is not None:
            group.stage.house = founding
        group.passed[place] = entries
        for entry in entries:
            group.state["ledger_entry"][entry.id,] = msgspec.structs.astuple(entry)
        _write(group, change)
        return Committed()

    def _conflict(self, group: _Group, change: PlainChange) -> Conflict | None:
        state = group.state
        if change.deadline:
            now = self._parts.clock.now_ms() if group.now is None else group.now
            if now > change.deadline:
                return Conflict("", (), "deadline")
        for expect in change.expects:
            if not _holds(expect, state[expect.table].get(expect.key)):
                return Conflict(expect.table, expect.key, expect.because)
        for draft in change.entries:
            if (draft.id,) in state["ledger_entry"]:
                return Conflict("ledger_entry", (draft.id,), "entry-exists")
        if group.stage.house is not None and _founding(change) is not None:
            return Conflict("house", HOUSE_KEY, "house-exists")
        return _kek_conflict(state, change) if change.store == "identity" else None

    @staticmethod
    def _check_leaves(stage: Stage, change: PlainChange, founding: House | None) -> None:
        if change.leaves and stage.house is None and founding is None:
            raise Invalid("change", "a house before its first leaf", got="none")
        for leaf in change.leaves:
            if len(leaf.hash) != 32 or len(leaf.record) != 16:  # noqa: PLR2004  # SHA-256 and a UUID
                raise Invalid("leaf", "a hash of 32 bytes and a record of 16", got="another length")

    def announce(self, *, policy: bool, key: bool) -> tuple[int, int]:
        """Move epochs, durably; returns both as they are now. Telling the processes is the caller's part.

        Raises:
            Invalid: there is no house yet.
            Unavailable: the store could not be written.
            Tampered: the ledger was found changed.
        """
        self._ledger.require_whole()
        effects = Effects()
        with self._shelf.turn("record"):
            self._ledger.catch_up()
            house = self._ledger.move_epochs(effects, policy=policy, key=key)
            self._shelf.apply("record", effects)
        self._ledger.keep_house(house)
        return house.policy_epoch, house.key_epoch

    def tick(self, *, every_s: float = 0.5) -> bool:
        """Fold what waits, if the last fold is `every_s` ago, and make a checkpoint when one is due; whether it was.

        Raises:
            Unavailable: the store could not be written; the next tick tries again.
        """
        if self._parts.quiet or self._ledger.is_halted:
            return False
        ledger, now = self._ledger, self._parts.clock.monotonic_s()
        due = now >= ledger.checkpoint_due_s and ledger.has_unchecked and not ledger.is_unanchored
        due = due or ((ledger.is_waiting or ledger.is_unanchored) and now - self._folded_s >= every_s)
        if due:
            self._fold_or_halt(force_checkpoint=False)
        return due

    def finish(self) -> None:
        """Fold what waits and, if checkpoints are anchored, sign it: a house that rests has no tail to be rewritten.

        What cannot be written now is folded by the next writer.
        """
        if self._parts.quiet or self._ledger.is_halted:
            return
        with suppress(Unavailable):
            if self._ledger.is_waiting or self._ledger.is_unanchored or self._ledger.has_unchecked:
                self._fold_or_halt(force_checkpoint=self._parts.anchors is not None)

    def _fold_or_halt(self, *, force_checkpoint: bool) -> None:
        try:
            self._fold(force_checkpoint=force_checkpoint)
        except Tampered as error:
            self._ledger.halt(error)

    def seal_ledger(self) -> Checkpoint:
        """Fold everything, sign the tree as it stands, and return its checkpoint.

        Raises:
            Unavailable: nothing was ever noted here, no checkpoint key was handed in, another writer is the sequencer,
                or a store or an anchor's place could not be written.
            Tampered: the ledger was found changed, or the checkpoint's row; nothing is signed.
        """
        self._ledger.require_whole()
        if not self._ledger.leads():
            raise Unavailable("ledger: expected to be the writer that signs, got another that does", retry_after_s=5.0)
        self._ledger.anchor()
        made = self._fold(force_checkpoint=True) if self._ledger.has_unchecked else None
        if made is not None:
            return made
        newest = self._ledger.newest()
        if newest is None:
            raise Unavailable("ledger: expected a checkpoint, got none yet")
        return newest

    def _fold(self, *, force_checkpoint: bool) -> Checkpoint | None:
        if not self._ledger.leads():
            self._folded_s = self._parts.clock.monotonic_s()
            return None
        effects = Effects()
        with self._shelf.turn("record"):
            self._ledger.catch_up(fold=True)
            house, checkpoint = self._ledger.fold(effects, force_checkpoint=force_checkpoint)
            if not effects.is_empty():
                self._shelf.apply("record", effects)
        self._ledger.keep_fold(house, checkpoint)
        self._folded_s = self._parts.clock.monotonic_s()
        self._ledger.anchor()
        return checkpoint


def _fault(error: Invalid) -> Fault:
    return Fault(error.where, error.expected, error.got)


def _founding(change: PlainChange) -> House | None:
    for put in change.puts:
        if put.table == "house":
            return House(*put.row)
    return None


def _holds(expect: Expect, values: Values | None) -> bool:
    if values is None:
        return expect.columns is None or expect.or_absent
    if expect.columns is None:
        return False
    at = shapes()[expect.table].at
    return all(name in at and values[at[name]] == wanted for name, wanted in expect.columns.items())


def _write(group: _Group, change: PlainChange) -> None:
    known = shapes()
    group.effects.due(change.deadline)
    for put in change.puts:
        shape = known[put.table]
        key = shape.key_of(put.row)
        row = _kek_kept(group.state, put.row) if put.table == "kek" else put.row
        group.effects.put(put.table, key, row)
        seen = group.state.get(put.table)  # a table of which no Change of the group expects anything is not there
        if seen is not None:
            seen[key] = row
    for put in change.puts if change.store == "identity" else ():  # once their KEK stands, which may come with them
        if put.table == "key_ring":
            _count_wrap(group, put.row)
    for delete in change.deletes:
        group.effects.put(delete.table, delete.key, None)
        group.state.get(delete.table, {}).pop(delete.key, None)
    for count in change.counts:
        group.effects.count((count.channel, count.path, count.reason), count.by, count.at)
    for leaf in change.leaves:
        group.stage.leaves.setdefault(leaf.lane, []).append(leaf)


def _want_keks(change: PlainChange, wanted: dict[str, set[KeyTuple]]) -> None:
    for put in change.puts:
        if put.table in {"key_ring", "kek"}:
            wanted.setdefault("kek", set()).add((_generation(put.table, put.row),))


def _generation(table: str, row: Values) -> Any:
    return row[shapes()[table].at["generation"]]


def _kek_conflict(state: State, change: PlainChange) -> Conflict | None:
    at = shapes()["kek"].at
    wraps: dict[int, int] = {}
    own = {put.row[at["generation"]]: put.row for put in change.puts if put.table == "kek"}
    for put in change.puts:
        if put.table == "key_ring":
            generation = _generation("key_ring", put.row)
            wraps[generation] = wraps.get(generation, 0) + 1
    for generation, count in wraps.items():
        kek = state["kek"].get((generation,), own.get(generation))
        if kek is None:
            return Conflict("kek", (generation,), "kek-missing")
        if kek[at["state"]] == KeyState.DESTROYED:
            return Conflict("kek", (generation,), "kek-ended")
        if kek[at["wraps"]] + count > MAX_WRAPS:
            return Conflict("kek", (generation,), "kek-spent")
    return None


def _kek_kept(state: State, row: Values) -> Values:
    """A KEK row as put by a caller, whose count of wraps may be older than the store's."""
    at = shapes()["kek"].at["wraps"]
    known = state["kek"].get((_generation("kek", row),))
    return row if known is None else (*row[:at], max(row[at], known[at]), *row[at + 1 :])


def _count_wrap(group: _Group, row: Values) -> None:
    key = (_generation("key_ring", row),)
    at = shapes()["kek"].at["wraps"]
    kek = group.state["kek"][key]
    counted = (*kek[:at], kek[at] + 1, *kek[at + 1 :])
    group.state["kek"][key] = counted
    group.effects.put("kek", key, counted)
