"""How many rows the hot paths read: as many as they use, however many persons share a round."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from lockhouse.flows import consent, forward
from lockhouse.model.ports import Answer
from lockhouse.model.rows import Attestation, ErasedMark, Link, Record, Suppression
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lockhouse.model.change import KeyTuple
    from lockhouse.model.ports import Reads, RowT

PEOPLE = 30


class Counting:
    """Reads that count calls and rows by table."""

    def __init__(self, inner: Reads) -> None:
        self._inner = inner
        self.calls: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()

    async def get(self, row: type[RowT], keys: Sequence[KeyTuple]) -> dict[KeyTuple, RowT]:
        found = await self._inner.get(row, keys)
        self.calls[row.TABLE] += 1
        self.rows[row.TABLE] += len(found)
        return found

    async def find(self, row: type[RowT], by: Sequence[str], values: Sequence[KeyTuple], **more: Any) -> list[RowT]:
        found = await self._inner.find(row, by, values, **more)
        self.calls[row.TABLE] += 1
        self.rows[row.TABLE] += len(found)
        return found

    def scan(self, row: type[RowT], *, chunk: int = 1_000) -> Any:
        return self._inner.scan(row, chunk=chunk)


class Server:
    """A recipient that takes everything."""

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:  # noqa: ARG002  # the port's shape
        return Answer(status=200)


def _orders() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        ("backend", "Order Completed", {"email": f"p{n}@example.com", "order_id": f"A-{n}", "order_total": "1.50"})
        for n in range(PEOPLE)
    ]


async def test_a_round_of_many_persons_reads_each_record_once_a_purpose(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send_all(_orders())
    reads = world.house.reads = Counting(world.store)
    sent = await forward.forward(world.house, "rudder", http=Server(), write_key="k")
    assert sent.sent == PEOPLE
    assert reads.rows[Record.TABLE] == PEOPLE


async def test_a_tablet_of_many_customers_reads_only_the_link_that_stands(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("web", "page", device_id="tablet-0042", page_path="/")
    for n in range(PEOPLE):
        await world.send("account", "identify", email=f"p{n}@example.com", device_id="tablet-0042")
    reads = world.house.reads = Counting(world.store)
    await world.send("account", "identify", email="anna@example.com", device_id="tablet-0042")
    assert reads.rows[Link.TABLE] == 1


async def test_suppressions_and_erased_marks_are_asked_for_once_a_group(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", email="anna@example.com", order_id="B-1", order_total="1")
    await consent.suppress(world.house, "email", "b@example.com", purposes=[], reason="asked", by="os-user:0")
    await world.erase(await world.person("anna@example.com"))
    reads = world.house.reads = Counting(world.store)
    assert {reply.outcome for reply in await world.send_all(_orders())} <= {"stored", "trimmed"}
    assert (reads.calls[Suppression.TABLE], reads.calls[ErasedMark.TABLE]) == (1, 1)
    assert reads.calls[Attestation.TABLE] == 0
