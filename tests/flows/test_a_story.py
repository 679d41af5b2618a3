"""One event the whole way: sealed, noted, shown masked, revealed with a reason, erased with proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.flows import request
from lockhouse.ledger.verify import verify_certificate
from lockhouse.model.rows import LedgerEntry, Record
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL = "anna.schmidt@example.com"


async def test_an_order_is_sealed_shown_and_erased_with_proof(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    reply = await world.send(
        "account", "Order Completed", email=EMAIL, phone="+4930123456", order_id="A-1", order_total="12.50", ssn="1"
    )
    assert (reply.outcome, reply.code) == ("trimmed", "LH-0001")
    assert reply.dropped == (("properties.*", "undeclared"),)

    [view] = await world.find(EMAIL)
    assert view.fields["email"].state == "masked"
    assert EMAIL not in str(view.fields["email"].value)
    assert view.fields["order_id"].value == "A-1"
    assert view.fields["order_total"].state == "shut"

    revealed = await world.reveal(view.person)
    assert revealed.fields["email"].value == EMAIL
    serials = set(world.house.keyring.serials(view.person).values())

    done = await request.open_erasure(world.house, view.person, by="os-user:1000")
    assert done.case.step == "shut"
    assert await world.find(EMAIL) == []
    done = await request.fulfil(world.house, done.case, journal=world.journal, now=True)
    assert done.case.step == "done"
    assert set(world.journal.serials) == serials

    text = await request.certify(world.house, done.case, sequencer=world.store)
    proven = verify_certificate(text, vkeys=[world.verifier])
    assert proven.statement.keys == len(world.journal.serials)
    kinds = [entry.kind async for rows in world.store.scan(LedgerEntry) for entry in rows]
    assert kinds.count("disclosure") == 3  # found, revealed, and looked for once more after the erasure
    assert {"intake", "intent", "completion", "policy"} <= set(kinds)
    rows = [row async for chunk in world.store.scan(Record) for row in chunk]
    assert len(rows) == 1
