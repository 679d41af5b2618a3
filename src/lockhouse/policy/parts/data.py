"""Purposes and fields: why data is processed and what it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

from lockhouse.model.policy import REFUSABLE_BASES, REQUESTS, BasisWord, Field, Purpose
from lockhouse.policy import words
from lockhouse.policy.parts.nobody import nobody
from lockhouse.policy.reading import Problems, Spot
from lockhouse.policy.section import Section
from lockhouse.policy.shown import shown

MAX_REFUSABLE = 6
"""A field has a slot for each set of refusable purposes: six make 64 slots."""
BUILT_IN = Purpose(
    id=0, name=REQUESTS, about="Answer a person's own request", basis={"default": "legal_obligation"}, builtin=True
)


def purposes(section: Section, *, events: Iterable[str]) -> dict[str, Purpose]:
    """Every purpose of the document and the built-in one.

    Args:
        events: names of the events that the document has.
    """
    known = tuple(events)
    found = {REQUESTS: BUILT_IN}
    for name in section.names(words.NAME, "a purpose name such as 'fulfilment'"):
        if name == REQUESTS:
            section.problems.add(section.place(name), "a name that is not built in", "'requests'")
            continue
        part = section.sub(name, ("about", "basis", "keep", "soft_opt_in", "sold_or_shared"))
        part.need("about", "basis", "keep")
        basis = _basis(part)
        found[name] = Purpose(
            id=0,
            name=name,
            about=part.text("about") or "",
            basis=basis,
            sold_or_shared=part.flag("sold_or_shared"),
            keep=part.keep("keep"),
            refusable=any(word in REFUSABLE_BASES for word in basis.values()),
            sales=_sales(part, basis, known),
        )
    return found


def _sales(part: Section, basis: dict[str, BasisWord], events: tuple[str, ...]) -> tuple[str, ...]:
    """The events after which somebody is a customer for the purpose."""
    if "soft_opt_in" not in part:
        return ()
    if "soft_opt_in" not in basis.values():
        place = part.place("soft_opt_in")
        part.problems.add(place, "'soft_opt_in' on a purpose that has that basis", "one on a purpose without it")
    said = part.sub("soft_opt_in", ("after",))
    said.need("after")
    if "after" in said and not said.items("after"):
        part.problems.add(said.place("after"), "at least one event of a sale, or of what leads to one", "none")
    return tuple(sorted(said.words("after", events)))


def _basis(part: Section) -> dict[str, BasisWord]:
    spot = part.spot("basis")
    if spot is None or not isinstance(spot.value, dict):
        word = part.word("basis", words.BASES) if spot is not None else None
        return {"default": cast("BasisWord", word or "consent")}
    by_region = part.sub("basis")
    by_region.need("default")
    found: dict[str, BasisWord] = {"default": "consent"}
    for region in by_region:
        if region != "default" and not words.is_region(region):
            part.problems.add(
                by_region.place(region), "'default' or a region such as 'eu', 'de' or 'us-ca'", shown(region)
            )
            continue
        word = by_region.word(region, words.BASES)
        if word is not None:
            found[region] = word
    return dict(sorted(found.items()))  # as bytes sort it: a draft and its loaded form tell the same reason


def classes(section: Section) -> tuple[str, ...]:
    """The built-in classes and the house's own, in alphabetical order."""
    own: list[str] = []
    for spot in section.items("classes"):
        if isinstance(spot.value, str) and words.NAME.match(spot.value):
            own.append(spot.value)
        else:
            section.problems.add(spot.where, "a class name such as 'fitting'", shown(spot.value))
    return tuple(sorted({*words.CLASSES, *own}))


_FIELD_KEYS = (
    "class",
    "clear",
    "condition",
    "find_by",
    "for",
    "identifies",
    "mask",
    "minimise",
    "nobody",
    "of",
    "type",
)


def fields(section: Section, *, purposes_by_name: dict[str, Purpose], class_names: Iterable[str]) -> dict[str, Field]:
    """Every declared field, each with at least one purpose."""
    found: dict[str, Field] = {}
    for name in section.names(words.NAME, "a field name such as 'email'"):
        part = section.sub(name, _FIELD_KEYS)
        field = _field(name, part, purposes_by_name, tuple(class_names))
        if field is not None:
            found[name] = field
    return found


def _field(name: str, part: Section, known: dict[str, Purpose], class_names: tuple[str, ...]) -> Field | None:
    part.need("type", "class", "for")
    kind = part.word("type", words.TYPES)
    class_ = part.word("class", class_names)
    live = part.words("for", sorted(set(known) - {REQUESTS}))
    if "for" in part and not part.items("for"):
        part.problems.add(part.place("for"), "at least one purpose: a field without one is not kept", "none")
    if kind is None:
        return None
    allowed = words.TYPES[kind]
    field = Field(
        id=0,
        name=name,
        type=kind,
        class_=class_ or "profile",
        purposes=tuple(sorted(live)),
        identifies=_identifies(part, allowed, kind),
        find_by=_finders(part, allowed, kind),
        minimise=_minimiser(part, allowed),
        mask=part.word("mask", allowed.masks) or allowed.masks[0],
        clear=part.flag("clear"),
        special=class_ == words.SPECIAL,
        condition=part.word("condition", words.CONDITIONS),
        of=_items(part, kind),
        nobody=nobody(part, kind),
    )
    _check_clear(part, field, allowed)
    _check_special(part, field, known)
    refusable = [purpose for purpose in field.purposes if known[purpose].refusable]
    if len(refusable) > MAX_REFUSABLE:
        part.problems.add(
            part.place("for"), f"at most {MAX_REFUSABLE} purposes a person can refuse", f"{len(refusable)} of them"
        )
    return field


def _identifies(part: Section, allowed: words.TypeWords, kind: str) -> Literal["person", "device"] | None:
    if "identifies" in part and not allowed.identifies:
        part.problems.add(part.place("identifies"), f"no 'identifies' on type {kind}", "one")
        return None
    word: Literal["person", "device"] | None = part.word("identifies", allowed.identifies)
    return word


def _finders(part: Section, allowed: words.TypeWords, kind: str) -> tuple[str, ...]:
    if "find_by" in part and not allowed.find_by:
        part.problems.add(part.place("find_by"), f"no 'find_by' on type {kind}", "one")
        return ()
    return tuple(sorted(part.words("find_by", allowed.find_by)))


def _minimiser(part: Section, allowed: words.TypeWords) -> str | None:
    if "minimise" not in part:
        return None
    place = part.spot("minimise") or Spot(None, part.where)
    text = part.text("minimise")
    word, _, number = (text or "").partition(" ")
    if text is None:
        return None
    if word not in allowed.minimise:
        part.problems.word(place, allowed.minimise, got=word)
    elif (word == "truncate") != (number.isdigit() and 0 < int(number) <= 1000):  # noqa: PLR2004 - longest kept head
        expected = "'truncate N' with N from 1 to 1000" if word == "truncate" else f"'{word}' alone"
        part.problems.add(place.where, expected, shown(text))
    else:
        return text
    return None


def _items(part: Section, kind: str) -> dict[str, str]:
    spot = part.spot("of")
    if kind != "list":
        if spot is not None:
            part.problems.add(part.place("of"), "'of' on lists only", f"one on type {kind}")
        return {}
    if spot is None:
        part.need("of")
        return {}
    if not isinstance(spot.value, dict):
        word = part.word("of", words.ITEM_TYPES)
        return {"": word} if word is not None else {}
    items = part.sub("of")
    found: dict[str, str] = {}
    for key in items.names(words.NAME, "an item key such as 'sku'"):
        word = items.word(key, words.ITEM_TYPES)
        if word is not None:
            found[key] = word
    return found


def _check_clear(part: Section, field: Field, allowed: words.TypeWords) -> None:
    if not field.clear:
        return
    where = part.place("clear")
    problems: Problems = part.problems
    if field.identifies is not None:
        problems.add(where, "identifiers sealed", "'clear: true' beside 'identifies'")
    elif field.special:
        problems.add(where, "special classes sealed", "'clear: true' on class special")
    elif not allowed.clear:
        problems.add(where, "'clear' on countries, numbers, booleans and coarsened dates only", f"type {field.type}")
    elif field.type == "date" and field.minimise is None:
        problems.add(where, "a clear date coarsened by 'minimise: year' or 'month'", "a whole date")


def _check_special(part: Section, field: Field, known: dict[str, Purpose]) -> None:
    if not field.special:
        if "condition" in part:
            part.problems.add(part.place("condition"), "'condition' on class special only", f"class {field.class_}")
        return
    if "condition" not in part:
        part.problems.add(part.where, "a 'condition' of GDPR Art. 9(2) on class special", "none")
    if field.condition != words.EXPLICIT_CONSENT:
        return
    for purpose in field.purposes:
        if set(known[purpose].basis.values()) != {"consent"}:
            part.problems.add(
                part.place("condition"), "explicit_consent only with purposes whose basis is consent", f"'{purpose}'"
            )
