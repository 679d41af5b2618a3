"""Whoever may look up so many people an hour tries for more by a second token of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.model.rows import Quota
from tests.attack.test_quotas import email, limited, sent
from tests.faces.api.world import ApiWorld
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path


async def test_two_tokens_of_one_owner_share_the_owners_hour(tmp_path: Path) -> None:
    world = await World.make(tmp_path, limited(3))
    await sent(world, 4)
    api = ApiWorld(world)
    first, second = [await api.token("support") for _ in range(2)]
    answers = [
        await api.call("POST", "/person/find", shown=token, json={"by": "email", "value": email(number)})
        for number, token in enumerate((first, second, first, second))
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 403]
    assert answers[3].json()["code"] == "LH-4003"
    seen = (await world.person(email(0))).hex()  # whom the owner has seen in this hour costs no further place
    assert (await api.call("GET", f"/person/{seen}", shown=second)).status_code == 200
    [hour] = await world.rows(Quota)
    assert (hour.owner, hour.persons) == ("os-user:1", 3)
