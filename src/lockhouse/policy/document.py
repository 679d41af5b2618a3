"""The policy as people write it: read strictly, merged with its template, every reference checked, all at once.

Nothing here decides anything: a `Document` is only what `compile_policy` turns into a `Policy`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from ruamel.yaml import YAML

from lockhouse.errors import Invalid, NotFound
from lockhouse.model.policy import (
    Ceiling,
    Channel,
    Controller,
    Course,
    EventPlan,
    Field,
    Purpose,
    Recipient,
    Role,
    Separate,
)
from lockhouse.policy import words
from lockhouse.policy.parts import data, people, ways
from lockhouse.policy.reading import Plain, Problems, Spot, read
from lockhouse.policy.section import Section
from lockhouse.policy.shown import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A checked document; numbers are still 0 everywhere. `merged` is its plain tree, template included."""

    controller: Controller
    purposes: dict[str, Purpose]
    classes: tuple[str, ...]
    fields: dict[str, Field]
    events: dict[str, EventPlan]
    channels: dict[str, Channel]
    recipients: dict[str, Recipient]
    roles: dict[str, Role]
    region_from: tuple[str, ...]
    region_unknown: str
    consent_names: dict[str, str]
    training: dict[str, Course]
    separate: Separate
    ceilings: dict[str, Ceiling]
    merged: Plain


def parse(files: Mapping[str, str], *, templates: Callable[[str], str]) -> Document:
    """The document that these files make together.

    Args:
        files: shown name -> text; several files make one document, each key in one of them only.
        templates: answers the text of a template (`retail@1`), or raises `NotFound`.

    Raises:
        Invalid: with every problem at once, each as `file:line:column: expected X, got Y`.
    """
    problems = Problems()
    spots = [spot for name in sorted(files) if (spot := read(name, files[name], problems))]
    own = _joined(spots, problems)
    if not spots and not problems:  # what does not parse is named already
        problems.add(f"{min(files, default='policy.yaml')}:1:1", "a policy", "nothing")
    if problems.unreadable:  # what does not parse cannot be checked further
        problems.stop()
    document = _document(_extended(own, templates, problems), problems)
    problems.stop()
    return document


def render(document: Document) -> str:
    """The merged document as YAML: what `extends` and several files amount to."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment] # ruamel's own switch for key order
    yaml.width = 100
    out = io.StringIO()
    yaml.dump(document.merged, out)
    return out.getvalue()


def _joined(spots: list[Spot], problems: Problems) -> Spot:
    """One mapping of several files; a key in two of them is a problem."""
    joined: dict[str, Spot] = {}
    places: dict[str, str] = {}
    for spot in spots:
        if not isinstance(spot.value, dict):
            problems.add(spot.where, "a mapping", shown(spot.value))
            continue
        for key, value in spot.value.items():
            before = joined.get(key)
            if before is None:
                joined[key], places[key] = value, spot.keys[key]
            elif isinstance(before.value, dict) and isinstance(value.value, dict):
                for twice in sorted(before.value.keys() & value.value.keys()):
                    problems.again(value.keys[twice], "each key in one file only", twice)
                joined[key] = _over(before, value)
            else:
                problems.again(spot.keys[key], "each key in one file only", key)
    return Spot(joined, spots[0].where if spots else "policy.yaml:1:1", places)


def _over(below: Spot, above: Spot) -> Spot:
    """Two mappings as one; where both have a key, `above` wins."""
    under, over = cast("dict[str, Spot]", below.value), cast("dict[str, Spot]", above.value)
    return Spot({**under, **over}, above.where, {**below.keys, **above.keys})


def _extended(own: Spot, templates: Callable[[str], str], problems: Problems) -> Spot:
    """The document over its template: the house's word wins for each key of a section."""
    mapping = cast("dict[str, Spot]", own.value)
    named = mapping.get("extends")
    if named is None:
        return own
    name = named.value
    try:
        text = templates(name) if isinstance(name, str) else ""
    except (NotFound, Invalid):
        text = ""
    spot = read(f"{name}.yaml", text, problems) if text else None
    if spot is None or not isinstance(spot.value, dict):
        got = f"'{name}'" if isinstance(name, str) and words.TEMPLATE.fullmatch(name) else shown(name)
        problems.add(named.where, "the name of a template such as retail@1", got)
        problems.stop()  # what it would have brought is missing everywhere
        return own
    merged = dict(spot.value)
    for key, value in mapping.items():
        below = merged.get(key)
        both = below is not None and isinstance(below.value, dict) and isinstance(value.value, dict)
        merged[key] = _over(below, value) if both and below is not None else value
    return Spot(merged, own.where, {**spot.keys, **own.keys})


def _document(spot: Spot, problems: Problems) -> Document:
    top = Section(spot, problems, words.SECTIONS)
    top.need("policy", "controller", "purposes", "fields", "events")
    version = top.spot("policy")
    if version is not None and version.value != 1:
        problems.add(version.where, "format version 1", shown(version.value))
    purposes = data.purposes(top.sub("purposes"), events=top.sub("events"))
    classes = data.classes(top)
    fields = data.fields(top.sub("fields"), purposes_by_name=purposes, class_names=classes)
    declared = dict(fields) or {}
    events = ways.events(top.sub("events"), fields=declared)
    training = people.courses(top.sub("training"))
    roles = people.roles(top.sub("roles"), purposes=purposes, class_names=classes, courses=training)
    house = top.sub("controller", ("contact", "country", "name", "region", "regulations"))
    region = house.sub("region", ("from", "unknown"))
    return Document(
        controller=_controller(house),
        purposes=purposes,
        classes=classes,
        fields=fields,
        events=events,
        channels=ways.channels(top.sub("channels"), events=events, fields=declared, purposes=purposes),
        recipients=ways.recipients(top.sub("recipients"), purposes=purposes, fields=declared),
        roles=roles,
        region_from=_evidence(region, fields),
        region_unknown=_unknown(region),
        consent_names=_consent_names(top.sub("consent", ("absent", "names")), purposes),
        training=training,
        separate=people.separate(top.sub("separate", ("roles", "steps")), role_names=roles),
        ceilings=people.ceilings(top.sub("ceilings", classes)),
        merged={key: value for key, value in cast("dict[str, Plain]", spot.plain()).items() if key != "extends"},
    )


def _controller(house: Section) -> Controller:
    house.need("name", "contact", "regulations")
    contact = house.text("contact")
    if contact is not None and "@" not in contact and not contact.startswith("https://"):
        house.problems.add(house.place("contact"), "an e-mail address or an https:// address", "something else")
    return Controller(
        name=house.text("name") or "",
        contact=contact or "",
        regulations=house.words("regulations", words.REGULATIONS),
        country=ways.country(house, "country"),
    )


def _evidence(region: Section, fields: Mapping[str, Field]) -> tuple[str, ...]:
    countries = [name for name, field in fields.items() if field.type == "country"]
    return region.words("from", countries)


def _unknown(region: Section) -> str:
    text = region.text("unknown")
    if text is None or text == "strictest":
        return "strictest"
    if not words.is_region(text):
        region.problems.add(region.place("unknown"), "'strictest' or a region such as 'eu'", shown(text))
    return text


def _consent_names(consent: Section, purposes: Mapping[str, Purpose]) -> dict[str, str]:
    consent.word("absent", ("denied",))
    names = consent.sub("names")
    refusable = [name for name, purpose in purposes.items() if purpose.refusable]
    found = {name: names.word(name, refusable) for name in names}
    return {name: purpose for name, purpose in found.items() if purpose is not None}
