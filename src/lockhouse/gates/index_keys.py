"""Keys of the blind indexes: one an identifier kind and generation, made when a policy first needs the kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.derive import unwrap, wrap
from lockhouse.errors import Tampered
from lockhouse.gates.authority import sound
from lockhouse.identity.normalise import NORM_VERSION
from lockhouse.model.change import Change, Expect, Put
from lockhouse.model.rows import IndexKey
from lockhouse.model.scale import KeyState
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockhouse.gates.house import House
    from lockhouse.model.ports import Reads


def kek_of(keks: Mapping[int, Secret], generation: int, *, table: str) -> Secret:
    """The KEK of the generation that a row of the table names.

    Raises:
        Tampered: there is none: the row names another than it was wrapped under, or its KEK was taken away.
    """
    kek = keks.get(generation)
    if kek is None:
        raise Tampered(
            f"{table}: expected a row under a KEK of this house, got one under generation {generation}",
            hint=f"keep a copy of {table} in identity.db as evidence, then put its row right or restore a backup",
        )
    return kek


async def load_index(house: bytes, keks: Mapping[int, Secret], reads: Reads) -> dict[tuple[int, int], Secret]:
    """Every living blind-index key by (identifier kind, generation).

    Raises:
        Tampered: a row is not what this house wrote.
    """
    index: dict[tuple[int, int], Secret] = {}
    async for rows in reads.scan(IndexKey):
        for row in sound(rows):
            if row.state == KeyState.LIVE:
                index[(row.kind, row.generation)] = unwrap(
                    kek_of(keks, row.kek, table=IndexKey.TABLE), row.wrapped, house=house, purpose="index",
                    name=f"{row.kind}/{row.norm}", generation=row.kek, version=row.generation,
                )  # fmt: skip
    return index


async def ensure_index(house: House, kinds: Iterable[int]) -> None:
    """Each of these identifier kinds has a durable index key of generation 1.

    Two processes may do this at once; the store lets one row win.
    """
    wanted = [(kind, 1) for kind in kinds]
    known = await house.reads.get(IndexKey, wanted)
    changes = []
    for kind, generation in wanted:
        if (kind, generation) in known:
            continue
        wrapped = wrap(
            house.keks[house.generation], Secret(house.ids.random(32)), house=house.id, purpose="index",
            name=f"{kind}/{NORM_VERSION}", generation=house.generation, version=generation,
        )  # fmt: skip
        row = IndexKey(kind, generation, NORM_VERSION, house.generation, wrapped, KeyState.LIVE)
        absent = Expect(IndexKey.TABLE, (kind, generation), None, or_absent=False, because="index-key-taken")
        changes.append(Change("identity", puts=(Put(IndexKey.TABLE, row),), expects=(absent,)))
    if changes:
        await house.commits.commit_each(changes)
