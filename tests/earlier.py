"""What an earlier release left behind, for houses that go on with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from lockhouse.channels import segment
from lockhouse.flows import approve
from lockhouse.policy.compile import hash_of
from lockhouse.policy.document import parse
from lockhouse.wiring import template

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.policy import Policy


def without_slots_of_age(policy: Policy) -> Policy:
    """The table as a release compiled it that had slots only for what people can refuse (before ADR 0058)."""
    fixed = {one.name for one in policy.purposes if not one.refusable}
    slots = tuple(
        slot for slot in policy.slots if fixed.intersection(policy.fields[slot.field].purposes) <= {*slot.purposes}
    )
    bare = replace(policy, slots=slots)
    return replace(bare, hash=hash_of(bare))


async def approve_as_before(house: House, text: str) -> int:
    """The document rules as that release would have approved it."""
    draft = await approve.draft_of(house, parse({"policy.yaml": text}, templates=template), {"segment": segment.KIND})
    bare = replace(draft, policy=without_slots_of_age(draft.policy))
    return await approve.approve(house, bare, text.encode(), by="os-user:0")
