"""Approve a policy: the draft becomes the policy that rules, by its hash, noted in the ledger.

What widens waits first, see `gates.versions`. Until staff are enrolled the operating system's user approves, and the
ledger says so: so there is no second person yet whose approval would shorten the wait.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Literal

import msgspec

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, Refused
from lockhouse.gates.ending.reach import Reach, reach_of, ruled_lately, shortens
from lockhouse.gates.live import LIVE, PROPOSED, WAITING, name_book, versions
from lockhouse.gates.trusted_time import ledger_now
from lockhouse.gates.versions import Move, moved_on, prepare, put_version, require_last_word, ruling, waits_until
from lockhouse.ledger.entry import Policy as PolicyEntry
from lockhouse.model.policy import Policy, encode_policy
from lockhouse.model.rows import Name, PolicyVersion
from lockhouse.policy.cedar import judge
from lockhouse.policy.compile import compile_policy
from lockhouse.policy.diff import Effects, diff

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
        reach: what of the data that is kept it would end; None where it shortens no keep.
    """

    base: int
    number: int
    due_at: int | None
    reach: Reach | None
    policy: Policy
    effects: Effects
    names: tuple[tuple[str, int, str], ...]
    problems: tuple[str, ...]
    same: bool


async def draft_of(
    house: House, document: Document, kinds: Mapping[str, Kind], *, told: Callable[[int], None] = lambda _done: None
) -> Draft:
    """What this document would be and do, with nothing written.

    `problems` are differences between our own table and Cedar's judgement of the same roles; a policy with any is
    never approved. Where a keep is shortened, every record is read to count what ends that a policy of the last 30 days
    kept, and `told` of how many were.
    """
    known = await versions(house)
    names = await name_book(house)
    policy = compile_policy(document, names, kinds)
    live = house.live_policy
    effects = diff(live.policy if live else None, policy)
    reach = None
    if live and shortens(live.policy, policy):
        ruled = ruled_lately(known, now=house.clock.now_ms())
        reach = await reach_of(house, policy, ruled=ruled, told=told)
    return Draft(
        base=live.version if live else 0,
        number=known[-1].id + 1 if known else 1,
        due_at=await waits_until(house, policy, widening=effects.widening),
        reach=reach,
        policy=policy,
        effects=effects,
        names=tuple(names.added),
        problems=tuple(judge(policy)),
        same=live is not None and equal(live.policy.hash, policy.hash),
    )


async def approve(  # noqa: PLR0913  (what is approved, and what its approver said)
    house: House, draft: Draft, source: bytes, *, by: str, step: Step = "live", ends: int | None = None
) -> int:
    """The draft is approved; its version number.

    What waits nothing rules, in every process, when this returns. What widens rules once its time has come
    (`flows.wait`), in the place of whatever waited before.

    Args:
        house: as it stands.
        draft: to be approved.
        source: the document's bytes as approved, kept so that the policy can be shown and compared.
        by: the actor (`os-user:…`).
        step: what the ledger says of it: `rolled-back` where the document ruled before.
        ends: how many boxes its approver was told will end, and typed.

    Raises:
        Refused: it would end more than the twentieth part of what is kept, now or within 30 days, and its approver did
            not say how many boxes; or another user of this machine has approved policies here, and none has proposed
            this document.
        Invalid: Cedar judges a role differently than the compiled table.
        Moved: another policy was approved since this was drafted: its numbers may mean something else by now, and what
            it was said to change is not what it would.
    """
    if draft.reach is not None and draft.reach.is_much and not house.demo:
        await _require_meant(house, draft.reach, sha256(source).digest(), by=by, ends=ends)
    due_at = await waits_until(house, draft.policy, widening=draft.effects.widening)
    if due_at is None:
        await _put(house, draft, source, state=LIVE, said=(step, by))
    else:
        await _put(house, draft, source, state=WAITING, said=("approved", by))
    return draft.number


async def _require_meant(house: House, reach: Reach, document: bytes, *, by: str, ends: int | None) -> None:
    """Whoever ends much says how much, and where somebody else approves policies too, two of them mean it.

    Raises:
        Refused: they do not.
        Tampered: what one of them proposed is not as it was left last.
    """
    if not reach.is_told(ends):
        expected = f"the number of boxes that end, {reach.many}, typed"
        got = "nothing" if ends is None else "another number"
        raise Refused(f"policy: expected {expected}, got {got}", reasons=("much",), hint=f"--ends {reach.many}")
    known = await versions(house)
    if {row.by for row in known} <= {by}:
        return
    meant = next((one for one in known if one.state == PROPOSED and equal(one.hash, document) and one.by != by), None)
    if meant is None:
        hint = "lockhouse policy propose; then another user of this machine approves what was proposed"
        raise Refused("policy: expected a second person, as much ends, got one", reasons=("much",), hint=hint)
    await require_last_word(house, meant)


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
