"""Decide: which purposes are live for a person, and which fields are open for an ask.

Default deny; a forbid wins over any permission; roles unite. Everything here is a pure function of the policy and
of facts that others looked up.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from lockhouse.errors import Refused
from lockhouse.model.decision import Ask, Decision, Facts, PersonFacts, SlotTimes
from lockhouse.model.policy import REQUESTS, Guard, Mode, Policy, Purpose, Recipient, Role, Slot
from lockhouse.model.scale import PersonState
from lockhouse.policy.life import add
from lockhouse.policy.words import region_keys

STRICTEST = "strictest"
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
_SHUT_STATES = (
    (PersonState.ERASED, "erased"),
    (PersonState.ENDING, "being-erased"),
    (PersonState.RESTRICTED, "restricted"),
    (PersonState.OBJECTED, "objected"),
    (PersonState.MINOR, "minor"),
)
_CONDITIONS = {
    Guard.COURSE: "course-missing",
    Guard.NETWORK: "network",
    Guard.QUOTA: "quota",
    Guard.GRANT: "grant",
    Guard.REASON: "reason",
    Guard.STEP_UP: "step-up",
}


def map_consent(policy: Policy, consent: Mapping[str, bool] | None) -> tuple[dict[str, bool] | None, tuple[str, ...]]:
    """The banner's words as purposes, and how many of its words mean nothing here.

    Two words for one purpose count as a denial when they differ. A purpose may also be called by its own name.

    Returns:
        The answers by purpose (None when the event carried no consent object) and the unmapped words.
    """
    if consent is None:
        return None, ()
    own = {purpose.name for purpose in policy.purposes if purpose.refusable}
    mapped: dict[str, bool] = {}
    unmapped: list[str] = []
    for word, answer in consent.items():
        purpose = policy.consent_names.get(word) or (word if word in own else None)
        if purpose is None:
            unmapped.append(word)
        else:
            mapped[purpose] = answer is True and mapped.get(purpose, True)
    return mapped, tuple(sorted(unmapped))


def purposes_open(policy: Policy, facts: PersonFacts) -> int:
    """The purposes that are live for what arrives now, as bits by their position in `policy.purposes`.

    What cannot be refused (contract, legal duty, vital interest) is always live: nobody's order is lost by a
    missing consent or a suppression. For a person who is ending or erased, the caller makes a new one.
    """
    bits = 0
    for position, purpose in enumerate(policy.purposes):
        if not purpose.refusable or not _shut_for(policy, purpose, facts):
            bits |= 1 << position
    return bits


def why_shut(policy: Policy, facts: PersonFacts) -> tuple[str, ...]:
    """Why each purpose is shut, by position; an empty text where it is live."""
    return tuple(_shut_for(policy, purpose, facts) if purpose.refusable else "" for purpose in policy.purposes)


def _shut_for(policy: Policy, purpose: Purpose, facts: PersonFacts) -> str:
    """Why a refusable purpose is shut for this person, or an empty text."""
    for state, reason in _SHUT_STATES if facts.state else ():
        if facts.state & state:
            return reason
    if purpose.name in facts.suppressed:
        return "suppressed"
    if purpose.name in facts.objected:
        return "objected"
    if purpose.sold_or_shared and "gpc" in facts.signals:
        return "opted-out"
    said = _said(purpose.name, facts)
    reasons = [_refused(basis, said=said, customer=facts.customer) for basis in _bases(policy, purpose, facts.region)]
    shut = next((reason for reason in reasons if reason), "")
    return "region" if shut and "" in reasons else shut


def _said(purpose: str, facts: PersonFacts) -> bool | None:
    """The person's word: a denial anywhere wins; an event that speaks of consent speaks for itself."""
    stored = facts.consents.get(purpose)
    if facts.event_consents is None or stored is False:
        return stored
    return facts.event_consents.get(purpose)


def _bases(policy: Policy, purpose: Purpose, region: str | None) -> tuple[str, ...]:
    """The basis in a region; for an unknown one every basis there is, so that the strictest decides."""
    place = region or (None if policy.region_unknown == STRICTEST else policy.region_unknown)
    if place is None:
        return tuple(dict.fromkeys(purpose.basis.values()))
    for key in region_keys(place):
        if key in purpose.basis:
            return (purpose.basis[key],)
    return (purpose.basis["default"],)


def _refused(basis: str, *, said: bool | None, customer: bool) -> str:
    if basis == "consent":
        return "" if said is True else "no-consent"
    if basis == "soft_opt_in":
        return "" if said is True or (said is None and customer) else "no-consent"
    if said is False:
        return {"opt_out": "opted-out", "legitimate_interest": "objected"}.get(basis, "")
    return ""


def person_shut(policy: Policy, purpose_name: str, facts: Facts) -> tuple[str, ...]:
    """Why nothing of this person may be read for a purpose, or nothing; the forbids that no role overcomes."""
    purpose = next((purpose for purpose in policy.purposes if purpose.name == purpose_name), None)
    if purpose is None:
        return ("no-such-purpose",)
    for state, reason in _SHUT_STATES[:2]:
        if facts.state & state:
            return (reason,)
    if purpose.builtin:
        return ()
    # GDPR Art. 18(2): what is restricted may be kept, and used for legal claims and duties.
    if facts.state & PersonState.RESTRICTED and set(_bases(policy, purpose, facts.region)) != {"legal_obligation"}:
        return ("restricted",)
    if not purpose.refusable:
        return ()
    known = PersonFacts(
        region=facts.region,
        consents=facts.consents,
        state=facts.state,
        suppressed=facts.suppressed,
        objected=facts.objected,
        customer=facts.customer,
    )
    shut = _shut_for(policy, purpose, known)
    return (shut,) if shut else ()


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
    found = person_shut(policy, ask.purpose, ask.facts)
    if ask.facts.own_record and ask.actor.kind != "service":
        found = (*found, "own-record")
    held = set(ask.actor.roles)
    if any(len(held & set(apart)) > 1 for apart in policy.separate.roles):
        found = (*found, "separate-roles")
    return found


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
        )


def _wanted(ask: Ask) -> tuple[Mode, ...]:
    """The modes that would do, the best first."""
    if ask.action in {"check", "change"}:
        return ("check",) if ask.action == "check" else ("change",)
    if ask.action == "count" or ask.mode == "aggregate":
        return ("aggregate",)
    return ("full", "masked") if ask.mode == "full" else ("masked",)


def _read(policy: Policy, ask: Ask, names: tuple[str, ...]) -> Decision:
    answer, modes = _Answer(), _wanted(ask)
    held = [policy.roles[role] for role in ask.actor.roles if ask.purpose in policy.table.get(role, {})]
    by_class: dict[str, tuple[Mode | None, tuple[str, ...]]] = {}
    for name in names:
        field = policy.fields.get(name)
        if field is None:
            answer.close(name, "undeclared")
        elif ask.purpose != REQUESTS and ask.purpose not in field.purposes:
            answer.close(name, "not-for-this-purpose")
        elif not held:
            answer.close(name, "no-role")
        else:
            if field.class_ not in by_class:
                by_class[field.class_] = _grade(policy, ask, class_=field.class_, held=held, modes=modes)
            _place(answer, name, *by_class[field.class_])
    return answer.decision()


def _place(answer: _Answer, name: str, grade: Mode | None, missing: tuple[str, ...]) -> None:
    if grade is None:
        answer.close(name, *(missing or ("class-not-seen",)))
    elif grade == "masked":
        answer.masked.add(name)
        answer.because[name] = missing or ("only-masked",)
    else:
        answer.open.add(name)
    if missing and grade in {None, "masked"}:
        answer.conditions[name] = missing


def _grade(
    policy: Policy, ask: Ask, *, class_: str, held: list[Role], modes: tuple[Mode, ...]
) -> tuple[Mode | None, tuple[str, ...]]:
    """The best mode that some role gives for a class, and what the nearest role lacked for a better one."""
    lacking: tuple[str, ...] = ()
    for mode in modes:
        for role in held:
            guards = policy.table[role.name][ask.purpose].get(class_, {}).get(mode)
            if guards is None:
                continue
            missing = unmet(role, Guard(guards), ask, class_=class_)
            if not missing:
                return mode, lacking
            if not lacking or len(missing) < len(lacking):
                lacking = missing
    return None, lacking


def unmet(role: Role, guards: Guard, ask: Ask, *, class_: str | None) -> tuple[str, ...]:
    """The guards that do not hold, as reason codes. Without a class, the strictest of the role's reveals counts."""
    if not guards:
        return ()
    facts = ask.facts
    reveals = [role.reveal[class_]] if class_ in role.reveal else list(role.reveal.values()) if class_ is None else []
    ages = [reveal.step_up_s for reveal in reveals if reveal.step_up_s is not None]
    holds = {
        Guard.COURSE: facts.training.issuperset(role.training),
        Guard.NETWORK: _inside(facts.network, role.networks),
        Guard.QUOTA: facts.quota_left is not None and facts.quota_left > 0,
        Guard.GRANT: facts.grant is not None,
        Guard.REASON: ask.action in {"reveal", "package"} and all(_stated(ask.reason, one.reasons) for one in reveals),
        Guard.STEP_UP: facts.step_up_age_s is not None and 0 <= facts.step_up_age_s <= min(ages, default=0),
    }
    return tuple(code for guard, code in _CONDITIONS.items() if guards & guard and not holds[guard])


def _stated(reason: str | None, listed: tuple[str, ...] | None) -> bool:
    if reason is None or not reason.strip():
        return False
    return listed is None or reason.partition(":")[0].strip() in listed


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


def permits(policy: Policy, roles: tuple[str, ...], permission: str) -> bool:
    """Whether one of the roles may do what needs a permission such as `ledger.read`."""
    wild = f"{permission.partition('.')[0]}.*"
    return any(
        permission in policy.roles[role].may or wild in policy.roles[role].may for role in roles if role in policy.roles
    )


def require(decision: Decision) -> Decision:
    """The decision, if it shows anything.

    Raises:
        Refused: nothing is open or masked; `reasons` are the codes that decided.
    """
    if decision.open or decision.masked:
        return decision
    reasons = tuple(sorted({code for codes in decision.because.values() for code in codes}))
    raise Refused("decision: expected a field that may be shown, got none", reasons=reasons)


def open_slot(policy: Policy, purpose: str, slot: Slot, times: SlotTimes) -> bool:
    """Whether a value sealed in this slot may be opened for this purpose now.

    The purpose must have been live when the value was collected and still be one of the field's; the field must
    still be declared and neither have become special nor changed its class; and the purpose's own keep must not
    have passed, though another purpose may still hold the box. The built-in purpose `requests` asks only for the
    field: a person may see whatever is still held about them.
    """
    field = policy.fields.get(slot.field)
    if field is None:
        return False
    if purpose == REQUESTS:
        return True
    if purpose not in slot.purposes or purpose not in field.purposes or field.special != slot.special:
        return False
    if times.sealed_class is not None and times.sealed_class != field.class_:
        return False
    keep = next(one.keep for one in policy.purposes if one.name == purpose)
    if keep is None:
        return False
    collected = min(times.occurred_at, times.received_at)
    start = collected if keep.after == "event" else max(times.last_activity, collected)
    return times.now < add(start, keep)
