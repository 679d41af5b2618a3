"""Unmask: what stands between a masked value and a look that sees it in full, and whose roles such a look is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.model.policy import REQUESTS, Guard
from lockhouse.policy.decide import unmet
from lockhouse.policy.lending import covering, lenders

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.model.decision import Ask
    from lockhouse.model.policy import Field, Policy, Role


class Unmasking(NamedTuple):
    """How a field that an ask sees masked is seen in full.

    Attributes:
        role: of the actor's roles the one whose reveal opens it; empty where none does for this purpose.
        lacking: what that reveal still lacks, as reason codes; nothing where it would open the field now.
        reasons: the words that the role lists for it; None where any will do, or none is needed.
        others: the roles that see it in full, each with the purposes for which it does.
    """

    role: str = ""
    lacking: tuple[str, ...] = ()
    reasons: tuple[str, ...] | None = None
    others: tuple[tuple[str, tuple[str, ...]], ...] = ()


def unmasking(policy: Policy, ask: Ask, field: str) -> Unmasking:
    """What would show this field in full: a reveal of the actor's own, another role or purpose, or nothing."""
    roles = [policy.roles[name] for name in ask.actor.roles if ask.purpose in policy.table.get(name, {})]
    best = _best(policy, ask, field, roles)
    return best if best.role else Unmasking(others=_others(policy, policy.fields[field]))


def opening(policy: Policy, ask: Ask, field: str) -> Unmasking:
    """The same, and where no role of the actor's own opens it, the role that a grant of theirs lends it by.

    Whoever is looked at stands in the ask's facts.
    """
    own = unmasking(policy, ask, field)
    if own.role or covering(ask, field) is None:
        return own
    lent = _best(policy, ask, field, lenders(policy, ask))
    return lent if lent.role else own


def _best(policy: Policy, ask: Ask, field: str, roles: Iterable[Role]) -> Unmasking:
    """The role whose guards for the field in full lack least; none where no role gives it."""
    class_, best = policy.fields[field].class_, Unmasking()
    reveal = msgspec.structs.replace(ask, action="reveal", mode="full")
    for role in roles:
        guards = policy.table[role.name][ask.purpose].get(class_, {}).get("full")
        if guards is None:
            continue
        lacking = unmet(role, Guard(guards), reveal, class_=class_, granted=covering(reveal, field) is not None)
        if not best.role or len(lacking) < len(best.lacking):
            stated = role.reveal.get(class_) if Guard(guards) & Guard.REASON else None
            best = Unmasking(
                role=role.name, lacking=lacking, reasons=stated.reasons if stated is not None else None
            )  # fmt: skip
    return best


def elsewhere(found: Unmasking, purpose: str, *, names_roles: bool = True) -> str:
    """Who sees in full what no reveal of the actor's own opens; as an option, where whoever asks names their role."""
    if not found.others:
        return (
            "Masked: no role of the policy sees this in full, for whatever purpose. Only a change of the policy would "
            "show it. Whoever approves policies can: lockhouse policy approve"
        )
    word = "--as " if names_roles else ""
    told = ", ".join(f"{word}{role} for {' or '.join(purposes)}" for role, purposes in found.others)
    return f"Masked: your role never sees this in full for {purpose}. Whoever may act so can: {told}."


def _others(policy: Policy, item: Field) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for role in policy.roles:
        purposes = [
            purpose
            for purpose, classes in policy.table.get(role, {}).items()
            if "full" in classes.get(item.class_, {}) and (purpose == REQUESTS or purpose in item.purposes)
        ]
        if purposes:
            found.append((role, tuple(purposes)))
    return tuple(found)
