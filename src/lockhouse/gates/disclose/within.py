"""A look-up within the actor's hour: whether there is room before it begins, and what it counts once it is known.

Several share a truncated look-up, and each is opened to see whose value is the one that was sought. Only who is shown
is counted, so that is counted in a commit of its own, behind the note and before anything is answered. Whoever is found
by nobody's value has looked all the same: it takes a place, so that guessing is not free.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Refused, Unavailable
from lockhouse.gates.disclose.hour import CROWD, QuotaMoved, hour_of
from lockhouse.gates.disclose.hours import Hours
from lockhouse.gates.disclose.noting import commit_note, note_nothing, note_refused
from lockhouse.gates.disclose.turn import Turn
from lockhouse.gates.disclose.view import FieldView
from lockhouse.model.change import Change
from lockhouse.policy.sentences import spent_hour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.disclose.hour import Hour, Spent
    from lockhouse.gates.disclose.view import View
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask


async def with_room(house: House, ask: Ask) -> Ask:
    """The ask, once its actor's hour has a place left. To be asked once the clock is believed.

    Raises:
        Refused: it has none; that is noted, and the same whether anybody is known or not.
        Tampered: as of `hour_of`.
    """
    hour = await hour_of(house, ask)
    if hour is None:
        return ask
    if hour.limit.refuses and not hour.has_place(None):
        raise await _refused(house, ask, hour)
    return msgspec.structs.replace(ask, facts=msgspec.structs.replace(ask.facts, quota_left=hour.left))


async def note_nobody(house: House, ask: Ask) -> bytes:
    """That nobody was found is noted, and counted; the entry's id.

    Raises:
        Refused: another look took the last place meanwhile.
        Unavailable: as of `note_nothing`, or too many looks of this actor are counted at once.
    """
    for _ in range(CROWD):
        async with Turn(house, ask):
            hours = await Hours.of(house, ask)
            await _take_nobody(house, ask, hours)
            try:
                return await note_nothing(house, ask, hours=hours)
            except QuotaMoved:
                continue
    raise _crowded()


async def settled(house: House, ask: Ask, views: Sequence[View], *, asked: bytes) -> list[View]:
    """Of those who were found by a value that several share, whoever has a place; each of them is counted.

    Raises:
        Refused, Unavailable: as of `note_nobody`.
    """
    for _ in range(CROWD):
        async with Turn(house, ask):
            hours = await Hours.of(house, ask)
            shown = [_counted(hours, view) for view in views if _has_place(hours, view)]
            if not shown:
                await _take_nobody(house, ask, hours)
            try:
                if hours.is_moved:
                    await commit_note(house, Change("record"), hours=hours, asked=asked)
            except QuotaMoved:
                continue
            return shown
    raise _crowded()


def _has_place(hours: Hours, view: View) -> bool:
    own = hours.own
    return own is None or not own.limit.refuses or own.has_place(view.person)


def _counted(hours: Hours, view: View) -> View:
    """The view once it is counted, without the fields of a class of which the house has opened enough."""
    if hours.own is not None and hours.own.take(view.person):
        view = msgspec.structs.replace(view, spent=hours.own.spent())
    seen = [name for name, one in view.fields.items() if one.state != "shut"]
    shut = dict.fromkeys(hours.beyond(view.person, seen), FieldView(state="shut", because=("ceiling",)))
    return msgspec.structs.replace(view, fields={**view.fields, **shut}) if shut else view


async def _take_nobody(house: House, ask: Ask, hours: Hours) -> None:
    own = hours.own
    if own is not None and own.limit.refuses and not own.has_place(None):
        raise await _refused(house, ask, own)
    if own is not None:
        own.take(None)


async def _refused(house: House, ask: Ask, hour: Hour) -> Refused:
    return out_of_room(ask, hour.spent(), await note_refused(house, ask, ["quota"]))


def out_of_room(ask: Ask, spent: Spent, entry: bytes) -> Refused:
    """What is raised where nobody can be looked up any more this hour, noted as `entry`."""
    return Refused(
        f"person: expected room for one more this hour, got none; noted as {entry.hex()}", reasons=("quota",),
        hint=spent_hour(spent.limit, spent.free_at, actor=ask.actor.owner or ask.actor.id),
    )  # fmt: skip


def _crowded() -> Unavailable:
    return Unavailable("disclose: expected fewer looks of one actor at once", retry_after_s=1.0)
