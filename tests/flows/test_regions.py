"""Where a person is: newer evidence that is believed moves them, what differs counts together, and the ledger hears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.flows import consent, look
from lockhouse.gates.facts import facts_of_persons
from lockhouse.gates.state import verify_state
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Consent, LedgerEntry, Seal
from lockhouse.model.scale import ConsentState
from tests.flows.files import brought, paper
from tests.flows.test_soft_opt_in import kept_for
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL = "anna@example.com"
ORDER: dict[str, Any] = {"email": EMAIL, "order_id": "A-1", "order_total": "9.50"}


async def region(world: World, email: str = EMAIL) -> str | None:
    """Where the one person with this address is, as every decision reads it."""
    person = await world.person(email)
    return (await facts_of_persons(world.house, [person], fresh=True))[person].region


async def may_write(world: World, email: str = EMAIL) -> bool:
    """Whether marketing sees the address: in the United States until they opt out, elsewhere after a yes."""
    asked = await world.ask("marketer", action="find", purpose="marketing")
    found = await look.find(world.house, asked, by="email", value=email)
    return any("email" in one.fields and one.fields["email"].value == email for one in found.persons)


async def later(world: World, country: str, *, number: str = "A-2", channel: str = "backend") -> None:
    """Another order, an hour later."""
    world.clock.pass_days(1 / 24)
    await world.send(channel, "Order Completed", **ORDER | {"order_id": number}, country=country)


async def moves(world: World) -> list[Consent]:
    return [row for row in await world.rows(Consent) if row.state == ConsentState.REGION]


async def test_newer_evidence_shuts_what_was_open_where_they_were(tmp_path: Path) -> None:
    """Nothing of it is sealed anew: what was stored in the United States is decided by the rules of where they are."""
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", **ORDER, country="US")
    assert await may_write(world)
    await later(world, "DE")
    assert await region(world) == "de"
    assert not await may_write(world)


async def test_newer_evidence_opens_what_their_new_region_allows_from_then_on(tmp_path: Path) -> None:
    """What was not kept before is not there; the event that says it is still kept by the rules of both."""
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", **ORDER, country="DE")
    await later(world, "US")
    assert await region(world) == "us"
    assert not await may_write(world), "no address of theirs was ever kept for marketing"
    await world.send("backend", "identify", email=EMAIL)
    assert await may_write(world)


async def test_a_move_is_noted_and_moves_the_seal_so_that_every_process_decides_by_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", **ORDER, country="US")
    other = await world.second()
    await other.send("backend", "identify", email=EMAIL)  # the other process has read where she is
    await later(world, "DE")
    [row] = await moves(world)
    assert {entry.id: entry.kind for entry in await world.rows(LedgerEntry)}[row.entry] == "consent"
    assert [seal.version for seal in await world.rows(Seal)] == [1]
    state = await verify_state(world.house)
    assert (state.rows["consent"], state.untold, state.findings.kept) == (1, 0, [])
    assert await consent.show(world.house, row.person) == [], "it is no word of hers"
    late = await other.send("backend", "identify", email=EMAIL, name="Anna Schmidt")
    assert (late.outcome, await may_write(world)) == ("stored", False)
    assert not await may_write(other)
    await later(world, "DE", number="A-3")
    assert len(await moves(world)) == 1, "the same again is no news"


async def test_a_region_that_was_unknown_is_known_from_then_on(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "identify", email=EMAIL)
    assert await region(world) is None
    await world.send("backend", "Order Completed", **ORDER, country="US")
    assert (await region(world), len(await moves(world))) == ("us", 1)


async def test_of_two_regions_of_one_moment_the_rules_of_both_must_be_met(tmp_path: Path) -> None:
    """Also where they come in one group; and the next that is newer stands alone again."""
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", **ORDER, country="FR")
    world.clock.pass_days(1 / 24)
    both = [("backend", "Order Completed", ORDER | {"order_id": f"B-{one}", "country": one}) for one in ("US", "DE")]
    await world.send_all([*both, ("backend", "identify", {"email": EMAIL})])
    person = await world.person(EMAIL)
    facts = (await facts_of_persons(world.house, [person], fresh=True))[person]
    assert (facts.region, sorted(facts.regions)) == (None, ["de", "us"])
    assert not await may_write(world)
    await later(world, "US")
    assert await region(world) == "us"
    await world.send("backend", "identify", email=EMAIL)
    assert await may_write(world)


async def test_what_is_older_than_what_is_known_moves_nobody(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", **ORDER, country="DE")
    late = ORDER | {"order_id": "A-0", "country": "US"}
    await world.send("backend", "Order Completed", **late, at=world.clock.at - 40 * DAY_MS)
    await brought(world, paper(world, [f"{EMAIL},A-9,9.50,US,,2026-11-30T10:00:00Z,,"]))
    assert (await region(world), await moves(world)) == ("de", [])


async def test_what_is_believed_less_than_the_person_counts_beside_what_is_known(tmp_path: Path) -> None:
    """She proved her address in her account; what a till typed moves her nowhere, and opens nothing of its own."""
    world = await World.make(tmp_path, POLICY.replace("strictest}}", "us}}"))
    await world.send("account", "Order Completed", **ORDER, country="DE")
    await later(world, "US")
    assert (await region(world), await moves(world)) == ("de", [])
    assert not await may_write(world)
    assert await kept_for(world) == [{"fulfilment"}] * 2, "us stands for the unknown here, and what differs is none"


async def test_whoever_proved_their_address_is_moved_by_what_they_prove(tmp_path: Path) -> None:
    """From Germany to the United States and back, each time by an order in her account."""
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", **ORDER, country="US")
    assert await may_write(world)
    await later(world, "DE", channel="account")
    assert (await region(world), await may_write(world)) == ("de", False)
    await later(world, "US", number="A-3", channel="account")
    assert (await region(world), len(await moves(world))) == ("us", 2)


async def test_whoever_comes_back_after_an_erasure_is_where_they_say_then(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", **ORDER, country="DE")
    await later(world, "US")
    await world.erase(await world.person(EMAIL))
    assert await moves(world) == []
    world.clock.pass_days(1)
    await world.new_epochs()
    await world.send("backend", "identify", email=EMAIL)
    assert await region(world) is None
