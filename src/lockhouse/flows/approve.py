"""Approve a policy: the draft becomes the policy that rules, by its hash, noted in the ledger.

What widens waits first, see `gates.versions`. Until staff are enrolled the operating system's user approves, and the
ledger says so: so there is no second person yet whose approval would shorten the wait.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Literal

import msgspec

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid
from lockhouse.gates.live import LIVE, PROPOSED, WAITING, name_book, versions
from lockhouse.gates.trusted_time import ledger_now
from lockhouse.gates.versions import Move, moved_on, prepare, put_version, ruling, waits_until
from lockhouse.ledger.entry import Policy as PolicyEntry
from lockhouse.model.policy import Policy, encode_policy
from lockhouse.model.rows import Name, PolicyVersion
from lockhouse.policy.cedar import judge
from lockhouse.policy.compile import compile_policy
from lockhouse.policy.diff import Effects, diff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.gates.house import House
    from lockhouse.model.event import Kind
    from lockhouse.policy.document import Document


Step = Literal["live", "rolled-back"]
_Word = Literal["proposed", "approved", "live", "rolled-back"]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that could rule: compiled, judged, and what it would change.

    Attributes:
        base: the version that it was compared with; 0 for none.
        number: the version it would be.
        names: new ones it needs.
        due_at: ms; when it would begin to rule if it was approved now; None for at once.
    """

    base: int
    number: int
    due_at: int | None
    policy: Policy
    effects: Effects
    names: tuple[tuple[str, int, str], ...]
    problems: tuple[str, ...]
    same: bool


async def draft_of(house: House, document: Document, kinds: Mapping[str, Kind]) -> Draft:
    """What this document would be and do, with nothing written.

    `problems` are differences between our own table and Cedar's judgement of the same roles; a policy with any is
    never approved.
    """
    known = await versions(house)
    names = await name_book(house)
    policy = compile_policy(document, names, kinds)
    live = house.live_policy
    effects = diff(live.policy if live else None, policy)
    return Draft(
        base=live.version if live else 0,
        number=known[-1].id + 1 if known else 1,
        due_at=await waits_until(house, policy, widening=effects.widening),
        policy=policy,
        effects=effects,
        names=tuple(names.added),
        problems=tuple(judge(policy)),
        same=live is not None and equal(live.policy.hash, policy.hash),
    )


async def approve(house: House, draft: Draft, source: bytes, *, by: str, step: Step = "live") -> int:
    """The draft is approved; its version number.

    What waits nothing rules, in every process, when this returns. What widens rules once its time has come
    (`flows.wait`), in the place of whatever waited before.

    Args:
        house: as it stands.
        draft: to be approved.
        source: the document's bytes as approved, kept so that the policy can be shown and compared.
        by: the actor (`os-user:…`).
        step: what the ledger says of it: `rolled-back` where the document ruled before.

    Raises:
        Invalid: Cedar judges a role differently than the compiled table.
        Moved: another policy was approved since this was drafted: its numbers may mean something else by now, and what
            it was said to change is not what it would.
    """
    due_at = await waits_until(house, draft.policy, widening=draft.effects.widening)
    if due_at is None:
        await _put(house, draft, source, state=LIVE, said=(step, by))
    else:
        await _put(house, draft, source, state=WAITING, said=("approved", by))
    return draft.number


async def propose(house: House, draft: Draft, source: bytes, *, by: str) -> int:
    """The draft stands as a proposal that somebody may approve; its version number. It rules nothing.

    Raises:
        Invalid, Moved: as `approve`.
    """
    await _put(house, draft, source, state=PROPOSED, said=("proposed", by))
    return draft.number


async def _put(house: House, draft: Draft, source: bytes, *, state: int, said: tuple[_Word, str]) -> None:
    if draft.problems:
        raise Invalid("policy", "a table that Cedar agrees with", problems=draft.problems)
    known = await versions(house)
    if draft.base != ruling(known) or draft.number != (known[-1].id + 1 if known else 1):
        raise moved_on()
    if state == LIVE:
        await prepare(house, draft.policy)
    entry, (word, by) = house.ids.new(), said
    # A clock that is behind the ledger must not let a wait end early.
    at = house.clock.now_ms() if state == LIVE else await ledger_now(house)
    compiled = encode_policy(draft.policy)
    row = PolicyVersion(draft.number, sha256(source).digest(), source, compiled, state, at, by, entry, b"")
    told = PolicyEntry(step=word, version=row.id, hash=row.hash.hex(), by=by, before=draft.base or None)
    names = tuple(Name(kind, identity, name, entry, b"") for kind, identity, name in draft.names)
    await put_version(house, Move(row=row, said=told, names=names), known=known)
