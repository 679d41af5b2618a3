"""An approved policy rules in every process within a second, while they serve and without a restart."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx

from lockhouse.model.rows import LedgerEntry
from tests.faces.serve_world import POLICY, Place, make_place, order, run, served

if TYPE_CHECKING:
    from pathlib import Path

PROCESSES = 3
BOUND_S = 1.0
WIDER = POLICY.replace("order_id]", "order_id, gift]").replace(
    "events:", "  gift: {type: text, class: transactions, for: [fulfilment]}\nevents:"
)


def _ruled(place: Place, client: httpx.Client, number: str) -> tuple[float, bool]:
    """When an event was sent, and whether the new policy answered it: it keeps one field more."""
    at = time.monotonic()
    answer = client.post(
        "/v1/batch",
        json={"batch": [order(number, gift="yes")]},
        auth=(place.key, ""),
        headers={"Prefer": "return=representation"},
    )
    [item] = answer.json()["items"]
    assert item["outcome"] in {"stored", "trimmed"}
    return at, item["kept"] == 3


def _answering(place: Place, since_ms: int) -> set[str]:
    """The processes that noted an intake of their own since then."""
    return {row.lane for row in run(place.rows(LedgerEntry)) if row.kind == "intake" and row.at >= since_ms}


def test_an_approved_policy_rules_in_every_process_within_a_second(tmp_path: Path) -> None:
    place: Place = run(make_place(tmp_path))
    place.set(collect_processes=PROCESSES)
    fresh = httpx.Limits(max_keepalive_connections=0)  # each event on a connection of its own: any process may answer
    with (
        served(place) as house,
        ThreadPoolExecutor(8) as senders,
        httpx.Client(base_url=place.url, limits=fresh) as client,
    ):
        before = list(senders.map(lambda number: _ruled(place, client, f"a{number}"), range(48)))
        assert not any(new for _, new in before)
        assert len(_answering(place, 0)) == PROCESSES
        run(place.approve(WIDER))
        approved_at, approved_ms = time.monotonic(), int(time.time() * 1000)
        after = list(senders.map(lambda number: _ruled(place, client, f"b{number}"), range(96)))
        assert len(_answering(place, approved_ms)) == PROCESSES
        assert [at - approved_at for at, new in after if not new and at - approved_at > BOUND_S] == []
        assert after[-1][1]
        assert len(house.lines("ready")) == 1
