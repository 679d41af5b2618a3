"""By what people are found: said to be wrong before a value is asked for, so that nobody types one in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Invalid

if TYPE_CHECKING:
    from lockhouse.model.policy import Policy


def kind_of(policy: Policy, word: str, *, lookups: bool = False) -> str:
    """The field that a word names; what else was typed is not repeated, for it may be a value.

    Args:
        policy: that has the field.
        word: as it was typed, such as `email` or `phone#last4`.
        lookups: whether a field that only finds people (`order_id`) will do; else it must identify them.

    Raises:
        Invalid: no such field of the policy does.
    """
    name = word.partition("#")[0] if lookups else word
    known = [one for one, it in policy.fields.items() if it.identifies is not None or (lookups and it.find_by)]
    if name not in known:
        raise Invalid("find by" if lookups else "identifier", f"one of {', '.join(known)}", got="another")
    return name
