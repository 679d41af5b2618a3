"""One house sends on to another: the reduced event arrives there, once, in order, over a death of the second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.flows import look
from lockhouse.gates.disclose import Records
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Identifier, Outbox, Record
from lockhouse.wiring import opened
from tests.faces.serve_world import POLICY, Place, make_place, order, run, served, until

if TYPE_CHECKING:
    from pathlib import Path

FIRST = """
recipients:
  second: {{kind: segment, url: "{url}", role: internal, for: [fulfilment], fields: [order_id]}}
"""
SECOND = POLICY.replace("see: {contact: masked}", "see: {contact: masked, transactions: full}")


async def _orders(place: Place) -> list[str]:
    """The order numbers that a house holds, oldest first, as its support staff see them."""
    told = []
    async with opened(place.folder, role="console") as house:
        actor = Actor(id="os-user:0", kind="os-user", roles=("support",))
        ask = await look.ask_of(house.house, actor, action="timeline", purpose=None)
        rows = [row async for chunk in house.house.reads.scan(Record) for row in chunk]
        for row in rows:
            only = Records(only=frozenset({row.id}))
            view = await look.show(house.house, ask, row.person, records=only)
            told += [record.fields["order_id"].value for record in view.timeline]
    return told


def test_a_second_house_gets_what_it_may_have_and_no_more(tmp_path: Path) -> None:
    second = run(make_place(tmp_path / "second", policy=SECOND))
    first = run(make_place(tmp_path / "first", policy=POLICY + FIRST.format(url=second.url)))
    first.set(private_recipients=("127.0.0.0/8",))
    (first.folder / "recipients").mkdir(mode=0o700)
    key = first.folder / "recipients" / "second.key"
    key.touch(mode=0o600)
    key.write_text(f"{second.key}\n", encoding="utf-8")
    with served(first) as sender:
        sender.post(order(1), order(2))
        with served(second):
            until(lambda: {row.state for row in run(first.rows(Outbox))} == {1}, 30)
        sender.post(order(3))
        with served(second):
            until(lambda: len(run(second.rows(Record))) == 3, 40)
    assert run(_orders(second)) == ["o-1", "o-2", "o-3"]
    assert run(second.rows(Identifier)) == []  # the address never left the first house
    assert {row.state for row in run(first.rows(Outbox))} == {1}
