"""Matrix: who sees what, role by purpose by class, and what would change it. Read from the compiled table.

What is not there is not seen. Each answer about a condition is one of `decide`, asked again with that condition
alone turned: guards are conjunctions, so one at a time tells all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from lockhouse.model.decision import Actor, Ask, Facts
from lockhouse.model.policy import REQUESTS, Guard, Policy, Purpose, Role
from lockhouse.model.scale import PersonState
from lockhouse.policy.decide import decide

Sight = Literal["value", "mask", "count", "nothing"]
NAMES = {
    Guard.COURSE: "course", Guard.NETWORK: "network", Guard.QUOTA: "quota", Guard.REASON: "reason",
    Guard.STEP_UP: "step-up", Guard.GRANT: "grant",
}  # fmt: skip
"""Guards as the matrix calls them, in the order in which they are said."""
_BROUGHT: dict[Guard, dict[str, Any]] = {
    Guard.COURSE: {"training": frozenset()},
    Guard.NETWORK: {"network": None},
    Guard.QUOTA: {"quota_left": 0},
    Guard.STEP_UP: {"step_up_age_s": None},
    Guard.GRANT: {"grant": None},
}
_STATES = {"restricted": PersonState.RESTRICTED, "a minor": PersonState.MINOR, "being erased": PersonState.ENDING}
_ANYWHERE = "zz"  # ISO 3166-1 leaves it to users: a region that no policy names, so that the default counts


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What one role sees of one class for one purpose; each thing with the guards that must hold.

    Attributes:
        fields: those of the class that have the purpose, with their masks.
        sees: by a plain look; `count` where people are counted and nobody is seen.
        guards: of that look.
        reveal, check, change: the guards under which it is shown whole by a reveal, checked or corrected; None where
            it never is.
    """

    role: str
    purpose: str
    class_: str
    fields: dict[str, str]
    sees: Sight
    guards: tuple[str, ...] = ()
    reveal: tuple[str, ...] | None = None
    check: tuple[str, ...] | None = None
    change: tuple[str, ...] | None = None


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of the most that a role sees of a class if one condition fails and all others hold."""

    role: str
    purpose: str
    class_: str
    sees: Sight
    condition: str
    becomes: Sight


def matrix(policy: Policy, *, role: str | None = None, field: str | None = None) -> tuple[Seen, ...]:
    """A row for each role, purpose that it works for and class that has a field for it.

    Args:
        role: this one alone.
        field: its class and its purposes alone, and then of every role, so that who sees nothing of it stands there.
    """
    return tuple(
        _seen(policy, one, purpose.name, class_)
        for one in policy.roles.values()
        if role in {None, one.name}
        for purpose in policy.purposes
        if purpose.name in one.for_ or (field is not None and not purpose.builtin)
        for class_ in policy.classes
        if _fields(policy, purpose.name, class_, field)
    )


def conditions(policy: Policy, *, role: str | None = None, field: str | None = None) -> tuple[Turn, ...]:
    """For each cell of the matrix that is not `nothing`, the conditions that change it, one at a time."""
    return tuple(
        turn
        for seen in matrix(policy, role=role, field=field)
        if seen.purpose in policy.roles[seen.role].for_
        for turn in _turns(policy, seen)
    )


def _fields(policy: Policy, purpose: str, class_: str, field: str | None) -> dict[str, str]:
    return {
        one.name: one.mask
        for one in policy.fields.values()
        if one.class_ == class_ and field in {None, one.name} and (purpose == REQUESTS or purpose in one.purposes)
    }


def _seen(policy: Policy, role: Role, purpose: str, class_: str) -> Seen:
    cells = policy.table.get(role.name, {}).get(purpose, {}).get(class_, {})
    full = cells.get("full")
    by_reveal = full is not None and bool(full & Guard.REASON)
    sees, guards = _plain(cells, None if by_reveal else full)
    return Seen(
        role=role.name,
        purpose=purpose,
        class_=class_,
        fields=_fields(policy, purpose, class_, None),
        sees=sees,
        guards=_named(guards),
        reveal=_named(full) if by_reveal and full is not None else None,
        check=_named(cells["check"]) if "check" in cells else None,
        change=_named(cells["change"]) if "change" in cells else None,
    )


def _plain(cells: Any, full: int | None) -> tuple[Sight, int]:
    """What a look without a reveal gives, and under which guards."""
    if full is not None:
        return "value", full
    if "masked" in cells:
        return "mask", cells["masked"]
    return ("count", cells["aggregate"]) if "aggregate" in cells else ("nothing", 0)


def _named(guards: int) -> tuple[str, ...]:
    return tuple(name for guard, name in NAMES.items() if guards & guard)


def _turns(policy: Policy, seen: Seen) -> Iterator[Turn]:
    """One turn for each condition that changes the cell."""
    best = _permissive(policy, seen)
    before = _answer(policy, best)
    if before == "nothing":
        return
    purpose = next(one for one in policy.purposes if one.name == seen.purpose)
    for condition, ask in (*_guards_turned(best), *_person_turned(best, purpose)):
        after = _answer(policy, ask)
        if after != before:
            yield Turn(
                role=seen.role, purpose=seen.purpose, class_=seen.class_, sees=before, condition=condition,
                becomes=after,
            )  # fmt: skip


def _permissive(policy: Policy, seen: Seen) -> Ask:
    """An ask of the role with everything brought along, about a person against whom nothing stands."""
    role = policy.roles[seen.role]
    listed = role.reveal[seen.class_].reasons if seen.class_ in role.reveal else None
    facts = Facts(
        training=frozenset(role.training),
        network=role.networks[0] if role.networks else None,
        quota_left=1,
        grant="any",
        step_up_age_s=0,
        region=_ANYWHERE,
        consents={seen.purpose: True},
        customer=frozenset({seen.purpose}),
    )
    return Ask(
        actor=Actor(id="", kind="staff", roles=(role.name,)), action="reveal", purpose=seen.purpose, facts=facts,
        fields=tuple(seen.fields)[:1], reason=listed[0] if listed else "any",
    )  # fmt: skip


def _answer(policy: Policy, ask: Ask) -> Sight:
    decision = decide(policy, ask)
    if decision.open:
        return "value"
    if decision.masked:
        return "mask"
    counted = decide(policy, msgspec.structs.replace(ask, action="count", mode="aggregate"))
    return "count" if counted.open else "nothing"


def _guards_turned(best: Ask) -> Iterator[tuple[str, Ask]]:
    for guard, name in NAMES.items():
        if guard is Guard.REASON:
            yield f"no {name}", msgspec.structs.replace(best, reason=None)
        else:
            yield f"no {name}", _with(best, **_BROUGHT[guard])


def _person_turned(best: Ask, purpose: Purpose) -> Iterator[tuple[str, Ask]]:
    yield "their own record", _with(best, own_record=True)
    for said, state in _STATES.items():
        yield said, _with(best, state=state)
    if not purpose.refusable:
        return
    yield "left out of it", _with(best, suppressed=frozenset({purpose.name}))
    yield "objected", _with(best, objected=frozenset({purpose.name}))
    for region in purpose.basis:
        place, where = (_ANYWHERE, "") if region == "default" else (region, f" in {region}")
        for said, words in (("no yes", {}), ("said no", {purpose.name: False})):
            yield said + where, _with(best, consents=words, customer=frozenset(), region=place)


def _with(ask: Ask, **turned: Any) -> Ask:
    return msgspec.structs.replace(ask, facts=msgspec.structs.replace(ask.facts, **turned))
