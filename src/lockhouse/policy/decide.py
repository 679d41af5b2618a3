"""Decide: which fields are open for an ask.

Default deny; a forbid wins over any permission; roles unite. Everything here is a pure function of the policy and
of facts that others looked up.
"""

from __future__ import annotations

import ipaddress
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import combining, normalize

import msgspec

from lockhouse.model.decision import Actor, Ask, Decision, Grant
from lockhouse.model.policy import REQUESTS, Guard, Mode, Policy, Recipient, Role
from lockhouse.policy.lending import LENT, covering, heard, lenders, may_cover, permits, special
from lockhouse.policy.live import map_consent, person_shut, purposes_open, why_shut
from lockhouse.policy.types.mask import mask

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = [
    "decide", "map_consent", "mask", "not_by", "permits", "person_shut", "purposes_open",
    "sees_nothing", "unmet", "why_shut",
]  # fmt: skip
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
_CONDITIONS = {
    Guard.COURSE: "course-missing",
    Guard.NETWORK: "network",
    Guard.QUOTA: "quota",
    Guard.GRANT: "grant",
    Guard.REASON: "reason",
    Guard.STEP_UP: "step-up",
}


def decide(policy: Policy, ask: Ask) -> Decision:
    """The answer to an ask, field by field."""
    names = tuple(policy.fields) if ask.fields is None else ask.fields
    forbidden = _forbidden(policy, ask)
    if forbidden:
        return _all_shut(names, forbidden)
    if ask.action == "send":
        return _send(policy, ask, names)
    if ask.action == "package":
        return _package(policy, ask, names)
    return _read(policy, ask, names)


def _forbidden(policy: Policy, ask: Ask) -> tuple[str, ...]:
    apart = _apart(policy, ask)
    found = person_shut(policy, ask.purpose, ask.facts)
    if ask.facts.own_record and ask.actor.kind != "service":
        found = (*found, "own-record")
    if found and sees_nothing(policy, ask):  # what stands of the person is none of its business
        found = ()
    return found + apart


def sees_nothing(policy: Policy, ask: Ask) -> bool:
    """Whether the actor's roles see nothing of anybody in this way for this purpose, whatever stands of the person.

    Then the answer is no, and it is told by the roles alone: a word of the person's that is told would be a sight of
    them. What is sent or packed is no sight of a role's.
    """
    if ask.action in {"send", "package"} or all(one.name != ask.purpose for one in policy.purposes):
        return False
    modes = set(_wanted(ask))
    classes, lent = _given(policy, ask, ask.actor.roles, modes), frozenset[str]()
    if ask.facts.grants:
        lent = _given(policy, ask, [role.name for role in lenders(policy, ask)], modes & LENT)
    return not any(
        (field.class_ in classes or (field.class_ in lent and may_cover(ask, name)))
        and (ask.purpose == REQUESTS or ask.purpose in field.purposes)
        for name, field in policy.fields.items()
    )


def _given(policy: Policy, ask: Ask, roles: Iterable[str], modes: Collection[Mode]) -> frozenset[str]:
    """The classes of which the roles give any of these, guards aside."""
    rows = [policy.table.get(role, {}).get(ask.purpose, {}) for role in roles]
    return frozenset(class_ for row in rows for class_, cells in row.items() if {*modes} & set(cells))


def _apart(policy: Policy, ask: Ask) -> tuple[str, ...]:
    held = set(ask.actor.roles)
    return ("separate-roles",) if any(len(held & set(apart)) > 1 for apart in policy.separate.roles) else ()


def not_by(policy: Policy, ask: Ask, field: str) -> tuple[str, ...]:
    """Why nobody may be found by this field for the ask's purpose, whoever they are; nothing where it may be asked.

    Whoever may not see a field, at least masked, would learn by finding whose value it is. Whoever may only check it
    would have as many guesses as they like by finding, and not three.
    """
    found = _apart(policy, ask)
    if found:
        return found
    answer = _read(policy, msgspec.structs.replace(ask, action="find", mode="masked"), (field,))
    return answer.because[field] if answer.shut else ()


def _all_shut(names: tuple[str, ...], reasons: tuple[str, ...]) -> Decision:
    return Decision(open=frozenset(), masked=frozenset(), shut=frozenset(names), because=dict.fromkeys(names, reasons))


class _Answer:
    """The three sets while they are being filled."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.masked: set[str] = set()
        self.shut: set[str] = set()
        self.because: dict[str, tuple[str, ...]] = {}
        self.conditions: dict[str, tuple[str, ...]] = {}
        self.grants: dict[str, str] = {}

    def close(self, name: str, *reasons: str) -> None:
        self.shut.add(name)
        self.because[name] = reasons

    def decision(self) -> Decision:
        return Decision(
            open=frozenset(self.open),
            masked=frozenset(self.masked),
            shut=frozenset(self.shut),
            because=self.because,
            conditions=self.conditions,
            grants=self.grants,
        )


def _wanted(ask: Ask) -> tuple[Mode, ...]:
    """The modes that would do, the best first."""
    if ask.action in {"check", "change"}:
        return ("check",) if ask.action == "check" else ("change",)
    if ask.action == "count" or ask.mode == "aggregate":
        return ("aggregate",)
    return ("full", "masked") if ask.mode == "full" else ("masked",)


class _Hearing(NamedTuple):
    """Who is heard on one class: the roles that count without a grant, and of them those that are held at all.

    Attributes:
        lent: roles that the grant lends something of.
        grant: that covers; None: none does.
    """

    held: list[Role]
    heard: list[Role]
    lent: list[Role]
    grant: Grant | None

    @property
    def own(self) -> list[Role]:
        """The actor's own roles that count: with a grant each of them."""
        return self.heard if self.grant is None else self.held


class _Grade(NamedTuple):
    """The best mode that is given, what the nearest role lacked for a better one, and whether a grant gave it."""

    mode: Mode | None
    missing: tuple[str, ...]
    by_grant: bool = False


def _read(policy: Policy, ask: Ask, names: tuple[str, ...]) -> Decision:
    answer, modes = _Answer(), _wanted(ask)
    held = [policy.roles[role] for role in ask.actor.roles if ask.purpose in policy.table.get(role, {})]
    lent = lenders(policy, ask) if ask.facts.grants else []
    listened = heard(policy, ask, held) if special(ask) else held
    by_class: dict[tuple[str, str], _Grade] = {}
    for name in names:
        field = policy.fields.get(name)
        grant = covering(ask, name) if ask.facts.grants else None
        if field is None:
            answer.close(name, "undeclared")
        elif ask.purpose != REQUESTS and ask.purpose not in field.purposes:
            answer.close(name, "not-for-this-purpose")
        elif not held and not (grant and lent):
            answer.close(name, "no-role")
        else:
            key = (field.class_, grant.id if grant else "")
            if key not in by_class:
                who = _Hearing(held, listened, lent if grant else [], grant)
                by_class[key] = _grade(policy, ask, class_=field.class_, who=who, modes=modes)
            _place(answer, name, by_class[key])
            if grant is not None and by_class[key].by_grant:
                answer.grants[name] = grant.id
    return answer.decision()


def _place(answer: _Answer, name: str, grade: _Grade) -> None:
    missing = grade.missing
    if grade.mode is None:
        answer.close(name, *(missing or ("class-not-seen",)))
    elif grade.mode == "masked":
        answer.masked.add(name)
        answer.because[name] = missing or ("only-masked",)
    else:
        answer.open.add(name)
    if missing and grade.mode in {None, "masked"}:
        answer.conditions[name] = missing


def _grade(policy: Policy, ask: Ask, *, class_: str, who: _Hearing, modes: tuple[Mode, ...]) -> _Grade:
    def cells(role: Role) -> Mapping[Mode, int]:
        return policy.table[role.name][ask.purpose].get(class_, {})

    if not any(mode in cells(role) for role in who.own for mode in modes):
        unheard = any(mode in cells(role) for role in who.held for mode in modes)
        if unheard:  # told only to whoever would see something of anybody else
            return _Grade(None, special(ask))
    lacking: tuple[str, ...] = ()
    for mode in modes:
        own = [role for role in who.own if mode in cells(role)]
        lent = [role for role in who.lent if mode in cells(role)] if not own and mode in LENT else []
        for role in own or lent:
            guards = Guard(cells(role)[mode])
            missing = unmet(role, guards, ask, class_=class_, granted=who.grant is not None)
            if not missing:
                is_asked = bool(guards & Guard.GRANT) and ask.facts.grant is None
                by_grant = bool(lent) or is_asked or role not in who.heard
                if not by_grant or ask.lent == "full" or mode != "full":
                    return _Grade(mode, lacking, by_grant)
                missing = (_CONDITIONS[Guard.STEP_UP],)
            if not lacking or len(missing) < len(lacking):
                lacking = missing
    return _Grade(None, lacking)


def unmet(role: Role, guards: Guard, ask: Ask, *, class_: str | None, granted: bool = False) -> tuple[str, ...]:
    """The guards that do not hold, as reason codes. Without a class, the strictest of the role's reveals counts.

    Args:
        role, guards, ask, class_: what is asked of whom. granted: whether a grant covers what is asked for.
    """
    if not guards:
        return ()
    facts = ask.facts
    reveals = [role.reveal[class_]] if class_ in role.reveal else list(role.reveal.values()) if class_ is None else []
    ages = [reveal.step_up_s for reveal in reveals if reveal.step_up_s is not None]
    holds = {
        Guard.COURSE: facts.training.issuperset(role.training),
        Guard.NETWORK: _inside(facts.network, role.networks),
        Guard.QUOTA: facts.quota_left is not None and facts.quota_left > 0,
        Guard.GRANT: granted or facts.grant is not None,
        Guard.REASON: ask.action in {"reveal", "package"} and all(_stated(ask.reason, one.reasons) for one in reveals),
        Guard.STEP_UP: facts.step_up_age_s is not None and 0 <= facts.step_up_age_s <= min(ages, default=0),
    }
    return tuple(code for guard, code in _CONDITIONS.items() if guards & guard and not holds[guard])


def _stated(reason: str | None, listed: tuple[str, ...] | None) -> bool:
    if reason is None or not reason.strip():
        return False
    return listed is None or plain_reason(reason) in {plain_reason(word) for word in listed}


def plain_reason(reason: str) -> str:
    """A reason's word without its ticket, as it is compared and noted: `Call back: T-17` is `call-back`.

    It is a word that the ledger takes, whatever script the policy is written in: marks over letters are left out
    (`Rückruf` is `ruckruf`), and what has other letters carries a hash of it, so that no two of them are one.
    """
    head = reason.partition(":")[0].strip().casefold()
    bare = "".join(sign for sign in normalize("NFKD", head) if not combining(sign))
    word = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in bare)[:60]
    if word[:1] not in {"", "-"} and not any(sign.isalnum() and not sign.isascii() for sign in bare):
        return word
    return f"r{word[:40]}-{sha256(head.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}" if word else word


def listed_reasons(policy: Policy, actor: Actor) -> tuple[str, ...]:
    """The reasons that the actor's roles list for their reveals, each once, in the policy's order."""
    roles = [policy.roles[name] for name in actor.roles if name in policy.roles]
    return tuple(dict.fromkeys(word for role in roles for one in role.reveal.values() for word in one.reasons or ()))


def _inside(network: str | None, allowed: tuple[str, ...]) -> bool:
    try:
        seen = ipaddress.ip_network(network or "", strict=False)
    except ValueError:
        return False
    return any(_within(seen, ipaddress.ip_network(text)) for text in allowed)


def _within(inner: IPNetwork, outer: IPNetwork) -> bool:
    return (
        inner.version == outer.version
        and inner.prefixlen >= outer.prefixlen
        and int(inner.network_address) & int(outer.netmask) == int(outer.network_address)
    )


def _send(policy: Policy, ask: Ask, names: tuple[str, ...]) -> Decision:
    recipient = policy.recipients.get(ask.recipient or "")
    if recipient is None:
        return _all_shut(names, ("no-such-recipient",))
    reasons = _held_back(recipient, ask)
    if reasons:
        return _all_shut(names, reasons)
    answer = _Answer()
    for name in names:
        field = policy.fields.get(name)
        if field is None:
            answer.close(name, "undeclared")
        elif name not in recipient.fields:
            answer.close(name, "not-theirs")
        elif ask.purpose not in field.purposes:
            answer.close(name, "not-for-this-purpose")
        else:
            answer.open.add(name)
    return answer.decision()


def _held_back(recipient: Recipient, ask: Ask) -> tuple[str, ...]:
    found: list[str] = []
    if ask.actor.kind != "service":
        found.append("not-a-service")
    if ask.purpose not in recipient.purposes:
        found.append("not-their-purpose")
    if recipient.role != "internal" and recipient.contract is None:
        found.append("no-contract")
    if recipient.review is not None:
        if ask.facts.today is None:
            found.append("review-unknown")
        elif ask.facts.today > recipient.review:
            found.append("review-due")
    return tuple(found)


def _package(policy: Policy, ask: Ask, names: tuple[str, ...]) -> Decision:
    """A person's own copy: everything declared, by someone who may fulfil requests, for that purpose alone."""
    if ask.purpose != REQUESTS:
        return _all_shut(names, ("not-for-this-purpose",))
    lacking: tuple[str, ...] = ("no-permission",)
    for held in ask.actor.roles:
        role = policy.roles.get(held)
        if role is None or REQUESTS not in role.for_ or not permits(policy, (held,), "request.fulfil"):
            continue
        row = policy.table[held].get(REQUESTS, {}).values()
        guards = Guard.COURSE if role.training else Guard.NONE
        guards |= Guard.NETWORK if role.networks else Guard.NONE  # a copy holds everything, whatever the role sees
        for cells in row:
            guards |= Guard(cells.get("full", 0))
        lacking = unmet(role, guards, ask, class_=None)
        if not lacking:
            answer = _Answer()
            for name in names:
                if name in policy.fields:
                    answer.open.add(name)
                else:
                    answer.close(name, "undeclared")
            return answer.decision()
    return _all_shut(names, lacking)
