"""What customers and shops asked of a provider that passed it on, by the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.api import shapes
from lockhouse.faces.api.shapes import answered
from lockhouse.faces.standing import passed_on
from lockhouse.flows import asked as flow
from lockhouse.flows.token import facts

if TYPE_CHECKING:
    from lockhouse.faces.api.route import Call


async def listed(call: Call) -> shapes.PassedOnList:
    """Every one that is kept."""
    return answered(shapes.PassedOnList, asked=[passed_on(call.house, row) for row in await flow.listed(call.house)])


async def settle(call: Call) -> shapes.PassedOn:
    """One is answered; it does nothing else."""
    own = (await facts(call.house, call.token)).own
    row = await flow.settle(
        call.house, call.id("passed"), reason=call.body.reason, actor=call.actor, own_persons=own
    )  # fmt: skip
    return answered(shapes.PassedOn, **passed_on(call.house, row))
