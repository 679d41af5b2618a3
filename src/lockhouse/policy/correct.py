"""Where a value that staff put right is sealed: in the slot of its field and of the purposes that are live now."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.model.policy import Policy, Slot


def slot_of(policy: Policy, name: str, live: int) -> Slot | None:
    """The slot of a field's value that comes in now; None if no purpose of the field is live.

    Args:
        policy: that rules.
        name: of a declared field.
        live: the purposes that are live for the person, as bits (`purposes_open`).
    """
    field = policy.fields[name]
    open_ = {one.name for at, one in enumerate(policy.purposes) if live >> at & 1}.intersection(field.purposes)
    return next(
        (
            slot
            for slot in policy.slots
            if (slot.field, slot.special) == (name, field.special) and open_ and set(slot.purposes) == open_
        ),
        None,
    )


def why_none(policy: Policy, name: str, why: Sequence[str]) -> tuple[str, ...]:
    """Why no purpose of a field is live, as reason codes; `why` says it of each purpose, by position."""
    theirs = {word for one, word in zip(policy.purposes, why, strict=False) if one.name in policy.fields[name].purposes}
    return tuple(sorted(theirs - {""})) or ("no-purpose",)
