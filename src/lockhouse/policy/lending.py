"""What a grant lends, and about whom only some roles are heard.

1. A grant covers a field of an ask if it is for the ask's purpose and of this field, and names everybody who is looked
   at, or nobody. Each stands for itself: what two say is never added up.
2. Where one covers, the guard GRANT holds; and what no role of the actor gives of the class, guards aside, a role that
   they do not hold gives, under its own guards: for the purpose, to see masked or full, and only if the policy does not
   keep it apart from what they hold. So nobody sees by a grant what the policy gives to no role, and no grant undoes a
   guard of one's own.
3. About a colleague, or somebody who is flagged, only those roles are heard that may `person.colleague`, or
   `person.flagged`. A grant that names the person hears every role of the actor; one that names nobody is not about
   them. Counts are about nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.model.decision import Ask, Grant
    from lockhouse.model.policy import Mode, Policy, Role

LENT: frozenset[Mode] = frozenset({"full", "masked"})
"""What a grant lends; neither a check, nor a change, nor a count."""


def permits(policy: Policy, roles: Sequence[str], permission: str) -> bool:
    """Whether one of the roles may do what needs a permission such as `ledger.read`."""
    wild = f"{permission.partition('.')[0]}.*"
    return any(
        permission in policy.roles[role].may or wild in policy.roles[role].may for role in roles if role in policy.roles
    )


def covering(ask: Ask, field: str) -> Grant | None:
    """The first grant that covers a field of the ask."""
    for one in ask.facts.grants:
        if one.purpose == ask.purpose and field in one.fields and _is_about(one, ask):
            return one
    return None


def may_cover(ask: Ask, field: str) -> bool:
    """The same before it is known who is looked at: then a grant for whomever it names may come to cover."""
    if ask.facts.persons:
        return covering(ask, field) is not None
    return any(one.purpose == ask.purpose and field in one.fields for one in ask.facts.grants)


def _is_about(grant: Grant, ask: Ask) -> bool:
    facts = ask.facts
    if grant.persons:
        return bool(facts.persons) and facts.persons <= grant.persons
    return not special(ask)


def special(ask: Ask) -> tuple[str, ...]:
    """The codes of why only some roles are heard about whoever is looked at."""
    if ask.action not in {"check", "change"} and (ask.action == "count" or ask.mode == "aggregate"):
        return ()
    return (*(("colleague",) if ask.facts.colleague else ()), *(("flagged",) if ask.facts.flagged else ()))


def heard(policy: Policy, ask: Ask, roles: Sequence[Role]) -> list[Role]:
    """The roles that may look at whoever is looked at, without a grant."""
    needed = [f"person.{code}" for code in special(ask)]
    return [role for role in roles if all(permits(policy, (role.name,), one) for one in needed)]


def lenders(policy: Policy, ask: Ask) -> list[Role]:
    """The roles that a grant may lend something of, in the policy's order."""
    held = {*ask.actor.roles}
    apart = {name for one in policy.separate.roles if held & set(one) for name in one}
    return [
        role
        for name, role in policy.roles.items()
        if name not in held | apart and ask.purpose in policy.table.get(name, {})
    ]
