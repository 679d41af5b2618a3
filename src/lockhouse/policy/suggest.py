"""What a policy lacks of what a channel was seen to send, as YAML to be merged by hand.

Type, class, mask and minimiser are guessed, from shapes and from words in names. A purpose never is: why data may be
processed is for people to say (GDPR Art. 5(1)(b)), so that each field stands with an empty `for`, which `policy check`
refuses. Nothing is suggested of what looks like a payment card's number, and of no class `special`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from lockhouse.model.event import Kind
from lockhouse.model.policy import Channel, Policy
from lockhouse.policy import words
from lockhouse.policy.observe import CARD, IDENTIFIERS, ITEM, SHAPES, shown
from lockhouse.policy.reduce import places_of

GAP: Final = "decide: for what purpose? A field without one is not kept"
"""Stands beside every empty `for`."""
_HIDDEN = "*"
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_MONEY = re.compile(r"(?:^|_)(?:amount|cost|discount|price|revenue|shipping|subtotal|tax|total|value)(?:_|\Z)")
_PLACES = re.compile(
    r"(?:^|_)(?:address|city|latitude|lat|location|longitude|lng|lon|postal|postcode|state|street|zip)"
)
_COARSE = re.compile(r"(?:^|_)(?:latitude|lat|longitude|lng|lon|postal_?code|postcode|zip)(?:_|\Z)")
_NAMES = re.compile(r"\A(?:(?:customer|contact|family|first|full|given|last|middle|sur)_?)?name\Z")
_DEALS = re.compile(r"(?:^|_)(?:cart|checkout|coupon|invoice|order|payment|product|promotion|refund|sku|transaction)")
_OWN_IDS = re.compile(r"(?:^|_)(?:account|anonymous|customer|device|loyalty|member|session|subscriber|user)_?(?:id)?\Z")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_. ]*\Z")
_KEY = re.compile(r"[A-Za-z0-9_$ -]{1,64}\Z")
"""A part of `words.PATH`."""
_NO_TEXT = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})
_CLASSES = {
    "country": "location", "email": "contact", "ip": "location", "money": "transactions", "phone": "contact",
}  # fmt: skip


class Sighting(NamedTuple):
    """A path of an event of a channel that was observed, as keys; what it looked like, and how often."""

    event: str
    keys: tuple[str, ...]
    shape: str
    times: int


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A field that the policy might have.

    Attributes:
        name: of the field, as the policy writes names.
        path: where it was seen, dotted from the root of what is sent.
        seen: how often.
        is_mapped: whether the channel's `map` has to say where it stands.
        of: key -> type of a list's items; a list of plain values has its type under an empty key.
        events: names of the events that carry it.
    """

    name: str
    path: str
    seen: int
    type: str
    class_: str
    mask: str
    minimise: str | None
    is_mapped: bool
    of: dict[str, str]
    events: tuple[str, ...]


class Lack(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy lacks of what a channel sends.

    Attributes:
        fields: that it might have.
        events: event -> the declared fields that were seen in it and that it does not list, or that it has already.
        left: (path, why) of what is not suggested.
    """

    fields: tuple[Suggestion, ...]
    events: dict[str, tuple[str, ...]]
    left: tuple[tuple[str, str], ...]


def suggest(policy: Policy, channel: Channel, sightings: Iterable[Sighting]) -> Lack:
    """What the policy lacks of what was seen of one of its channels."""
    places = {place: name for name in policy.fields for place in places_of(policy, channel, name)}
    listed: dict[str, set[str]] = {}
    new: dict[tuple[str, ...], list[Sighting]] = {}
    left: dict[str, str] = {}
    for one in sightings:
        if not _is_sound(one):
            left[_HIDDEN] = "was counted by no gate: a row of drop_count was written by somebody else"
            continue
        head = one.keys[: one.keys.index(ITEM)] if ITEM in one.keys else one.keys
        known = places.get(".".join(head))
        if _HIDDEN in (one.event, *one.keys):
            left[f"{one.event}: {shown(one.keys)}"] = "stands under a name that is not shown"
        elif known is not None:
            listed.setdefault(one.event, set()).add(known)
        else:
            new.setdefault(head, []).append(one)
    kind = policy.kinds[channel.kind]
    fields: list[Suggestion] = []
    for keys, seen in sorted(new.items()):
        name = _name(keys, kind, {*policy.fields, *(field.name for field in fields)})
        why = _unfit(keys, seen, name)
        if why:
            left[shown(keys)] = why
        else:
            fields.append(_field(keys, seen, kind=kind, name=name))
    for field in fields:
        for event in field.events:
            listed.setdefault(event, set()).add(field.name)
    return Lack(fields=tuple(fields), events=_events(policy, listed), left=tuple(sorted(left.items())))


def _is_sound(one: Sighting) -> bool:
    """Whether a gate can have counted it: the counter has no MAC, and what it holds is printed as YAML to be pasted."""
    event = one.event == _HIDDEN or words.EVENT.match(one.event)
    keys = all(key in {_HIDDEN, ITEM} or _KEY.match(key) for key in one.keys)
    return bool(event) and bool(one.keys) and one.keys[0] != ITEM and keys and one.shape in SHAPES


def _events(policy: Policy, listed: dict[str, set[str]]) -> dict[str, tuple[str, ...]]:
    """The whole list of every event that lacks something: a list that is written over another replaces it."""
    found = {}
    for event, names in sorted(listed.items()):
        had = policy.events[event].fields if event in policy.events else ()
        if names - set(had):
            found[event] = (*had, *sorted(names - set(had)))
    return found


def _unfit(keys: tuple[str, ...], seen: Sequence[Sighting], name: str) -> str:
    """Why nothing is suggested of a path, or nothing."""
    if any(one.shape == CARD for one in seen):
        return "looks like payment card numbers: leave it to the payment provider"
    if not name:
        return "has no name that a field can have"
    if not words.PATH.match(".".join(keys)):
        return "has a path that no map can name"
    if any(one.keys.count(ITEM) > 1 for one in seen):
        return "is a list of lists"
    return ""


def _name(keys: tuple[str, ...], kind: Kind, taken: set[str]) -> str:
    """A name that no field has: the one that the channel's kind looks for there, the last key, or more of the path."""
    path = ".".join(keys)
    usual = [name for name, places in kind.defaults.items() if path in places]
    names = (*usual, *(_snake("_".join(keys[-wide:])) for wide in range(1, len(keys) + 1)))
    free = [name for name in names if name not in taken and words.NAME.match(name)]
    return free[0] if free else ""


def _field(keys: tuple[str, ...], seen: Sequence[Sighting], *, kind: Kind, name: str) -> Suggestion:
    is_list = any(one.shape == "list" or ITEM in one.keys for one in seen)
    shape = "list" if is_list else max(seen, key=lambda one: (one.times, one.shape)).shape
    has_identifiers = any(one.shape == IDENTIFIERS for one in seen)
    type_ = _type(name, "text" if has_identifiers and not is_list else shape)
    path = ".".join(keys)
    places = [f"{root}.{name}" if root else name for root in kind.roots]
    return Suggestion(
        name=name, path=path, seen=sum(one.times for one in seen if ITEM not in one.keys), type=type_,
        class_=_class(name, type_), mask=_mask(name, type_), minimise=_minimiser(name, type_),
        is_mapped=path not in (*kind.defaults.get(name, ()), *places),
        of=_items(seen) if is_list else {}, events=tuple(sorted({one.event for one in seen})),
    )  # fmt: skip


def _items(seen: Sequence[Sighting]) -> dict[str, str]:
    """Key -> type of what stands in a list, where the type of its items can say it."""
    found: dict[str, str] = {}
    for one in sorted(seen, key=lambda one: one.times):
        _, _, behind = ".".join(one.keys).partition(f".{ITEM}")
        key = behind.removeprefix(".")
        if ITEM in one.keys and (not key or words.NAME.match(key)) and one.shape in {*words.ITEM_TYPES, IDENTIFIERS}:
            found[key] = _type(key, one.shape)
    plain = found.pop("", None)
    return dict(sorted(found.items())) or {"": plain or "text"}


def _snake(key: str) -> str:
    return _CAMEL.sub("_", key).lower()


def _type(name: str, shape: str) -> str:
    if shape in {"decimal", "integer"} and _MONEY.search(name):
        return "money"
    if shape in {"id", "integer"} and _COARSE.search(name):  # of a postal code only text can be made coarser
        return "text"
    return "text" if shape == IDENTIFIERS else shape


def _class(name: str, kind: str) -> str:
    if kind in _CLASSES:
        return _CLASSES[kind]
    if _NAMES.search(name):
        return "contact"
    if _PLACES.search(name):
        return "location"
    if kind == "list" or _DEALS.search(name):
        return "transactions"
    return "identity" if _OWN_IDS.search(name) else "profile" if kind == "date" else "behaviour"


def _mask(name: str, kind: str) -> str:
    """The type's own mask; of a text that is nobody's name not even the first letter."""
    return "hidden" if kind == "text" and not _NAMES.search(name) else words.TYPES[kind].masks[0]


def _minimiser(name: str, kind: str) -> str | None:
    if kind == "ip":
        return "network"
    if kind in {"text", "decimal"} and _COARSE.search(name):
        return "coarse_geo"
    if kind == "url" or (kind == "text" and not _NAMES.search(name) and not _PLACES.search(name)):
        return "redact_identifiers"
    return None


def render(lack: Lack, channel: Channel) -> str:
    """The YAML of what is lacking, with what is to be decided said beside it."""
    lines = [f"# Seen on {channel.name}. Merge it by hand into the draft, and say a purpose for every field."]
    if lack.fields:
        lines += ["fields:", *[line for field in lack.fields for line in _written(field)]]
    if lack.events:
        lines += [
            "events:",
            *[f"  {_key(event)}: [{', '.join(map(_key, names))}]" for event, names in lack.events.items()],
        ]
    mapped = {**channel.map, **{field.name: field.path for field in lack.fields if field.is_mapped}}
    if any(field.is_mapped for field in lack.fields):
        lines += ["channels:", f"  {channel.name}:", "    map:"]
        lines += [f"      {_key(name)}: {_key(path)}" for name, path in mapped.items()]
    lines += [f"# Not suggested: {path} {why}." for path, why in lack.left]
    return "\n".join(lines)


def _written(field: Suggestion) -> list[str]:
    said = [f"type: {field.type}", f"class: {field.class_}", "for: []", f"mask: {field.mask}"]
    if field.minimise is not None:
        said.append(f"minimise: {field.minimise}")
    if field.of:
        plain = field.of.get("")
        said.append(
            f"of: {plain}"
            if plain
            else f"of: {{{', '.join(f'{_key(key)}: {kind}' for key, kind in field.of.items())}}}"
        )
    who = ", identifies: person if it is the customer's own" if field.type in {"email", "phone"} else ""
    return [
        f"  # {field.name}: seen {field.seen:,} times at {field.path}; {GAP}{who}",
        f"  {_key(field.name)}: {{{', '.join(said)}}}",
    ]


def _key(text: str) -> str:
    """A name as YAML takes it for text."""
    return text if _PLAIN.match(text) and text.lower() not in _NO_TEXT else f'"{text}"'
