"""Grants by the API: listed, shown and ended by a token that may; asked for and approved by none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.api.table import ROUTES
from tests.faces.api.world import ApiWorld
from tests.flows.granted import shop_in
from tests.flows.staffed import acts

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_token_that_may_lists_shows_and_ends_a_grant_at_once(tmp_path: Path) -> None:
    shop = await shop_in(tmp_path)
    row, api = await shop.given(), ApiWorld(shop.world)
    text = await api.token("officer", may=("grant.list", "grant.end"))
    listed = (await api.call("GET", "/grant", shown=text)).json()
    assert [(one["id"], one["state"], one["staff"]) for one in listed["grants"]] == [
        (row.id.hex(), "open", acts(shop.clerk)),
    ]  # fmt: skip
    path = f"/grant/{row.id.hex()}"
    assert (await api.call("GET", path, shown=text)).json()["persons"] == [shop.anna.hex()]
    ended = await api.call("POST", f"{path}/end", shown=text, json={})
    assert (ended.status_code, ended.json()["state"]) == (200, "ended")
    assert (await shop.looked(shop.anna)).fields["email"].state == "shut"
    again = await api.call("POST", f"{path}/end", shown=text, json={})
    assert again.status_code == 403
    assert api.incidents == []


def test_no_route_asks_for_a_grant_or_approves_one() -> None:
    named = {route.name for route in ROUTES if route.name.startswith("grant.")}
    assert named == {"grant.list", "grant.show", "grant.end", "grant.recorded"}
