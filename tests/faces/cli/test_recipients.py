"""What a command says of a recipient that is away: what waits for it, why, and when it is tried again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Refused, Unavailable
from lockhouse.flows.forward import forward
from lockhouse.model.ports import Answer
from lockhouse.wiring import opened
from tests.faces.cli.house import EMAIL, NOW, Desk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RECIPIENT = """
recipients:
  tool: {kind: segment, url: https://collector.example, role: internal, for: [fulfilment], fields: [order_id]}
"""


@dataclass
class Away:
    """A recipient's server: a status that it answers, or the error of asking it."""

    answer: int | Unavailable | Refused

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        assert url.startswith("https://collector.example/")
        assert body
        assert headers
        if isinstance(self.answer, int):
            return Answer(status=self.answer)
        raise self.answer


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    with (desk.house / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write(RECIPIENT)
    assert desk.call("policy approve --yes").code == 0
    for number in range(3):
        desk.send(("Order Completed", {"email": EMAIL, "order_id": f"A-{number}"}))
        desk.clock.now += 60_000
    return desk


def _try(desk: Desk, answer: int | Unavailable | Refused) -> None:
    async def once() -> None:
        async with opened(desk.house, role="work", clock=desk.clock) as house:
            await forward(house.house, "tool", http=Away(answer), write_key="k")

    asyncio.run(once())


def _shown(desk: Desk) -> dict[str, str]:
    said: dict[str, str] = desk.call("recipient show tool", json=True).value["said"]
    return said


def test_what_waits_for_a_recipient_that_is_away_is_said_with_its_fault_and_the_next_try(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = desk.call("recipient show tool", json=True).value
    assert (value["waiting"], value["oldest"]["since"], value["oldest"]["fault"]) == (3, NOW, None)
    assert _shown(desk)["next try"] == "none while no worker runs: lockhouse serve"
    _try(desk, Unavailable("recipient: expected an answer"))
    assert value["said"]["oldest waiting"] == "since 2026-11-23 13:30Z"
    assert _shown(desk)["last fault"].startswith("no answer: ")
    assert _shown(desk)["last fault"].endswith(" (1 try)")
    desk.clock.now += 60_000
    _try(desk, 503)
    assert _shown(desk)["last fault"] == "it answered 503 (2 tries)"
    assert desk.call("recipient list", json=True).value[0]["last fault"] == "answer-503"

    async def answers(*_: object) -> bytes:
        return b"{}"

    monkeypatch.setattr("lockhouse.faces.serve.beside.ask_line", answers)
    assert _shown(desk)["next try"] == "2026-11-23 13:34Z"
    desk.clock.now += 60_000
    assert _shown(desk)["next try"] == "within 15 minutes"
    _try(desk, 200)
    assert _shown(desk) == {"oldest waiting": "-", "last fault": "-", "next try": "-"}


def test_an_address_that_may_not_be_sent_to_is_a_fault_that_stays_known(desk: Desk) -> None:
    for _ in range(2):
        with pytest.raises(Refused):
            _try(desk, Refused("recipient: expected a public address", reasons=("address-refused",)))
    assert "private_recipients in lockhouse.toml" in _shown(desk)["last fault"]
    _try(desk, 401)
    assert _shown(desk)["last fault"] == "it answered 401: it does not take the write key (1 try)"


def test_what_a_recipient_refused_for_good_is_said_in_words(desk: Desk) -> None:
    for times in ("1 time", "2 times", "3 times"):  # one a round, so that none takes another along
        _try(desk, 400)
        assert f"  {times} answer-400: it answered 400" in desk.call("recipient show tool").out
