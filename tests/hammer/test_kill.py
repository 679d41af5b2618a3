"""Kill -9 at random moments, under load, on a real house: what was answered is there once and opens to what it held.

Each round starts the house cold, loads it, kills one process at a random moment, lets the rest run on for a moment and
then kills everything at once, as a power cut would. What is left is opened by a process that comes alone, and read
through the gate that everybody reads through.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.flows import audit, look
from lockhouse.gates.disclose import Records, disclose
from lockhouse.model.codes import whole
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Intake, Person, Receipt, Record
from lockhouse.wiring import opened
from tests.faces.serve_world import START_S, Place, Senders, Served, brought_in, make_place, run, served, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from lockhouse.wiring import Opened

POLICY = """
policy: 1
controller: {name: Northwind, contact: privacy@northwind.example, regulations: [gdpr],
  region: {from: [country], unknown: strictest}}
purposes:
  fulfilment: {about: Deliver what you ordered, basis: contract, keep: 24 months after last_activity}
  accounting: {about: Keep the books, basis: legal_obligation, keep: 84 months after event}
fields:
  email: {type: email, class: contact, for: [fulfilment], identifies: person}
  phone: {type: phone, class: contact, for: [fulfilment], identifies: person}
  street: {type: text, class: contact, for: [fulfilment]}
  country: {type: country, class: location, for: [fulfilment], clear: true}
  order_id: {type: id, class: transactions, for: [fulfilment, accounting], find_by: [exact]}
  order_total: {type: money, class: transactions, for: [fulfilment, accounting]}
  items: {type: list, class: transactions, for: [fulfilment], of: {sku: text, quantity: integer}}
events:
  Order Completed: [email, phone, street, country, order_id, order_total, items]
channels:
  backend: {kind: segment, key: secret}
roles:
  clerk: {for: [fulfilment], see: {contact: full, location: full, transactions: full}}
"""
CLERK = Actor(id="os-user:0", kind="os-user", roles=("clerk",))
PEOPLE = 60
"""Few enough that the same person is often in two senders' hands at once."""
PARTS = ("writer", "collect-0", "supervisor", "work")
STORED = frozenset({"LH-0000", "LH-0001", "LH-0100", "LH-0300"})


def an_order(name: str, draw: random.Random) -> dict[str, Any]:
    """What is sent, in the forms that it is kept in; `undeclared` is what the policy drops."""
    person = draw.randrange(PEOPLE)
    sent: dict[str, Any] = {
        "email": f"person-{person}@example.com", "street": f"Via Roma {draw.randrange(200)}", "country": "IT",
        "order_id": f"o-{name}", "order_total": f"{draw.randrange(10_000)}.5",
        "items": [{"sku": f"s-{draw.randrange(99)}", "quantity": draw.randrange(1, 9)}], "undeclared": "dropped",
    }  # fmt: skip
    if person % 3 == 0:
        sent["phone"] = f"+393470000{person:03d}"
    return sent


def held(sent: dict[str, Any]) -> dict[str, Any]:
    """What the reduced event held: every declared field as it was sent."""
    return {name: value for name, value in sent.items() if name != "undeclared"}


class Load(Senders):
    """Senders that repeat a batch until it is answered, and remember what was sent and what was answered."""

    def __init__(self, house: Served, *, seed: int, senders: int = 4) -> None:
        self.sent: dict[str, dict[str, Any]] = {}
        self.answered: set[str] = set()
        self.odd: list[str] = []
        self._seed = seed
        super().__init__(house, senders=senders)

    def _send(self, sender: int) -> None:
        name = f"{self._seed}-{sender}"
        draw = random.Random(name)  # noqa: S311  # traffic, not keys
        number = 0
        while not self._stop.is_set():
            batch = {f"{name}-{number + at}": an_order(f"{name}-{number + at}", draw) for at in range(1 + 9 * sender)}
            number += len(batch)
            self.sent |= batch
            while not self._stop.is_set() and not self._is_answered(batch):
                time.sleep(0.01)

    def _is_answered(self, batch: dict[str, dict[str, Any]]) -> bool:
        events = [
            {"type": "track", "event": "Order Completed", "messageId": f"m-{name}", "properties": sent}
            for name, sent in batch.items()
        ]
        host, port = self._house.place.settings.listen_collect.split(":")
        key = base64.b64encode(f"{self._house.place.key}:".encode()).decode()
        headers = {"Authorization": f"Basic {key}", "Prefer": "return=representation"}
        connection = http.client.HTTPConnection(host, int(port), timeout=5)
        try:
            connection.request("POST", "/v1/batch", json.dumps({"batch": events}), headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        if answer.status != 200:
            return False
        for name, item in zip(batch, json.loads(body)["items"], strict=True):
            if item["code"] in STORED:
                self.answered.add(name)
            else:
                self.odd.append(item["code"])
        return True


def part_of(seed: int) -> str:
    """The process that a round kills first."""
    return PARTS[seed % len(PARTS)]


def table(loads: list[Load], base: int) -> str:
    """What was done so far, by the process that was killed first; `checked` has found nothing lost or doubled in it."""
    rounds = Counter(part_of(base + number) for number in range(len(loads)))
    answers: Counter[str] = Counter()
    for number, load in enumerate(loads):
        answers[part_of(base + number)] += len(load.answered)
    lines = [f"{part:12} {rounds[part]:6} {answers[part]:9}" for part in PARTS]
    return "\n".join([f"{'killed':12} {'rounds':>6} {'answered':>9}", *lines])


def one_round(place: Place, seed: int) -> Load:
    """Cold start, load, one process killed at a random moment, then everything; nothing of it is left running."""
    draw = random.Random(seed)  # noqa: S311  # moments, not keys
    with served(place) as house:
        with Load(house, seed=seed) as load:
            until(lambda: len(load.answered) > 20, START_S)
            time.sleep(draw.uniform(0.0, 0.5))
            part = part_of(seed)
            if part != "supervisor":
                house.kill(part)
                time.sleep(draw.uniform(0.0, 0.4))
            house.process.send_signal(signal.SIGKILL)
            house.process.wait(10)
            until(lambda: not house.pids(), START_S)  # one that was just being started ends once it is up
        return load


async def each_person(house: Opened) -> AsyncIterator[bytes]:
    async for rows in house.house.reads.scan(Person):
        for row in rows:
            yield row.id


async def opened_orders(house: Opened) -> list[dict[str, Any]]:
    """Every record of everybody, as the gate opens it."""
    ask = await look.ask_of(house.house, CLERK, action="timeline", purpose="fulfilment", mode="full")
    found = []
    async for view in disclose(house.house, ask, each_person(house), records=Records(limit=100_000)):
        assert not view.refused
        for record in view.timeline:
            assert not record.ended
            assert {field.state for field in record.fields.values()} == {"open"}
            found.append({name: field.value for name, field in record.fields.items()})
    return found


async def export(house: Opened, file: Path) -> str:
    """The ledger as an auditor gets it; the verifier key."""
    with file.open("wb") as stream:
        async for lines in audit.export(house.house, sequencer=house.writer):
            stream.write(lines)
    return house.verifier


def verified(file: Path, vkey: str) -> None:
    """The auditor's own command finds nothing."""
    command = [sys.executable, "-m", "lockhouse.ledger.verify", str(file), "--vkey", vkey]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


async def checked(place: Place, loads: list[Load], *, refused: frozenset[str] = frozenset()) -> str:
    """After a cold start, and what that brings in: all that was answered is there once and whole, nothing in part.

    `refused`: codes that may stand where nothing was stored, such as of an order that was under way at an erasure.
    """
    brought_in(place)
    sent = {f"o-{name}": one for load in loads for name, one in load.sent.items()}
    answered = {f"o-{name}" for load in loads for name in load.answered}
    async with opened(place.folder, role="console") as house:
        assert house.alone
        orders = await opened_orders(house)
        times = Counter(order["order_id"] for order in orders)
        assert set(times.values()) == {1}
        assert answered <= times.keys() <= sent.keys()
        assert [order for order in orders if order != held(sent[order["order_id"]])] == []
        vkey = await export(house, place.folder.parent / "export")
        trusted = audit.Trusted([house.verifier], house.lane_key, anchors=house.anchors)
        report = await audit.verify(house.house, sequencer=house.writer, trusted=trusted, records=True)
        assert report.clean
    records, receipts = await place.rows(Record), await place.rows(Receipt)
    assert len(records) == len(orders)
    assert {whole(row.code) for row in receipts if row.record is None} <= refused
    assert Counter(row.record for row in receipts if row.record) == Counter(row.id for row in records)
    covered = [row.records[at : at + 16] for row in await place.rows(Intake) for at in range(0, len(row.records), 16)]
    assert Counter(covered) == Counter(row.id for row in records)
    return vkey


def hammered(tmp_path: Path, rounds: int, *, every: int) -> int:
    """So many rounds on one house, looked through after every few and at the end; how many events were answered."""
    place: Place = run(make_place(tmp_path, policy=POLICY))
    base = int(os.environ.get("HAMMER_SEED", "0")) or time.time_ns() % 10**9
    loads = []
    for number in range(rounds):
        print(f"round {number} of seed {base}")  # noqa: T201  # pytest shows it when a round fails
        loads.append(one_round(place, base + number))
        assert loads[-1].odd == []
        if (number + 1) % every == 0 or number + 1 == rounds:
            verified(tmp_path / "export", run(checked(place, loads)))
            print(table(loads, base))  # noqa: T201  # with pytest -s
    return sum(len(load.answered) for load in loads)


def test_three_rounds_of_kill_lose_and_double_nothing(tmp_path: Path) -> None:
    assert hammered(tmp_path, 3, every=1) > 20 * 3


@pytest.mark.slow
def test_ten_rounds_of_kill_lose_and_double_nothing(tmp_path: Path) -> None:
    assert hammered(tmp_path, 10, every=5) > 20 * 10


@pytest.mark.hammer
@pytest.mark.timeout(1_800)
def test_many_rounds_of_kill_lose_and_double_nothing(tmp_path: Path) -> None:
    rounds = int(os.environ.get("HAMMER_ROUNDS", "100"))
    assert hammered(tmp_path, rounds, every=20) > 20 * rounds
