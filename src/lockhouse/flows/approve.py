"""Approve a policy: the draft becomes the policy that rules, by its hash, noted in the ledger.

Until staff are enrolled the operating system's user approves, and the ledger says so.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Literal

import msgspec

from lockhouse.crypto.blindindex import Indexer
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Invalid
from lockhouse.gates.authority import signed
from lockhouse.gates.epochs import ensure_epochs
from lockhouse.gates.index_keys import ensure_index, load_index
from lockhouse.gates.live import FORMER, LIVE, load_live, name_book, versions
from lockhouse.ledger.entry import Policy as PolicyEntry
from lockhouse.model.change import Change, Conflict, Expect, Put
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


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that could rule: compiled, judged, and what it would change.

    Attributes:
        base: the version that it was compared with, and whose registry its numbers go on from; 0 for none.
        names: new ones it needs.
    """

    base: int
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
    names = await name_book(house)
    policy = compile_policy(document, names, kinds)
    live = house.live_policy
    return Draft(
        base=live.version if live else 0,
        policy=policy,
        effects=diff(live.policy if live else None, policy),
        names=tuple(names.added),
        problems=tuple(judge(policy)),
        same=live is not None and equal(live.policy.hash, policy.hash),
    )


async def approve(house: House, draft: Draft, source: bytes, *, by: str, step: Step = "live") -> int:
    """The draft rules, in every process, when this returns; its version number.

    Args:
        source: the document's bytes as approved, kept so that the policy can be shown and compared.
        by: the actor (`os-user:…`).
        step: what the ledger says of it: `rolled-back` where the document ruled before.

    Raises:
        Invalid: Cedar judges a role differently than the compiled table.
        Moved: another policy was approved since this was drafted: its numbers may mean something else by now, and what
            it was said to change is not what it would.
    """
    if draft.problems:
        raise Invalid("policy", "a table that Cedar agrees with", problems=draft.problems)
    known = await versions(house)
    if draft.base != (known[-1].id if known else 0):
        raise _moved()
    await ensure_index(house, draft.policy.identifiers.values())
    await ensure_epochs(house, draft.policy.compartments)
    number = draft.base + 1
    entry = house.ids.new()
    now = house.clock.now_ms()
    row = PolicyVersion(number, sha256(source).digest(), source, encode_policy(draft.policy), LIVE, now, by, entry, b"")
    puts = [Put(PolicyVersion.TABLE, signed(row, house.integrity_key))]
    ruling = [old for old in known if old.state == LIVE]
    puts += [Put(old.TABLE, signed(msgspec.structs.replace(old, state=FORMER), house.integrity_key)) for old in ruling]
    names = [Name(kind, identity, name, entry, b"") for kind, identity, name in draft.names]
    puts += [Put(Name.TABLE, signed(name, house.integrity_key)) for name in names]
    said = PolicyEntry(step=step, version=number, hash=row.hash.hex(), by=by, before=draft.base or None)
    expects = [
        Expect(PolicyVersion.TABLE, (number,), None, or_absent=False, because="policy-moved"),
        *[Expect(Name.TABLE, (one.kind, one.id), None, or_absent=False, because="name-taken") for one in names],
    ]
    change = Change(
        "record", puts=tuple(puts), expects=tuple(expects), entries=(said.draft(id=entry, lane=house.lane),)
    )
    if isinstance(await house.commits.commit(change), Conflict):
        raise _moved()
    await house.epochs.announce(policy=True)
    house.indexer = Indexer(house.id, await load_index(house.id, house.keks, house.reads))
    await load_live(house)
    return number


def _moved() -> Moved:
    return Moved("policy: expected no other approval meanwhile", hint="lockhouse policy diff, then approve again")
