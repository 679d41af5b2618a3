"""Somebody who answers for a token would get at their own record, or rid of it, by what is no look at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.flows import hold, link, request, vouch
from lockhouse.gates.holds import Terms
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Link
from tests.faces.api.world import RETAIL, ApiWorld
from tests.flows.granted import told
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

OWNER = "os-user:1"
KEEPER = RETAIL + "roles:\n  keeper: {may: [person.link, 'request.*', 'hold.*', 'suppression.*', grant.list]}\n"
NAMES = ("own", "alias", "other")


class Owned:
    """A house whose owner of tokens is a customer, under two source persons that are one; and a stranger."""

    def __init__(self, api: ApiWorld, ids: dict[str, bytes]) -> None:
        self.api, self.ids = api, ids

    @classmethod
    async def make(cls, folder: Path) -> Owned:
        api = ApiWorld(await World.make(folder, KEEPER))
        api.tokens = {role: await api.token(role) for role in ("support", "keeper")}
        world, ids = api.world, {}
        for name in NAMES:
            email = f"{name}@customers.example"
            await world.send("account", "Order Completed", email=email, order_id=f"N-{name}", shipping_country="DE")
            ids[name] = await world.person(email)
        await link.make(world.house, ids["alias"], ids["own"], by="os-user:0")
        until = world.clock.at + 40 * DAY_MS
        await vouch.record(world.house, OWNER, ("own-record", ids["own"].hex()), until=until, by="os-user:0")
        return cls(api, ids)

    async def looks(self) -> dict[str, int]:
        """What support is answered about each."""
        return {
            name: (await self.api.call("GET", f"/person/{one.hex()}", role="support")).status_code
            for name, one in self.ids.items()
        }


SHUT = {"own": 403, "alias": 403, "other": 200}


@pytest.mark.parametrize(("one", "other"), [("alias", "own"), ("own", "alias")])
async def test_nobody_parts_their_own_record_from_what_is_joined_to_it(tmp_path: Path, one: str, other: str) -> None:
    owned = await Owned.make(tmp_path)
    assert await owned.looks() == SHUT
    path, body = f"/person/{owned.ids[one].hex()}/unlink", {"other": owned.ids[other].hex()}
    answer = await owned.api.call("POST", path, role="keeper", json=body)
    assert (answer.status_code, answer.json().get("reasons")) == (403, ["own-record"])
    assert await owned.looks() == SHUT
    last = (await told(owned.api.world, "refusal"))[-3]  # two refused looks came after it
    assert (last.action, last.because) == ("unlink", ["own-record"])


async def test_nobody_joins_a_stranger_to_their_own_record(tmp_path: Path) -> None:
    owned = await Owned.make(tmp_path)
    before = len(await owned.api.world.rows(Link))
    for one, other in (("other", "alias"), ("alias", "other")):
        path, body = f"/person/{owned.ids[one].hex()}/link", {"other": owned.ids[other].hex()}
        answer = await owned.api.call("POST", path, role="keeper", json=body)
        assert (answer.status_code, answer.json().get("reasons")) == (403, ["own-record"])
    assert len(await owned.api.world.rows(Link)) == before


async def test_nobody_asks_for_the_erasure_of_their_own_record(tmp_path: Path) -> None:
    owned = await Owned.make(tmp_path)
    seen = {}
    for name in NAMES:
        answer = await owned.api.call("POST", "/request", role="keeper", json={"person": owned.ids[name].hex()})
        seen[name] = answer.status_code
    assert seen == {"own": 403, "alias": 403, "other": 200}
    assert (await told(owned.api.world, "refusal"))[-1].action == "request"


async def test_nobody_calls_off_the_erasure_of_their_own_record(tmp_path: Path) -> None:
    owned = await Owned.make(tmp_path)
    seen = {}
    for name in ("alias", "other"):
        case = (await request.open_erasure(owned.api.world.house, owned.ids[name], by="staff:another")).case
        seen[name] = (
            await owned.api.call("POST", f"/request/{case.id.hex()}/cancel", role="keeper", json={})
        ).status_code
    assert seen == {"alias": 403, "other": 200}
    assert (await told(owned.api.world, "refusal"))[-1].because == ["own-record"]


async def test_nobody_lifts_what_closes_their_own_record(tmp_path: Path) -> None:
    owned = await Owned.make(tmp_path)
    seen = {}
    for name in NAMES:
        closing = {"kind": "email", "value": f"{name}@customers.example", "reason": "asked"}
        added = await owned.api.call("POST", "/suppression", role="keeper", json=closing | {"purposes": []})
        lifted = await owned.api.call("POST", "/suppression/remove", role="keeper", json=closing)
        seen[name] = (added.status_code, lifted.status_code)
    assert seen == {"own": (200, 403), "alias": (200, 403), "other": (200, 200)}
    assert [one.action for one in await told(owned.api.world, "refusal")][-2:] == ["lift", "lift"]


async def test_nobody_holds_their_own_record_nor_ends_a_hold_of_it(tmp_path: Path) -> None:
    owned = await Owned.make(tmp_path)
    world, later = owned.api.world, owned.api.world.clock.at + 40 * DAY_MS
    claim = {"reason": "lawsuit", "basis": "7-O-1", "review": later}
    seen = {}
    for name in NAMES:
        placed = await owned.api.call(
            "POST", "/hold", role="keeper", json=claim | {"persons": [owned.ids[name].hex()]}
        )  # fmt: skip
        terms = Terms(reason="lawsuit", basis="7-O-1", persons=(owned.ids[name],), compartments=(), review_at=later)
        row = await hold.place(world.house, terms, by="staff:another")
        path = f"/hold/{row.id.hex()}"
        read = await owned.api.call("POST", f"{path}/read", role="keeper", json={"person": owned.ids[name].hex()})
        reviewed = await owned.api.call("POST", f"{path}/review", role="keeper", json={"until": later})
        released = await owned.api.call("POST", f"{path}/release", role="keeper", json={"keys": row.keys})
        seen[name] = [placed.status_code, read.status_code, reviewed.status_code, released.status_code]
    assert seen == {"own": [403] * 4, "alias": [403] * 4, "other": [200] * 4}


async def test_whose_an_own_record_is_stays_with_whoever_records_it(tmp_path: Path) -> None:
    owned = await Owned.make(tmp_path)
    text = await owned.api.token("keeper", may=("grant.list",))
    answer = await owned.api.call("GET", "/fact", shown=text)
    assert answer.status_code == 200
    assert [(one["fact"], one["value"]) for one in answer.json()["facts"]] == [("own-record", None)]
    assert owned.ids["own"].hex() not in answer.text
