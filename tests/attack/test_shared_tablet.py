"""One tablet, two customers: neither sees, gets or loses what is the other's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.gates.disclose.group import groups_of
from lockhouse.identity.match import DEVICE_OF
from lockhouse.model.rows import KeyRing, Link
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

ANNA, BERT = "anna.schmidt@example.com", "bert.maier@example.org"
TABLET = "tablet-in-the-hall"


async def test_two_customers_of_one_tablet_stay_two(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("web", "page", device_id=TABLET, page_path="/before")
    for email in (ANNA, BERT):
        await world.send("web", "identify", email=email, device_id=TABLET, name=email.partition(".")[0])
        await world.send("account", "Order Completed", email=email, device_id=TABLET, order_id=f"of-{email}")
    for email, other in ((ANNA, BERT), (BERT, ANNA)):
        for view in await world.find(email):
            assert await groups_of(world.house, [view.person]) == [(view.person,)]
            shown = str(await world.reveal(view.person))
            assert email in shown
            assert other not in shown
    standing = [row for row in await world.rows(Link) if row.kind == DEVICE_OF and row.until_at is None]
    assert len({row.b for row in standing}) == 1


async def test_the_erasure_of_one_leaves_the_tablet_and_the_other(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("web", "page", device_id=TABLET, page_path="/before")
    for email in (ANNA, BERT):
        await world.send("account", "identify", email=email, device_id=TABLET)
    tablet = await world.person(TABLET, by="device_id")
    anna, bert = await world.person(ANNA), await world.person(BERT)
    case = await world.erase(anna)
    assert case.persons == (anna,)
    assert {row.person for row in await world.rows(KeyRing)} == {tablet, bert}
    assert (await world.send("web", "page", device_id=TABLET, page_path="/after")).outcome == "stored"
    assert (await world.reveal(bert)).refused == ()
