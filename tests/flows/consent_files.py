"""Files of consents for stories: lines in memory, read as the command line reads a file."""

from __future__ import annotations

import io
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from lockhouse.channels.consents import Plain
from lockhouse.channels.table import csv_head, csv_rows
from lockhouse.flows import hear

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.channels.consents import Reader
    from lockhouse.flows.hear import Done, Heard
    from lockhouse.model.table import Reject, Row
    from tests.world import World

BY = "os-user:1000"
HEAD = "email,purpose,state,time,source"


@dataclass
class Words:
    """A CSV file in memory: a `Source` of the flow."""

    text: str
    reader: Reader

    @property
    def content(self) -> bytes:
        return sha256(self.text.encode()).digest()

    def rows(self) -> Iterator[Row | Reject]:
        heads = csv_head(io.StringIO(self.text).readline, delimiter=",")
        wanted = [heads.index(name) for name in self.reader.columns]
        return csv_rows(io.StringIO(self.text).readline, delimiter=",", wanted=wanted, width=len(heads))

    def require_same(self, *, whole: bool = False) -> None:
        assert whole in {True, False}


def words(world: World, *lines: str, head: str = HEAD) -> Words:
    """A file of these lines."""
    fields = world.house.live().policy.fields
    identifying = [name for name, one in fields.items() if one.identifies is not None]
    return Words("\n".join([head, *lines]) + "\n", Plain(head.split(","), identifying=identifying))


def _hear(world: World, file: Words, channel: str | None) -> hear.Hear:
    channels = world.house.live().policy.channels
    return hear.Hear(world.house, file, file.reader, None if channel is None else channels[channel])


async def heard(world: World, file: Words, *, channel: str | None = None) -> Done:
    """The file is brought in."""
    passage = _hear(world, file, channel)
    return await passage.bring(passage.batch(file.content, "csv"), by=BY, told=lambda _rows: None)


async def foreseen(world: World, file: Words, *, channel: str | None = None) -> Heard:
    """What would become of it."""
    passage = _hear(world, file, channel)
    return await passage.foresee(passage.batch(file.content, "csv"), told=lambda _rows: None)


async def unheard(world: World, batch: bytes) -> int:
    """The batch goes again."""
    return await hear.undo(world.house, batch, by=BY, told=lambda _words: None)
