"""A console over a house with channels and recipients, and events sent through the collect gate as a face would."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from lockhouse.flows import staff
from lockhouse.gates.collect import collect_group
from lockhouse.model.event import Batch, Event
from lockhouse.model.scale import Assurance
from tests.faces.console.world import POLICY, console

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from lockhouse.model.event import Reply
    from tests.faces.console.world import Browser, Console

RICH = POLICY.replace(
    "roles:",
    """  backend: {kind: segment, key: secret, stage: live}
  tills: {kind: segment, key: secret, stage: observe}
recipients:
  courier: {kind: segment, role: processor, for: [fulfilment], fields: [country], url: "https://courier.example",
    contract: https://northwind.example/dpa, review: 2027-06-30, region: eu, erase: task}
roles:
  keeper: {may: [channel.*, recipient.*, ledger.*]}
  watcher: {may: [channel.list, recipient.list, ledger.read]}""",
)
"""The console's policy with a channel of each stage, a recipient, and roles that see to them."""


async def sent(made: Console, channel: str, event: str = "Order Completed", **values: Any) -> Reply:
    """One event through the gate; what it was answered."""
    now = made.clock.now_ms()
    parsed = Event(
        name=event, message_id=values.pop("message_id", None), occurred_at=now, consent=None, signals=frozenset(),
        source={"type": "track", "properties": {"email": "anna@customer.example", **values}},
    )  # fmt: skip
    assurance = Assurance.PUBLIC if channel == "web" else Assurance.SECRET
    batch = Batch(
        channel=channel, assurance=assurance, credential=f"{channel}/{assurance}", received_at=now, items=[parsed]
    )
    [[reply]] = await collect_group(made.house, [batch])
    return reply


@asynccontextmanager
async def channels(
    tmp_path: Path, *, policy: str = RICH, **more: Any
) -> AsyncIterator[tuple[Console, Browser, Browser]]:
    """The console, the browser of who sees to channels and recipients, and of who may only look at the lists."""
    async with console(tmp_path, policy=policy, **more) as made:
        await made.hired("mara")
        keeper, watcher = await made.hired("karl"), await made.hired("wanda")
        for one in await staff.everybody(made.house):
            if one.called.name in {"karl", "wanda"}:
                await made.holds(one.row.id, "keeper" if one.called.name == "karl" else "watcher")
        yield made, keeper, watcher
