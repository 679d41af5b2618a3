"""Which purposes are live for a person: consent, objection, signals, suppression, state and region, in one place.

Narrowing always counts; only the person's own word widens. An unknown region takes the strictest rule of all.
"""

from __future__ import annotations

from collections.abc import Mapping

from lockhouse.model.decision import Facts, PersonFacts
from lockhouse.model.policy import Policy, Purpose
from lockhouse.model.scale import PersonState
from lockhouse.policy.words import region_keys

STRICTEST = "strictest"
_SHUT_STATES = (
    (PersonState.ERASED, "erased"),
    (PersonState.ENDING, "being-erased"),
    (PersonState.RESTRICTED, "restricted"),
    (PersonState.MINOR, "minor"),
)


def map_consent(policy: Policy, consent: Mapping[str, bool] | None) -> tuple[dict[str, bool] | None, tuple[str, ...]]:
    """The banner's words as purposes, and how many of its words mean nothing here.

    Two words for one purpose count as a denial when they differ. A purpose may also be called by its own name. An
    object that is there and says nothing, since it is empty or could not be read, is a no to all that can be refused.

    Returns:
        The answers by purpose (None when the event carried no consent object) and the unmapped words.
    """
    if consent is None:
        return None, ()
    own = {purpose.name for purpose in policy.purposes if purpose.refusable}
    if not consent:
        return dict.fromkeys(own, False), ()
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
    customer = purpose.name in facts.customer
    reasons = [_refused(basis, said=said, customer=customer) for basis in bases_of(policy, purpose, facts)]
    shut = next((reason for reason in reasons if reason), "")
    return "region" if shut and "" in reasons else shut


def _said(purpose: str, facts: PersonFacts) -> bool | None:
    """The person's word: a denial anywhere wins; an event that speaks of consent speaks for itself."""
    stored = facts.consents.get(purpose)
    if facts.event_consents is None or stored is False:
        return stored
    return facts.event_consents.get(purpose)


def bases_of(policy: Policy, purpose: Purpose, facts: PersonFacts | Facts) -> tuple[str, ...]:
    """The basis in a person's region; where evidence differs that of each; where it is unknown every basis there is.

    So it is of whoever left where they were for nobody knows where (`STRICTEST` in place of a region), whatever the
    policy says that an unknown region counts as.
    """
    if facts.region is None and not facts.regions and policy.region_unknown == STRICTEST:
        return tuple(dict.fromkeys(purpose.basis.values()))
    if facts.region == STRICTEST or STRICTEST in facts.regions:
        return tuple(dict.fromkeys(purpose.basis.values()))
    places = [facts.region] if facts.region is not None else sorted(facts.regions) or [policy.region_unknown]
    return tuple(dict.fromkeys(basis_in(purpose, place) for place in places))


def basis_in(purpose: Purpose, region: str) -> str:
    """The basis of a region: of the closest place that the purpose names, else its default."""
    return next((purpose.basis[key] for key in region_keys(region) if key in purpose.basis), purpose.basis["default"])


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
    if facts.state & PersonState.RESTRICTED and set(bases_of(policy, purpose, facts)) != {"legal_obligation"}:
        return ("restricted",)
    if not purpose.refusable:
        return ()
    known = PersonFacts(
        region=facts.region,
        regions=facts.regions,
        consents=facts.consents,
        state=facts.state,
        suppressed=facts.suppressed,
        objected=facts.objected,
        customer=facts.customer,
    )
    shut = _shut_for(policy, purpose, known)
    return (shut,) if shut else ()
