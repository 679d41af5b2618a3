"""One version of the policy: what it does, in people and fields, and who may approve, refuse or call it off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from lockhouse.faces.console.current import house_of, shown, signed_in
from lockhouse.faces.console.effects import lines, told
from lockhouse.faces.console.objections import sentence
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.turned import Turned
from lockhouse.faces.policy_text import approved
from lockhouse.flows.approve import Proposal, agreed, draft_of
from lockhouse.gates.approvals import approval_of
from lockhouse.gates.live import DELAY_MS, FORMER, LIVE, PROPOSED, SUPERSEDED, WAITING, WITHDRAWN, sound_versions
from lockhouse.gates.staff.called import called
from lockhouse.gates.staff.members import STAFF, is_staff, people
from lockhouse.model.policy import decode_policy
from lockhouse.policy.diff import Effects, diff
from lockhouse.wiring import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.approve import Agreed, Draft
    from lockhouse.gates.ending.reach import Reach
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.members import People
    from lockhouse.model.rows import PolicyVersion
    from lockhouse.policy.document import Document

HERE: Final = "/policy"
_MARKS: Final = {
    PROPOSED: "wait", LIVE: "good", FORMER: "stored", WAITING: "now", WITHDRAWN: "refused", SUPERSEDED: "stored",
}  # fmt: skip
_DIGITS: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a version does beside another (`against`, by its number; 0 for none).

    Attributes:
        before: the other's text. `reach`: what of the data that is kept ends by it.
        agreed: what becomes of it if whoever looks approves it; None unless it is proposed.
        draft: it as it would be approved now; None unless it is proposed.
    """

    against: int
    before: str
    effects: Effects
    reach: Reach | None = None
    agreed: Agreed | None = None
    draft: Draft | None = None


def number_in(request: Request) -> int:
    """The version that an address names.

    Raises:
        Turned: it has not the form of one.
    """
    text: str = request.path_params["version"]
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise Turned("LH-3004")
    return int(text)


async def version_of(house: House, number: int) -> tuple[PolicyVersion, list[PolicyVersion]]:
    """A version, and all of them.

    Raises:
        Turned: there is none of this number.
    """
    known, _doubted = await sound_versions(house)
    for row in known:
        if row.id == number:
            return row, known
    raise Turned("LH-3004")


async def drafted(house: House, document: Document) -> Draft:
    """What a document would be and do now."""
    return await draft_of(house, document, KINDS)


def names_of(house: House, found: People, _: Callable[[str], str]) -> Callable[[str], str]:
    """What says an actor of the ledger as people call them."""

    def name(by: str) -> str:
        row = found.rows.get(bytes.fromhex(by.removeprefix(STAFF))) if is_staff(by) else None
        return called(house, row).name if row is not None else _("this machine's user")

    return name


def people_of(found: People) -> dict[str, int]:
    """Role -> how many who can sign in hold it."""
    count: dict[str, int] = {}
    for one in found.active:
        for role in found.member(one).roles:
            count[role] = count.get(role, 0) + 1
    return count


def state_of(row: PolicyVersion, _: Callable[[str], str]) -> dict[str, str]:
    """A version's state: its mark and its word."""
    words = {
        PROPOSED: _("proposed"), LIVE: _("rules"), FORMER: _("ruled before"), WAITING: _("approved, and waits"),
        WITHDRAWN: _("called off"), SUPERSEDED: _("overtaken"),
    }  # fmt: skip
    return {"mark": _MARKS[row.state], "word": words[row.state]}


@signed_in
async def version(request: Request, me: Me) -> Response:
    """One version, whole."""
    if not me.may(house_of(request), "policy.show"):
        raise Turned("LH-3011")
    return await version_page(request, me, number_in(request))


async def version_page(request: Request, me: Me, number: int, *, refused: str = "", done: str = "") -> Response:
    """The page of a version, with what became of a deed that was just tried on it."""
    house, _ = house_of(request), text_of(request)
    row, known = await version_of(house, number)
    found = await people(house)
    compared = await _compared(house, me, row, known)
    source = row.document.decode()
    is_own = row.by == me.actor
    return shown(
        request, me, "policy_version.html", here=HERE, status=409 if refused else 200, refused=refused, done=done,
        number=number, state=state_of(row, _), at=row.at, by=names_of(house, found, _)(row.by),
        against=compared.against, effects=told(compared.effects, people=people_of(found), _=_),
        lines=lines(compared.before, source), reach=compared.reach, widens=compared.effects.widening,
        rules_at=row.at + DELAY_MS if row.state == WAITING else 0,
        can_approve=row.state == PROPOSED and me.may(house, "policy.approve"),
        can_refuse=row.state == PROPOSED and (is_own or me.may(house, "policy.approve")),
        can_call_off=row.state == WAITING, can_return=row.state == FORMER and me.may(house, "policy.propose"),
        **_approval(compared.agreed, _), **await _signed(house, found, row, _),
    )  # fmt: skip


async def _compared(house: House, me: Me, row: PolicyVersion, known: Sequence[PolicyVersion]) -> Compared:
    """A version beside what rules, or, of one that ruled, beside the one before it."""
    ruled = [one for one in known if one.state in {LIVE, FORMER} and (one.state == LIVE or one.id < row.id)]
    if row.state in {LIVE, FORMER}:
        ruled = [one for one in ruled if one.id < row.id]
    other = max(ruled, key=lambda one: one.id, default=None)
    before = "" if other is None else other.document.decode()
    against = 0 if other is None else other.id
    if row.state != PROPOSED:
        old = None if other is None else decode_policy(other.compiled)
        return Compared(against=against, before=before, effects=diff(old, decode_policy(row.compiled)))
    draft = await drafted(house, approved(row.document, said=f"v{row.id}"))
    judged = await agreed(house, Proposal(draft, row.document, row.by, _many(draft)), by=me.actor)
    return Compared(
        against=against, before=before, effects=draft.effects, reach=draft.reach, agreed=judged, draft=draft
    )


def _many(draft: Draft) -> int | None:
    """How many boxes end, where their number is to be typed."""
    return draft.reach.many if draft.reach is not None and draft.reach.is_much else None


def _approval(judged: Agreed | None, _: Callable[[str], str]) -> dict[str, Any]:
    """What an approval by whoever looks would be, or why it is none."""
    if judged is None:
        return {"why": "", "sign": "", "seen": "", "standing": "", "due_at": 0}
    if judged.exact is None:
        return {**_approval(None, _), "why": objection(judged.agreement.objection or "", _)}
    return {
        "why": "", "sign": judged.exact.meant().hash.hex(), "seen": judged.exact.seen(),
        "standing": judged.exact.standing, "due_at": judged.due_at or 0,
    }  # fmt: skip


def objection(word: str, _: Callable[[str], str]) -> str:
    """Why somebody may not approve a policy, in a sentence."""
    if word == "by-host":
        return _("This machine's user proposed it, who may be one of you. Propose it anew; a colleague then approves.")
    if word == "no-permission":
        return _("Your role does not let you approve policies.")
    if word == "much":
        return _("It ends much, and the number that was typed is another one. Look at the number again.")
    return sentence(word, _)


async def _signed(house: House, found: People, row: PolicyVersion, _: Callable[[str], str]) -> dict[str, Any]:
    """By whom a version is signed, who proposed it, and by how many it is approved."""
    approval = await approval_of(house, row.id)
    if approval is None:
        return {"signed": None}
    name = names_of(house, found, _)
    words = {"two": _("two people agree"), "one": _("one person, since nobody could be the second")}
    return {
        "signed": {
            "by": name(f"{STAFF}{approval.staff.hex()}"), "proposer": name(approval.proposer), "at": approval.at,
            "standing": words[approval.standing], "site": approval.origin,
        }
    }  # fmt: skip


ROUTES = [Route("/policy/versions/{version}", version, name="policy-version")]
