"""From a checked document to a policy that serves: numbers, compartments, slots and the decision table.

The same document and the same names give the same bytes, in every process and on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from msgspec import UNSET
from msgspec.structs import replace

from lockhouse.model.event import Kind
from lockhouse.model.names import NameBook
from lockhouse.model.policy import (
    Channel,
    Compartment,
    Field,
    Guard,
    Mode,
    Policy,
    Purpose,
    Role,
    Slot,
    encode_policy,
)
from lockhouse.policy import life, live_sets
from lockhouse.policy.document import Document

SERVED_RECIPIENTS = frozenset({"segment"})


def compile_policy(document: Document, names: NameBook, kinds: Mapping[str, Kind]) -> Policy:
    """The policy of a document.

    Args:
        document: checked by `parse`.
        names: the registry; names without a number get one, and stand in `names.added` afterwards.
        kinds: what this build knows of channel kinds; a channel of another kind compiles, but is not served.
    """
    purposes = tuple(
        replace(purpose, id=names.number("purpose", name)) for name, purpose in sorted(document.purposes.items())
    )
    fields = {name: replace(field, id=names.number("field", name)) for name, field in sorted(document.fields.items())}
    compartments, slots = _sealing(fields, purposes, names)
    channels = _channels(document, names, kinds)
    policy = Policy(
        hash=b"",
        controller=document.controller,
        purposes=purposes,
        classes={class_: names.number("class", class_) for class_ in document.classes},
        fields=fields,
        compartments=compartments,
        slots=slots,
        identifiers={name: names.number("identifier", name) for name in _identifiers(fields)},
        events={name: replace(plan, id=names.number("event", name)) for name, plan in sorted(document.events.items())},
        channels=channels,
        recipients={
            name: replace(recipient, id=names.number("recipient", name), served=recipient.kind in SERVED_RECIPIENTS)
            for name, recipient in sorted(document.recipients.items())
        },
        roles=dict(document.roles),
        role_order=tuple(document.roles),
        region_from=document.region_from,
        region_unknown=document.region_unknown,
        consent_absent="denied",
        consent_names=document.consent_names,
        training=document.training,
        separate=document.separate,
        ceilings=document.ceilings or UNSET,
        table={name: _cells(role, document.classes) for name, role in document.roles.items()},
        kinds={channel.kind: kinds[channel.kind] for channel in channels.values() if channel.served},
    )
    return replace(policy, hash=hash_of(policy))


def hash_of(policy: Policy) -> bytes:
    """SHA-256 of the canonical form: everything but the hash and the build's own knowledge of wire formats."""
    channels = {name: replace(channel, served=False) for name, channel in policy.channels.items()}
    recipients = {name: replace(recipient, served=False) for name, recipient in policy.recipients.items()}
    bare = replace(policy, hash=b"", kinds={}, channels=channels, recipients=recipients)
    return hashlib.sha256(b"lockhouse/policy/1\x00" + encode_policy(bare)).digest()


def _sealing(
    fields: Mapping[str, Field], purposes: tuple[Purpose, ...], names: NameBook
) -> tuple[tuple[Compartment, ...], tuple[Slot, ...]]:
    """A slot for each field and set of live purposes; a compartment for each class and set of lives."""
    by_name = {purpose.name: purpose for purpose in purposes}
    sets = [
        (field, live)
        for yielded in (live_sets.by_consent, live_sets.by_age)
        for field in fields.values()
        for live in yielded(field, by_name)
    ]
    groups: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for field, live in sets:
        key = (field.class_, life.key(by_name[name] for name in live))
        groups.setdefault(key, set()).update(live)
    compartments: dict[tuple[str, tuple[str, ...]], Compartment] = {}
    for key, together in sorted(groups.items()):
        made = life.compartment(key[0], life.lives(by_name[name] for name in sorted(together)))
        compartments[key] = replace(made, id=names.number("compartment", made.name))
    slots: list[Slot] = []
    for field, live in sets:
        name = life.slot_name(field.name, live, special=field.special)
        box = compartments[(field.class_, life.key(by_name[name] for name in live))]
        number = names.number("slot", name)
        slots.append(
            Slot(id=number, name=name, field=field.name, purposes=live, special=field.special, compartment=box.id)
        )
    return (
        tuple(sorted(compartments.values(), key=lambda one: one.id)),
        tuple(sorted(slots, key=lambda slot: slot.id)),
    )


def _identifiers(fields: Mapping[str, Field]) -> list[str]:
    """The kinds of blind index: one a field that identifies, one a field and way of being found."""
    return sorted(
        [name for name, field in fields.items() if field.identifies]
        + [f"{name}#{how}" for name, field in fields.items() for how in field.find_by]
    )


def _channels(document: Document, names: NameBook, kinds: Mapping[str, Kind]) -> dict[str, Channel]:
    return {
        name: replace(
            channel,
            id=names.number("channel", name),
            events=tuple(sorted(channel.events)),
            country=channel.country or document.controller.country,
            served=channel.kind in kinds,
        )
        for name, channel in sorted(document.channels.items())
    }


def _cells(role: Role, classes: tuple[str, ...]) -> dict[str, dict[str, dict[Mode, int]]]:
    """One role's part of the decision table: purpose -> class -> mode -> guards."""
    row = {class_: cells for class_ in classes if (cells := _modes(role, class_))}
    return dict.fromkeys(sorted(role.for_), row) if row else {}


def _modes(role: Role, class_: str) -> dict[Mode, int]:
    """What a role may do with a class. To see more is to see less too; a reveal only adds what `see` lacks."""
    always = Guard.NONE
    if role.training:
        always |= Guard.COURSE
    if role.networks:
        always |= Guard.NETWORK
    if role.limits is not None and role.limits.persons_per_hour is not None and role.limits.mode == "enforce":
        always |= Guard.QUOTA
    cells: dict[Mode, int] = {}
    seen = role.see.get(class_)
    if seen is not None:
        cells["aggregate"] = int(always & ~Guard.QUOTA)  # a count looks at nobody
    if seen in {"masked", "full"}:
        cells["masked"] = int(always)
    if seen == "full":
        cells["full"] = int(always)
    reveal = role.reveal.get(class_)
    if reveal is not None and "full" not in cells:
        guards = always | Guard.REASON
        guards |= Guard.STEP_UP if reveal.step_up_s is not None else Guard.NONE
        guards |= Guard.GRANT if reveal.grant else Guard.NONE
        cells["full"] = int(guards)
    if class_ in role.check:
        cells["check"] = int(always)
    if class_ in role.change:
        cells["change"] = int(always)
    return cells
