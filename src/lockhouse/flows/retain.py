"""Retention: what has been kept long enough ends, one key a compartment and epoch, at most one month a run.

Only compartments whose every purpose counts from the event end so. Where a purpose counts from a person's last
activity, data ends person by person, and the decision shuts each purpose on its own day meanwhile.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Refused
from lockhouse.gates.ending import begin_epoch, carry_on, open_cases
from lockhouse.gates.epochs import next_epoch
from lockhouse.gates.trusted_time import watched_now
from lockhouse.model.ids import DAY_MS, EPOCH_DAY_ZERO_MS
from lockhouse.model.rows import EpochKey
from lockhouse.model.scale import KeyState
from lockhouse.policy.life import compartment_of_name, ends_at
from lockhouse.rights.erasure import destroy_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.gates.ending import Case, Done
    from lockhouse.gates.house import House
    from lockhouse.model.policy import Compartment
    from lockhouse.model.ports import Journal


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


async def plan(house: House) -> list[Due]:
    """Every living epoch that ends as a whole, the first to end first."""
    found = []
    async for rows in house.reads.scan(EpochKey):
        for row in rows:
            part = _compartment(house, row.compartment)
            if row.state == KeyState.DESTROYED or part is None or part.ends_by != "epoch":
                continue
            following = next_epoch(row.epoch, daily=part.epoch == "day")
            end = ends_at(house.live().policy, part, epoch_end=EPOCH_DAY_ZERO_MS + following * DAY_MS, last_activity=0)
            found.append(
                Due(
                    compartment=row.compartment, name=part.name, class_=part.class_, purposes=part.purposes,
                    epoch=row.epoch, due_at=end, shut=row.state == KeyState.SHUT,
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: (one.due_at, one.epoch, one.compartment))


def _compartment(house: House, number: int) -> Compartment | None:
    """A compartment of the live policy or of a former one."""
    known = house.live().compartments.get(number)
    if known is not None:
        return known
    name = house.live().names.name("compartment", number)
    return None if name is None else compartment_of_name(name, number=number)


def next_run(found: Iterable[Due], *, now: int) -> list[Due]:
    """What a run would shut now: the due epochs of the oldest month, and of no other."""
    due = [one for one in found if not one.shut and one.due_at <= now]
    oldest = min((month(one.epoch) for one in due), default=None)
    return [one for one in due if month(one.epoch) == oldest]


def month(epoch: int) -> str:
    """The month of an epoch's first day, as 2026-11."""
    return f"{datetime.fromtimestamp((EPOCH_DAY_ZERO_MS + epoch * DAY_MS) / 1000, UTC):%Y-%m}"


async def apply(house: House, *, by: str, journal: Journal, at_once: bool = False) -> list[Done]:
    """The oldest due month is shut; what was shut long enough ago is destroyed, of one month as well.

    Args:
        house: as it stands.
        by: the actor.
        journal: of destroyed keys.
        at_once: destroy without the cooling time; in a demo house only.

    Raises:
        Unavailable: the clock is in doubt or nobody has watched it, or a step could not finish (call again).
        Refused: `at_once` outside a demo house.
    """
    if at_once and not house.demo:
        raise Refused("retention: expected the cooling time, got --now", reasons=("cooling",), hint="a demo house may")
    now = await watched_now(house)
    done = [await carry_on(house, case, journal=journal) for case in await _destroyable(house, now)]
    later = destroy_at(now, cause="policy", regulations=house.live().policy.controller.regulations)
    for one in next_run(await plan(house), now=now):
        case = await begin_epoch(house, one.compartment, one.epoch, by=by, reason="retention", destroy_at=later)
        done.append(await carry_on(house, case, journal=journal, now=at_once))
    return done


async def _destroyable(house: House, now: int) -> list[Case]:
    """Shut epochs of the oldest month whose cooling time has passed, and endings that a crash interrupted."""
    cases = [one for one in await open_cases(house) if one.what == "epoch"]
    ripe = [one for one in cases if one.step != "shut" or one.destroy_at <= now]
    oldest = min((month(one.epoch) for one in ripe), default=None)
    return [one for one in ripe if month(one.epoch) == oldest]
