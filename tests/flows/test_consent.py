"""What a person says is heard at once and everywhere; only their own word, well vouched for, widens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from lockhouse.flows import consent
from lockhouse.flows.tell import Told, tell_untold
from lockhouse.ledger.entry import parse_entry
from lockhouse.model import codes
from lockhouse.model.rows import Consent, Identifier, KeyRing, LedgerEntry, Record, Suppression
from tests.world import Away, Stopped, World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL = "anna.schmidt@example.com"
YES = {"consent": {"Advertising": True}}


async def _order(world: World, number: int = 1, *, yes: bool = False) -> str:
    said = YES if yes else {}
    sent = {"email": EMAIL, "order_id": f"A-{number}", "loyalty_id": "L-7001234"}
    return (await world.send("account", "Order Completed", **sent, **said)).outcome


async def _marketer_sees(world: World) -> bool:
    return any(EMAIL in str(view.fields) for view in await world.find(EMAIL, role="marketer"))


async def test_a_word_given_to_staff_closes_marketing_at_once_and_in_every_process(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    await _order(world, yes=True)
    assert await _marketer_sees(world)
    assert await _marketer_sees(other)
    person = await world.person(EMAIL)
    await consent.record(world.house, person, "marketing", granted=False)
    assert not await _marketer_sees(world)
    assert not await _marketer_sees(other)
    # The other process had decided by the old word a moment ago: what it collects now goes by the new one.
    reply = await other.send("account", "Order Completed", email=EMAIL, loyalty_id="L-7001234")
    assert ("properties.loyalty_id", "no-consent") not in reply.dropped
    assert not await _marketer_sees(other)
    [word] = [word for word in await consent.show(world.house, person) if not word.granted]
    assert (word.purpose, word.signal, word.channel) == ("marketing", "staff", "staff")
    assert "consent" in await world.kinds()
    world.clock.at += 1
    await consent.record(other.house, person, "marketing", granted=True)
    assert await _marketer_sees(world)


async def test_a_key_that_anyone_can_read_narrows_and_never_widens(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world)
    await world.send("web", "identify", email=EMAIL, name="Anna", **YES)
    assert not await _marketer_sees(world)
    assert [row for row in await world.rows(Consent) if row.state == 1] == []
    await consent.record(world.house, await world.person(EMAIL), "marketing", granted=True)
    await _order(world, 2, yes=True)
    assert await _marketer_sees(world)
    await world.send("web", "identify", email=EMAIL, consent={"Advertising": False})
    assert not await _marketer_sees(world)


async def test_gpc_takes_back_what_was_granted_and_never_gives(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world, yes=True)
    assert await _marketer_sees(world)
    await world.send("web", "identify", email=EMAIL, name="Anna", signals=["gpc"], **YES)
    assert not await _marketer_sees(world)


async def test_nobody_can_refuse_what_is_not_theirs_to_refuse(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world)
    person = await world.person(EMAIL)
    for purpose in ("fulfilment", "accounting", "no-such-purpose"):
        with pytest.raises(Invalid, match="purpose: expected one that a person can refuse"):
            await consent.record(world.house, person, purpose, granted=False)
    await world.erase(person)
    with pytest.raises(NotFound, match="person: expected a living person"):
        await consent.record(world.house, person, "marketing", granted=True)
    assert await world.rows(Consent) == []


async def test_a_suppression_closes_marketing_and_never_orders(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    await _order(world, yes=True)
    assert await _marketer_sees(other)
    await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="asked", by="os-user:1000")
    for place in (world, other):
        assert not await _marketer_sees(place)
        assert await _order(place, 2, yes=True) in {"stored", "trimmed"}
    [view] = await world.find(EMAIL)
    assert view.fields["order_id"].state == "open"
    reply = await other.send("web", "page", device_id="tablet-0042", page_path="/", email=EMAIL)
    assert reply.outcome == "trimmed", (
        "a device of nobody is not suppressed by an identifier that the event may not hold"
    )


async def test_a_suppression_survives_the_erasure_of_the_person(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world, yes=True)
    await consent.suppress(world.house, "email", EMAIL, purposes=["marketing"], reason="asked", by="os-user:1000")
    await world.erase(await world.person(EMAIL))
    assert len(await consent.suppressions(world.house)) == 1
    world.clock.at += 1_000
    late = await world.second()
    reply = await late.send("account", "identify", email=EMAIL, loyalty_id="L-7001234", **YES)
    assert reply.outcome in {"stored", "trimmed"}
    assert not await _marketer_sees(late)
    assert await _order(late, 3) in {"stored", "trimmed"}
    assert [view.fields["order_id"].value for view in await late.find(EMAIL)] == ["A-3"]


async def test_who_comes_later_with_a_suppressed_identifier_has_refused_under_every_other(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    await consent.suppress(world.house, "email", EMAIL, purposes=["marketing"], reason="asked", by="os-user:1000")
    assert await _order(world) in {"stored", "trimmed"}
    person = await world.person(EMAIL)
    [word] = await consent.show(world.house, person)
    assert (word.purpose, word.granted, word.signal) == ("marketing", False, "suppression")
    for number, place in enumerate((world, other)):
        world.clock.at += 1
        sent = await place.send("account", "Order Completed", loyalty_id="L-7001234", order_id=f"B-{number}", **YES)
        assert sent.outcome in {"stored", "trimmed"}
        assert not await _marketer_sees(place)
    assert await world.person(EMAIL) == person


async def test_what_a_suppression_closed_opens_by_lifting_it_and_a_new_yes(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world, yes=True)
    person = await world.person(EMAIL)
    await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="asked", by="os-user:1000")
    world.clock.at += 1
    with pytest.raises(Refused, match="consent: expected a purpose that no suppression closes"):
        await consent.record(world.house, person, "marketing", granted=True)
    await consent.record(world.house, person, "marketing", granted=False)
    world.clock.at += 1
    loyal = {"loyalty_id": "L-7001234", **YES}
    await world.send("account", "Order Completed", order_id="A-2", **loyal)
    assert not await _marketer_sees(world), "a second no to staff takes nothing of the suppression away"
    await consent.lift(world.house, "email", EMAIL, reason="asked", by="os-user:1000")
    assert not await _marketer_sees(world), "a suppression that is lifted is no yes"
    world.clock.at += 1
    await world.send("account", "Order Completed", order_id="A-3", **loyal)
    assert await _marketer_sees(world)


async def test_of_two_suppressions_the_one_that_stands_closes(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    sent = {"email": EMAIL, "loyalty_id": "L-7001234"}
    await world.send("account", "identify", **sent)
    for field, value in sent.items():
        await consent.suppress(world.house, field, value, purposes=["marketing"], reason="asked", by="os-user:1000")
    await consent.lift(world.house, "email", EMAIL, reason="asked", by="os-user:1000")
    world.clock.at += 1
    await world.send("account", "identify", phone="+4930123456", **sent, **YES)
    await world.send("account", "identify", phone="+4930123456", **YES)
    assert not await _marketer_sees(world)
    await consent.lift(world.house, "loyalty_id", "L-7001234", reason="asked", by="os-user:1000")
    world.clock.at += 1
    for _ in range(2):  # the yes, and what is collected by it
        await world.send("account", "identify", **sent, **YES)
    assert await _marketer_sees(world)


async def test_lifting_reaches_whoever_came_with_the_identifier_and_never_owned_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world)  # the loyalty number is hers, at the proof of this channel
    await consent.suppress(world.house, "loyalty_id", "L-7001234", purposes=[], reason="asked", by="os-user:1000")
    other = {"email": "bob@example.com", "order_id": "B-1"}
    await world.send("account", "Order Completed", **other)
    await world.send("backend", "Order Completed", loyalty_id="L-7001234", **other)
    await consent.lift(world.house, "loyalty_id", "L-7001234", reason="asked", by="os-user:1000")
    world.clock.at += 1
    for _ in range(2):  # the yes, and what is collected by it
        await world.send("account", "Order Completed", **other, **YES)
    [view] = await world.find("bob@example.com", role="marketer")
    assert view.fields["email"].value == "bob@example.com"


async def test_a_stranger_with_a_suppressed_address_closes_nothing_of_anybody_by_the_public_key(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    await _order(world, yes=True)
    await consent.suppress(world.house, "phone", "+4930999999", purposes=[], reason="asked", by="os-user:1000")
    await world.send("web", "identify", email=EMAIL, phone="+4930999999")
    assert await _marketer_sees(world)


async def test_a_suppression_that_another_process_widened_is_not_lifted_unseen(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    await consent.suppress(world.house, "email", EMAIL, purposes=["marketing"], reason="asked", by="os-user:1000")
    stopped = other.house.commits = Stopped(other.store, store="identity")
    lifting = asyncio.create_task(consent.lift(other.house, "email", EMAIL, reason="asked", by="os-user:1000"))
    await stopped.reached.wait()
    await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="asked", by="os-user:1000")
    stopped.go_on.set()
    with pytest.raises(Conflict, match="suppression: expected it as it was read"):
        await lifting
    assert [row.purposes for row in await world.rows(Suppression)] == [b"\x90"]
    assert await _told(world) == ["made", "made"], "nothing ended that still stands"


async def test_a_suppression_that_is_made_again_while_it_is_lifted_stands_and_the_ledger_tells_it_in_order(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    await consent.suppress(world.house, "email", EMAIL, purposes=["marketing"], reason="asked", by="os-user:1000")
    stopped = other.house.commits = Stopped(other.store)
    lifting = asyncio.create_task(consent.lift(other.house, "email", EMAIL, reason="asked", by="os-user:1000"))
    await stopped.reached.wait()
    await consent.suppress(world.house, "email", EMAIL, purposes=["analytics"], reason="asked", by="os-user:1000")
    stopped.go_on.set()
    await lifting
    analytics = world.house.live().names.number("purpose", "analytics")
    assert [row.purposes for row in await consent.suppressions(world.house)] == [msgspec.msgpack.encode([analytics])]
    assert await _told(world) == ["made", "ended", "made"]


async def _told(world: World) -> list[str]:
    """What the ledger says became of suppressions, in order."""
    rows = sorted(await world.rows(LedgerEntry), key=lambda row: row.counter)
    return [parse_entry(row.body).body.body()["change"] for row in rows if row.kind == "suppression"]


async def test_a_suppression_that_is_cut_off_is_in_force_for_whoever_has_it_and_is_told_by_the_daily_round(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    await _order(world, yes=True)
    world.house.commits = Away(world.store)
    with pytest.raises(Unavailable):
        await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="asked", by="os-user:1000")
    assert not await _marketer_sees(other)
    await other.send("account", "Order Completed", email=EMAIL, order_id="A-2", **YES)
    assert not await _marketer_sees(other)
    assert (len(await consent.suppressions(world.house)), await _told(world)) == (1, [])
    world.clock.pass_days(1)
    assert (await tell_untold(other.house)).suppressions == 1
    assert await _told(world) == ["made"]
    assert await tell_untold(other.house) == Told()


class Mute:
    """Epochs that nobody can announce, as when a process ends before it does."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def announce(self, *, policy: bool = False, key: bool = False) -> None:  # noqa: ARG002  # the port's shape
        raise Unavailable("writer: expected to be there, got nothing")


async def test_a_suppression_that_no_other_process_heard_of_is_heard_of_with_the_daily_round(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other, worker = await world.second(), await world.second()
    mute: Any = Mute(world.store)
    world.house.epochs = mute
    with pytest.raises(Unavailable):
        await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="asked", by="os-user:1000")
    world.clock.pass_days(1)
    assert await tell_untold(worker.house) == Told(suppressions=1)
    await other.new_epochs()
    for number in range(2):
        await other.send("account", "Order Completed", email=EMAIL, order_id=f"A-{number}", **YES)
    assert not await _marketer_sees(other)


async def test_a_suppression_whose_first_commit_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world, yes=True)
    words = await world.rows(Consent)
    commits, world.house.commits = world.house.commits, Away(world.store, store="identity")
    with pytest.raises(Unavailable):
        await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="asked", by="os-user:1000")
    world.house.commits = commits
    assert (await consent.suppressions(world.house), await world.rows(Consent)) == ([], words)
    assert await _marketer_sees(world)


async def test_a_lifting_that_is_cut_off_has_lifted_and_is_told_by_the_daily_round(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="asked", by="os-user:1000")
    world.house.commits = Away(world.store)
    with pytest.raises(Unavailable):
        await consent.lift(world.house, "email", EMAIL, reason="mistake", by="os-user:1000")
    assert await consent.suppressions(world.house) == []
    world.clock.at += 1
    for _ in range(2):  # the yes, and what is collected by it
        await other.send("account", "Order Completed", email=EMAIL, order_id="A-1", **YES)
    assert await _marketer_sees(other)
    with pytest.raises(NotFound):
        await consent.lift(other.house, "email", EMAIL, reason="mistake", by="os-user:1000")
    assert await _told(world) == ["made", "ended"], "whoever looks at it next tells of it"
    world.clock.pass_days(1)
    assert await tell_untold(other.house) == Told()
    assert await world.rows(Suppression) == []


async def test_an_end_that_nobody_looks_at_again_is_told_by_the_daily_round(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="asked", by="os-user:1000")
    commits, world.house.commits = world.house.commits, Away(world.store)
    with pytest.raises(Unavailable):
        await consent.lift(world.house, "email", EMAIL, reason="mistake", by="os-user:1000")
    world.house.commits = commits
    assert await tell_untold(world.house) == Told(), "who lifted it may be about to tell"
    world.clock.pass_days(1)
    assert await tell_untold(world.house) == Told(suppressions=1)
    assert (await _told(world), await world.rows(Suppression)) == (["made", "ended"], [])


async def test_a_suppression_that_does_not_verify_is_told_by_nobody_and_keeps_no_other_back(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    commits = world.house.commits
    for email in (EMAIL, "bob@example.com"):
        world.house.commits = Away(world.store)
        with pytest.raises(Unavailable):
            await consent.suppress(world.house, "email", email, purposes=[], reason="asked", by="os-user:1000")
    world.house.commits = commits
    [one, _] = await world.rows(Suppression)
    world.plant(msgspec.structs.replace(one, reason="another"))
    world.clock.pass_days(1)
    assert await tell_untold(world.house) == Told(suppressions=1, faults=1)


async def test_an_event_of_nothing_but_suppressed_purposes_says_so(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await consent.suppress(world.house, "device_id", "tablet-0042", purposes=[], reason="asked", by="os-user:1000")
    reply = await world.send("web", "page", device_id="tablet-0042", page_path="/shoes")
    assert (reply.outcome, reply.code) == ("refused", codes.SUPPRESSED)
    assert await world.rows(Record) == []
    assert await world.rows(Identifier) == []


async def test_a_second_suppression_adds_to_the_first_and_only_lifting_opens(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for purposes in (["marketing"], ["analytics"]):
        await consent.suppress(world.house, "email", EMAIL, purposes=purposes, reason="asked", by="os-user:1000")
    await _order(world, yes=True)
    assert not await _marketer_sees(world)
    [row] = await world.rows(Suppression)
    await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="asked", by="os-user:1000")
    await consent.suppress(world.house, "email", EMAIL, purposes=["marketing"], reason="asked", by="os-user:1000")
    [all_of_it] = await world.rows(Suppression)
    assert (row.purposes[0], all_of_it.purposes) == (0x92, b"\x90")
    await consent.lift(world.house, "email", EMAIL, reason="asked", by="os-user:1000")
    assert await world.rows(Suppression) == []
    assert (await world.kinds()).count("suppression") == 5
    with pytest.raises(NotFound, match="suppression: expected one of this identifier"):
        await consent.lift(world.house, "email", EMAIL, reason="asked", by="os-user:1000")


async def test_a_suppression_of_an_unknown_address_makes_nobody(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="asked", by="os-user:1000")
    assert await world.rows(KeyRing) == []
    with pytest.raises(Invalid, match="identifier: expected a field that identifies"):
        await consent.suppress(world.house, "name", "Anna", purposes=[], reason="asked", by="os-user:1000")


async def test_what_cannot_be_refused_cannot_be_suppressed_either(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    with pytest.raises(Invalid, match="such as a person can refuse") as caught:
        await consent.suppress(world.house, "email", EMAIL, purposes=["fulfilment"], reason="asked", by="os-user:1")
    assert "fulfilment" not in str(caught.value)
    assert await world.rows(Suppression) == []
