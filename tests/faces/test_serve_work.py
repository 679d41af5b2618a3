"""The worker of a served house: sends on, carries out endings whose time has come, sweeps what they left."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from lockhouse.faces.metrics import Tally
from lockhouse.faces.serve.desk import Answers
from lockhouse.faces.workers.task import Running, Task
from lockhouse.faces.workers.work import Worker
from lockhouse.gates.authority import signed
from lockhouse.gates.ending import begin_person, open_cases
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import Consent, Deletion, LedgerEntry, Outbox, Person, Record
from lockhouse.wiring import opened
from tests.faces.serve_world import POLICY, Place, make_place, order, run, served, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECIPIENT = """
recipients:
  rudder: {{kind: segment, url: "{url}", role: internal, for: [fulfilment], fields: [order_id]}}
"""


class Other:
    """A Segment-compatible server at the other end."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.status = 200
        self.url = ""


@contextmanager
def other() -> Iterator[Other]:
    """Listens on loopback for as long as the block runs."""
    heard = Other()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the standard library's name
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            heard.keys.add(self.headers["authorization"])
            if heard.status == 200:
                heard.events.extend(body["batch"])
            self.send_response(heard.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def place_with(tmp_path: Path, url: str, *, key: str | None) -> Place:
    place: Place = run(make_place(tmp_path, policy=POLICY + RECIPIENT.format(url=url)))
    place.set(private_recipients=("127.0.0.0/8",))
    if key is not None:
        put_key(place, key)
    return place


def put_key(place: Place, key: str, *, mode: int = 0o600) -> None:
    (place.folder / "recipients").mkdir(mode=0o700, exist_ok=True)
    file = place.folder / "recipients" / "rudder.key"
    file.write_text(f"{key}\n", encoding="utf-8")
    file.chmod(mode)


def waiting(place: Place) -> str:
    [line] = [one for one in httpx.get(place.metrics).text.splitlines() if one.startswith("lockhouse_outbox_waiting")]
    return line


def test_the_reduced_event_is_sent_on_once(tmp_path: Path) -> None:
    with other() as heard:
        place = place_with(tmp_path, heard.url, key="rudder-key")
        with served(place) as house:
            house.post(order(1), order(2))
            until(lambda: len(heard.events) == 2, 10)
            until(lambda: bool(house.lines("sent on")), 5)
            assert waiting(place) == 'lockhouse_outbox_waiting{recipient="rudder"} 0.0'
        assert heard.keys == {"Basic cnVkZGVyLWtleTo="}
    assert sorted(event["properties"]["order_id"] for event in heard.events) == ["o-1", "o-2"]
    assert "person-" not in json.dumps(heard.events)
    assert {row.state for row in run(place.rows(Outbox))} == {1}


def test_a_recipient_without_a_key_waits_and_says_so_once(tmp_path: Path) -> None:
    with other() as heard:
        place = place_with(tmp_path, heard.url, key=None)
        with served(place) as house:
            house.post(order(1))
            until(lambda: bool(house.lines("recipient waits")), 10)
            [line] = house.lines("recipient waits")
            assert (line["recipient"], line["hint"]) == (
                "rudder",
                "write it to recipients/rudder.key in the house folder, mode 0600",
            )
            assert waiting(place) == 'lockhouse_outbox_waiting{recipient="rudder"} 1.0'
            put_key(place, "rudder-key")
            until(lambda: len(heard.events) == 1, 15)


def test_a_key_file_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    with other() as heard:
        place = place_with(tmp_path, heard.url, key=None)
        put_key(place, "rudder-key", mode=0o644)
        with served(place) as house:
            house.post(order(1))
            until(lambda: bool(house.lines("recipient waits")), 10)
            assert "mode 0600, got one that others can read" in house.lines("recipient waits")[0]["text"]
        assert heard.events == []


async def begin(place: Place, *, in_ms: int) -> None:
    """An erasure that is only begun, as a command that was cut off leaves it."""
    async with opened(place.folder, role="console") as house:
        [row] = [one async for chunk in house.house.reads.scan(Record) for one in chunk]
        due = house.house.clock.now_ms() + in_ms
        await begin_person(house.house, row.person, by="os-user:0", reason="erasure", destroy_at=due)


async def still_open(place: Place) -> list[str]:
    async with opened(place.folder, role="console") as house:
        return [case.step for case in await open_cases(house.house)]


async def leave_untold(place: Place, *, minutes: int, is_forged: bool = False) -> Consent:
    """A word as somebody leaves it whose process ended before the ledger heard of it."""
    async with opened(place.folder, role="console") as one:
        house = one.house
        [person] = [row.id async for chunk in house.reads.scan(Person) for row in chunk]
        at, ids = house.clock.now_ms() - minutes * 60_000, house.ids
        word = Consent(person, 1, at, ids.new(), 0, 1, "banner", 2, None, ids.new(), b"")
        word = msgspec.structs.replace(signed(word, house.integrity_key), state=int(is_forged))
        await house.commits.commit(Change("identity", puts=(Put(Consent.TABLE, word),)))
        return word


async def come_round(place: Place) -> None:
    """The worker's round for what is untold, in this process."""
    async with opened(place.folder, role="work", lane="work") as one:
        task = Task(folder=place.folder, name="work", listener=-1, metrics=-1, lifeline=-1)
        running = Running(
            task=task,
            opened=one,
            tally=Tally("work"),
            answers=Answers(),
            ending=asyncio.Event(),
            leaving=asyncio.Event(),
        )
        await Worker(running).untold()


def test_what_was_left_untold_is_told_once(tmp_path: Path) -> None:
    place: Place = run(make_place(tmp_path))
    with served(place, only="collect") as house:
        house.post(order(1))
    old = run(leave_untold(place, minutes=10))
    run(leave_untold(place, minutes=1))
    run(leave_untold(place, minutes=20, is_forged=True))
    for _ in range(2):
        run(come_round(place))
    assert [row.id for row in run(place.rows(LedgerEntry)) if row.kind == "consent"] == [old.entry]


def test_an_ending_that_was_cut_off_is_carried_on_at_start_and_destroyed_when_due(tmp_path: Path) -> None:
    place: Place = run(make_place(tmp_path))
    with served(place, only="collect") as house:
        house.post(order(1))
        run(begin(place, in_ms=15_000))  # the house is up again by then, also on a machine that is busy
    with served(place) as house:
        until(lambda: bool(house.lines("ending")), 15)
        assert house.lines("ending")[0]["step"] == "shut"
        until(lambda: bool(house.lines("swept")), 45)
        assert [line["step"] for line in house.lines("ending")] == ["shut", "done"]
        assert run(still_open(place)) == []
    assert run(place.rows(Record)) == []
    assert [row.cause for row in run(place.rows(Deletion))] == ["erasure"]
