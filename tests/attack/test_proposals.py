"""What somebody typed first may be the customer's own past, or a trap: it is proposed, and people decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import NotFound, Refused, Tampered
from lockhouse.flows import flag, link, propose
from lockhouse.gates.authority import bound
from lockhouse.gates.disclose.group import groups_of
from lockhouse.identity.propose import EXPIRES_AFTER_DAYS
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Identifier, LedgerEntry, Link, Person
from lockhouse.model.scale import PersonState
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

ANNA, NUMBER = "anna.schmidt@example.com", "L-1001"
STAFF = "os-user:1000"
ACTOR = Actor(id=STAFF, kind="os-user", roles=("support",))


async def _proposed(world: World, channel: str, **more: str) -> tuple[bytes, bytes]:
    """Somebody types Anna's address, with her name or another; later she signs in."""
    sent = {"email": ANNA, "name": "anna schmidt", "order_id": "typed"} | more
    await world.send(channel, "Order Completed", **sent)
    await world.send("account", "Order Completed", email=ANNA, loyalty_id=NUMBER, name="Anna Schmidt", order_id="own")
    weaker, stronger = await world.indexes(ANNA)
    return weaker.person, stronger.person


async def _listed(world: World) -> list[propose.Proposed]:
    return list((await propose.proposals(world.house)).proposals)


@pytest.mark.parametrize(("channel", "belief"), [("web", "public"), ("backend", "claimed")])
async def test_what_was_typed_is_proposed_and_joins_nobody_by_itself(tmp_path: Path, channel: str, belief: str) -> None:
    world = await World.make(tmp_path)
    typed, anna = await _proposed(world, channel)
    for _ in range(3):
        await world.send(channel, "Order Completed", email=ANNA, order_id="again")
    [one] = await _listed(world)
    assert (one.weaker, one.stronger, one.fields, one.belief) == (typed, anna, ("email",), belief)
    assert (await propose.compare(world.house, typed, anna, by=ACTOR)).agree == ("email", "name")
    assert await groups_of(world.house, [anna]) == [(anna,)]
    assert await world.rows(Link) == []


async def test_a_comparison_is_noted_opens_no_orders_and_tells_no_value(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    typed, anna = await _proposed(world, "backend", name="Mallory", phone="+49301987001")
    found = await propose.compare(world.house, typed, anna, by=ACTOR)
    assert (found.agree, found.differ) == (("email",), ("name",))
    [entry] = [row for row in await world.rows(LedgerEntry) if row.kind == "rework"]
    body = msgspec.json.decode(entry.body)["body"]
    assert (body["action"], body["actor"], body["count"], entry.id) == ("merge-check", STAFF, 2, found.entry)
    opened = {world.house.live().compartment_class(number) for number in body["compartments"]}
    assert opened == {"contact", "identity"}


async def test_people_accept_refuse_and_take_either_back(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    typed, anna = await _proposed(world, "backend")
    await propose.refuse(world.house, typed, anna, by=STAFF)
    assert await _listed(world) == []
    assert await groups_of(world.house, [anna]) == [(anna,)]
    assert (await world.kinds()).count("link") == 1
    with pytest.raises(NotFound, match="proposal: expected one of these two"):
        await propose.compare(world.house, typed, anna, by=ACTOR)
    with pytest.raises(NotFound, match="proposal: expected one of these two"):
        await propose.refuse(world.house, typed, anna, by=STAFF)
    await link.make(world.house, typed, anna, by=STAFF)
    assert set((await groups_of(world.house, [anna]))[0]) == {typed, anna}
    assert await _listed(world) == []
    await link.undo(world.house, anna, typed, by=STAFF)
    assert await _listed(world) == []


async def test_several_identifiers_of_two_are_one_proposal(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _proposed(world, "backend", loyalty_id=NUMBER)
    [one] = await _listed(world)
    assert one.fields == ("email", "loyalty_id")


async def test_a_flood_is_listed_the_newest_first_and_bounded(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for channel in ("web", "account"):
        for n in range(6):
            world.clock.at += 1_000
            await world.send(channel, "identify", email=f"person-{n}@example.com")
    listed = await propose.proposals(world.house, limit=4)
    assert (len(listed.proposals), listed.more) == (4, True)
    assert [one.at for one in listed.proposals] == sorted((one.at for one in listed.proposals), reverse=True)


@pytest.mark.parametrize("whose", ["weaker", "stronger"])
async def test_a_proposal_ends_with_either_person(tmp_path: Path, whose: str) -> None:
    world = await World.make(tmp_path)
    await _proposed(world, "web")
    [one] = await _listed(world)
    await world.erase(getattr(one, whose), now=False)
    assert await _listed(world) == []
    with pytest.raises(NotFound):
        await propose.compare(world.house, one.weaker, one.stronger, by=ACTOR)


async def test_of_who_is_restricted_nothing_is_proposed(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    _, anna = await _proposed(world, "web")
    [row] = [one for one in await world.rows(Person) if one.id == anna]
    restricted = msgspec.structs.replace(row, state=int(PersonState.RESTRICTED), mac=b"")
    world.plant(bound(restricted, world.house.row_macs))
    assert await _listed(world) == []


async def test_a_proposal_ends_after_half_a_year(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _proposed(world, "web")
    world.clock.pass_days(EXPIRES_AFTER_DAYS + 1)
    assert await _listed(world) == []


async def test_two_who_share_a_device_are_not_proposed(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for email in (ANNA, "bert@example.com"):
        await world.send("account", "identify", email=email, device_id="tablet")
    assert await _listed(world) == []


async def test_a_planted_index_proposes_nobody(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    _, anna = await _proposed(world, "web")
    await world.send("account", "identify", email="bert@example.com")
    [row] = await world.indexes("bert@example.com")
    world.plant(Identifier(row.kind, row.generation, row.tag, 0, anna, row.first_at, row.mac))
    with pytest.raises(Tampered):
        await _listed(world)


async def test_what_no_look_shows_any_more_is_not_compared(tmp_path: Path) -> None:
    """Its keep has passed, or its field was taken out of the policy or is of another class by now."""
    world = await World.make(tmp_path)
    typed, anna = await _proposed(world, "web", name="Anna Schmidt")
    assert (await propose.compare(world.house, typed, anna, by=ACTOR)).agree == ("email", "name")
    await world.approve(POLICY.replace("name: {type: text, class: contact", "name: {type: text, class: profile"))
    found = await propose.compare(world.house, typed, anna, by=ACTOR)
    assert (found.agree, found.differ) == (("email",), ())
    world.clock.pass_days(100)
    await world.new_epochs()
    short = POLICY.replace("36 months after last_activity", "60 days after last_activity")
    await world.approve(short.replace("24 months after last_activity", "60 days after last_activity"))
    found = await propose.compare(world.house, typed, anna, by=ACTOR)
    assert (found.agree, found.differ) == ((), ())


@pytest.mark.parametrize("which", [0, 1])
async def test_who_is_watched_over_is_compared_by_nobody_whose_roles_do_not_look_at_such(
    tmp_path: Path, which: int
) -> None:
    world = await World.make(
        tmp_path, POLICY.replace("  support:\n", "  keeper: {may: [person.flagged]}\n  support:\n")
    )
    pair = await _proposed(world, "backend")
    await flag.flag(world.house, pair[which], reason="threatened", by="os-user:0")
    with pytest.raises(Refused, match="compare: expected people whom your roles may look at") as refused:
        await propose.compare(world.house, *pair, by=ACTOR)
    assert refused.value.reasons == ("flagged",)
    [noted] = [row for row in await world.rows(LedgerEntry) if row.kind == "refusal"]
    body = msgspec.json.decode(noted.body)["body"]
    assert (body["action"], body["actor"], body["because"]) == ("compare", STAFF, ["flagged"])
    assert "rework" not in await world.kinds(), "nothing of either was opened"
    keeper = msgspec.structs.replace(ACTOR, roles=("support", "keeper"))
    assert (await propose.compare(world.house, *pair, by=keeper)).agree == ("email", "name")


async def test_who_is_joined_to_somebody_watched_over_is_as_they_are(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    typed, anna = await _proposed(world, "backend")
    await world.send("account", "Order Completed", email="other@example.com", order_id="other")
    other = await world.person("other@example.com")
    await link.make(world.house, anna, other, by=STAFF)
    await flag.flag(world.house, other, reason="threatened", by="os-user:0")
    with pytest.raises(Refused) as refused:
        await propose.compare(world.house, typed, anna, by=ACTOR)
    assert refused.value.reasons == ("flagged",)
