"""Which policy rules: the newest approved version, held by hash in the store, never the file on disk."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Tampered
from lockhouse.gates.authority import checked
from lockhouse.gates.house import LivePolicy, Waiting
from lockhouse.model.names import NameBook
from lockhouse.model.policy import decode_policy
from lockhouse.model.rows import Name, PolicyVersion
from lockhouse.policy.reopen import Former

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.policy import Policy

PROPOSED, LIVE, FORMER, WAITING, WITHDRAWN, SUPERSEDED = range(6)
DELAY_MS = 48 * 3_600_000
"""How long an approved policy that widens waits before it rules: as long, somebody can see it and call it off."""


async def name_book(house: House) -> NameBook:
    """The name registry as committed.

    Raises:
        Tampered: a name was not given out by this house.
    """
    names: dict[tuple[str, str], int] = {}
    async for rows in house.reads.scan(Name):
        names.update({(row.kind, row.name): row.id for row in checked(rows, house.integrity_key)})
    return NameBook(names)  # type: ignore[arg-type]  # kinds in the store are the registry's own words


async def versions(house: House) -> list[PolicyVersion]:
    """Every version of the policy, oldest first, with its MAC checked.

    Raises:
        Tampered: a version was not approved by this house.
    """
    rows: list[PolicyVersion] = []
    async for chunk in house.reads.scan(PolicyVersion):
        rows.extend(checked(chunk, house.integrity_key))
    return sorted(rows, key=lambda row: row.id)


async def load_live(house: House) -> LivePolicy | None:
    """The policy that rules now, handed to the house; None when none was ever approved.

    Raises:
        Tampered: the stored policy is not the approved one.
    """
    epoch = house.epochs.policy()
    known = await versions(house)
    ruling = [row for row in known if row.state == LIVE]
    if not ruling:
        house.live_policy = None
        return None
    row = ruling[-1]
    if not equal(sha256(row.document).digest(), row.hash):
        raise Tampered("policy: expected the document that was approved")
    names = await name_book(house)
    live = LivePolicy(decode_policy(row.compiled), version=row.id, epoch=epoch, names=names)
    ruled = [(one, decode_policy(one.compiled)) for one in known if one.state in {LIVE, FORMER}]
    live.assigned = _assigned(ruled)
    live.promised = {one.id: Former.of(policy) for one, policy in ruled}
    waiting = [one for one in known if one.state == WAITING and one.id > row.id]
    live.waiting = _waiting(waiting[-1]) if waiting else None
    house.live_policy = live
    return live


def _waiting(row: PolicyVersion) -> Waiting:
    return Waiting(version=row.id, due_at=row.at + DELAY_MS, policy=decode_policy(row.compiled))


def _assigned(known: list[tuple[PolicyVersion, Policy]]) -> dict[str, int]:
    """Course -> when a policy that asks for it first ruled, without a break since: its grace counts from then."""
    first: dict[str, int] = {}
    for row, policy in known:
        first = {name: first.get(name, row.at) for name in policy.training}
    return first
