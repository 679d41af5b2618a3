"""Reduce an event to what may be kept: the only place where a sent value becomes a kept one.

A `Reducer` is built once for each policy and channel and holds, for each event, a tree of the paths it looks at.
An event's own tree is walked once beside it: what has no counterpart is dropped and counted by path, and a path
segment that is in nobody's vocabulary is shown as `*`, because keys can be values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from lockhouse.errors import NotFound
from lockhouse.model.event import Event, Kind
from lockhouse.model.policy import Channel, Field, Policy
from lockhouse.policy.types import Parser, UnfitError, parser

UNDECLARED: Final = "undeclared"
NOT_ON_THIS_EVENT: Final = "not-on-this-event"
BAD_VALUE: Final = "bad-value"
TOO_LONG: Final = "too-long"
NO_CONSENT: Final = "no-consent"
OBJECTED: Final = "objected"
NO_PURPOSE: Final = "no-purpose"
REGION: Final = "region"
TOO_OLD: Final = "too-old"
REASONS = (BAD_VALUE, NO_CONSENT, NO_PURPOSE, NOT_ON_THIS_EVENT, OBJECTED, REGION, TOO_LONG, TOO_OLD, UNDECLARED)
_STRONGEST = (OBJECTED, NO_CONSENT, REGION, TOO_OLD)


class Reduced(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is left of an event.

    Attributes:
        boxes: compartment number -> slot number -> value, to be sealed.
        clear: slot number -> value of `clear: true` fields.
        identifiers: (field, canonical value) of kept fields that identify.
        lookups: (field, how, value) for the other ways of being found.
        kept: how many fields are kept.
        dropped: (path, reason), each once.
    """

    boxes: dict[int, dict[int, Any]]
    clear: dict[int, Any]
    identifiers: tuple[tuple[str, str], ...]
    lookups: tuple[tuple[str, str, str], ...]
    kept: int
    dropped: tuple[tuple[str, str], ...]


class _Leaf:
    """One field at one place of one event's tree; the lower the rank, the earlier it is preferred."""

    __slots__ = (
        "clear", "finders", "identifies", "mask", "name", "of", "parse", "path", "places", "points", "rank", "shut",
    )  # fmt: skip

    def __init__(self, field: Field, policy: Policy, *, parse: Parser, rank: int) -> None:
        bits = {purpose.name: 1 << position for position, purpose in enumerate(policy.purposes)}
        self.name = field.name
        self.parse = parse
        self.rank = rank
        self.path = ""
        self.clear = field.clear
        self.identifies = field.identifies is not None
        self.of = frozenset(field.of) if field.of and "" not in field.of else None
        self.mask = sum(bits[name] for name in field.purposes)
        self.places = {
            sum(bits[name] for name in slot.purposes): (slot.compartment, slot.id)
            for slot in policy.slots
            if slot.field == field.name and slot.special == field.special and set(slot.purposes) <= set(field.purposes)
        }
        # What identifies is found by its blind index: an exact look-up beside it would be a row that nobody reads.
        ways = tuple(how for how in field.find_by if how != "exact" or not self.identifies)
        self.finders = tuple((how, _FINDERS[how]) for how in ways)
        self.points = self.identifies or bool(self.finders)
        self.shut = _usual_reason(field, policy)


class _Node:
    """A place in the tree: what lies below, which fields stand here, and whether the unknown below is counted."""

    __slots__ = ("below", "leaves", "other", "path", "quiet")

    def __init__(self, path: str, *, quiet: bool) -> None:
        self.below: dict[str, _Node] = {}
        self.leaves: tuple[_Leaf, ...] = ()
        self.other = False
        self.path = path
        self.quiet = quiet


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel looks at in one event.

    Attributes:
        tree: places in the source; opaque.
        evidence: paths of region evidence, the first known wins.
        pointers: the fields that identify.
    """

    tree: Any
    evidence: tuple[tuple[str, ...], ...]
    pointers: tuple[str, ...]


class Seen:
    """What one reducer saw in an event, looked at once and used twice: to find the person, and to reduce.

    It holds sent values: it lives as long as its event is being decided and is never stored or logged.
    """

    __slots__ = ("_evidence", "dropped", "found", "parsed", "plan")

    def __init__(self, plan: Plan | None) -> None:
        self.plan = plan
        self.found: dict[str, tuple[_Leaf, Any]] = {}
        self.dropped: dict[tuple[str, str], None] = {}
        self.parsed: dict[str, Any] = {}
        self._evidence: str | bool | None = False

    def region(self, source: dict[str, Any]) -> str | None:
        """The region that the event gives evidence of, worked out at most once."""
        if self._evidence is False:
            plan = self.plan
            self._evidence = _region(plan, source) if plan is not None and plan.evidence else None
        return self._evidence  # type: ignore[return-value]  # False only before it is worked out


class Reducer:
    """Reduces the events of one channel under one policy."""

    def __init__(self, policy: Policy, channel_name: str) -> None:
        """Build the plans.

        Raises:
            NotFound: the policy has no such channel, or this build does not serve its kind.
        """
        channel = policy.channels.get(channel_name)
        kind = policy.kinds.get(channel.kind) if channel is not None else None
        if channel is None or kind is None:
            raise NotFound("channel: expected one the policy names and this version serves, got another")
        self.vocabulary = _vocabulary(policy, kind)
        """Path segments that are shown by name: the policy's and the protocol's own words, which are nobody's value."""
        self._plans = {
            name: _plan(policy, channel, name=name, kind=kind, vocabulary=self.vocabulary) for name in channel.events
        }

    def plan(self, event_name: str) -> Plan | None:
        """What is looked at in this event; None when the channel may not send it."""
        return self._plans.get(event_name)

    def look(self, event: Event) -> Seen:
        """Walk an event's tree once; what is found serves `identifiers`, `region` and `reduce`."""
        plan = self._plans.get(event.name)
        seen = Seen(plan)
        if plan is not None:
            self._walk(plan.tree, event.source, seen.found, seen.dropped)
        return seen

    def identifiers(self, event: Event, *, seen: Seen | None = None) -> tuple[tuple[str, str], ...]:
        """(field, canonical value) of what identifies, before anything is decided.

        Only to look up what stands against the person: suppressions, objections, consent. What may be kept is
        `Reduced.identifiers`.
        """
        seen = seen or self.look(event)
        if seen.plan is None:
            return ()
        found: list[tuple[str, str]] = []
        for name in seen.plan.pointers:
            met = seen.found.get(name)
            if met is not None:
                try:
                    value = seen.parsed[name] = met[0].parse(met[1])
                except UnfitError:
                    continue
                found.append((name, value))
        return tuple(found)

    def reduce(self, event: Event, live: int, *, why: Sequence[str] = (), seen: Seen | None = None) -> Reduced:
        """What may be kept of an event.

        Args:
            event: parsed by the channel's kind.
            live: the purposes that are live for it, as bits (`purposes_open`).
            why: why each purpose is shut, by position (`why_shut`); without it the usual reason is given.
            seen: what `look` saw in this very event.
        """
        seen = seen or self.look(event)
        if seen.plan is None:
            return _nothing()
        dropped = seen.dropped.copy()
        boxes: dict[int, dict[int, Any]] = {}
        clear: dict[int, Any] = {}
        identifiers: list[tuple[str, str]] = []
        lookups: list[tuple[str, str, str]] = []
        kept = 0
        for leaf, raw in seen.found.values():
            place = leaf.places.get(live & leaf.mask)
            if place is None:
                dropped[(leaf.path, _reason(leaf, why))] = None
                continue
            value = seen.parsed.get(leaf.name)
            if value is None:
                try:
                    value = leaf.parse(raw)
                except UnfitError as err:
                    dropped[(leaf.path, err.reason)] = None
                    continue
            kept += 1
            if leaf.clear:
                clear[place[1]] = value
            else:
                boxes.setdefault(place[0], {})[place[1]] = value
            if leaf.points:
                _point(leaf, value, identifiers, lookups)
            if leaf.of is not None and not all(leaf.of.issuperset(item) for item in raw):
                dropped[(f"{leaf.path}.*", UNDECLARED)] = None
        return Reduced(
            boxes=boxes,
            clear=clear,
            identifiers=tuple(identifiers),
            lookups=tuple(lookups),
            kept=kept,
            dropped=tuple(dropped),
        )

    def _walk(
        self,
        node: _Node,
        tree: dict[str, Any],
        found: dict[str, tuple[_Leaf, Any]],
        dropped: dict[tuple[str, str], None],
    ) -> None:
        below = node.below
        for key, value in tree.items():
            child = below.get(key)
            if child is None:
                if not node.quiet:
                    dropped[(self._path(node, key), UNDECLARED)] = None
            elif value is None:
                continue
            elif child.below and type(value) is dict:
                self._walk(child, value, found, dropped)
            elif child.leaves:
                for leaf in child.leaves:
                    before = found.get(leaf.name)
                    # An empty identifier is nobody's: what a form sends that was not filled in.
                    if (before is None or leaf.rank < before[0].rank) and (value != "" or not leaf.identifies):
                        found[leaf.name] = (leaf, value)
            elif child.other and not child.quiet:
                dropped[(child.path, NOT_ON_THIS_EVENT)] = None
            elif not child.quiet:
                dropped[(child.path, UNDECLARED)] = None

    def _path(self, node: _Node, key: str) -> str:
        shown = key if key in self.vocabulary else "*"
        return f"{node.path}.{shown}" if node.path else shown


def _nothing() -> Reduced:
    return Reduced(boxes={}, clear={}, identifiers=(), lookups=(), kept=0, dropped=(("*", NOT_ON_THIS_EVENT),))


def _point(leaf: _Leaf, value: Any, identifiers: list[tuple[str, str]], lookups: list[tuple[str, str, str]]) -> None:
    if leaf.identifies:
        identifiers.append((leaf.name, value))
    for how, find in leaf.finders:
        wanted = find(value)
        if wanted:
            lookups.append((leaf.name, how, wanted))


def _reason(leaf: _Leaf, why: Sequence[str]) -> str:
    if not why:
        return leaf.shut
    reasons = {word for position, word in enumerate(why) if leaf.mask >> position & 1}
    return next((word for word in _STRONGEST if word in reasons), leaf.shut)


def _usual_reason(field: Field, policy: Policy) -> str:
    """The reason when only the shut purposes are known: what its purposes rest on says which word is missing."""
    bases = {basis for purpose in policy.purposes if purpose.name in field.purposes for basis in purpose.basis.values()}
    if bases & {"consent", "soft_opt_in"}:
        return NO_CONSENT
    return OBJECTED if bases & {"legitimate_interest", "opt_out"} else NO_PURPOSE


def _last4(value: str) -> str:
    digits = "".join(filter(str.isalnum, value))
    return digits[-4:].upper() if len(digits) > 4 else ""  # noqa: PLR2004 - all of a short value is not a tail


def _surname(value: str) -> str:
    words = (value.partition(",")[0] if "," in value else value).split()
    return words[-1].casefold() if words else ""


def find_value(how: str, value: str) -> str:
    """The look-up value of a canonical value (`exact`, `last4`, `surname`); empty when it has none.

    Intake and search both come here, so that what was indexed is what is searched.
    """
    return _FINDERS[how](value)


_FINDERS: dict[str, Callable[[str], str]] = {"exact": str, "last4": _last4, "surname": _surname}


def _vocabulary(policy: Policy, kind: Kind) -> frozenset[str]:
    items = {key for field in policy.fields.values() for key in field.of}
    roots = {segment for root in kind.roots for segment in root.split(".")}
    return frozenset({*policy.fields, *items, *roots, *kind.vocabulary} - {""})


def _sources(field: Field, channel: Channel, kind: Kind) -> Iterable[str]:
    """Where a field is looked for: the channel's own map alone, else the kind's defaults, then its roots."""
    if field.name in channel.map:
        return (channel.map[field.name],)
    roots = (f"{root}.{field.name}" if root else field.name for root in kind.roots)
    return (*kind.defaults.get(field.name, ()), *roots)


def places_of(policy: Policy, channel: Channel, field: str) -> tuple[str, ...]:
    """Everywhere in an event of the channel that a field is looked for, as dotted paths."""
    return tuple(_sources(policy.fields[field], channel, policy.kinds[channel.kind]))


def place_of(policy: Policy, channel: Channel, field: str) -> tuple[str, ...]:
    """Where in an event of the channel a field is looked for first: who builds an event puts it there."""
    first, *_ = _sources(policy.fields[field], channel, policy.kinds[channel.kind])
    return tuple(first.split("."))


def _plan(policy: Policy, channel: Channel, *, name: str, kind: Kind, vocabulary: frozenset[str]) -> Plan:
    event = policy.events[name]
    root = _Node("", quiet=False)
    for path in sorted(kind.envelope):  # a path before those below it
        _at(root, path, vocabulary).quiet = True
    for field in policy.fields.values():
        parse = parser(field, country=channel.country)
        for rank, path in enumerate(_sources(field, channel, kind)):
            node = _at(root, path, vocabulary)
            if field.name not in event.fields:
                node.other = True
                continue
            leaf = _Leaf(field, policy, parse=parse, rank=rank)
            leaf.path = node.path
            node.leaves = (*node.leaves, leaf)
    evidence = tuple(
        tuple(path.split("."))
        for field in policy.region_from
        if field in event.fields
        for path in _sources(policy.fields[field], channel, kind)
    )
    pointers = tuple(field.name for field in policy.fields.values() if field.identifies and field.name in event.fields)
    return Plan(tree=root, evidence=evidence, pointers=pointers)


def _at(root: _Node, path: str, vocabulary: frozenset[str]) -> _Node:
    """The node of a dotted path, made where it is missing; below a quiet node everything unknown is quiet."""
    node = root
    for segment in path.split("."):
        child = node.below.get(segment)
        if child is None:
            shown = segment if segment in vocabulary else "*"
            child = _Node(f"{node.path}.{shown}" if node.path else shown, quiet=node.quiet)
            node.below[segment] = child
        node = child
    return node


_COUNTRY = parser(Field(id=0, name="", type="country", class_="", purposes=()))


def _region(plan: Plan, source: dict[str, Any]) -> str | None:
    for path in plan.evidence:
        value = _value_at(source, path)
        if value is not None:
            try:
                return str(_COUNTRY(value)).lower()
            except UnfitError:
                continue
    return None


def _value_at(source: dict[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = source
    for segment in path:
        value = value.get(segment) if type(value) is dict else None
    return value
