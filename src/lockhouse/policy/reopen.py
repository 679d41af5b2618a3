"""Reopen: whether a value that was sealed under one policy may be opened under another; the stricter of both wins.

A value carries what was true of it when it was collected: its slot names the field, the purposes that were live and
whether it was special; its compartment names class and keeps; the version of the policy that stored it says the rest.
Each answer here is a reason code, or an empty text where the value may be opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.model.policy import REQUESTS, Keep
from lockhouse.policy.life import add

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.model.decision import SlotTimes
    from lockhouse.model.policy import Field, Policy, Slot


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """What a field was: of which class, and of which type with the types of its items."""

    class_: str
    type: str


class Former(msgspec.Struct, frozen=True, kw_only=True):
    """What a version of the policy promised for the records that were stored under it.

    Attributes:
        keeps: by purpose.
        fields: by name, as they were declared.
        carried: the number of an event -> the fields it could carry.
        sealed: the number of a compartment -> the fields that could be sealed in it.
    """

    keeps: dict[str, Keep]
    fields: dict[str, Declared]
    carried: dict[int, frozenset[str]]
    sealed: dict[int, frozenset[str]]

    @classmethod
    def of(cls, policy: Policy) -> Former:
        """What this policy promises."""
        sealed: dict[int, set[str]] = {}
        for slot in policy.slots:
            sealed.setdefault(slot.compartment, set()).add(slot.field)
        return cls(
            keeps={one.name: one.keep for one in policy.purposes if one.keep is not None},
            fields={name: Declared(class_=one.class_, type=type_of(one)) for name, one in policy.fields.items()},
            carried={plan.id: frozenset(plan.fields) for plan in policy.events.values()},
            sealed={number: frozenset(names) for number, names in sealed.items()},
        )


def type_of(field: Field) -> str:
    """A field's type as one text: two that differ read the same bytes differently, and mask them differently."""
    items = ",".join(f"{key}:{field.of[key]}" for key in sorted(field.of)) if field.of else ""
    return f"{field.type}({items})"


def shut_since(policy: Policy, purpose: str, slot: Slot, times: SlotTimes) -> str:
    """Why a value sealed in this slot may not be opened for this purpose now; an empty text where it may.

    The purpose must have been live when the value was collected and still be one of the field's; the field must still
    be declared, of the same type and class, and neither have become special nor ceased to be; and the purpose's own
    keep must not have passed, though another purpose may still hold the box. The built-in purpose `requests` asks
    only what the field is: a person may see whatever is still held about them.
    """
    was = shut_as_sealed(policy, purpose, slot, sealed_class=times.sealed_class, sealed_type=times.sealed_type)
    return was or over_today(policy, purpose, times)


def shut_as_sealed(
    policy: Policy, purpose: str, slot: Slot, *, sealed_class: str | None, sealed_type: str | None
) -> str:  # fmt: skip
    """As far as that is the same at any time, for every value that was sealed so."""
    field = policy.fields.get(slot.field)
    if field is None:
        return "undeclared"
    if sealed_type is not None and sealed_type != type_of(field):
        return "other-type"
    moved = _moved(field, special=slot.special, sealed_class=sealed_class)
    return moved if moved or purpose == REQUESTS else _left(field, purpose, slot)


def over_today(policy: Policy, purpose: str, times: SlotTimes) -> str:
    """As far as it is by time: whether the purpose's own keep has passed, for all that was collected then."""
    if purpose == REQUESTS:
        return ""
    keep = next((one.keep for one in policy.purposes if one.name == purpose), None)
    if keep is None:
        return "no-such-purpose"
    collected = min(times.occurred_at, times.received_at)
    start = collected if keep.after == "event" else max(times.last_activity, collected)
    return "" if times.now < add(start, keep) else "keep-over"


def shut_unopened(
    policy: Policy, before: Former | None, *, compartment: int, event: int, names: Iterable[str]
) -> dict[str, str]:
    """Why values that a box may hold stay shut, of a box that is not opened since none of these fields has its class.

    Told from the policy that stored it: whether a value is there nobody looks at.
    """
    if before is None:
        return {}
    there = before.sealed.get(compartment, frozenset()) & before.carried.get(event, frozenset())
    return {
        name: code
        for name in names
        if name in there and name in policy.fields
        and (code := _moved(policy.fields[name], special=None, sealed_class=before.fields[name].class_))
    }  # fmt: skip


def _moved(field: Field, *, special: bool | None, sealed_class: str | None) -> str:
    """Whether the field is of another class by now, which other people see, or no longer as special as it was."""
    if special is not None and field.special != special:
        return "now-special" if field.special else "other-class"
    if sealed_class is not None and sealed_class != field.class_:
        return "now-special" if field.special else "other-class"
    return ""


def _left(field: Field, purpose: str, slot: Slot) -> str:
    """Whether the purpose came later (GDPR Art. 5(1)(b)), or the field is no longer kept for it."""
    if purpose not in field.purposes:
        return "not-for-this-purpose"
    return "" if purpose in slot.purposes else "not-collected-for-it"
