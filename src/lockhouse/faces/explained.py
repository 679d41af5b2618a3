"""Why a field of somebody is open, masked or shut for a role and purpose, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Invalid
from lockhouse.faces.masks import of_view
from lockhouse.gates.customers import customer_of
from lockhouse.gates.disclose.decided import with_facts
from lockhouse.gates.facts import merge_facts
from lockhouse.gates.regions import region_of
from lockhouse.model.decision import PersonFacts
from lockhouse.model.scale import PersonState
from lockhouse.policy.explain import explain_known
from lockhouse.policy.lending import covering, lenders

if TYPE_CHECKING:
    from lockhouse.gates.disclose import View
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask
    from lockhouse.model.policy import Policy


def require_field(house: House, field: str) -> None:
    """Return only if the live policy declares the field.

    Raises:
        Invalid: it does not.
    """
    if field not in house.live().policy.fields:
        raise Invalid("field", "one of the live policy", got="another", hint="lockhouse policy show --full")


def role_of(policy: Policy, ask: Ask, view: View, field: str) -> str:
    """The role by which a look sees most of a field: one of the asker's, or one that their grant lends; else empty."""
    asked, class_ = of_view(ask, view), policy.fields[field].class_
    lent = [role.name for role in lenders(policy, asked)] if covering(asked, field) is not None else []
    names = [*(name for name in ask.actor.roles if name in policy.roles), *lent]
    return max(
        names, key=lambda name: len(policy.table.get(name, {}).get(ask.purpose, {}).get(class_, {})), default=""
    )  # fmt: skip


async def explained(house: House, ask: Ask, view: View, *, field: str) -> list[str]:
    """Sentences about a field of a person who was looked at for this alone: the policy's, and what the look says."""
    facts = await _facts_about(house, view)
    policy = house.live().policy
    role = role_of(policy, ask, view, field)
    lines = explain_known(policy, role=role, field=field, purpose=ask.purpose, person=facts)
    if role not in ask.actor.roles:
        lines.append(f"A grant of yours lends what {role} sees of it.")
    shown, ended = view.fields.get(field), sum(view.ended.values())
    nothing = "Nothing of it opens." if ended or view.shut else "Nothing is held of it."
    lines.append(nothing if shown is None else f"In this look it is {shown.state}.")
    if ended:
        boxes = "sealed box" if ended == 1 else "sealed boxes"
        lines.append(f"{ended:,} {boxes} of this person cannot be opened any more.")
    return lines


async def _facts_about(house: House, view: View) -> PersonFacts:
    """What stands about a person, joined as the gate joins it: of several source persons the narrowest word counts."""
    known = {person: one for group in await with_facts(house, view.persons) for person, one in group.items()}
    found = [known[person] for person in view.persons if person in known]
    consents, objected, _ = merge_facts(found)
    region, regions = region_of(found)
    return PersonFacts(
        region=region, regions=regions, consents=consents, state=PersonState(view.state), objected=objected,
        customer=customer_of(house.live(), found, now=house.clock.now_ms()),
    )  # fmt: skip
