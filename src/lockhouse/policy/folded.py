"""Folded: the effects of a change in as few lines as say them, for whoever reads before they agree.

What a channel adds is the same sentence for each field and event. Folded, one line stands for fields of which the very
same events are meant, and names the fields and the events: each of these fields is kept of each of these events, and
nothing else is said. A line that is alone stays as it is, and so does whatever is not about a field.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

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
    """The same effects, with one line for fields that differ in nothing else; the folded ones come first."""
    return msgspec.structs.replace(effects, **{name: _fold(getattr(effects, name)) for name in _FOLDED})


def _fold(lines: Sequence[str]) -> tuple[str, ...]:
    groups: dict[_Same, dict[str, dict[str, str]]] = {}
    alone: list[str] = []
    for line in lines:
        if (parts := _parts(line)) is None:
            alone.append(line)
        else:
            same, field, event = parts
            groups.setdefault(same, {}).setdefault(field, {})[event] = line
    folded: list[str] = []
    for same, found in groups.items():
        for events, fields in _products(found).items():
            if len(events) * len(fields) > 1:
                folded.append(_line(same, fields, events))
            else:
                alone.append(found[fields[0]][events[0]])
    return (*folded, *sorted(alone))


def _products(found: Mapping[str, Collection[str]]) -> dict[tuple[str, ...], list[str]]:
    """The fields of each set of events: only where every field is of every event does one sentence say them all."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for field in sorted(found):
        alike.setdefault(tuple(sorted(found[field])), []).append(field)
    return alike


def _parts(line: str) -> tuple[_Same, str, str] | None:
    """What a line shares with others, its field and its event; None where it is of its own kind."""
    if (found := _OF_EVENT.fullmatch(line)) is not None:
        field, head, event, tail = found.groups()
        return _Same(head, f" {tail}"), field, event
    if (found := _OF_FIELD.fullmatch(line)) is not None:
        return _Same(found[2], ""), found[1], ""
    return None


def _line(same: _Same, fields: Sequence[str], events: Sequence[str]) -> str:
    field, event = _said(fields, "fields"), _said(events, "events")
    names = "; ".join(", ".join(some) for some in (fields, events) if len(some) > 1)
    return f"{field} {same.head}{f' {event}' if event else ''}{same.tail}: {names}"


def _said(names: Sequence[str], many: str) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} {many}"
