"""What the page says of words and of where they stand: the merged document, regions, classes, reasons."""

from __future__ import annotations

import re
from typing import Any, Protocol

from ruamel.yaml import YAML

REFUSABLE = {"consent", "opt_out", "soft_opt_in", "legitimate_interest"}
CLASSES = {"behaviour", "contact", "identity", "location", "profile", "special", "transactions"}
MASKS = {
    "country": "whole", "date": "year", "email": "email", "id": "last4", "ip": "network", "phone": "phone",
    "text": "first",
}  # fmt: skip
SECONDS = {"minutes": 60, "hours": 3600, "days": 86_400}
EEA = {
    "at", "be", "bg", "cy", "cz", "de", "dk", "ee", "es", "fi", "fr", "gr", "hr", "hu", "ie", "is", "it", "li", "lt",
    "lu", "lv", "mt", "nl", "no", "pl", "pt", "ro", "se", "si", "sk",
}  # fmt: skip
"""The European Union and, by the EEA Agreement, Iceland, Liechtenstein and Norway."""


class Place(Protocol):
    """Where a person is, or what differs about it."""

    @property
    def region(self) -> str | None: ...
    @property
    def regions(self) -> frozenset[str]: ...


def merged(house: str, template: str | None = None) -> dict[str, Any]:
    """The house over its template: united below a mapping, replaced everywhere else (section 1)."""
    own = YAML(typ="safe", pure=True).load(house)
    own.pop("extends", None)
    if template is None:
        return dict(own)
    below = YAML(typ="safe", pure=True).load(template)
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(below.get(key), dict)
        below[key] = {**below[key], **value} if both else value
    return dict(below)


def bases(purpose: dict[str, Any]) -> dict[str, str]:
    """Region to word, with `default`."""
    said = purpose["basis"]
    return {"default": said} if isinstance(said, str) else dict(said)


def refusable(purpose: dict[str, Any]) -> bool:
    """Whether any of its bases can be refused."""
    return bool(set(bases(purpose).values()) & REFUSABLE)


def basis_at(purpose: dict[str, Any], region: str) -> str:
    """The word of the subdivision, else of the country, else of `eu`, else the default."""
    said = bases(purpose)
    country = region.partition("-")[0]
    steps = [region, country, *(["eu"] if country in EEA else []), "default"]
    return next(said[step] for step in steps if step in said)


def bases_that_count(policy: dict[str, Any], purpose: dict[str, Any], place: Place) -> list[str]:
    """One word where the region is known, or stands for the unknown one; else every word, by the region's name."""
    region = place.region
    if "strictest" in {region, *place.regions}:
        return [word for _, word in sorted(bases(purpose).items())]
    if region is None and place.regions:
        return [basis_at(purpose, one) for one in sorted(place.regions)]
    unknown = policy["controller"].get("region", {}).get("unknown", "strictest")
    region = region or (None if unknown == "strictest" else unknown)
    return [word for _, word in sorted(bases(purpose).items())] if region is None else [basis_at(purpose, region)]


def said_for(rules: dict[str, Any], class_: str) -> Any:
    """What stands for a class: its own word, else that of `*`, which never stands for `special`."""
    return rules.get(class_, rules.get("*") if class_ != "special" else None)


def plain(reason: str) -> str:
    """A reason as it is compared: before the colon, without case and punctuation."""
    return re.sub(r"[\W_]+", " ", reason.partition(":")[0]).strip().casefold()


def mask(field: dict[str, Any]) -> str:
    """The mask a field is shown by."""
    return str(field.get("mask", MASKS.get(field["type"], "hidden")))
