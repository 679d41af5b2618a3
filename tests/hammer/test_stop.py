"""A process of a served house is stopped (SIGSTOP) across an erasure, under load of the very person, and let go on.

What must hold, whichever process it was: the erasure answers within its bound or says that it is unavailable; what is
sent once it has answered is stored under other keys and opens; nothing of the erased person becomes durable any more.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from lockhouse.adapters.writer_client import SILENT_BEATS
from lockhouse.adapters.writer_protocol import ANNOUNCE_S, BEAT_S, LEASE_S, SCRUB_S
from lockhouse.errors import Unavailable
from lockhouse.flows import look, request
from lockhouse.gates.disclose import Records, disclose
from lockhouse.gates.ending import open_cases
from lockhouse.model import codes
from lockhouse.model.rows import KeyRing, Record
from lockhouse.wiring import opened
from tests.faces.serve_world import START_S, Senders, Served, make_place, run, served, set_aside, until
from tests.hammer.test_kill import CLERK, POLICY, STORED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from lockhouse.gates.house import House
    from lockhouse.wiring import Opened

EMAIL = "anna.schmidt@example.com"
BESIDE_S = 2 * ANNOUNCE_S + SCRUB_S + LEASE_S
"""Two moves of the key epoch, at the shutting and at the destruction, and a scrub: each has a bound of its own."""
TRIES = 3
"""A busy machine may have an erasure answer that it is unavailable; who asks again soon comes through."""
SILENT_S = (SILENT_BEATS + 2) * BEAT_S + LEASE_S
"""A writer that stands still is waited for so long by whoever asks it for something."""


class Orders(Senders):
    """Orders of one person, sent without a pause by some threads until the block ends; a lost one is not repeated."""

    def __init__(self, house: Served, *, senders: int = 4) -> None:
        self.answered: dict[str, float] = {}
        """When each order that was stored was sent, by the machine's steady clock."""
        self.set_aside: set[str] = set()
        """Those that were accepted and decided later: some may have been refused, as from before the erasure."""
        self.odd: list[Any] = []
        super().__init__(house, senders=senders)

    def sent_after(self, moment_s: float) -> set[str]:
        """The stored orders that were sent after a moment."""
        return {order for order, sent_s in list(self.answered.items()) if sent_s > moment_s}

    def _send(self, sender: int) -> None:
        number = 0
        while not self._stop.is_set():
            name, sent_s = f"{sender}-{number}", time.monotonic()
            number += 1
            own = {"email": EMAIL, "order_id": name}
            event = {"type": "track", "event": "Order Completed", "messageId": f"m-{name}", "properties": own}
            try:
                answer = self._house.post(event)
            except httpx.HTTPError:
                continue
            if answer.status_code != 200:
                time.sleep(0.05)
                continue
            [item] = answer.json()["items"]
            if item["code"] in STORED:
                self.answered[name] = sent_s
                self.set_aside |= {name} if item["code"] == codes.SET_ASIDE else set()
            elif (
                item["code"] != codes.ERASED_BEFORE
            ):  # it was received before somebody asked, and came after: stays out
                self.odd.append(item)


async def _living(house: House) -> AsyncIterator[bytes]:
    async for rows in house.reads.scan(KeyRing):
        for row in rows:
            yield row.person


async def _opened_orders(house: House) -> set[object]:
    """The order numbers of everybody who has keys, as the gate opens them."""
    ask = await look.ask_of(house, CLERK, action="timeline", purpose="fulfilment", mode="full")
    found: set[object] = set()
    async for view in disclose(house, ask, _living(house), records=Records(limit=100_000)):
        assert not view.refused
        assert not any(record.ended for record in view.timeline)
        found |= {record.fields["order_id"].value for record in view.timeline}
    return found


async def _records_of(house: House, person: bytes) -> set[bytes]:
    return {row.id async for rows in house.reads.scan(Record) for row in rows if row.person == person}


async def _erase(own: Opened, person: bytes) -> bool:
    """Whether the erasure is done; not yet, if it was unavailable on its way."""
    cases = [case for case in await open_cases(own.house) if person in case.persons]
    try:
        case = cases[0] if cases else (await request.open_erasure(own.house, person, by="os-user:0")).case
        return (await request.fulfil(own.house, case, journal=own.journal, now=True)).case.step == "done"
    except Unavailable:
        return False


async def _stopped_across_an_erasure(served_house: Served, name: str) -> float:
    """Stop, erase, go on, look; how long the erasure took (s)."""
    pid = served_house.pids()[name]
    async with opened(served_house.place.folder, role="console") as own:
        [person] = [one async for one in _living(own.house)]
        with Orders(served_house) as orders:
            await asyncio.to_thread(until, lambda: len(orders.answered) > 20, START_S)
            os.kill(pid, signal.SIGSTOP)
            try:
                began_s = time.monotonic()
                done = await _erase(own, person)
                took_s = time.monotonic() - began_s
                assert name != "writer" or not done  # while nobody can note it, nothing is said to be erased
                for _again in range(TRIES if name != "writer" else 0):
                    done = done or await _erase(own, person)
                assert done == (name != "writer")
                erased_s, durable = time.monotonic(), await _records_of(own.house, person)
            finally:
                os.kill(pid, signal.SIGCONT)
            while not done:
                await asyncio.sleep(0.2)
                done = await _erase(own, person)
                erased_s, durable = time.monotonic(), await _records_of(own.house, person)
            await asyncio.to_thread(until, lambda: len(orders.sent_after(erased_s)) > 20, START_S)
        await asyncio.to_thread(until, lambda: set_aside(served_house.place) == 0, START_S)
        assert orders.odd == []
        assert await _records_of(own.house, person) <= durable  # a worker sweeps them meanwhile
        opens = await _opened_orders(own.house)
        assert orders.sent_after(erased_s) <= opens
        assert len(orders.answered.keys() - opens - orders.set_aside) <= len(durable)
        assert person not in [one async for one in _living(own.house)]
        return took_s


def _a_round(tmp_path: Path, name: str) -> float:
    place = run(make_place(tmp_path, policy=POLICY))
    with served(place) as house:
        first = {"email": EMAIL, "order_id": "first"}
        answer = house.post({"type": "track", "event": "Order Completed", "messageId": "m-first", "properties": first})
        assert answer.json()["items"][0]["code"] in STORED
        took_s: float = run(_stopped_across_an_erasure(house, name))
        assert "Traceback" not in house.log
    print(f"{name} stopped: the erasure answered in {took_s:.2f} s")  # noqa: T201  # the figure, with pytest -s
    return took_s


@pytest.mark.slow
@pytest.mark.parametrize("name", ["collect-0", "work"])
def test_what_is_stopped_across_an_erasure_leaves_nothing_under_the_ended_key(tmp_path: Path, name: str) -> None:
    assert _a_round(tmp_path, name) < BESIDE_S


@pytest.mark.slow
def test_while_the_writer_stands_still_no_erasure_is_said_to_be_done_and_whoever_asks_is_told(tmp_path: Path) -> None:
    assert _a_round(tmp_path, "writer") < SILENT_S
