"""What a provider passed on, by the API: listed, settled once, and by nobody whom it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.gates.asked import find_asked, persons_of, take_in
from lockhouse.model.event import Demand
from tests.faces.api.world import EMAIL, ApiWorld

if TYPE_CHECKING:
    from pathlib import Path

OWN = b"a" * 16


async def test_what_was_passed_on_is_listed_and_settled_once_by_who_answers_requests(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    await api.anna()
    house, anna = api.world.house, await api.world.person(EMAIL)
    wanted = Demand(what="erasure", identifiers=(("email", EMAIL),))
    assert await take_in(house, OWN, wanted, channel=1, persons=[anna], by="service:collect")
    [one] = (await api.call("GET", "/asked", role="privacy_officer")).json()["asked"]
    assert (one["asked"], one["what"], one["persons"], one["overdue"]) == (OWN.hex(), "erasure", [anna.hex()], False)
    assert (await api.call("GET", "/asked", role="support")).status_code == 403
    path, body = f"/asked/{OWN.hex()}/settle", {"reason": "erased"}
    done = await api.call("POST", path, role="privacy_officer", json=body)
    assert (done.status_code, done.json()["reason"]) == (200, "erased")
    assert (await api.call("POST", path, role="privacy_officer", json=body)).status_code == 409
    row = await find_asked(house, OWN)
    assert (row.state, row.by, persons_of(row)) == (1, done.json()["by"], [anna])


async def test_a_reason_of_more_than_a_word_is_no_question(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    wanted = Demand(what="access", identifiers=())
    assert await take_in(api.world.house, OWN, wanted, channel=1, persons=[], by="service:collect")
    path = f"/asked/{OWN.hex()}/settle"
    answer = await api.call("POST", path, role="privacy_officer", json={"reason": "she called Anna Schmidt"})
    assert (answer.status_code, "Schmidt" in answer.text) == (422, False)
    assert (await find_asked(api.world.house, OWN)).state == 0
