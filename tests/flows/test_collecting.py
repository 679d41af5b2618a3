"""What the collect gate keeps, for whom, and what it says of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

from lockhouse.flows import look
from lockhouse.gates.collect import collect_group
from lockhouse.gates.pulse import is_pulse
from lockhouse.model.codes import MESSAGE_ID_CONFLICT, NO_FIELD_LEFT, STORED, whole
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Drop, Identifier, LedgerEntry, Person, Receipt, Record, Row
from tests.earlier import approve_as_before
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

RowT = TypeVar("RowT", bound=Row)
BOOKS = "accounting: {about: Keep the books, basis: legal_obligation, keep: 84 months after event}"


async def rows(world: World, kind: type[RowT]) -> list[RowT]:
    return [row async for chunk in world.store.scan(kind) for row in chunk]


async def test_an_observed_channel_stores_paths_and_counts_only(tmp_path: Path) -> None:
    watched = POLICY.replace("stage: live}\n  backend", "stage: observe}\n  backend")
    world = await World.make(tmp_path, watched)
    reply = await world.send("web", "page", device_id="d-1", page_path="/shoes", secret="x")
    assert reply.code == "LH-0002"
    assert await rows(world, Record) == []
    assert await rows(world, Receipt) == []
    assert {(row.path, row.reason) for row in await rows(world, Drop) if not is_pulse(row.reason)} == {
        ("device_id", "would-be-kept"), ("page_path", "would-be-kept"), ("properties.*", "undeclared"),
        ("page|properties.device_id", "seen.id"), ("page|properties.page_path", "seen.text"),
        ("page|properties.*", "seen.text"),
    }  # fmt: skip


async def test_a_burst_of_one_new_customer_makes_one_person(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    events = [("backend", "identify", {"email": "eva@example.com", "name": f"Eva {n}"}) for n in range(20)]
    replies = await world.send_all(events)
    assert {reply.outcome for reply in replies} == {"stored"}
    assert len(await rows(world, Person)) == 1
    assert len(await rows(world, Identifier)) == 1
    assert len(await rows(world, Record)) == 20


async def test_the_same_message_again_is_a_duplicate_and_another_body_a_conflict(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    order = {"message_id": "m-1", "email": "eva@example.com", "order_id": "1"}
    first = await world.send("backend", "Order Completed", **order)
    again = await world.send("backend", "Order Completed", **order)
    other = await world.send("backend", "Order Completed", **(order | {"order_id": "2"}))
    assert (again.outcome, again.record) == ("duplicate", first.record)
    assert (other.outcome, other.code) == ("refused", "LH-0101")
    assert len(await rows(world, Record)) == 1


@pytest.mark.parametrize("refused_first", [False, True])
async def test_of_two_items_with_one_message_id_in_a_group_the_first_is_answered_for(
    tmp_path: Path, *, refused_first: bool
) -> None:
    world = await World.make(tmp_path)
    order = ("backend", "Order Completed", {"message_id": "m-1", "email": "eva@example.com", "order_id": "1"})
    bare = ("backend", "Order Completed", {"message_id": "m-1", "undeclared": "x"})
    replies = await world.send_all([bare, order] if refused_first else [order, bare])
    assert [reply.code for reply in replies] == [NO_FIELD_LEFT if refused_first else STORED, MESSAGE_ID_CONFLICT]
    assert len(await rows(world, Record)) == (not refused_first)


async def test_what_a_browser_changes_in_its_retry_makes_no_other_item_of_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    outcomes = []
    for number, sent in enumerate(({"bundled": ["Segment.io"]}, {"bundled": ["Segment.io"], "retryCount": 2})):
        batch = world.batch("web", "page", {"message_id": "m-1", "device_id": "d-70012345", "page_path": "/"})
        batch.items[0].source.update({"_metadata": sent, "sentAt": f"2026-11-23T13:30:2{number}Z"})  # type: ignore[union-attr]  # an event
        [[reply]] = await collect_group(world.house, [batch])
        outcomes.append(reply.outcome)
    assert outcomes == ["stored", "duplicate"]


async def test_consent_decides_fields_and_never_the_sale(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    reply = await world.send("backend", "Order Completed", email="eva@example.com", order_id="1", loyalty_id="L1234567")
    assert reply.outcome == "stored"
    [view] = await world.find("eva@example.com", role="marketer")
    assert view.fields["email"].state == "shut"
    assert "no-consent" in view.refused or view.fields["email"].because


async def test_an_event_nobody_may_keep_anything_of_is_answered_and_counted(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    reply = await world.send("backend", "page", ssn="1", password="2")
    assert (reply.outcome, reply.code) == ("refused", "LH-2107")
    assert await rows(world, Record) == []
    assert [whole(row.code) for row in await rows(world, Receipt)] == ["LH-2107"]


async def test_asking_for_somebody_unknown_is_noted_too(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    before = len(await rows(world, LedgerEntry))
    assert await world.find("nobody@example.com") == []
    entries = await rows(world, LedgerEntry)
    assert len(entries) == before + 1
    assert entries[-1].kind == "disclosure"
    assert b'"count":0' in entries[-1].body


async def test_a_person_with_a_long_history_is_shown_by_their_newest_records(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for at in range(0, 520, 65):
        orders = [
            ("backend", "Order Completed", {"email": "eva@example.com", "order_id": f"A-{at + n}"}) for n in range(65)
        ]
        await world.send_all(orders)
    await world.send("backend", "identify", email="eva@example.com", phone="+4930123456")
    [view] = await world.find("eva@example.com")
    assert (view.records, view.truncated) == (500, True)
    assert view.fields["phone"].state == "masked"


async def test_what_is_dropped_says_why_for_this_person(tmp_path: Path) -> None:
    """Not only what its purposes usually rest on: a person of an unknown region is under every region's rules."""
    policy = POLICY.replace("fields:", "fields:\n  shoe_size: {type: text, class: identity, for: [marketing]}", 1)
    world = await World.make(tmp_path, policy.replace("identify: [email", "identify: [shoe_size, country, email"))
    sent = {"email": "anna@example.com", "shoe_size": "42"}
    assert (await world.send("account", "identify", **sent)).dropped == (("properties.shoe_size", "region"),)
    known = await world.send("account", "identify", **sent, country="DE")
    assert known.dropped == (("properties.shoe_size", "no-consent"),)
    american = {"email": "bob@example.com", "shoe_size": "42", "country": "US"}
    assert (await world.send("account", "identify", **american)).dropped == ()


async def test_what_is_too_old_for_one_purpose_says_so_and_is_kept_for_the_others(tmp_path: Path) -> None:
    """Nobody refused anything: the purpose whose keep has passed is not said to be objected to."""
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email="anna@example.com", order_id="A-1")
    old = world.clock.at - 9 * 365 * DAY_MS
    reply = await world.send(
        "account", "Order Completed", email="anna@example.com", order_total="9.50", order_id="A-2", at=old
    )
    assert (reply.outcome, reply.kept) == ("trimmed", 2)
    reasons = dict(reply.dropped)
    assert "objected" not in reasons.values()
    assert "too-old" in reasons.values()


async def test_an_order_of_somebody_new_from_years_ago_says_what_is_too_old(tmp_path: Path) -> None:
    """The books are kept longer; nobody refused or objected, and an answer of theirs would open nothing of it."""
    world = await World.make(tmp_path)
    sent = {"email": "anna@example.com", "order_id": "A-1", "order_total": "9.50", "country": "DE", "device_id": "d-1"}
    reply = await world.send("backend", "Order Completed", **sent, at=world.clock.at - 4 * 365 * DAY_MS)
    reasons = dict(reply.dropped)
    assert "properties.order_total" not in reasons
    assert set(reasons.values()) == {"too-old"}


async def test_an_order_of_32_months_ago_keeps_for_the_books_what_is_too_old_to_deliver_by(tmp_path: Path) -> None:
    """Its number was for both: it stays for the one whose keep lives, and never opens for the other."""
    world = await World.make(tmp_path)
    sent = {"email": "anna@example.com", "order_id": "A-1", "order_total": "9.50", "consent": {"Advertising": True}}
    reply = await world.send("backend", "Order Completed", **sent, at=world.clock.at - 32 * 31 * DAY_MS)
    assert (reply.outcome, reply.kept, reply.dropped) == ("stored", 3, ())
    person = await world.person("anna@example.com")  # the address is kept for marketing, which she had agreed to
    assert await _order_id(world, person, "accountant") == "A-1"
    assert await _order_id(world, person, "support") is None
    assert BOOKS in POLICY
    await world.approve(POLICY.replace(BOOKS, BOOKS.replace("84", "30")))
    assert await _order_id(world, person, "accountant") is None


async def test_what_arrives_late_under_a_table_of_an_earlier_release_is_told_to_be_too_old(tmp_path: Path) -> None:
    """A stored table has no slot for what only age leaves over: such a field is dropped as before, and nothing else."""
    world = await World.make(tmp_path)
    await approve_as_before(world.house, POLICY)
    sent = {"email": "anna@example.com", "order_id": "A-1", "order_total": "9.50"}
    reply = await world.send("backend", "Order Completed", **sent, at=world.clock.at - 32 * 31 * DAY_MS)
    assert (reply.outcome, reply.kept) == ("trimmed", 1)
    assert ("properties.order_id", "too-old") in reply.dropped


async def _order_id(world: World, person: bytes, role: str) -> object:
    view = await look.show(world.house, await world.ask(role, fields=("order_id",)), person)
    return view.fields["order_id"].value if "order_id" in view.fields else None
