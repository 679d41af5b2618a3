"""Rows of files for stories of imports: a table in memory, mapped as a person would map it."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from lockhouse.channels.table import Assembler, csv_head, csv_rows
from lockhouse.flows import bring
from lockhouse.policy.mapping import parse_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.flows.bring import Brought, Outlook, Undone
    from lockhouse.model.table import Mapping, Reject, Row
    from tests.world import World

ORDERS = """
import: 1
event: Order Completed
time: {column: when}
fields: {email: mail, order_id: number, order_total: total, country: land, device_id: device}
consent: {Advertising: ads, Analytics: stats}
"""
HEAD = "mail,number,total,land,device,when,ads,stats"
BY = "os-user:1000"


def orders(count: int, *, first: int = 1, mail: str = "c{}@example.com", rest: str = "", device: str = "") -> list[str]:
    """So many lines of orders."""
    return [
        f"{mail.format(number)},A-{number},{number}.50,DE,{device},2026-11-01T10:00:00Z{rest or ',,'}"
        for number in range(first, first + count)
    ]


@dataclass
class Paper:
    """A CSV file in memory: a `Source` of the flow."""

    lines: list[str]
    mapping: Mapping
    changed: bool = False
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = "\n".join([HEAD, *self.lines]) + "\n"

    @property
    def content(self) -> bytes:
        return sha256(self.text.encode()).digest()

    def rows(self) -> Iterator[Row | Reject]:
        heads = csv_head(io.StringIO(self.text).readline, delimiter=",")
        wanted = [heads.index(column.name) for column in self.mapping.columns()]
        return csv_rows(io.StringIO(self.text).readline, delimiter=",", wanted=wanted, width=len(heads))

    def require_same(self, *, whole: bool = False) -> None:
        assert whole in {True, False}


def paper(world: World, lines: list[str], *, mapping: str = ORDERS, channel: str = "backend") -> Paper:
    """A file of these lines, for a channel."""
    policy = world.house.live().policy
    return Paper(lines, parse_mapping("map.yaml", mapping, policy=policy, channel=policy.channels[channel]))


def _bring(world: World, file: Paper, channel: str) -> bring.Bring:
    assembler = Assembler(file.mapping, file.content)
    return bring.Bring(world.house, bring.channel_of(world.house, channel), file, assembler)


async def brought(world: World, file: Paper, *, channel: str = "backend") -> Brought:
    """The file comes in."""
    passage = _bring(world, file, channel)
    return await passage.bring(file.content, file.mapping.fingerprint(), by=BY, told=lambda _rows: None)


async def foreseen(world: World, file: Paper, *, channel: str = "backend") -> Outlook:
    """What would become of the file."""
    return await _bring(world, file, channel).foresee(told=lambda _rows: None)


async def undone(world: World, batch: bytes) -> Undone:
    """The batch goes again."""
    return await bring.undo(world.house, batch, by=BY, told=lambda _records: None)
