"""By what people are found: said to be wrong before a value is asked for, so that nobody types one in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Invalid

if TYPE_CHECKING:
    from lockhouse.model.policy import Policy


def kind_of(policy: Policy, word: str) -> str:
    """The field that identifies people and that a word names; what else was typed is not repeated: it may be a value.

    Raises:
        Invalid: no such field of the policy does.
    """
    known = [name for name, field in policy.fields.items() if field.identifies is not None]
    if word not in known:
        raise Invalid("identifier", f"one of {', '.join(known)}", got="another")
    return word


def way_of(policy: Policy, word: str) -> str:
    """The field of a way to find, such as `email` or `phone#last4`; `name` alone means the first that it has.

    Raises:
        Invalid: the policy has no such way.
    """
    name, _, how = word.partition("#")
    field = policy.fields.get(name)
    own = () if field is None else field.ways
    if not own or (how and (name if how == "exact" else word) not in own):
        ways = [way for one in policy.fields.values() for way in one.ways]
        raise Invalid("find by", f"one of {', '.join(ways)}", got="another")
    return name
