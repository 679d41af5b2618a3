"""Rings from the identity store into the keyring, never one that an ending has overtaken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Conflict, Unavailable
from lockhouse.model.rows import KeyRing

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockhouse.gates.house import House

TRIES = 5


async def admit_rings(house: House, persons: Collection[bytes], *, again: bool = False) -> None:
    """The committed rings of these persons are in the keyring; those without a ring row are left out.

    A ring that was read before the key epoch moved is not admitted after it: an ending may lie between, and the
    keyring has already dropped what it must.

    Args:
        again: read the rows even of rings that are held, for a version known to be newer.

    Raises:
        Unavailable: the key epoch kept moving.
    """
    for _ in range(TRIES):
        missing = [(person,) for person in persons if again or house.keyring.version_of(person) is None]
        if not missing:
            return
        epoch = house.epochs.key()
        rows = await house.reads.get(KeyRing, missing)
        if epoch != house.epochs.key():
            continue
        for row in rows.values():
            try:
                house.keyring.admit(row.person, row.generation, row.version, row.wrapped)
            except Conflict:  # a newer version was admitted while this one was being read
                continue
        return
    raise Unavailable("keys: expected the key epoch to hold still", retry_after_s=1.0)
