"""A house in memory copied as a backup copies it, and brought back."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import field
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.adapters.tables import shapes
from lockhouse.flows import backup
from tests.world import World

if TYPE_CHECKING:
    from lockhouse.gates.forgotten import Forgotten
    from lockhouse.model.rows import Store

Tables = dict[str, dict[Any, Any]]
MANIFEST = backup.Manifest(
    version=1, backup="00" * 16, house="00" * 16, log="log", at=0, size=0, root="00" * 32, checkpoint="",
    files={"record": "", "identity": ""},
)  # fmt: skip


def copied(world: World, *stores: Store) -> Tables:
    """The tables of these stores as they stand now."""
    tables = world.store.shelf.tables
    return {name: copy.deepcopy(rows) for name, rows in tables.items() if shapes()[name].store in stores}


async def restored(  # noqa: PLR0913  (what a backup can be)
    world: World, tables: Tables, *, only: Store | None = None, anyway: bool = False, size: int = 0, at: int = 0
) -> Restored:
    """The house with these tables in place of its own; `only` one store of them is from a backup.

    Args:
        anyway: also without the whole journal.
        size: of the tree when the backup was made. `at`: when it was, ms.
    """
    for name, rows in tables.items():
        world.store.shelf.tables[name].clear()
        world.store.shelf.tables[name].update(copy.deepcopy(rows))
    back = await world.second()
    back.house.demo = world.house.demo
    manifest = msgspec.structs.replace(MANIFEST, size=size, at=at)
    source = backup.Source(manifest=manifest, destroyed=frozenset(back.journal.serials), only=only, anyway=anyway)
    replayed = await backup.replay(back.house, source, journal=back.journal, by="os-user:1")
    fields = {one.name: getattr(back, one.name) for one in dataclasses.fields(back)}
    return Restored(**fields, replayed=replayed)


@dataclasses.dataclass
class Restored(World):
    """The world of a house that was brought back, and what the restore did."""

    replayed: backup.Replayed = field(default_factory=backup.Replayed)

    @property
    def forgotten(self) -> Forgotten | None:
        """What it lacks."""
        return self.replayed.forgotten
