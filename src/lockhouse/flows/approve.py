"""Approve a policy: the draft becomes the policy that rules, by its hash, noted in the ledger.

Until somebody who could sign has enrolled, the operating system's user approves, and the ledger says so. From then on
an approval is a passkey's answer to exactly this policy and its effects (`gates.approvals`), by somebody else than
proposed it where there is one (`access.agreeing`). What widens waits first, see `gates.versions`, but for what two have
approved.
"""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from lockhouse.access.agreeing import agreement
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, Refused, Unproven
from lockhouse.gates.approvals import MAY, SIGN, Exact, require_machine_may, signed_by
from lockhouse.gates.authority import digest
from lockhouse.gates.ending.reach import Reach, reach_of, ruled_lately, shortens
from lockhouse.gates.live import FORMER, LIVE, PROPOSED, WAITING, name_book, versions
from lockhouse.gates.mail import notice_for
from lockhouse.gates.staff.called import called
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.finding import doer
from lockhouse.gates.staff.members import STAFF, approvers, held, is_staff, people
from lockhouse.gates.staff.refusing import refuse
from lockhouse.gates.staff.steps import used_up
from lockhouse.gates.staff.whole import require_everybody
from lockhouse.gates.trusted_time import ledger_now
from lockhouse.gates.versions import Move, moved_on, prepare, put_version, require_last_word, ruling, waits_until
from lockhouse.ledger.entry import Policy as PolicyEntry
from lockhouse.model.mails import PolicyWaits
from lockhouse.model.policy import Policy, encode_policy
from lockhouse.model.rows import Name, PolicyVersion
from lockhouse.policy.cedar import judge
from lockhouse.policy.compile import compile_policy
from lockhouse.policy.decide import permits
from lockhouse.policy.diff import Effects, diff, encode_effects
from lockhouse.posture.weakening import decode, said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockhouse.access.agreeing import Agreement
    from lockhouse.gates.approvals import Signing
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.members import People
    from lockhouse.model.event import Kind
    from lockhouse.model.rows import PolicyApproval, Session
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
        weakened: settings that it would let be weaker than what was approved before.
    """

    base: int
    number: int
    due_at: int | None
    reach: Reach | None
    policy: Policy
    effects: Effects
    names: tuple[tuple[str, int, str], ...]
    problems: tuple[str, ...]
    weakened: tuple[str, ...]
    same: bool


async def draft_of(
    house: House, document: Document, kinds: Mapping[str, Kind], *, told: Callable[[int], None] = lambda _done: None
) -> Draft:
    """What this document would be and do, with nothing written.

    `problems` are differences between our own table and Cedar's judgement of the same roles; a policy with any is
    never approved. Settings that are weaker now than what was approved with the policy that rules are effects, too.
    Where a keep is shortened, every record is read to count what ends that a policy of the last 30 days kept, and
    `told` of how many were.
    """
    known = await versions(house)
    names = await name_book(house)
    policy = compile_policy(document, names, kinds)
    live = house.live_policy
    effects = diff(live.policy if live else None, policy)
    weakened = said(decode(house.strict.approved), decode(house.strict.read()))
    if weakened:
        effects = msgspec.structs.replace(effects, loosened=(*effects.loosened, *weakened), widening=True)
    reach = None
    if live and shortens(live.policy, policy):
        ruled = ruled_lately(known, now=house.clock.now_ms())
        reach = await reach_of(house, policy, ruled=ruled, told=told)
    return Draft(
        base=live.version if live else 0,
        number=known[-1].id + 1 if known else 1,
        due_at=await waits_until(house, policy, widening=effects.widening, undoes=not weakened),
        reach=reach,
        policy=policy,
        effects=effects,
        names=tuple(names.added),
        weakened=weakened,
        problems=tuple(await asyncio.to_thread(judge, policy)),
        same=live is not None and equal(live.policy.hash, policy.hash) and not weakened,
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
        Refused: a member of staff could sign it; or it would end more than the twentieth part of what is kept, now or
            within 30 days, and its approver did not say how many boxes; or another user of this machine has approved
            policies here, and none has proposed this document.
        Invalid: Cedar judges a role differently than the compiled table.
        Tampered: an account or a role that the ledger tells of is not as it was left.
        Moved: another policy was approved since this was drafted: its numbers may mean something else by now, and what
            it was said to change is not what it would.
    """
    if is_staff(by):
        raise Refused("policy: expected an approval that is signed", reasons=("step-up",), hint=SIGN)
    found = await people(house)
    require_machine_may(house, found)
    if house.live_policy is not None and not house.demo:
        await require_everybody(house, found)
    if draft.reach is not None and draft.reach.is_much and not house.demo:
        await _require_meant(house, draft.reach, sha256(source).digest(), by=by, ends=ends)
    due_at = await _due(house, draft)
    said = _Said(step, LIVE, by) if due_at is None else _Said("approved", WAITING, by)
    await _put(house, draft, source, said=said)
    return draft.number


class Agreed(NamedTuple):
    """Whether somebody may approve a draft that somebody proposed, by how many it is approved then, and what they sign.

    Attributes:
        agreement: by how many; or the objection.
        exact: what they sign; None where there is an objection.
        due_at: ms; when it begins to rule if it is approved now; None for at once.
    """

    agreement: Agreement
    exact: Exact | None
    due_at: int | None


class Proposal(NamedTuple):
    """What is to be approved by a member of staff.

    Attributes:
        draft: of it. `source`: the document's bytes. `proposer`: as the ledger calls them.
        ends: how many boxes its approver was told will end, and typed; None where it ends few.
    """

    draft: Draft
    source: bytes
    proposer: str
    ends: int | None = None


async def agreed(house: House, proposal: Proposal, *, by: str) -> Agreed:
    """What becomes of it if a member of staff (`by`) approves this.

    Raises:
        NotFound: the member has no account.
    """
    found, now = await people(house), house.clock.now_ms()
    draft, other, begun = proposal.draft, doer(found, by), doer(found, proposal.proposer)
    judged = agreement(begun, other, others=approvers(found, now=now), inviters=found.inviters, now=now)
    if judged.standing is None:
        return Agreed(judged, None, None)
    effects, compiled = sha256(encode_effects(draft.effects)).digest(), sha256(encode_policy(draft.policy)).digest()
    exact = Exact(
        draft.number, draft.base, sha256(proposal.source).digest(), compiled, effects, proposal.ends or 0,
        proposal.proposer, judged.standing, house.strict.read(),
    )  # fmt: skip
    waits = judged.standing == "one"
    due_at = (
        await waits_until(house, draft.policy, widening=draft.effects.widening, undoes=not draft.weakened)
        if waits
        else None
    )
    return Agreed(judged, exact, due_at)


async def _due(house: House, draft: Draft) -> int | None:
    widening = draft.effects.widening
    return await waits_until(house, draft.policy, widening=widening, undoes=not draft.weakened)


class Signed(NamedTuple):
    """What a member's browser answered, in which session, and the proof that came of it (`flows.step_up`)."""

    session: Session
    proof: str
    signing: Signing


async def agree(house: House, proposal: Proposal, *, signed: Signed) -> int:
    """It is approved by the member of staff whose session it is, as they signed it; its version number.

    Two persons' approval rules at once; one's, if it widens, once its time has come: then everybody who works here is
    told, and may call it off. The proof is used up, and the mail written, before the version stands.

    Raises:
        Refused: somebody else is to approve it, their role does not let them, or it ends much and nobody said how much.
        Unproven: what they signed is not exactly this, or they are signed in no longer.
        Tampered: an account or a role that the ledger tells of is not as it was left: who is there decides who may.
        Invalid: Cedar judges a role differently, or nobody could approve a policy any more under this one.
        Moved: as `approve`.
    """
    staff, draft = signed.session.staff, proposal.draft
    by = f"{STAFF}{staff.hex()}"
    told = await agreed(house, proposal, by=by)
    refuse("policy", told.agreement.objection)
    if told.exact is None:
        raise Unproven("policy: expected something that can be signed", hint=SIGN)
    found = await people(house)
    await require_everybody(house, found)
    _require_able(house, found, draft, staff)
    if draft.reach is not None and draft.reach.is_much and not draft.reach.is_told(proposal.ends):
        raise _untold(draft.reach, proposal.ends)
    approval = await signed_by(house, told.exact, signed.signing, staff=staff)
    deed = Deed(house)
    await used_up(house, deed, signed.session, told.exact.meant(), proof=signed.proof)
    deed.hold(signed.session)
    deed.hold(found.rows[staff])
    if told.due_at is not None:
        about = PolicyWaits(version=f"v{draft.number}", by=called(house, found.rows[staff]).name, until_at=told.due_at)
        deed.also(*[put for one in found.active for put in notice_for(house, found.rows[one], about)])
    await deed.done()
    if told.due_at is not None:
        said = _Said("approved", WAITING, by)
    else:
        ruled = [one for one in await versions(house) if one.state == FORMER]
        again = any(equal(one.hash, told.exact.document) for one in ruled)
        said = _Said("rolled-back" if again else "live", LIVE, by)
    await _put(house, draft, proposal.source, said=said, approval=approval)
    return draft.number


def _require_able(house: House, found: People, draft: Draft, staff: bytes) -> None:
    """Whoever approves may, and under the new policy somebody who can sign in still does.

    Raises:
        Refused: their role does not let them.
        Invalid: nobody would be left.
    """
    roles = tuple(found.member(staff).roles)
    if not permits(house.live().policy, roles, MAY):
        raise Refused(
            "policy: expected a role with policy.approve", reasons=("no-permission",), hint="an admin gives it"
        )
    left = [held(found.roles.get(one, ()), draft.policy) for one in found.active]
    if not any(permits(draft.policy, tuple(some), MAY) for some in left):
        expected = "a policy under which somebody who works here may approve the next one"
        raise Invalid("roles", expected, got="one under which nobody may", hint="give policy.approve to a role in use")


def _untold(reach: Reach, ends: int | None) -> Refused:
    expected = f"the number of boxes that end, {reach.many}, typed"
    got = "nothing" if ends is None else "another number"
    return Refused(f"policy: expected {expected}, got {got}", reasons=("much",), hint=f"--ends {reach.many}")


async def _require_meant(house: House, reach: Reach, document: bytes, *, by: str, ends: int | None) -> None:
    """Whoever ends much says how much, and where somebody else approves policies too, two of them mean it.

    Raises:
        Refused: they do not.
        Tampered: what one of them proposed is not as it was left last.
    """
    if not reach.is_told(ends):
        raise _untold(reach, ends)
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
    await _put(house, draft, source, said=_Said("proposed", PROPOSED, by))
    return draft.number


class _Said(NamedTuple):
    """What the ledger says, the state that the version comes into, and who it is by."""

    word: _Word
    state: int
    by: str


async def _put(
    house: House, draft: Draft, source: bytes, *, said: _Said, approval: PolicyApproval | None = None
) -> None:  # fmt: skip
    if draft.problems:
        raise Invalid("policy", "a table that Cedar agrees with", problems=draft.problems)
    known = await versions(house)
    if draft.base != ruling(known) or draft.number != (known[-1].id + 1 if known else 1):
        raise moved_on()
    if said.state == LIVE:
        await prepare(house, draft.policy)
    entry = house.ids.new()
    # A clock that is behind the ledger must not let a wait end early.
    at = house.clock.now_ms() if said.state == LIVE else await ledger_now(house)
    compiled = encode_policy(draft.policy)
    row = PolicyVersion(draft.number, sha256(source).digest(), source, compiled, said.state, at, said.by, entry, b"")
    whole = None if approval is None else msgspec.structs.replace(approval, entry=entry)
    told = PolicyEntry(
        step=said.word, version=row.id, hash=row.hash.hex(), by=said.by, before=draft.base or None,
        proposed_by=whole.proposer if whole else None, approval=digest(whole) if whole else None,
    )  # fmt: skip
    names = tuple(Name(kind, identity, name, entry, b"") for kind, identity, name in draft.names)
    await put_version(house, Move(row=row, said=told, names=names, approval=whole), known=known)
