"""The stop-list of a field: values that many people give, or that are the house's own, and so point to nobody.

What stands here is never said again: not in a problem, not in a log.
"""

from __future__ import annotations

import re

from lockhouse.model.policy import Field
from lockhouse.policy.section import Section
from lockhouse.policy.types import UnfitError, parser

MOST = 1_000
"""Values a field; more are no list of exceptions, and each is in the memory of every process."""
_DOMAIN = re.compile(r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z")
_EXPECTED = {
    "email": "an e-mail address, or '@' and a domain in lower case, in quotes",
    "id": "an id as a text in quotes",
    "phone": "a phone number with '+' and its country code, in quotes",
}


def nobody(part: Section, kind: str) -> tuple[str, ...]:
    """What stands for nobody, as intake would keep it; only on a field that identifies."""
    if "nobody" not in part:
        return ()
    if "identifies" not in part or kind not in _EXPECTED:
        part.problems.add(part.place("nobody"), "'nobody' beside 'identifies' only", "a field that identifies nobody")
        return ()
    listed = part.items("nobody")
    if len(listed) > MOST:
        part.problems.add(part.place("nobody"), f"at most {MOST} values", f"{len(listed)}")
    found: set[str] = set()
    for spot in listed[:MOST]:
        value = _canonical(kind, spot.value)
        if value is None:
            part.problems.add(spot.where, _EXPECTED[kind], "another value")
        elif value in found:
            part.problems.add(spot.where, "each value once", "one of them again")
        else:
            found.add(value)
    return tuple(sorted(found))


def _canonical(kind: str, value: object) -> str | None:
    if isinstance(value, str) and kind == "email" and _DOMAIN.match(value):
        return value
    try:
        return (
            str(parser(Field(id=0, name="", type=kind, class_="", purposes=()))(value)) if type(value) is str else None
        )
    except UnfitError:
        return None
