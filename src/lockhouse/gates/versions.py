"""The versions of a policy as they move: proposed, approved and waiting, ruling, withdrawn, superseded.

What widens waits (`DELAY_MS`): whoever approves alone, or came by their account, cannot have more kept, shown or sent
before somebody else had two days to see it. What only narrows rules at once. Nothing waits where nothing can be lost
yet: at the first approval, in a demo house, and until a day after the first person's data came in, so that a house is
set up without waiting. Nor does what ruled until less than a day ago, so that a slip that narrows is undone at once.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.blindindex import Indexer
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import NotFound, Tampered
from lockhouse.gates.authority import signed
from lockhouse.gates.epochs import ensure_epochs
from lockhouse.gates.index_keys import ensure_index, load_index
from lockhouse.gates.live import (
    DELAY_MS,
    FORMER,
    LIVE,
    PROPOSED,
    SUPERSEDED,
    WAITING,
    WITHDRAWN,
    load_live,
    sound_versions,
    versions,
)
from lockhouse.gates.tail import require_whole
from lockhouse.gates.trusted_time import ledger_now
from lockhouse.ledger.columns import said_by
from lockhouse.ledger.entry import Consent, Import, Intake, parse_entry
from lockhouse.ledger.entry import Policy as PolicyEntry
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.policy import decode_policy
from lockhouse.model.rows import LedgerEntry, Name, PolicyApproval, PolicyVersion
from lockhouse.policy.diff import diff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.policy import Policy

SETTLED_MS = DAY_MS
"""So long after the first person's data came in, a house is no longer being set up."""
_TAKEN_IN = frozenset({Intake.KIND, Import.KIND, Consent.KIND})
"""Entries that tell of somebody's data."""
APPROVALS = frozenset({"approved", "live", "rolled-back"})
"""Steps of a version that supersede whatever waits."""
UNDO_MS = DAY_MS
"""So long after a version began to rule, the one before it may rule again at once."""


async def waits_until(house: House, policy: Policy, *, widening: bool, undoes: bool = True) -> int | None:
    """When (ms) a policy that is approved now begins to rule; None if at once.

    Args:
        house: as it stands.
        policy: to be approved.
        widening: whether it widens what rules now.
        undoes: whether what ruled until a day ago may rule again at once; not where settings are weakened beside it.
    """
    if not widening or house.demo or house.live_policy is None or not await _is_settled(house):
        return None
    now = await ledger_now(house)
    return None if undoes and await _is_undone(house, policy, now=now) else now + DELAY_MS


async def _is_undone(house: House, policy: Policy, *, now: int) -> bool:
    """Whether it widens nothing beside what ruled until less than a day ago: so a slip is put right at once."""
    known = await versions(house)
    formers = [row for row in known if row.state == FORMER]
    since = max([await _ruled_since(house, row) for row in known if row.state == LIVE], default=0)
    if not formers or now >= since + UNDO_MS:
        return False
    return not diff(decode_policy(max(formers, key=lambda row: row.id).compiled), policy).widening


async def _ruled_since(house: House, row: PolicyVersion) -> int:
    """When a version began to rule, by the ledger too: the row has the time of the process that moved it."""
    entries = await house.reads.get(LedgerEntry, [(row.entry,)])
    return min([row.at, *[said_by(one).at for one in entries.values()]])


async def _is_settled(house: House) -> bool:
    """Whether data of a person has been here for longer than a day, by the ledger; ids are in the order of time.

    Where an entry was changed or taken away, it counts as if it had: rows of persons can be gone for a moment.
    """
    if await _came_at(house) + SETTLED_MS < await ledger_now(house):
        return True
    try:
        await require_whole(house)
    except Tampered:
        return True
    return False


async def _came_at(house: House) -> float:
    """When the ledger first told of anybody's data; never, so far, is infinitely late."""
    async for entries in house.reads.scan(LedgerEntry, chunk=100):
        for said in map(said_by, entries):
            if said.kind in _TAKEN_IN:
                return said.at
    return inf


async def prepare(house: House, policy: Policy) -> None:
    """Every identifier kind and every current epoch of a policy that is about to rule has a durable key."""
    await ensure_index(house, policy.identifiers.values())
    await ensure_epochs(house, policy.compartments)


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the policy and the state it comes into.

    Attributes:
        row: without its MAC; `row.entry` is the id of the entry.
        said: what the ledger says of it.
        was: the row as it was read; None for a new one.
        names: that no number has yet.
        approval: what a member signed, without its MAC; it names the same entry.
    """

    row: PolicyVersion
    said: PolicyEntry
    was: PolicyVersion | None = None
    names: tuple[Name, ...] = ()
    approval: PolicyApproval | None = None


async def put_version(house: House, move: Move, *, known: Sequence[PolicyVersion]) -> None:
    """The version stands so, with its ledger entry and the names it needs; in one commit with what it displaces.

    A version that rules makes the one before it a former one; it and one that waits supersede whatever waits, and
    what proposed the same. Every process hears of it.

    Args:
        house: as it stands.
        move: what is to be.
        known: every version, as it was read before the move was decided.

    Raises:
        Moved: a version moved since it was read, or one of the numbers has a name.
    """
    row, was, key = move.row, move.was, house.integrity_key
    displaced = [one for one in known if _displaces(row, one)]
    after = [msgspec.structs.replace(one, state=FORMER if one.state == LIVE else SUPERSEDED) for one in displaced]
    expects = [
        Expect(PolicyVersion.TABLE, (one.id,), {"state": one.state, "entry": one.entry}, or_absent=False,
               because="policy-moved")
        for one in (*displaced, *([was] if was is not None else []))
    ]  # fmt: skip
    if was is None:
        expects.append(Expect(PolicyVersion.TABLE, (row.id,), None, or_absent=False, because="policy-moved"))
    expects += [
        Expect(Name.TABLE, (one.kind, one.id), None, or_absent=False, because="name-taken") for one in move.names
    ]
    puts = [Put(PolicyVersion.TABLE, signed(one, key)) for one in (row, *after)]
    puts += [Put(Name.TABLE, signed(one, key)) for one in move.names]
    puts += [] if move.approval is None else [Put(PolicyApproval.TABLE, signed(move.approval, key))]
    entry = move.said.draft(id=row.entry, lane=house.lane)
    change = Change("record", puts=tuple(puts), expects=tuple(expects), entries=(entry,))
    if isinstance(await house.commits.commit(change), Conflict):
        raise moved_on()
    await house.epochs.announce(policy=True)
    house.indexer = Indexer(house.id, await load_index(house.id, house.keks, house.reads))
    await load_live(house)


def ruling(known: Sequence[PolicyVersion]) -> int:
    """The version that rules; 0 for none."""
    return max((one.id for one in known if one.state == LIVE), default=0)


def _displaces(row: PolicyVersion, other: PolicyVersion) -> bool:
    """Whether a version moves because this one rules or waits: it ruled, or waited, or proposed the same."""
    if other.id == row.id or row.state not in {LIVE, WAITING}:
        return False
    is_its_proposal = other.state == PROPOSED and equal(other.hash, row.hash)
    return other.state == WAITING or is_its_proposal or (other.state == LIVE and row.state == LIVE)


def one_of(known: Sequence[PolicyVersion], number: int) -> PolicyVersion:
    """One version.

    Raises:
        NotFound: there is none of this number.
    """
    found = next((row for row in known if row.id == number), None)
    if found is None:
        raise NotFound("version: expected one that is there, got another", hint="lockhouse policy history")
    return found


async def require_last_word(house: House, row: PolicyVersion) -> None:
    """The ledger is whole, and nothing in it puts this version aside: its row was not put back to a former state.

    Its MAC would fit all the same. What puts it aside is an entry of its own since the one that its row names, or of
    the same moment, as nothing tells which of them came last; or the approval of a later one: of any, if it waits, and
    of one with its document, if it was proposed. Every entry is read, once for each version that waited.

    Raises:
        Tampered: something does, or an entry was changed or taken away.
    """
    await require_whole(house)
    told_at: dict[bytes, int] = {}
    is_aside = False
    async for entries in house.reads.scan(LedgerEntry, chunk=5_000):
        for told in (one for one in entries if said_by(one).kind == PolicyEntry.KIND):
            entry = parse_entry(told.body)
            if not isinstance(entry.body, PolicyEntry):
                continue
            if entry.body.version == row.id:
                told_at[entry.id] = entry.at
            is_later = entry.body.version > row.id and entry.body.step in APPROVALS
            is_aside |= is_later and (row.state == WAITING or equal(bytes.fromhex(entry.body.hash), row.hash))
    own_at = told_at.pop(row.entry, None)
    if is_aside or own_at is None or own_at <= max(told_at.values(), default=0):
        raise Tampered("policy: expected the version as it was left last", hint="lockhouse ledger verify --state")


def moved_on() -> Moved:
    """Another approval came in between."""
    return Moved("policy: expected no other approval meanwhile", hint="lockhouse policy diff, then approve again")


async def withdraw(house: House, number: int, *, by: str) -> None:
    """A version that was proposed, or that waits, never rules.

    Raises:
        NotFound: there is no such version.
        Moved: it is in another state: what rules is changed by approving something else.
    """
    known, _planted = await sound_versions(house)  # whoever plants a row must not keep what waits from being called off
    was = one_of(known, number)
    if was.state not in {PROPOSED, WAITING}:
        hint = "lockhouse policy history; lockhouse policy rollback lets an older one rule again"
        raise Moved("version: expected one that was proposed or waits, got another", hint=hint)
    row = msgspec.structs.replace(was, state=WITHDRAWN, at=house.clock.now_ms(), entry=house.ids.new())
    told = PolicyEntry(step="withdrawn", version=row.id, hash=row.hash.hex(), by=by, before=ruling(known) or None)
    await put_version(house, Move(row=row, said=told, was=was), known=known)
