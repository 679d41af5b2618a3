"""Which epoch a box is sealed in, and the epoch keys minted ahead for it.

An epoch is a collection month by the house's clock, or a day for compartments whose longest keep is under 60 days.
Its number is the day it began, counted from 2020-01-01.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.derive import epoch_name, unwrap, wrap
from lockhouse.gates.authority import checked, sound
from lockhouse.gates.index_keys import kek_of
from lockhouse.gates.trusted_time import trusted_now
from lockhouse.model.change import Change, Expect, Put
from lockhouse.model.ids import DAY_MS, EPOCH_DAY_ZERO_MS
from lockhouse.model.rows import EpochKey, Intent, Tombstone
from lockhouse.model.scale import KeyState
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.policy import Compartment

NOBODY = bytes(16)
"""Stands for the person on the tombstone of an epoch key, which is nobody's own."""
ENDS_EPOCH = "end-epoch"
"""The kind of the intent rows by which a month ends."""
AHEAD = 2
"""Epochs minted ahead of the current one, so that no event waits for a key at the turn of a month."""


def epoch_at(at_ms: int, *, daily: bool) -> int:
    """The epoch that holds a time: its first day, counted from 2020-01-01."""
    day = (at_ms - EPOCH_DAY_ZERO_MS) // DAY_MS
    return day if daily else _first_of_month(day)


@lru_cache(maxsize=64)
def _first_of_month(day: int) -> int:
    """The first day of the month that holds a day; asked for each box, and all of them lie in a few days."""
    first = datetime.fromtimestamp((EPOCH_DAY_ZERO_MS + day * DAY_MS) / 1000, UTC).replace(day=1)
    return (int(first.timestamp() * 1000) - EPOCH_DAY_ZERO_MS) // DAY_MS


def next_epoch(epoch: int, *, daily: bool) -> int:
    """The epoch after this one."""
    if daily:
        return epoch + 1
    first = datetime.fromtimestamp((EPOCH_DAY_ZERO_MS + epoch * DAY_MS) / 1000, UTC)
    month = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return (int(month.timestamp() * 1000) - EPOCH_DAY_ZERO_MS) // DAY_MS


def wanted(compartments: Sequence[Compartment], now: int) -> list[tuple[int, int]]:
    """Every (compartment, epoch) that must have a key now: the current epoch and those ahead."""
    pairs = []
    for compartment in compartments:
        epoch = epoch_at(now, daily=compartment.epoch == "day")
        for _ in range(AHEAD + 1):
            pairs.append((compartment.id, epoch))
            epoch = next_epoch(epoch, daily=compartment.epoch == "day")
    return pairs


class _Case(msgspec.Struct, frozen=True):
    """What is asked of an epoch's case here: of which epoch it is, and whether it was called off."""

    compartment: int
    epoch: int
    step: str


_CASE = msgspec.msgpack.Decoder(_Case).decode


async def ending_epochs(house: House) -> set[tuple[int, int]]:
    """Every (compartment, epoch) that a case has shut or destroyed, or is about to; not those of one called off.

    Raises:
        Tampered: a case was not made, or not left, as this house made it.
    """
    rows = checked(await house.reads.find(Intent, ("kind",), [(ENDS_EPOCH,)]), house.integrity_key)
    return {(one.compartment, one.epoch) for one in (_CASE(row.body) for row in rows) if one.step != "cancelled"}


async def load_epochs(house: House) -> None:
    """Hands every living epoch key to the keyring; ended ones are taken out of it.

    What has ended is asked of the cases and the tombstones, which carry MACs, and never of a key's row alone: it may
    have been put back as it was before, or called living again.

    Raises:
        Tampered: a case, a tombstone or a key was not made by this house.
    """
    stones = await house.reads.find(Tombstone, ("person",), [(NOBODY,)])
    ended = {stone.serial for stone in checked(stones, house.integrity_key)}
    ending = await ending_epochs(house)
    async for rows in house.reads.scan(EpochKey):
        for row in sound(rows):
            place = row.compartment, row.epoch
            if row.state == KeyState.LIVE and row.serial not in ended and place not in ending:
                house.keyring.add_epoch(*place, open_epoch_key(house, row))
            else:
                house.keyring.drop_epoch(*place)


def open_epoch_key(house: House, row: EpochKey) -> Secret:
    """The key that a row holds, which is of this compartment, epoch and serial.

    Raises:
        Tampered: the row is not as this house made it; a destroyed key is none.
    """
    return unwrap(
        kek_of(house.keks, row.generation, table=EpochKey.TABLE), row.wrapped or b"", house=house.id, purpose="epoch",
        name=epoch_name(row.compartment, row.epoch, row.serial), generation=row.generation, version=1,
    )  # fmt: skip


async def ensure_epochs(house: House, compartments: Sequence[Compartment]) -> int:
    """Every current and coming epoch of these compartments has a durable key; returns how many were minted.

    Two processes may do this at once: the store lets one row win, and both load what is durable.

    Raises:
        Unavailable: the clock is in doubt; a key for the wrong month would outlive what is sealed under it.
    """
    return await mint_epochs(house, wanted(compartments, await trusted_now(house)))


async def mint_epochs(house: House, pairs: Sequence[tuple[int, int]]) -> int:
    """Each (compartment, epoch) that never had a key has a durable one; returns how many were minted.

    Raises:
        Unavailable: the clock is in doubt, as for `ensure_epochs`.
    """
    now = await trusted_now(house)
    known = await house.reads.get(EpochKey, pairs)
    changes = []
    for compartment, epoch in pairs:
        if (compartment, epoch) in known:
            continue
        key, serial = Secret(house.ids.random(32)), house.ids.random(8)
        wrapped = wrap(
            house.keks[house.generation], key, house=house.id, purpose="epoch",
            name=epoch_name(compartment, epoch, serial), generation=house.generation, version=1,
        )  # fmt: skip
        row = EpochKey(compartment, epoch, serial, house.generation, wrapped, int(KeyState.LIVE), now, None, None)
        absent = Expect(EpochKey.TABLE, (compartment, epoch), None, or_absent=False, because="epoch-taken")
        changes.append(Change("identity", puts=(Put(EpochKey.TABLE, row),), expects=(absent,)))
    if changes:
        await house.commits.commit_each(changes)
    if changes or not all(house.keyring.has_epoch(*pair) for pair in pairs):
        await load_epochs(house)
    return len(changes)
