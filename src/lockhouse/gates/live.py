"""Which policy rules: the newest approved version, held by hash in the store, never the file on disk.

What does not verify rules nothing, and keeps nothing from ruling: of a row that was planted beside the version that
rules the house knows (`House.doubted`), and goes on. Where the version that rules is itself not as it was approved,
nothing is loaded: an older one may show more, and whoever spoils a row must not choose what rules.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Tampered
from lockhouse.gates.approvals import require_approved
from lockhouse.gates.authority import checked
from lockhouse.gates.house import LivePolicy, Waiting
from lockhouse.model.names import NameBook
from lockhouse.model.policy import decode_policy
from lockhouse.model.rows import Name, PolicyVersion
from lockhouse.policy.reopen import Former

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.policy import Policy
    from lockhouse.model.rows import PolicyApproval

PROPOSED, LIVE, FORMER, WAITING, WITHDRAWN, SUPERSEDED = range(6)
STATES = ("proposed", "live", "former", "waiting", "withdrawn", "superseded")
"""Their words, in that order, as the command line and the API say them."""
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
    known, doubted = await sound_versions(house)
    row, signed, unsigned = await _ruling(house, known)
    if row is None and not doubted + unsigned:
        house.live_policy = None
        return None
    house.doubted = tuple(sorted({*doubted, *unsigned}))
    if row is None or any(one <= row.id for one in house.doubted):
        raise Tampered(
            "policy: expected every version as it was approved", hint="lockhouse ledger verify --state names which"
        )
    house.strict.approved = signed.settings if signed is not None else ""
    names = await name_book(house)
    live = LivePolicy(decode_policy(row.compiled), version=row.id, epoch=epoch, names=names)
    ruled = [(one, decode_policy(one.compiled)) for one in known if one.state in {LIVE, FORMER}]
    live.assigned = _assigned(ruled)
    live.promised = {one.id: Former.of(policy) for one, policy in ruled}
    waiting = [one for one in known if one.state == WAITING and one.id > row.id]
    live.waiting = _waiting(waiting[-1]) if waiting else None
    house.live_policy = live
    return live


async def sound_versions(house: House) -> tuple[list[PolicyVersion], list[int]]:
    """The versions whose MAC fits, oldest first, and the numbers of the others: for whoever only looks at them."""
    known, doubted = list[PolicyVersion](), list[int]()
    async for chunk in house.reads.scan(PolicyVersion):
        for one in chunk:
            try:
                known += checked([one], house.integrity_key)
            except Tampered:
                doubted.append(one.id)
    return sorted(known, key=lambda row: row.id), doubted


async def _ruling(
    house: House, known: list[PolicyVersion]
) -> tuple[PolicyVersion | None, PolicyApproval | None, list[int]]:
    """The newest version that rules and verifies, what was signed of it, and the numbers of those above that do not."""
    unsigned: list[int] = []
    ruled = [one for one in known if one.state in {LIVE, FORMER}]
    for row in reversed([one for one in known if one.state == LIVE]):
        try:
            _require_document(row)
            signed = await require_approved(house, row, ruled)
        except Tampered:
            unsigned.append(row.id)
        else:
            return row, signed, unsigned
    return None, None, unsigned


def _require_document(row: PolicyVersion) -> None:
    if not equal(sha256(row.document).digest(), row.hash):
        raise Tampered("policy: expected the document that was approved")


def _waiting(row: PolicyVersion) -> Waiting:
    return Waiting(version=row.id, due_at=row.at + DELAY_MS, policy=decode_policy(row.compiled))


def _assigned(known: list[tuple[PolicyVersion, Policy]]) -> dict[str, int]:
    """Course -> when a policy that asks for it first ruled, without a break since: its grace counts from then."""
    first: dict[str, int] = {}
    for row, policy in known:
        first = {name: first.get(name, row.at) for name in policy.training}
    return first
