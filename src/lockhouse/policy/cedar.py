"""The roles as Cedar policies and schema, and Cedar as the judge of our own table.

Cedar is loaded here and nowhere else, inside `judge`, so that a serving process never carries it. Generated
conditions are conjunctions only: that is what makes it enough to flip one condition at a time (a disjunction
would hide a guard behind another).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from lockhouse.model.policy import Guard, Mode, Policy, Role
from lockhouse.policy.words import SPECIAL

MODES: tuple[Mode, ...] = ("aggregate", "masked", "full", "check", "change")
_SEEN: dict[str, tuple[Mode, ...]] = {
    "aggregate": ("aggregate",),
    "masked": ("aggregate", "masked"),
    "full": ("aggregate", "masked", "full"),
}
_FLIPS: dict[Guard, dict[str, Any]] = {
    Guard.STEP_UP: {"step_up_age_s": 1 << 40},
    Guard.COURSE: {"courses": []},
    Guard.GRANT: {"has_grant": False},
    Guard.REASON: {"has_reason": False},
    Guard.NETWORK: {"network_named": False},
    Guard.QUOTA: {"quota_left": 0},
}


def schema() -> str:
    """The Cedar schema: roles act on classes, with everything else in the context."""
    actions = ", ".join(f'"{mode}"' for mode in MODES)
    return (
        "entity Role;\n"
        "entity Class;\n"
        f"action {actions} appliesTo {{\n"
        "  principal: [Role], resource: [Class],\n"
        "  context: { purpose: String, courses: Set<String>, step_up_age_s: Long, has_reason: Bool,\n"
        "             has_grant: Bool, network_named: Bool, quota_left: Long }\n"
        "};\n"
    )


def policies(policy: Policy) -> dict[str, str]:
    """Each role's own policy set as Cedar text, by role."""
    return {name: "\n".join(_of_role(role)) + "\n" for name, role in sorted(policy.roles.items())}


def _of_role(role: Role) -> Iterator[str]:
    always = _conditions(role)
    unquoted = [condition for condition in always if not condition.startswith("context.quota_left")]
    for purpose in sorted(role.for_):
        for class_, seen in sorted(role.see.items()):
            for mode in _SEEN[seen]:
                yield _permit(role, mode, class_, purpose=purpose, guards=unquoted if mode == "aggregate" else always)
        for class_, reveal in sorted(role.reveal.items()):
            guards = [*always, "context.has_reason"]
            if reveal.step_up_s is not None:
                guards.append(f"context.step_up_age_s <= {reveal.step_up_s}")
            if reveal.grant:
                guards.append("context.has_grant")
            yield _permit(role, "full", class_, purpose=purpose, guards=guards)
        for class_ in sorted(role.check):
            yield _permit(role, "check", class_, purpose=purpose, guards=always)
        for class_ in sorted(role.change):
            yield _permit(role, "change", class_, purpose=purpose, guards=always)


def _conditions(role: Role) -> list[str]:
    found: list[str] = []
    if role.training:
        found.append(f"context.courses.containsAll({json.dumps(sorted(role.training))})")
    if role.networks:
        found.append("context.network_named")
    if role.limits is not None and role.limits.persons_per_hour is not None and role.limits.mode == "enforce":
        found.append("context.quota_left > 0")
    return found


def _permit(role: Role, mode: Mode, class_: str, *, purpose: str, guards: list[str]) -> str:
    when = " && ".join([f"context.purpose == {json.dumps(purpose)}", *guards])
    return (
        f'permit (principal == Role::"{role.name}", action == Action::"{mode}", resource == Class::"{class_}")\n'
        f"when {{ {when} }};"
    )


def judge(policy: Policy) -> list[str]:
    """What Cedar says otherwise than our table; an empty list when they agree everywhere.

    Each role is asked alone, for every purpose, class and mode, with everything permitted; what is open is asked
    again with one condition flipped at a time, to learn its guards.
    """
    import cedarpy  # noqa: PLC0415 - 90 ms and 16 MB that only a policy check pays

    problems: list[str] = []
    compiled_schema = cedarpy.Schema.from_str(schema())
    for name, text in policies(policy).items():
        if not text.strip():
            problems.extend(_differences(policy, name, {}))
            continue
        validation = cedarpy.validate_policies(text, compiled_schema)
        problems.extend(f"roles.{name}: expected policies that fit the schema, got others" for _ in validation.errors)
        asked = (
            tuple(purpose.name for purpose in policy.purposes),
            tuple(policy.classes),
            tuple(sorted(policy.training)),
        )
        problems.extend(_differences(policy, name, _enumerated(name, text, *asked)))
    problems.extend(_special_by_star(policy))
    return problems


@lru_cache(maxsize=256)
def _enumerated(
    role: str, text: str, purposes: tuple[str, ...], classes: tuple[str, ...], courses: tuple[str, ...]
) -> Mapping[tuple[str, str, Mode], int]:
    """Cedar's own table of one role: (purpose, class, mode) -> guards. Most drafts leave most roles as they are."""
    import cedarpy  # noqa: PLC0415 - as above

    rules = cedarpy.PolicySet.from_str(text)
    cells = [(purpose, class_, mode) for purpose in purposes for class_ in classes for mode in MODES]

    def allowed(asked: list[tuple[tuple[str, str, Mode], Mapping[str, Any]]]) -> list[bool]:
        requests = [
            {
                "principal": {"type": "Role", "id": role},
                "action": {"type": "Action", "id": mode},
                "resource": {"type": "Class", "id": class_},
                "context": {**_permissive(courses, purpose), **flip},
            }
            for (purpose, class_, mode), flip in asked
        ]
        return [bool(answer.allowed) for answer in cedarpy.is_authorized_batch(requests, rules, [])]

    opened = [cell for cell, yes in zip(cells, allowed([(cell, {}) for cell in cells]), strict=True) if yes]
    flips = [(cell, guard) for cell in opened for guard in _FLIPS]
    still = allowed([(cell, _FLIPS[guard]) for cell, guard in flips])
    found = dict.fromkeys(opened, 0)
    for (cell, guard), yes in zip(flips, still, strict=True):
        found[cell] |= 0 if yes else int(guard)
    return found


def _permissive(courses: tuple[str, ...], purpose: str) -> dict[str, Any]:
    return {
        "purpose": purpose,
        "courses": list(courses),
        "step_up_age_s": 0,
        "has_reason": True,
        "has_grant": True,
        "network_named": True,
        "quota_left": 1,
    }


def _differences(policy: Policy, role: str, theirs: Mapping[tuple[str, str, Mode], int]) -> Iterator[str]:
    ours = {
        (purpose, class_, mode): guards
        for purpose, row in policy.table.get(role, {}).items()
        for class_, cells in row.items()
        for mode, guards in cells.items()
    }
    for cell in sorted(ours.keys() | theirs.keys()):
        if ours.get(cell) != theirs.get(cell):
            where = f"table.{role}.{'.'.join(cell)}"
            yield f"{where}: expected {_said(theirs.get(cell))}, got {_said(ours.get(cell))}"


def _said(guards: int | None) -> str:
    if guards is None:
        return "denied"
    return f"open with {'|'.join(guard.name or '' for guard in Guard if guards & guard) or 'no guard'}"


def _special_by_star(policy: Policy) -> Iterator[str]:
    """No guard-free way into special data: whoever reveals it states a reason and signs in afresh."""
    for name, role in sorted(policy.roles.items()):
        reveal = role.reveal.get(SPECIAL)
        if reveal is not None and reveal.step_up_s is None:
            yield f"roles.{name}.reveal.{SPECIAL}: expected a step_up, got none"
