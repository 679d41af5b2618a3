"""Explain: why a role may or may not see a field, in sentences for the person who asks."""

from __future__ import annotations

from lockhouse.errors import NotFound
from lockhouse.model.decision import Actor, Ask, Decision, Facts, PersonFacts
from lockhouse.model.policy import REQUESTS, Field, Guard, Policy, Purpose, Role
from lockhouse.policy.decide import decide, sees_nothing
from lockhouse.policy.live import STRICTEST, bases_of, person_shut
from lockhouse.policy.sentences import SENTENCES, sentence
from lockhouse.policy.unmask import elsewhere, unmasking

__all__ = ["SENTENCES", "explain", "explain_known", "sentences"]

_GUARD_WORDS = {
    Guard.COURSE: "its courses in force",
    Guard.NETWORK: "one of its networks",
    Guard.QUOTA: "quota left",
    Guard.GRANT: "a grant by a colleague",
    Guard.REASON: "a stated reason",
    Guard.STEP_UP: "a fresh sign-in",
}
_BROUGHT = {
    "reason": _GUARD_WORDS[Guard.REASON],
    "step-up": _GUARD_WORDS[Guard.STEP_UP],
    "grant": _GUARD_WORDS[Guard.GRANT],
}
"""Reason codes that say what is to be brought along, and how that is called here."""
_MODE_WORDS = {
    "aggregate": "count it",
    "masked": "see it masked",
    "full": "see it in full",
    "check": "check what a caller says against it",
    "change": "correct it",
}
_BASIS_WORDS = {
    "consent": "the person's consent",
    "contract": "the contract with the person",
    "legal_obligation": "a legal duty",
    "legitimate_interest": "a legitimate interest the person may object to",
    "opt_out": "the person's not opting out",
    "soft_opt_in": "an existing customer relation",
    "vital_interest": "a vital interest",
}


_SHUT = "For this person {} is shut."


def sentences(decision: Decision) -> dict[str, tuple[str, ...]]:
    """For each field that is not open, why and what would help."""
    return {name: tuple(sentence(code) for code in codes) for name, codes in sorted(decision.because.items())}


def explain(policy: Policy, *, role: str, field: str, purpose: str, person: PersonFacts) -> list[str]:
    """Why this role sees this field so, for this purpose, for such a person; courses are taken as held.

    Raises:
        NotFound: the policy has no such role, field or purpose.
    """
    about = next((one for one in policy.purposes if one.name == purpose), None)
    item, who = policy.fields.get(field), policy.roles.get(role)
    if about is None or item is None or who is None:
        missing = "role" if who is None else "field" if item is None else "purpose"
        raise NotFound(f"{missing}: expected one the policy names, got another")
    facts = Facts(
        training=frozenset(policy.training),
        region=person.region,
        regions=person.regions,
        consents=person.consents,
        state=person.state,
        suppressed=person.suppressed,
        objected=person.objected,
        quota_left=1,
        customer=person.customer,
    )
    lines = [_kept(item, about), _rests(policy, about, person), *_customer(about, person)]
    lines.extend(_role_lines(policy, who, item, purpose=purpose))
    ask = Ask(
        actor=Actor(id="", kind="staff", roles=(role,)), action="show", purpose=purpose, fields=(field,), facts=facts
    )
    if person_shut(policy, purpose, facts):
        lines.append(_SHUT.format(purpose))
    never = _never(policy, who, item, purpose=purpose)
    if never:  # whatever the person says, and wherever they are: a remedy for those would not help
        return [*lines, f"Answer: {field} is shut.", sentence(never)]
    lines.extend(_answer(policy, ask, field))
    return lines


def explain_known(policy: Policy, *, role: str, field: str, purpose: str, person: PersonFacts) -> list[str]:
    """The same of a person who is held: where they are is told only to a role that may see a field that says so.

    That the purpose is shut for them is told only to a role that sees anybody for it.

    Raises:
        NotFound: as `explain`.
    """
    kept, rests, *others = explain(policy, role=role, field=field, purpose=purpose, person=person)
    sources = [policy.fields[name] for name in policy.region_from]
    about = next(one for one in policy.purposes if one.name == purpose)
    if all(_never(policy, policy.roles[role], one, purpose=purpose) for one in sources):
        rests = _rests_somewhere(policy, about, person)
    look = Ask(actor=Actor(id="", kind="staff", roles=(role,)), action="show", purpose=purpose, facts=Facts())
    untold = {_SHUT.format(purpose), *_customer(about, person)} if sees_nothing(policy, look) else set()
    return [kept, rests, *(line for line in others if line not in untold)]


def _kept(field: Field, purpose: Purpose) -> str:
    if purpose.name == REQUESTS:
        return f"{field.name} ({field.class_}) may be handled for requests: answering people about their own data."
    if purpose.name not in field.purposes:
        return f"{field.name} ({field.class_}) is not kept for {purpose.name}, only for {', '.join(field.purposes)}."
    keep = purpose.keep
    held = f" for {keep.n} {keep.unit} after {keep.after.replace('_', ' ')}" if keep is not None else ""
    return f"{field.name} ({field.class_}) is kept for {purpose.name}{held}."


def _rests(policy: Policy, purpose: Purpose, person: PersonFacts) -> str:
    bases = bases_of(policy, purpose, person)
    needed = f"{purpose.name} needs all of: {'; '.join(sorted(_BASIS_WORDS[basis] for basis in bases))}."
    if person.region is None and person.regions:
        return f"Evidence of the region differs ({', '.join(sorted(person.regions))}), so {needed}"
    if person.region == STRICTEST or (person.region is None and policy.region_unknown == STRICTEST):
        return f"The region is unknown, so {needed}"
    from_region, (basis,) = person.region or policy.region_unknown, bases
    return f"In region {from_region}, {purpose.name} rests on {_BASIS_WORDS[basis]} ({basis})."


def _customer(purpose: Purpose, person: PersonFacts) -> list[str]:
    """Whether a soft opt-in carries it; told only where nothing was said of the purpose, since any word decides."""
    if "soft_opt_in" not in purpose.basis.values() or purpose.name in person.consents:
        return []
    if purpose.name in person.customer:
        return [f"They are a customer, which carries the soft opt-in for {purpose.name} until they say no."]
    made = f"; {' or '.join(purpose.sales)} makes them one" if purpose.sales else ", and no event makes anybody one"
    return [f"They are not known as a customer for {purpose.name}{made}."]


def _rests_somewhere(policy: Policy, purpose: Purpose, person: PersonFacts) -> str:
    """The basis without the region. Where it is one everywhere, not even whether the region is known is told."""
    bases = bases_of(policy, purpose, person)
    words = "; ".join(sorted(f"{_BASIS_WORDS[basis]} ({basis})" for basis in bases))
    return f"{purpose.name} {'needs all of:' if len(bases) > 1 else 'rests on'} {words}."


def _role_lines(policy: Policy, role: Role, field: Field, *, purpose: str) -> list[str]:
    row = policy.table.get(role.name, {}).get(purpose)
    if row is None:
        return [f"Role {role.name} does not work for {purpose}."]
    cells = row.get(field.class_)
    if not cells:
        return [f"Role {role.name} sees nothing of class {field.class_} for {purpose}."]
    lines: list[str] = []
    for mode, guards in cells.items():
        needs = [words for guard, words in _GUARD_WORDS.items() if guards & guard]
        lines.append(f"Role {role.name} may {_MODE_WORDS[mode]}{' with ' + ', '.join(needs) if needs else ''}.")
    return lines


def _never(policy: Policy, role: Role, field: Field, *, purpose: str) -> str | None:
    """Why this role sees the field of nobody for this purpose, as a reason code; None if it sees it of somebody."""
    if purpose not in field.purposes and purpose != REQUESTS:
        return "not-for-this-purpose"
    row = policy.table.get(role.name, {}).get(purpose)
    if row is None:
        return "no-role"
    return None if row.get(field.class_, {}).keys() & {"full", "masked"} else "class-not-seen"


def _answer(policy: Policy, ask: Ask, field: str) -> list[str]:
    decision = decide(policy, ask)
    if field in decision.open:
        return [f"Answer: {field} is open."]
    word = "masked" if field in decision.masked else "shut"
    because = decision.because.get(field, ())
    # Nobody stands here who lacks these: they are what a look could bring along.
    lacking = [words for code, words in _BROUGHT.items() if code in because]
    if lacking and set(because) <= set(_BROUGHT):
        return [f"Answer: {field} is {word}, and opens to a look with {' and '.join(lacking)}."]
    if because == ("only-masked",):
        return [f"Answer: {field} is masked.", elsewhere(unmasking(policy, ask, field), ask.purpose)]
    return [f"Answer: {field} is {word}.", *(sentence(code) for code in because if code not in _BROUGHT)]
