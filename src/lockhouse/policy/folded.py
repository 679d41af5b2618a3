"""Folded: the effects of a change in as few lines as say them, for whoever reads before they agree.

What a channel adds is the same sentence for each field and event. Folded, one line stands for all that differ in
nothing but these, and names the fields; which of them is kept of which event only the single lines say. A line that
is alone stays as it is, and so does whatever is not about a field.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from lockhouse.policy.diff import Effects

_FOLDED = ("newly_kept", "no_longer_kept", "readable_by_more", "readable_by_less", "sent_to_more", "sent_to_less")
_OF_EVENT = re.compile(r"([a-z0-9_]+) (for [a-z0-9_]+, from) ([^,]+) (on [a-z0-9_-]+)")
"""A field that is kept of an event: no name of a policy has a comma, and none but an event's has a space."""
_OF_FIELD = re.compile(r"([a-z0-9_]+) (.+)")
"""Any other line that begins with the name of a field; a recipient's own lines begin with its name and a colon."""


class _Same(NamedTuple):
    """What lines have in common that are folded into one."""

    head: str
    tail: str


def fold(effects: Effects) -> Effects:
    """The same effects, with one line for all that differ only in field and event; the folded ones come first."""
    return msgspec.structs.replace(effects, **{name: _fold(getattr(effects, name)) for name in _FOLDED})


def _fold(lines: Sequence[str]) -> tuple[str, ...]:
    groups: dict[_Same | str, list[tuple[str, str, str]]] = {}
    for line in lines:
        same, field, event = _parts(line)
        groups.setdefault(same, []).append((line, field, event))
    folded = [_line(same, found) for same, found in groups.items() if isinstance(same, _Same) and len(found) > 1]
    alone = [found[0][0] for found in groups.values() if len(found) == 1]
    return (*folded, *alone)


def _parts(line: str) -> tuple[_Same | str, str, str]:
    """What a line shares with others, its field and its event; itself, where it is of its own kind."""
    if (found := _OF_EVENT.fullmatch(line)) is not None:
        field, head, event, tail = found.groups()
        return _Same(head, f" {tail}"), field, event
    if (found := _OF_FIELD.fullmatch(line)) is not None:
        return _Same(found[2], ""), found[1], ""
    return line, "", ""


def _line(same: _Same, found: Sequence[tuple[str, str, str]]) -> str:
    fields, events = (sorted({one[at] for one in found}) for at in (1, 2))
    many = fields[0] if len(fields) == 1 else f"{len(fields)} fields"
    event = events[0] if len(events) == 1 else f"{len(events)} events"
    names = "" if len(fields) == 1 else f": {', '.join(fields)}"
    return f"{many} {same.head}{f' {event}' if event else ''}{same.tail}{names}"
