"""Retention: what has been kept long enough ends, one key a compartment and epoch, at most one month a run.

A run that ends much shuts like every other, and what it has shut is not destroyed before it is meant (`flows.confirm`).

Only compartments whose every purpose counts from the event end so. Where a purpose counts from a person's last
activity, data ends person by person, and the decision shuts each purpose on its own day meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec

from lockhouse.errors import LockhouseError, Refused
from lockhouse.gates.cases import Case, sound_cases
from lockhouse.gates.ending import Ends, begin_epoch, carry_on, compartment_of, extent_of
from lockhouse.gates.ending.epoch import BY_KEEP, epoch_due_at
from lockhouse.gates.trusted_time import watched_now
from lockhouse.model.ids import DAY_MS, EPOCH_DAY_ZERO_MS
from lockhouse.model.rows import EpochKey
from lockhouse.model.scale import KeyState
from lockhouse.rights.erasure import destroy_at

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.cases import Extent
    from lockhouse.gates.ending import Done
    from lockhouse.gates.house import House
    from lockhouse.model.ports import Journal
    from lockhouse.model.rows import Record


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One compartment's epoch and its end.

    Attributes:
        compartment: its number; `name` its whole name, `class_` the class of its fields.
        epoch: its first day, counted from 2020-01-01.
        due_at: ms; when the last of its purposes has kept it long enough.
        shut: whether it is shut already and waits for its destruction.
    """

    compartment: int
    name: str
    class_: str
    purposes: tuple[str, ...]
    epoch: int
    due_at: int
    shut: bool


def _unheard(_done: int) -> None:
    """Nobody asked how far it has come."""


EpochT = TypeVar("EpochT", Due, Case)


async def plan(house: House) -> list[Due]:
    """Every living epoch that ends as a whole, the first to end first."""
    found = []
    async for rows in house.reads.scan(EpochKey):
        for row in rows:
            part = compartment_of(house, row.compartment)
            if row.state == KeyState.DESTROYED or part is None or part.ends_by != "epoch":
                continue
            end = epoch_due_at(house.live().policy, part, row.epoch)
            found.append(
                Due(
                    compartment=row.compartment, name=part.name, class_=part.class_, purposes=part.purposes,
                    epoch=row.epoch, due_at=end, shut=row.state == KeyState.SHUT,
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: (one.due_at, one.epoch, one.compartment))


def next_run(found: Iterable[Due], *, now: int) -> list[Due]:
    """What a run would shut now: the due epochs of the oldest month, and of no other."""
    return next(iter(_due(found, now=now)), [])


def _due(found: Iterable[Due], *, now: int) -> list[list[Due]]:
    return by_month(one for one in found if not one.shut and one.due_at <= now)


def month(epoch: int) -> str:
    """The month of an epoch's first day, as 2026-11."""
    return f"{datetime.fromtimestamp((EPOCH_DAY_ZERO_MS + epoch * DAY_MS) / 1000, UTC):%Y-%m}"


def by_month(found: Iterable[EpochT]) -> list[list[EpochT]]:
    """Epochs, or cases of some, a month each, the oldest first: a run goes on to the next only if none of one goes."""
    months: dict[str, list[EpochT]] = {}
    for one in found:
        months.setdefault(month(one.epoch), []).append(one)
    return [months[name] for name in sorted(months)]


async def apply(
    house: House, *, by: str, journal: Journal, at_once: bool = False, told: Callable[[int], None] = _unheard
) -> list[Done]:
    """The oldest due month is shut; what was shut long enough ago is destroyed, of one month as well.

    An epoch that cannot go holds up no other: the others of its month go, and the next month if none of them can.

    Args:
        house: as it stands.
        by: the actor.
        journal: of destroyed keys.
        at_once: destroy without the cooling time; in a demo house only.
        told: of how many records were looked at, where a month is due.

    Raises:
        Unavailable: the clock is in doubt or nobody has watched it, or a step could not finish (call again).
        Refused: `at_once` outside a demo house.
        LockhouseError: why the first epoch that could not go did not, once the others have gone.
    """
    if at_once and not house.demo:
        raise Refused("retention: expected the cooling time, got --now", reasons=("cooling",), hint="a demo house may")
    now = await watched_now(house)

    async def destroy(case: Case) -> Done:
        return await carry_on(house, case, journal=journal)

    cases, _ = await sound_cases(house)
    ripe = [one for one in cases if one.what == "epoch" and (one.step != "shut" or _is_ripe(one, now=now))]
    faults: list[LockhouseError] = []
    done = await _first_month(by_month(ripe), destroy, faults)
    done += await _shut_oldest(house, _ender(house, by=by, journal=journal, at_once=at_once), faults, told=told)
    if faults:
        raise faults[0]
    return done


async def shut_due(house: House, *, by: str, journal: Journal) -> list[Done]:
    """The oldest due month is shut, and nothing is destroyed: a house that serves destroys a month a day by itself.

    Raises:
        Unavailable, LockhouseError: as `apply`.
    """
    faults: list[LockhouseError] = []
    done = await _shut_oldest(house, _ender(house, by=by, journal=journal), faults, told=_unheard)
    if faults:
        raise faults[0]
    return done


_End = Callable[["Extent | msgspec.UnsetType", Due], "Awaitable[Done]"]


def _ender(house: House, *, by: str, journal: Journal, at_once: bool = False) -> _End:
    """How one epoch ends with its run."""

    async def end(run: Extent | msgspec.UnsetType, one: Due) -> Done:
        now = await watched_now(house)
        later = destroy_at(now, cause="policy", regulations=house.live().policy.controller.regulations)
        case = await begin_epoch(house, one.compartment, one.epoch, by=by, reason=BY_KEEP, destroy_at=later, run=run)
        return await carry_on(house, case, journal=journal, now=at_once)

    return end


async def _shut_oldest(
    house: House, end: _End, faults: list[LockhouseError], *, told: Callable[[int], None]
) -> list[Done]:  # fmt: skip
    months = _due(await plan(house), now=await watched_now(house))
    every = _ends(one for due in months for one in due)
    for due in months:
        run = await extent_of(house, Ends(run=_ends(due), due=every), told=told)
        done = await _first_month([due], partial(end, run), faults)
        if done:
            return done
    return []


def _is_ripe(case: Case, *, now: int) -> bool:
    """One that waits for a word holds up no other month."""
    return case.destroy_at <= now and not case.is_unmeant


def _ends(due: Iterable[Due]) -> Callable[[Record, SealedBox], bool]:
    keys = {(one.compartment, one.epoch) for one in due}
    return lambda _row, box: (box.compartment, box.epoch) in keys


async def _first_month(
    months: list[list[EpochT]], act: Callable[[EpochT], Awaitable[Done]], faults: list[LockhouseError]
) -> list[Done]:
    """The oldest month of which anything goes; what kept the rest back is added to `faults`."""
    for epochs in months:
        done = []
        for one in epochs:
            try:
                done.append(await act(one))
            except LockhouseError as error:
                faults.append(error)
        if done:
            return done
    return []
