"""Counting without opening: clear columns only, and nobody in the counts who must not be.

Restricted, ending and erased persons are left out, and so are those who objected; the look itself is noted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockhouse.crypto.noted import refs_root
from lockhouse.errors import Refused, Unavailable
from lockhouse.gates.facts import facts_of_persons
from lockhouse.gates.refresh import refresh
from lockhouse.insight.counts import Cell, cells
from lockhouse.ledger.entry import Disclosure
from lockhouse.model.change import Change, Conflict
from lockhouse.model.rows import Record
from lockhouse.model.scale import PersonState

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask

By = Literal["channel", "event"]
OUT = PersonState.RESTRICTED | PersonState.OBJECTED | PersonState.ENDING | PersonState.ERASED


async def count(house: House, ask: Ask, *, by: By) -> tuple[Cell, ...]:
    """Events and persons by channel or by event; cells of few persons are withheld.

    Raises:
        Refused: no role of the actor sees anything in the aggregate for this purpose.
        Unavailable: the look could not be noted; then nothing is counted.
    """
    await refresh(house)
    _require(house, ask)
    entry = house.ids.new()
    noted = Disclosure(
        actor=ask.actor.id, role=ask.actor.roles[0], purpose=ask.purpose, action="count", reason="count", fields=[],
        compartments=[], count=0, refs_root=refs_root([]).hex(), ask=entry.hex(),
    )  # fmt: skip
    draft = noted.draft(id=entry, lane=house.lane, urgent=True)
    if isinstance(await house.commits.commit(Change("record", entries=(draft,))), Conflict):
        raise Unavailable("ledger: expected the note to be written", retry_after_s=1.0)
    names = house.live().names
    seen: list[tuple[str, bytes]] = []
    async for rows in house.reads.scan(Record, chunk=5_000):
        facts = await facts_of_persons(house, {row.person for row in rows})
        for row in rows:
            standing = facts.get(row.person)
            if standing is None or standing.state & OUT:
                continue
            number = row.channel if by == "channel" else row.event
            seen.append((names.name(by, number) or f"#{number}", row.person))
    return cells(seen)


def _require(house: House, ask: Ask) -> None:
    table = house.live().policy.table
    for role in ask.actor.roles:
        for modes in table.get(role, {}).get(ask.purpose, {}).values():
            if "aggregate" in modes or "full" in modes:
                return
    raise Refused(
        "counts: expected a role that sees counts for this purpose", reasons=("class-not-seen",),
        hint="lockhouse policy matrix shows which role sees what",
    )  # fmt: skip
