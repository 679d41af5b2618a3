"""Roles, their separation and their courses: what staff may see and do."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from lockhouse.model.policy import Ceiling, Course, Limits, Purpose, Reveal, Role, Separate
from lockhouse.policy import words
from lockhouse.policy.reading import Spot
from lockhouse.policy.section import Section
from lockhouse.policy.shown import shown

DAY_S = 86_400
_ROLE_KEYS = ("change", "check", "for", "limits", "may", "networks", "reveal", "see", "training")


def roles(
    section: Section, *, purposes: Mapping[str, Purpose], class_names: Iterable[str], courses: Iterable[str]
) -> dict[str, Role]:
    """Every role, with `*` spelled out as all classes but the special one."""
    known_classes, known_courses = tuple(class_names), tuple(courses)
    found: dict[str, Role] = {}
    for name in section.names(words.LABEL, "a role name such as 'support'"):
        part = section.sub(name, _ROLE_KEYS)
        role = Role(
            name=name,
            for_=part.words("for", purposes),
            see=_by_class(part.sub("see", (*known_classes, "*")), known_classes, _see),
            reveal=_by_class(part.sub("reveal", (*known_classes, "*")), known_classes, _reveal),
            check=part.words("check", known_classes),
            change=part.words("change", known_classes),
            may=_permissions(part.items("may"), part),
            limits=_limits(part),
            training=part.words("training", known_courses),
            networks=_networks(part),
        )
        if (role.see or role.reveal or role.check or role.change) and not part.items("for"):
            part.problems.add(part.where, "a purpose under 'for' for a role that sees data", "none")
        found[name] = role
    return found


def _by_class(section: Section, known: tuple[str, ...], read: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "*" in section:  # never covers special: a class of that weight is named or not seen
        found = dict.fromkeys((class_ for class_ in known if class_ != words.SPECIAL), read(section, "*"))
    found.update({class_: read(section, class_) for class_ in section if class_ in known})
    return {class_: found[class_] for class_ in sorted(found) if found[class_] is not None}


def _see(section: Section, class_: str) -> Any:
    return section.word(class_, words.SEE_MODES)


def _reveal(section: Section, class_: str) -> Reveal:
    part = section.sub(class_, ("grant", "reason", "step_up"))
    part.need("reason")
    spot = part.spot("reason")
    reasons: tuple[str, ...] | None = None
    if spot is not None and isinstance(spot.value, list):
        reasons = part.words("reason")
    elif spot is not None:
        part.word("reason", ("required",))
    grant = part.word("grant", ("required",)) if "grant" in part else None
    return Reveal(reasons=reasons, step_up_s=part.duration_s("step_up"), grant=grant is not None)


def _permissions(spots: list[Spot], part: Section) -> tuple[str, ...]:
    found: list[str] = []
    for spot in spots:
        match = words.PERMISSION.match(spot.value) if isinstance(spot.value, str) else None
        if match is None:
            part.problems.add(spot.where, "a permission such as 'ledger.read' or 'audit.*'", shown(spot.value))
        elif match.group(1) not in words.PERMISSION_AREAS:
            part.problems.word(spot, words.PERMISSION_AREAS, got=match.group(1))
        else:
            found.append(match.group(0))
    return tuple(sorted(set(found)))


def _limits(part: Section) -> Limits | None:
    if "limits" not in part:
        return None
    limits = part.sub("limits", ("export", "mode", "persons_per_hour"))
    return Limits(
        persons_per_hour=limits.count("persons_per_hour"),
        export=limits.word("export", ("allowed", "never")) or "never",
        mode=limits.word("mode", ("enforce", "observe")) or "enforce",
    )


def ceilings(section: Section) -> dict[str, Ceiling]:
    """Of how many people an hour each class may be opened by the whole house."""
    found: dict[str, Ceiling] = {}
    for name in section.names(words.NAME, "a class such as 'contact'"):
        part = section.sub(name, ("mode", "persons_per_hour"))
        part.need("persons_per_hour")
        found[name] = Ceiling(
            persons_per_hour=part.count("persons_per_hour") or 1,
            mode=part.word("mode", ("enforce", "observe")) or "enforce",
        )
    return found


def _networks(part: Section) -> tuple[str, ...]:
    found: list[str] = []
    for spot in part.items("networks"):
        try:
            found.append(str(ipaddress.ip_network(str(spot.value))))
        except ValueError:
            part.problems.add(spot.where, "a network such as 10.0.0.0/8", "something else")
    return tuple(found)


def courses(section: Section) -> dict[str, Course]:
    """Every course a role may ask for."""
    found: dict[str, Course] = {}
    for name in section.names(words.LABEL, "a course name such as 'phishing'"):
        part = section.sub(name, ("every", "grace"))
        part.need("every")
        every, grace = part.duration_s("every"), part.duration_s("grace", suffix=" after assigned")
        found[name] = Course(name=name, every_days=(every or 0) // DAY_S, grace_days=(grace or 0) // DAY_S)
    return found


def separate(section: Section, *, role_names: Iterable[str]) -> Separate:
    """Roles and steps that no one person joins."""
    known = tuple(role_names)
    roles_apart: list[tuple[str, ...]] = []
    steps_apart: list[tuple[str, ...]] = []
    for key, found in (("roles", roles_apart), ("steps", steps_apart)):
        for spot in section.items(key):
            values = spot.value if isinstance(spot.value, list) else []
            if len(values) < 2:  # noqa: PLR2004 - one alone cannot be apart from itself
                section.problems.add(spot.where, "a list of at least two", shown(spot.value))
            if key == "roles":
                for value in values:
                    if value.value not in known:
                        section.problems.word(value, known)
                found.append(tuple(str(value.value) for value in values))
            else:
                found.append(_permissions(values, section))
    return Separate(roles=tuple(roles_apart), steps=tuple(steps_apart))
