"""What the policy lacks of an event: sent, kept out by nobody's word, and not stored only because nothing declares it.

It is what a channel in stage `trial` keeps sealed for replay. A value passes the sieve if no field of the policy is
looked for at its place, or if each that is may be kept by what is known of the person, and is either not on this event
or does not read as its type. What consent, an objection, a signal, the region or its age keep out never passes, nor
does what the protocol calls its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from lockhouse.model.policy import EventPlan
from lockhouse.policy.reduce import Reducer, places_of
from lockhouse.policy.types import Parser, UnfitError, parser

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lockhouse.model.policy import Policy

WIDE: Final = "*"
"""Stands for every event that the policy does not name: whose it is, is told by all the fields there are."""


class _Field(NamedTuple):
    name: str
    mask: int
    parse: Parser


class Sieve:
    """Sifts the events of one channel under one policy.

    Attributes:
        wide: reduces an event called `WIDE` as if it might carry every field.
    """

    def __init__(self, policy: Policy, channel_name: str) -> None:
        channel = policy.channels[channel_name]
        self._envelope = policy.kinds[channel.kind].envelope
        self._fields: dict[str, list[_Field]] = {}
        for field in policy.fields.values():
            mask = sum(1 << at for at, purpose in enumerate(policy.purposes) if purpose.name in field.purposes)
            one = _Field(field.name, mask, parser(field, country=channel.country))
            for path in places_of(policy, channel, field.name):
                self._fields.setdefault(path, []).append(one)
        self._above = {
            path[:at] for path in (*self._fields, *self._envelope) for at, sign in enumerate(path) if sign == "."
        }
        events = {WIDE: EventPlan(id=0, name=WIDE, fields=tuple(policy.fields))}
        channels = {channel_name: msgspec.structs.replace(channel, events=(WIDE,))}
        self.wide = Reducer(msgspec.structs.replace(policy, events=events, channels=channels), channel_name)

    def lacking(
        self, source: Mapping[str, Any], live: int, *, fields: Collection[str] = (), kept: Collection[str] = ()
    ) -> dict[str, Any]:
        """The part of an event's tree that passes; empty when nothing does.

        Args:
            source: the event's own tree.
            live: bits of the purposes that are live for it.
            fields: that the event may carry; none of an event that the policy does not name.
            kept: those of them that are stored.
        """
        return self._sift("", source, live, (frozenset(fields), frozenset(kept)))

    def _sift(
        self, above: str, tree: Mapping[str, Any], live: int, known: tuple[frozenset[str], frozenset[str]]
    ) -> dict[str, Any]:
        passed: dict[str, Any] = {}
        for key, value in tree.items():
            # A key with a dot in it is no path of the policy's: nothing declares what lies there.
            path = f"{above}.{key}" if above else key
            is_place = "." not in key
            if value is None:
                continue
            if is_place and path in self._above and type(value) is dict:
                if below := self._sift(path, value, live, known):
                    passed[key] = below
            elif is_place and path in self._fields:
                if all(_lacks(one, value, live, known) for one in self._fields[path]):
                    passed[key] = value
            elif not is_place or not self._is_own(path):
                passed[key] = value
        return passed

    def _is_own(self, path: str) -> bool:
        """Whether a path is the protocol's own, or lies below one that is."""
        return any(path == own or path.startswith(f"{own}.") for own in self._envelope)


def _lacks(field: _Field, value: Any, live: int, known: tuple[frozenset[str], frozenset[str]]) -> bool:
    """Whether only the policy keeps this value of a field out: the event lacks the field, or its type fits no value."""
    fields, kept = known
    if not field.mask & live:
        return False
    if field.name not in fields:
        return True
    if field.name in kept:
        return False
    try:
        field.parse(value)
    except UnfitError:
        return True
    return False
