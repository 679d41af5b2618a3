"""Service tokens by the API: a token makes others only if it may, and never more than itself.

An answer that holds a token's text is kept nowhere, so these take no `Idempotency-Key`: whoever lost the answer revokes
what was made and asks again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lockhouse.access.tokens import Terms, decoded
from lockhouse.faces.api import shapes
from lockhouse.faces.api.shapes import answered
from lockhouse.flows import token as flow
from lockhouse.model.ids import DAY_MS

if TYPE_CHECKING:
    from lockhouse.faces.api.route import Call
    from lockhouse.gates.tokens import Made
    from lockhouse.model.rows import Token


async def listed(call: Call) -> shapes.TokenList:
    """Every token."""
    found = await flow.listed(call.house)
    known = [_parts(call, row, used) for row, used in found.tokens]
    return answered(shapes.TokenList, tokens=known, spoilt=[one.hex() for one in found.spoilt])


async def show(call: Call) -> shapes.TokenShown:
    """One token."""
    row, used = await flow.find(call.house, call.id("token"))
    return answered(shapes.TokenShown, **_parts(call, row, used))


async def create(call: Call) -> shapes.TokenMade:
    """A new token, within the terms of the one that asks."""
    asked: shapes.TokenAsked = call.body
    terms = Terms(
        name=asked.name, role=asked.role, may=asked.may, purposes=asked.purposes, networks=asked.networks
    )  # fmt: skip
    return _made(call, await flow.create(call.house, terms, by=flow.Maker(call.actor, call.token), days=asked.days))


async def rotate(call: Call) -> shapes.TokenMade:
    """A token in another's place."""
    asked: shapes.RotateAsked = call.body
    by = flow.Maker(call.actor, call.token)
    days = {"days": asked.days, "overlap_days": asked.overlap_days}
    return _made(call, await flow.rotate(call.house, call.id("token"), by=by, **days))


async def revoke(call: Call) -> shapes.TokenShown:
    """A token is ended for good."""
    own = call.id("token")
    await flow.revoke(call.house, own, by=call.actor.id)
    row, used = await flow.find(call.house, own)
    return answered(shapes.TokenShown, **_parts(call, row, used))


def _made(call: Call, made: Made) -> shapes.TokenMade:
    text = made.text.reveal().decode()  # house: allow no-reveal: a new token is shown this once
    return answered(shapes.TokenMade, text=text, token=_parts(call, made.row, None))


def _parts(call: Call, row: Token, used: int | None) -> dict[str, Any]:
    terms = decoded(row.terms)
    day = None if used is None else datetime.fromtimestamp(used * DAY_MS / 1000, UTC).date().isoformat()
    return {
        "id": row.id, "name": terms.name, "begins": row.shown, "role": terms.role or None, "may": terms.may,
        "purposes": terms.purposes, "networks": terms.networks, "owner": row.owner,
        "state": flow.standing(row, now=call.house.clock.now_ms()), "made_at": row.made_at, "until": row.until_at,
        "used": day, "by": row.by, "follows": row.follows or None, "entry": row.entry,
    }  # fmt: skip
