"""Following the two epochs: what this process derived is dropped at once and read again before it goes on."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from lockhouse.crypto.blindindex import Indexer
from lockhouse.errors import Tampered
from lockhouse.gates.epochs import load_epochs
from lockhouse.gates.facts import any_row
from lockhouse.gates.index_keys import load_index
from lockhouse.gates.live import load_live
from lockhouse.gates.read_shut import read_shut
from lockhouse.model.rows import ErasedMark, Suppression

if TYPE_CHECKING:
    from lockhouse.gates.house import House


def drop(house: House, *, policy: int, key: int) -> None:
    """Forget what an epoch's move has made stale; called before the move is acknowledged, so it must not wait.

    Until `refresh` has run, opening and sealing answer Unavailable.
    """
    if key != house.seen_key:
        house.seen_key = key
        house.keyring.purge()
        house.facts.clear()
    if policy != house.seen_policy:
        house.seen_policy = policy
        house.facts.clear()
    house.stale = True


async def refresh(house: House) -> None:
    """Everything that follows from the epochs is read from the stores again; at once if nothing moved.

    Raises:
        Tampered: a row that gives authority was not made by this house.
    """
    if not house.stale and not house.refreshing.locked():
        return  # while somebody is at it, half of it may be read: their end is waited for
    async with house.refreshing:
        await _read_again(house)


async def refresh_if_sound(house: House) -> None:
    """As `refresh`; a house of which a row does not verify stays stale, so that it seals and opens nothing.

    For whoever only looks for such rows.
    """
    with suppress(Tampered):
        await refresh(house)


async def _read_again(house: House) -> None:
    while house.stale:
        house.stale = False
        try:
            house.indexer = Indexer(house.id, await load_index(house.id, house.keks, house.reads))
            await load_live(house)
            await load_epochs(house)
            house.suppressions = await any_row(house, Suppression)
            house.read_shut = bool(await read_shut(house))
            house.erased_marks = await any_row(house, ErasedMark)
        except BaseException:
            house.stale = True  # half read is not read: the next one who asks begins again
            raise
