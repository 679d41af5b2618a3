"""Approvals of policies as members of staff sign them: made once, and verified whenever the policy is loaded.

1. What is signed is a hash of the version, its document and compiled form, the version it takes the place of, what it
   was said to change and to end, who proposed it and by how many it is approved. The challenge is made from that hash
   and the ceremony's token under the house's own key: an answer to another policy, diff or house fits nothing here.
2. The row keeps the answer, the token and the site. The public key stands in the member's factor, sealed under a MAC
   and told of by the ledger when it was added; a factor that ended keeps its box, so that whoever loses a passkey takes
   no approval back. It must have been live at the time of the approval.
3. A version by a member without such a row, or with one that does not verify, rules nothing in any process. Nor does a
   version of the machine's user once one by a member has ruled.
4. A policy that was approved before anybody could sign stays approved as the ledger says: by the machine's user.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.access.sign_in import Means
from lockhouse.access.step_up import action_hash
from lockhouse.crypto import passkeys
from lockhouse.crypto.passkeys import Site
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Refused, Tampered, Unproven
from lockhouse.gates.authority import checked
from lockhouse.gates.staff.factors import passkey_of
from lockhouse.gates.staff.members import STAFF, is_staff
from lockhouse.gates.staff.read import DISABLED, GIVEN, Proof, account, proofs_of
from lockhouse.gates.staff.steps import Meant
from lockhouse.gates.staff.told import FACTOR_ENDED
from lockhouse.model.rows import Factor, FactorUse, PolicyApproval
from lockhouse.policy.decide import permits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.access.agreeing import Standing
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.members import People
    from lockhouse.model.policy import Policy
    from lockhouse.model.rows import PolicyVersion, StaffRole

ACTION = "policy-approve"
MAY = "policy.approve"
SIGN = "a member of staff approves it with their passkey, on the console's page Policy (LH-3013)"


class Exact(NamedTuple):
    """What exactly is approved.

    Attributes:
        number: of the version. `base`: that rules; 0 for none.
        document, compiled, effects: SHA-256 of each. `ends`: boxes that end now or soon.
        proposer: as the ledger calls them. `standing`: by how many it is approved.
        settings: those that can weaken, as JSON text.
    """

    number: int
    base: int
    document: bytes
    compiled: bytes
    effects: bytes
    ends: int
    proposer: str
    standing: Standing | str
    settings: str

    def meant(self) -> Meant:
        """As a passkey answers for it."""
        said = [
            f"version={self.number}", f"base={self.base}", f"document={self.document.hex()}",
            f"compiled={self.compiled.hex()}", f"effects={self.effects.hex()}", f"ends={self.ends}",
            f"proposer={self.proposer}", f"standing={self.standing}",
            f"settings={sha256(self.settings.encode()).hexdigest()}",
        ]  # fmt: skip
        return Meant(ACTION, action_hash(ACTION, fields=said))

    def seen(self) -> str:
        """What whoever reads it before they approve it was shown, its number aside: another proposal takes one."""
        return self._replace(number=0).meant().hash.hex()


class Signing(NamedTuple):
    """What a member's browser sent: the ceremony's token, and the passkey's answer as JSON text."""

    ceremony: str
    answer: str


async def signed_by(house: House, exact: Exact, signing: Signing, *, staff: bytes) -> PolicyApproval:
    """The approval as it is to be stored, without entry and MAC; it verifies.

    Raises:
        Unproven: the answer is of no live passkey of theirs, or to something else.
    """
    credential, _ = passkeys.answering(signing.answer)
    keys = [one for one in await proofs_of(house, staff) if one.factor.kind == Means.PASSKEY]
    proof = next((one for one in keys if equal(passkey_of(house, one).id, credential)), None)
    if proof is None:
        raise Unproven("policy: expected a passkey of whoever approves it", hint="use your own")
    site = house.proving.site
    row = PolicyApproval(
        exact.number, exact.base, exact.effects, exact.ends, exact.proposer, exact.standing, exact.settings,
        staff, proof.factor.id,
        site.rp_id, site.origin, signing.ceremony, signing.answer, house.clock.now_ms(), b"", b"",
    )  # fmt: skip
    _verify(house, row, proof.factor, exact)
    return row


def _verify(house: House, row: PolicyApproval, factor: Factor, exact: Exact) -> None:
    """Raise `Unproven` unless the row holds an answer of this passkey to exactly this."""
    # As it was made: its counter goes on with each use, and one answer is not newer than itself.
    passkey = passkey_of(house, Proof(factor, FactorUse(factor.staff, factor.id, 0, 0, b"")))
    asked = house.staff_keys.challenge(row.ceremony.encode(), exact.meant().hash)
    site = Site(rp_id=row.rp_id, origin=row.origin)
    passkeys.used(site, row.answer, challenge=asked, user=row.staff, passkey=passkey)


def exact_of(version: PolicyVersion, row: PolicyApproval) -> Exact:
    """What a stored approval must be of."""
    return Exact(
        version.id, row.base, sha256(version.document).digest(), sha256(version.compiled).digest(), row.effects,
        row.ends, row.proposer, row.standing, row.settings,
    )  # fmt: skip


async def approval_of(house: House, version: int) -> PolicyApproval | None:
    """What was signed for a version; None if nothing was.

    Raises:
        Tampered: the row was not made, or not left, as this house made it.
    """
    rows = await house.reads.get(PolicyApproval, [(version,)])
    return next(iter(checked(rows.values(), house.integrity_key)), None)


async def require_approved(
    house: House, version: PolicyVersion, ruled: Iterable[PolicyVersion]
) -> PolicyApproval | None:
    """What a member signed of the version; None where the machine's user approved it, who could: see the module.

    Args:
        ruled: every version that rules or did, with its MAC checked.

    Raises:
        Tampered: it was not.
    """
    if not is_staff(version.by):
        if not house.demo and any(is_staff(one.by) and one.id < version.id for one in ruled):
            raise _unsigned()
        return None
    row = await approval_of(house, version.id)
    if row is None or version.by != f"{STAFF}{row.staff.hex()}" or (row.standing, row.proposer) == ("two", version.by):
        raise _unsigned()
    whose = await account(house, row.staff)
    if whose is None or whose.created_at > row.at or (whose.state == DISABLED and whose.at < row.at):
        raise _unsigned()
    factor = await _factor(house, row)
    try:
        _verify(house, row, factor, exact_of(version, row))
    except Unproven as err:
        raise _unsigned() from err
    return row


async def _factor(house: House, row: PolicyApproval) -> Factor:
    """The passkey that answered, as it was live then.

    Raises:
        Tampered: there is none, it was no passkey, or it was not live.
    """
    found = checked((await house.reads.get(Factor, [(row.staff, row.factor)])).values(), house.integrity_key)
    for one in found:
        is_over = one.state == FACTOR_ENDED and one.at < row.at
        if one.kind == Means.PASSKEY and one.created_at <= row.at and not is_over:
            return one
    raise _unsigned()


def _unsigned() -> Tampered:
    return Tampered(
        "policy: expected a version that whoever could approve it signed", hint="lockhouse ledger verify --state"
    )


def require_machine_may(house: House, found: People) -> None:
    """Nothing, while nobody who works here could sign: then the machine's user approves, and the ledger says so.

    Whoever ever enrolled and holds, or held, a role that approves could: taking their role or their account away makes
    nobody else's word count for theirs.

    Raises:
        Refused: somebody could.
    """
    policy = house.live_policy.policy if house.live_policy else None
    if policy is None or house.demo:
        return
    if any(_could(policy, found.roles.get(one, ())) for one in found.came):
        raise Refused("policy: expected a member of staff's approval", reasons=("has-staff",), hint=SIGN)


def _could(policy: Policy, rows: Iterable[StaffRole]) -> bool:
    return any(permits(policy, (row.role,), MAY) for row in rows if row.state == GIVEN or row.ended_at)
