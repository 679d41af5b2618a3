"""A consent object that comes with an event and says nothing is a no to that event, and to nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.model import codes
from lockhouse.model.rows import Consent
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL = "anna.schmidt@example.com"


@pytest.mark.parametrize("channel", ["web", "account"])
async def test_a_consent_object_in_which_nothing_can_be_read_closes_its_own_event_alone(
    tmp_path: Path, channel: str
) -> None:
    world = await World.make(tmp_path)
    page = {"device_id": "tablet-0042", "page_path": "/shoes"}
    assert (await world.send(channel, "page", **page, consent={})).code == codes.NO_FIELD_LEFT
    order = {"email": EMAIL, "order_id": "A-1", "order_total": "12"}
    reply = await world.send(channel, "Order Completed", **order, device_id="tablet-0042", consent={})
    assert (reply.outcome, reply.dropped) == ("trimmed", (("properties.device_id", "objected"),))
    assert await world.rows(Consent) == []
    assert (await world.send(channel, "page", **page)).outcome == "stored"


async def test_an_empty_consent_object_takes_no_yes_back(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1", consent={"Advertising": True})
    await world.send("account", "identify", email=EMAIL, consent={})
    [view] = await world.find(EMAIL, role="marketer")
    assert view.fields["email"].value == EMAIL
    assert [row.state for row in await world.rows(Consent)] == [1]
