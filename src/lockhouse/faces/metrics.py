"""Numbers for whoever watches the house: bounded labels, no personal value, on a listener of their own.

Each collecting process counts for itself. Whoever serves `/metrics` asks the others for their counts, so that one
address tells the whole house. A process that was restarted begins at 0, which Prometheus takes for what it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from prometheus_client.core import Metric

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
CONTENT_TYPE = b"text/plain; version=1.0.0; charset=utf-8; escaping=values"


class Counts(msgspec.Struct, kw_only=True):
    """What one process has counted since it started.

    Attributes:
        answers: (channel, outcome, code, how many).
        seconds: requests by the bucket of `BUCKETS_S` that held them, and one more for the longer ones.
        alive: whether the writer confirmed this process within its lease.
        pages: (page of the console, HTTP status, how many).
        spool: events of the spool by what became of them. spool_bytes: how much waits there, of all processes.
    """

    process: str
    answers: list[tuple[str, str, str, int]] = []
    seconds: list[int] = []
    seconds_sum: float = 0.0
    incidents: int = 0
    alive: bool = False
    pages: list[tuple[str, int, int]] = []
    spool: dict[str, int] = {}
    spool_bytes: int = 0


class Tally:
    """Counts of one process.

    Attributes:
        of_spool: what it has set aside and brought back, and how many bytes wait; set by whoever has a spool.
    """

    def __init__(self, process: str) -> None:
        self.of_spool: Callable[[], tuple[dict[str, int], int]] = lambda: ({}, 0)
        self._process = process
        self._answers: Counter[tuple[str, str, str]] = Counter()
        self._seconds = [0] * (len(BUCKETS_S) + 1)
        self._sum = 0.0
        self._incidents = 0
        self._pages: Counter[tuple[str, int]] = Counter()

    def showed(self, page: str, status: int) -> None:
        """A page of the console was answered. Its name comes from our own table of routes, never as it was asked."""
        self._pages[page, status] += 1

    def answered(self, channel: str, outcome: str, code: str, count: int) -> None:
        """Events (or a whole request) were answered so. Channel and code come from our own tables, never as sent."""
        self._answers[channel, outcome, code] += count

    def took(self, seconds: float) -> None:
        """A request took this long."""
        self._seconds[bisect_left(BUCKETS_S, seconds)] += 1
        self._sum += seconds

    def failed(self) -> None:
        """An error of our own was answered."""
        self._incidents += 1

    def counts(self, *, alive: bool) -> Counts:
        """As they stand."""
        answers = [(*key, count) for key, count in sorted(self._answers.items())]
        spool, spool_bytes = self.of_spool()
        return Counts(
            process=self._process,
            answers=answers,
            seconds=list(self._seconds),
            seconds_sum=self._sum,
            incidents=self._incidents,
            alive=alive,
            pages=[(*key, count) for key, count in sorted(self._pages.items())],
            spool=spool,
            spool_bytes=spool_bytes,
        )


class Gauges(msgspec.Struct, kw_only=True):
    """What the stores say of the house as a whole."""

    outbox: dict[str, int] = {}
    open_endings: int = 0
    lanes: dict[str, int] = {}
    tree_size: int = 0
    policy_epoch: int = 0
    key_epoch: int = 0
    due_jobs: int = 0


class _House:
    """A `Collector` of prometheus-client over values read before."""

    def __init__(self, processes: Sequence[Counts], gauges: Gauges) -> None:
        self._processes = processes
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        yield from self._counters()
        yield from self._house()

    def _counters(self) -> Iterator[Metric]:
        answers = CounterMetricFamily(
            "lockhouse_answers", "Events and requests answered", labels=["process", "channel", "outcome", "code"]
        )
        incidents = CounterMetricFamily("lockhouse_incidents", "Errors of our own", labels=["process"])
        alive = GaugeMetricFamily("lockhouse_process_alive", "1 while within the lease", labels=["process"])
        seconds = HistogramMetricFamily("lockhouse_request_seconds", "Time of collect requests", labels=["process"])
        for one in self._processes:
            for channel, outcome, code, count in one.answers:
                answers.add_metric([one.process, channel, outcome, code], count)
            incidents.add_metric([one.process], one.incidents)
            alive.add_metric([one.process], int(one.alive))
            if one.seconds:
                seconds.add_metric([one.process], _cumulated(one.seconds), one.seconds_sum)
        yield from (answers, incidents, alive, seconds, self._pages())
        yield from self._spool()

    def _pages(self) -> Metric:
        pages = CounterMetricFamily(
            "lockhouse_console_answers", "Pages of the console answered", labels=["process", "page", "status"]
        )
        for one in self._processes:
            for page, status, count in one.pages:
                pages.add_metric([one.process, page, str(status)], count)
        return pages

    def _spool(self) -> Iterator[Metric]:
        events = CounterMetricFamily(
            "lockhouse_spool_events", "Events set aside, and what became of them", labels=["process", "became"]
        )
        for one in self._processes:
            for became, count in sorted(one.spool.items()):
                events.add_metric([one.process, became], count)
        waiting = max((one.spool_bytes for one in self._processes), default=0)  # one file, that each of them sees
        yield from (events, GaugeMetricFamily("lockhouse_spool_bytes", "Bytes that wait in the spool", waiting))

    def _house(self) -> Iterator[Metric]:
        gauges = self._gauges
        outbox = GaugeMetricFamily("lockhouse_outbox_waiting", "Events waiting to be sent on", labels=["recipient"])
        for recipient, count in sorted(gauges.outbox.items()):
            outbox.add_metric([recipient], count)
        lanes = GaugeMetricFamily("lockhouse_ledger_lane_entries", "Entries in a lane of the ledger", labels=["lane"])
        for lane, counter in sorted(gauges.lanes.items()):
            lanes.add_metric([lane], counter)
        yield from (outbox, lanes)
        for name, about, value in (
            ("open_endings", "Endings without their completion", gauges.open_endings),
            ("due_jobs", "Jobs that wait or run", gauges.due_jobs),
            ("ledger_tree_size", "Entries that have a position in the ledger's tree", gauges.tree_size),
            ("policy_epoch", "Moves with each approved policy", gauges.policy_epoch),
            ("key_epoch", "Moves with each ending", gauges.key_epoch),
        ):
            yield GaugeMetricFamily(f"lockhouse_{name}", about, value)


def _cumulated(counts: Sequence[int]) -> list[tuple[str, float]]:
    buckets, total = [], 0
    for bound, count in zip((*BUCKETS_S, float("inf")), counts, strict=True):
        total += count
        buckets.append(("+Inf" if bound == float("inf") else str(bound), float(total)))
    return buckets


def rendered(processes: Sequence[Counts], gauges: Gauges) -> bytes:
    """The page, in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_House(processes, gauges))
    return generate_latest(registry)


class MetricsApp:
    """ASGI: `GET /metrics` and nothing else."""

    def __init__(self, page: Callable[[], Awaitable[bytes]]) -> None:
        self._page = page

    async def __call__(self, scope: Any, _receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """One ASGI scope."""
        if scope["type"] != "http":
            return
        found = scope["path"] == "/metrics" and scope["method"] in {"GET", "HEAD"}
        body = await self._page() if found else b""
        headers = [
            (b"content-type", CONTENT_TYPE if found else b"text/plain"),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})
