"""A suppression closes the purposes that it names, whichever identifier it is of, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.flows import consent
from lockhouse.model.rows import Consent
from lockhouse.secret import Secret
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

VALUES = {
    "email": "anna@example.com", "phone": "+4930901820", "loyalty_id": "L-7001234", "device_id": "d-1f3a5c7e9b",
}  # fmt: skip


@pytest.mark.parametrize("field", sorted(VALUES))
async def test_whoever_comes_with_a_suppressed_identifier_has_refused_what_it_names(tmp_path: Path, field: str) -> None:
    world = await World.make(tmp_path)
    of = {field: VALUES[field]}
    await consent.suppress(world.house, field, VALUES[field], purposes=["analytics"], reason="asked", by="os-user:1000")
    said = {"consent": {"Advertising": True, "Analytics": True}}
    reply = await world.send("backend", "Order Completed", order_id="A-1", order_total="12.50", **of, **said)
    assert reply.record is not None  # nobody's order is lost by it
    purposes = {one.name: one.id for one in world.house.live().policy.purposes}
    words = [(row.purpose, row.state, row.signal) for row in await world.rows(Consent)]
    assert sorted(words) == sorted(
        [(purposes["marketing"], 1, "banner"), (purposes["analytics"], 0, "suppression")]
    )  # fmt: skip


async def test_what_an_analyst_would_see_of_a_device_is_not_kept_of_one_that_is_suppressed(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    page = {"device_id": VALUES["device_id"], "page_path": "/shoes", "consent": {"Advertising": True}}
    await consent.suppress(
        world.house, "device_id", VALUES["device_id"], purposes=["analytics"], reason="asked", by="os-user:1000"
    )
    reply = await world.send("web", "page", **page)
    assert [path for path, _ in reply.dropped] == ["properties.page_path"]
    other = await world.send("web", "page", **page | {"device_id": "d-0000111122"})
    assert (other.outcome, other.dropped) == ("stored", ())


class _Counted(Secret):
    """A key that counts how often it is used."""

    __slots__ = ("used",)

    def __init__(self, value: bytes) -> None:
        super().__init__(value)
        self.used = 0

    def reveal(self) -> bytes:
        self.used += 1
        return super().reveal()


async def test_where_the_suppressions_of_somebody_new_lie_is_computed_once(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other = "bob@example.com"
    order = {"order_id": "A-1", "order_total": "12.50", "device_id": VALUES["device_id"]}
    key = world.house.suppression_key = _Counted(world.house.suppression_key.reveal())
    await world.send("backend", "Order Completed", email="eve@example.com", **order)
    assert key.used == 2  # also in a house that suppresses nobody: the commit must find that none has come
    await consent.suppress(world.house, "email", other, purposes=["analytics"], reason="asked", by="os-user:1000")
    before = key.used
    await world.send("backend", "Order Completed", email=VALUES["email"], phone=VALUES["phone"], **order)
    assert key.used - before == 3
