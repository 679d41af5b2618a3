"""`hold …`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.cli.commands import hold
from lockhouse.faces.cli.remote.told import plain, require_own_role

if TYPE_CHECKING:
    from lockhouse.faces.cli.acting import As
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said


def list_(*, acting: As | None = None, call: Call) -> Said:
    """Every hold."""
    require_own_role(acting)
    with call.api() as house:
        return hold.listed(plain(house.hold_list())["holds"])
