"""Channels and recipients out of service, and who looked, by the API: what a token does, and what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.gates.pauses import pauses
from tests.faces.api.world import EMAIL, ApiWorld

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("what", "name"), [("channel", "backend"), ("recipient", "tool")])
async def test_a_token_takes_out_of_service_and_puts_back_and_is_named(tmp_path: Path, what: str, name: str) -> None:
    api = await ApiWorld.make(tmp_path)
    live = api.world.house.live().policy
    own = live.channels[name].id if what == "channel" else live.recipients[name].id
    path = f"/{what}/{name}"
    assert (await api.call("POST", f"{path}/resume", role="admin", json={})).status_code == 409
    paused = await api.call("POST", f"{path}/pause", role="admin", json={})
    assert (paused.status_code, paused.json()["name"], paused.json()["paused"]) == (200, name, True)
    row = (await pauses(api.world.house, what, [own]))[own]  # type: ignore[arg-type]  # one of its two words
    assert (row.by[:8], row.entry.hex()) == ("service:", paused.json()["entry"])
    assert (await api.call("POST", f"{path}/pause", role="admin", json={})).status_code == 409
    for verb in ("pause", "resume"):
        assert (await api.call("POST", f"{path}/{verb}", role="auditor", json={})).status_code == 403
        assert (await api.call("POST", f"/{what}/none/{verb}", role="admin", json={})).status_code == 404
    back = await api.call("POST", f"{path}/resume", role="admin", json={})
    assert (back.json()["paused"], await pauses(api.world.house, what, [own])) == (False, {})  # type: ignore[arg-type]
    assert api.incidents == []


async def test_the_same_key_takes_out_of_service_once(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    how: dict[str, Any] = {"json": {}, "headers": {"Idempotency-Key": "night-shift-1"}}
    first = await api.call("POST", "/channel/web/pause", role="admin", **how)
    again = await api.call("POST", "/channel/web/pause", role="admin", **how)
    assert (again.status_code, again.json()) == (200, first.json())


async def test_who_looked_is_told_to_whom_the_person_is_shown_and_noted(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    anna = (await api.world.person(EMAIL)).hex()
    api.world.clock.at += 1_000
    await api.call("POST", f"/person/{anna}/reveal", role="support", json={"reason": "other: T-17"})
    api.world.clock.at += 1_000
    told = await api.call("GET", f"/person/{anna}/looked", role="support")
    looks = told.json()["looks"]
    assert [one["action"] for one in looks[:2]] == ["show", "reveal"]
    assert (looks[0]["entry"], looks[1]["reason"]) == (told.json()["entry"], "other: T-17")
    assert EMAIL not in told.text
    page = await api.call("GET", f"/person/{anna}/looked?limit=1&before={looks[0]['entry']}", role="support")
    assert [one["entry"] for one in page.json()["looks"]] == [looks[1]["entry"]]
    for wrong in ("limit=0", "limit=501", "before=x", "reason=other"):
        assert (await api.call("GET", f"/person/{anna}/looked?{wrong}", role="support")).status_code == 422
    before = len(await api.world.kinds())
    assert (await api.call("GET", f"/person/{anna}/looked", role="analyst")).status_code == 403
    assert len(await api.world.kinds()) == before + 1
    assert api.incidents == []
