"""One `Idempotency-Key`, one thing: whoever takes it for another is told so, and no two processes do it twice."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from lockhouse.access.tokens import Terms
from lockhouse.faces.api import repeating, words
from lockhouse.faces.api.route import PREFIX
from lockhouse.flows import token
from lockhouse.flows.token import Maker
from lockhouse.gates.repeats import BUSY_MS, Asked, Earlier, begin, finish, still
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Consent, Pause, Repeat
from lockhouse.wiring import opened
from tests.faces.api.world import ApiWorld
from tests.faces.serve_world import POLICY, Place, make_place, run, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lockhouse.client.shapes import WordRecorded
    from lockhouse.faces.api.route import Call
    from tests.faces.serve_world import Served

KEY = {"Idempotency-Key": "night-shift-1"}
WORD = {"purpose": "marketing", "word": "denied"}
ASKED = Asked(b"t" * 16, "channel-pause/web", "night-shift-1", b"{}")
BOTH = ("console-0", "console-1")
AT_ONCE = 24


async def test_a_key_that_is_used_at_another_address_within_its_day_does_nothing_there(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    how: dict[str, Any] = {"role": "admin", "json": {}, "headers": KEY}
    assert (await api.call("POST", "/channel/web/pause", **how)).status_code == 200
    for path in ("/channel/backend/pause", "/channel/web/resume"):
        other = await api.call("POST", path, **how)
        assert (other.status_code, other.json()["code"]) == (422, "LH-4011")
    assert len(await api.world.rows(Pause)) == 1
    assert len(await api.world.rows(Repeat)) == 1


async def test_a_key_that_stands_twice_in_a_request_is_no_key(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    twice = httpx.Headers([("Idempotency-Key", "night-shift-1"), ("Idempotency-Key", "night-shift-2")])
    path = f"/person/{await api.anna()}/consent"
    answer = await api.call("POST", path, role="privacy_officer", json=WORD, headers=twice)
    assert (answer.status_code, await api.world.rows(Consent)) == (422, [])


async def test_a_request_that_says_it_is_still_under_way_is_busy_after_a_minute_and_a_silent_one_is_not(
    tmp_path: Path,
) -> None:
    api = await ApiWorld.make(tmp_path)
    house, clock = api.world.house, api.world.clock
    row = await begin(house, ASKED)
    assert isinstance(row, Repeat)
    for _ in range(3):
        clock.at += BUSY_MS - 1
        row = await still(house, row)
        assert await begin(house, ASKED) == "busy"
    clock.at += BUSY_MS
    after = await begin(house, ASKED)
    assert isinstance(after, Repeat)
    assert await still(house, row) == row  # it is the other's by now, and stays so
    await finish(house, row, b"the first one's")
    assert await begin(house, ASKED) == "busy"
    await finish(house, after, b"the second one's")
    told = await begin(house, ASKED)
    assert isinstance(told, Earlier)
    assert told.answer == b"the second one's"


async def test_a_deed_that_takes_longer_than_a_minute_is_not_done_beside_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = await ApiWorld.make(tmp_path)
    path, clock = f"/person/{await api.anna()}/consent", api.world.clock
    shown, heard, begun = await api.token("privacy_officer"), asyncio.Event(), 0

    async def counted(house: Any, row: Repeat) -> Repeat:
        told = await still(house, row)
        heard.set()
        return told

    async def slowly(call: Call) -> WordRecorded:
        nonlocal begun
        begun += 1
        for _ in range(3):
            clock.at += BUSY_MS - 1
            for _beat in range(2):  # one may have begun before the time passed
                heard.clear()
                await heard.wait()
            late = await api.call("POST", path, shown=shown, json=WORD, headers=KEY)
            assert (late.status_code, late.json()["code"]) == (409, "LH-4012")
        return await words.consent_record(call)

    monkeypatch.setattr(repeating, "BEAT_S", 0.01)
    monkeypatch.setattr(repeating, "still", counted)
    slow = tuple(replace(one, act=slowly) if one.name == "consent.record" else one for one in api.routes)
    api = replace(api, routes=slow)
    done = await api.call("POST", path, shown=shown, json=WORD, headers=KEY)
    assert (done.status_code, begun) == (200, 1)
    assert (await api.call("POST", path, shown=shown, json=WORD, headers=KEY)).content == done.content
    assert begun == 1


@contextmanager
def _only(house: Served, name: str) -> Iterator[None]:
    [other] = [pid for one, pid in house.pids().items() if one in BOTH and one != name]
    os.kill(other, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(other, signal.SIGCONT)


async def _shown(place: Place) -> str:
    terms = Terms(name="probe", role="admin", may=("channel.pause",), purposes=(), networks=())
    async with opened(place.folder, role="console") as house:
        made = await token.create(house.house, terms, by=Maker(Actor(id="os-user:1", kind="os-user")))
        return made.text.reveal().decode()


@pytest.mark.slow
def test_of_many_alike_that_come_to_two_processes_at_once_one_is_done_and_both_know_its_answer(tmp_path: Path) -> None:
    place: Place = run(make_place(tmp_path, policy=POLICY + "  admin: {may: [channel.*, token.*]}\n"))
    place.set(console_processes=2)
    text = run(_shown(place))
    host = place.settings.console_url.partition("//")[2]
    headers = {"host": host, "authorization": f"Bearer {text}"}

    async def ask(channel: str, key: str) -> httpx.Response:
        url = f"http://{place.settings.listen_console}{PREFIX}/channel/{channel}/pause"
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            return await client.post(url, json={}, headers=headers | {"Idempotency-Key": key})

    async def race(house: Served) -> tuple[list[httpx.Response], list[httpx.Response]]:
        asked = [ask(("web", "backend")[one % 2], "night-shift-1") for one in range(AT_ONCE)]
        at_once = list(await asyncio.gather(*asked))
        [channel] = {one.request.url.path.split("/")[-2] for one in at_once if one.status_code == 200}
        after = []
        for name in BOTH:
            with _only(house, name):
                after.append(await ask(channel, "night-shift-1"))
        return at_once, after

    with served(place, only="console") as house:
        at_once, after = run(race(house))
        told = Counter(one.json().get("code", "done") for one in at_once)
        assert set(told) <= {"done", "LH-4011", "LH-4012"}
        assert told["LH-4011"] == AT_ONCE // 2  # every one for the other channel
        assert len({one.content for one in at_once if one.status_code == 200}) == 1
        assert {one.content for one in after} <= {one.content for one in at_once if one.status_code == 200}
        assert [one.status_code for one in after] == [200, 200]
        assert len(run(place.rows(Pause))) == 1
