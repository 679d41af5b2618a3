"""Logs and metrics: what is written, and above all what is not."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from lockhouse.errors import Refused, Unavailable
from lockhouse.faces import logs
from lockhouse.faces.metrics import BUCKETS_S, Counts, Gauges, MetricsApp, Tally, rendered
from lockhouse.faces.serve.misses import AGAIN_S, AT_ONCE, NETWORKS, Misses
from lockhouse.faces.workers.rounds import Step, come_round

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "anna.canary@example.com"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged while a test runs; the ways of logging are put back after it."""
    root = logging.getLogger()
    handlers, level, hook = root.handlers, root.level, sys.excepthook
    stream = io.StringIO()
    logs.configure(level="debug", process="test-0", stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level
    sys.excepthook = hook


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.mark.asvs("16.2.1", "16.2.4")
def test_a_line_is_json_with_time_level_and_process(written: io.StringIO) -> None:
    logs.get().info("sent on", recipient="rudder", sent=3)
    [line] = lines(written)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "sent on", "level": "info", "process": "test-0", "recipient": "rudder", "sent": 3}


@pytest.mark.usefixtures("written")
def test_a_line_is_one_write_so_that_processes_can_share_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unbuffered(io.StringIO):
        """As standard error is under PYTHONUNBUFFERED: each write goes out at once."""

        def write(self, text: str) -> int:
            writes.append(text)
            return super().write(text)

    writes: list[str] = []
    monkeypatch.setattr(sys, "stderr", Unbuffered())
    logs.configure(level="info", process="test-0")
    logs.get().info("sent on", recipient="rudder")
    [line] = writes
    assert line.endswith("}\n")


@pytest.mark.asvs("16.2.5", "16.3.4")
def test_of_a_foreign_error_only_type_and_place_are_written(written: io.StringIO) -> None:
    try:
        int(CANARY)
    except ValueError as error:
        logs.get().error("incident", **logs.fault(error))
        logs.get().error("incident", error=error)
        logs.get().exception("incident")
        logging.getLogger("uvicorn.error").exception("bad request for %s", CANARY)
    assert CANARY not in written.getvalue()
    assert [line.get("error") for line in lines(written)] == ["ValueError", "ValueError", None, "ValueError"]
    assert lines(written)[0]["place"].startswith("test_serve_logs.py:")
    assert lines(written)[3]["library"] == "uvicorn.error"


def test_of_our_own_error_its_text_and_hint_are_written_too(written: io.StringIO) -> None:
    logs.get().warning("recipient waits", **logs.fault(Unavailable("recipient: expected a key", hint="write one")))
    [line] = lines(written)
    assert (line["code"], line["text"], line["hint"]) == ("unavailable", "recipient: expected a key", "write one")
    assert logs.fault(Refused("x: expected y"))["place"] == ""


@pytest.mark.asvs("16.3.4", "16.5.4")
def test_an_error_nobody_caught_is_written_without_its_text(written: io.StringIO) -> None:
    sys.excepthook(ValueError, ValueError(CANARY), None)
    [line] = lines(written)
    assert (line["event"], line["error"]) == ("uncaught", "ValueError")
    assert CANARY not in written.getvalue()


def test_what_is_less_severe_than_asked_is_not_written() -> None:
    stream = io.StringIO()
    logs.configure(level="error", process="test-0", stream=stream)
    logs.get().warning("quiet")
    structlog.reset_defaults()
    assert stream.getvalue() == ""


@pytest.mark.asvs("16.2.5")
def test_counts_are_rendered_with_bounded_labels() -> None:
    tally = Tally("collect-0")
    tally.answered("web", "stored", "LH-0000", 3)
    tally.answered("web", "stored", "LH-0000", 2)
    tally.took(0.003)
    tally.took(9.0)
    tally.failed()
    page = rendered(
        [tally.counts(alive=True)], Gauges(outbox={"rudder": 4}, lanes={"console": 7}, key_epoch=2)
    ).decode()
    for line in (
        'lockhouse_answers_total{channel="web",code="LH-0000",outcome="stored",process="collect-0"} 5.0',
        'lockhouse_request_seconds_bucket{le="0.0025",process="collect-0"} 0.0',
        'lockhouse_request_seconds_bucket{le="0.005",process="collect-0"} 1.0',
        'lockhouse_request_seconds_bucket{le="+Inf",process="collect-0"} 2.0',
        'lockhouse_incidents_total{process="collect-0"} 1.0',
        'lockhouse_process_alive{process="collect-0"} 1.0',
        'lockhouse_outbox_waiting{recipient="rudder"} 4.0',
        'lockhouse_ledger_lane_entries{lane="console"} 7.0',
        "lockhouse_key_epoch 2.0",
    ):
        assert line in page.splitlines()


def test_a_duration_falls_into_the_bucket_that_ends_with_it() -> None:
    tally = Tally("collect-0")
    for bound in BUCKETS_S:
        tally.took(bound)
    assert tally.counts(alive=True).seconds == [1] * len(BUCKETS_S) + [0]


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/metrics", "GET", 200), ("/", "GET", 404), ("/metrics", "POST", 404)]
)
@pytest.mark.asvs("13.4.5")
async def test_the_metrics_listener_has_one_page(path: str, method: str, status: int) -> None:
    async def page() -> bytes:
        return rendered([Counts(process="work")], Gauges())

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await MetricsApp(page)({"type": "http", "path": path, "method": method}, lambda: None, send)
    assert sent[0]["status"] == status
    assert (b"lockhouse_policy_epoch" in sent[1]["body"]) is (status == 200)


class Still:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.at = 100.0

    def now_ms(self) -> int:
        return int(self.at * 1_000)

    def monotonic_s(self) -> float:
        return self.at


def test_a_network_may_miss_often_once_and_then_slowly() -> None:
    clock = Still()
    misses = Misses(clock)
    for _ in range(AT_ONCE - 1):
        misses.add("203.0.113.0")
        assert misses.wait_s("203.0.113.0") == 0
    misses.add("203.0.113.0")
    assert misses.wait_s("203.0.113.0") == pytest.approx(AGAIN_S)
    assert misses.wait_s("198.51.100.0") == 0
    clock.at += AGAIN_S
    assert misses.wait_s("203.0.113.0") == 0
    clock.at += 1_000
    misses.add("203.0.113.0")
    assert misses.wait_s("203.0.113.0") == 0


def test_networks_are_not_remembered_without_bound() -> None:
    misses = Misses(Still())
    for number in range(NETWORKS + 10):
        misses.add(str(number))
    assert len(misses._owed) == NETWORKS


@pytest.mark.asvs("16.5.2")
async def test_a_step_that_fails_is_logged_and_neither_stops_nor_delays_the_others(written: io.StringIO) -> None:
    ending = asyncio.Event()
    done: list[str] = []

    async def fails() -> None:
        done.append("bad")
        raise ValueError(CANARY)

    async def works() -> None:
        done.append("good")
        if done.count("good") == 20:
            ending.set()

    steps = (Step(name="bad", every_s=0.01, act=fails), Step(name="good", every_s=0.001, act=works))
    await asyncio.wait_for(come_round(steps, ending=ending), 5)
    assert done.count("good") >= 20
    assert 1 <= done.count("bad") < done.count("good")
    failed = lines(written)[0]
    assert (failed["event"], failed["step"], failed["error"]) == ("step failed", "bad", "ValueError")
    assert CANARY not in written.getvalue()


async def test_a_step_that_is_woken_begins_at_once() -> None:
    ending, woken = asyncio.Event(), asyncio.Event()
    rounds: list[int] = []

    async def act() -> None:
        rounds.append(1)
        if len(rounds) == 2:
            ending.set()
        else:
            asyncio.get_running_loop().call_later(0.01, woken.set)

    await asyncio.wait_for(come_round([Step(name="s", every_s=3_600, act=act, woken=woken)], ending=ending), 5)
    assert len(rounds) == 2
