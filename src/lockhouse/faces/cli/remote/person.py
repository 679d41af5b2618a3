"""`person link` and `unlink`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.client import shapes
from lockhouse.faces.cli.call import person_of
from lockhouse.faces.cli.remote.told import plain, require_own_role
from lockhouse.faces.cli.told import are_one, are_two

if TYPE_CHECKING:
    from lockhouse.faces.cli.acting import As
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said


def join(person: str, other: str, /, *, acting: As | None = None, call: Call) -> Said:
    """Say that two source persons are one."""
    require_own_role(acting)
    asked = shapes.OtherAsked(other=person_of(other).hex())
    with call.api() as house:
        return are_one(plain(house.person_link(person_of(person).hex(), asked)), call=call)


def unlink(person: str, other: str, /, *, acting: As | None = None, call: Call) -> Said:
    """Undo that two source persons are one."""
    require_own_role(acting)
    asked = shapes.OtherAsked(other=person_of(other).hex())
    with call.api() as house:
        return are_two(plain(house.person_unlink(person_of(person).hex(), asked)))
