"""Someone types a victim's identifier beside their own, early or late: they get nothing of the victim's, ever.

They cannot see it through an identifier they then prove, cannot own the victim's later orders by having been first,
cannot have it erased with their own, and cannot keep the victim's own identifiers apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import Tampered
from lockhouse.flows import look, request
from lockhouse.gates.authority import bound
from lockhouse.gates.disclose.group import groups_of
from lockhouse.identity.normalise import NORM_VERSION
from lockhouse.model.rows import Identifier, KeyRing, Link
from lockhouse.model.scale import Belief, Proof
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.disclose import View

VICTIM = {"email": "anna.schmidt@example.com", "phone": "+4930123456", "loyalty_id": "L-7001234"}
MINE = {"email": "mallory@example.net", "phone": "+4930987650", "loyalty_id": "L-9990001"}
SECRET = "A-victim-1"


async def _group(world: World, person: bytes) -> tuple[bytes, ...]:
    [group] = await groups_of(world.house, [person])
    return group


async def _proven(world: World, by: str, value: str) -> bytes:
    [person] = {row.person for row in await world.indexes(value, by=by) if row.proof == Proof.PROVEN}
    return person


async def _everything(world: World, person: bytes) -> str:
    """All that the house would give out about a person, in every role that reads, as one text."""
    views: list[View] = []
    for role, purpose in (("support", None), ("marketer", None), ("accountant", None), ("analyst", None)):
        for action in ("reveal", "timeline"):
            asked: dict[str, Any] = {"action": action, "purpose": purpose, "reason": "call back"}
            views.append(await look.show(world.house, await world.ask(role, **asked), person))
    return str(views)


@pytest.mark.parametrize("known", [True, False], ids=["a customer", "not a customer yet"])
@pytest.mark.parametrize("channel", ["web", "backend"])
async def test_a_lead_with_the_victims_email_and_my_phone_gives_me_nothing(
    tmp_path: Path, channel: str, *, known: bool
) -> None:
    world = await World.make(tmp_path)
    if known:
        await world.send("account", "Order Completed", email=VICTIM["email"], order_id=SECRET, name="Anna Schmidt")
    await world.send(channel, "identify", email=VICTIM["email"], phone=MINE["phone"])
    if not known:
        await world.send("account", "Order Completed", email=VICTIM["email"], order_id=SECRET, name="Anna Schmidt")
    await world.send("account", "identify", phone=MINE["phone"], name="Mallory")  # a code was sent to my phone
    me = await _proven(world, "phone", MINE["phone"])
    her = await _proven(world, "email", VICTIM["email"])
    assert await _group(world, me) == (me,)
    told = await _everything(world, me)
    assert "Mallory" in told
    assert SECRET not in told
    assert "Schmidt" not in told
    assert VICTIM["email"] not in told
    assert her not in await _group(world, me)


@pytest.mark.parametrize("identifier", ["loyalty_id", "phone", "device_id"])
async def test_who_was_first_with_an_unknown_email_does_not_own_what_its_owner_buys(
    tmp_path: Path, identifier: str
) -> None:
    world = await World.make(tmp_path)
    mine = MINE.get(identifier, "tablet-0042")
    planted = {"email": VICTIM["email"], identifier: mine, "name": "Mallory"}
    await world.send("web", "identify", **planted)
    reply = await world.send("account", "Order Completed", email=VICTIM["email"], order_id=SECRET, name="Anna Schmidt")
    her = await _proven(world, "email", VICTIM["email"])
    hers = await _everything(world, her)
    assert reply.outcome == "stored"
    assert await _group(world, her) == (her,)
    assert "Mallory" not in hers
    assert mine not in hers
    # And what I prove afterwards leads to my own person, not to hers and not to the one I planted.
    if identifier != "device_id":
        await world.send("account", "identify", **{identifier: mine})
        me = await _proven(world, identifier, mine)
        assert me != her
        assert SECRET not in await _everything(world, me)


async def test_what_i_type_never_beats_what_she_proved(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "identify", email=VICTIM["email"], name="Anna Schmidt", phone=VICTIM["phone"])
    world.clock.pass_days(1)
    await world.send("web", "identify", email=VICTIM["email"], name="Mallory", phone=MINE["phone"])
    view = await world.reveal(await _proven(world, "email", VICTIM["email"]))
    assert view.fields["name"].value == "Anna Schmidt"
    assert view.fields["phone"].value == VICTIM["phone"]


async def test_a_planted_link_and_my_own_erasure_leave_the_victim(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=VICTIM["email"], order_id=SECRET)
    await world.send("account", "identify", email=MINE["email"], loyalty_id=MINE["loyalty_id"])
    await world.send("web", "identify", email=VICTIM["email"], loyalty_id=MINE["loyalty_id"])
    links = await world.rows(Link)
    assert [link.proof for link in links] == [Proof.CLAIMED]
    case = await world.erase(await _proven(world, "email", MINE["email"]))
    her = await _proven(world, "email", VICTIM["email"])
    assert her not in case.persons
    assert her in {row.person for row in await world.rows(KeyRing)}
    assert SECRET in await _everything(world, her)


async def test_a_form_with_both_her_identifiers_does_not_keep_them_apart_once_she_shows_both(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "identify", email=VICTIM["email"])
    await world.send("account", "identify", phone=VICTIM["phone"])
    one, two = await _proven(world, "email", VICTIM["email"]), await _proven(world, "phone", VICTIM["phone"])
    await world.send("web", "identify", email=VICTIM["email"], phone=VICTIM["phone"])
    assert await _group(world, one) == (one,)
    await world.send("account", "identify", email=VICTIM["email"], phone=VICTIM["phone"])
    assert set(await _group(world, one)) == {one, two}
    await world.send("account", "identify", email=VICTIM["email"], phone=VICTIM["phone"])
    assert [link.proof for link in await world.rows(Link)] == [Proof.CLAIMED, Proof.PROVEN]
    assert set((await world.erase(one)).persons) == {one, two}
    assert await world.rows(KeyRing) == []


async def test_a_link_planted_in_the_store_joins_nobody(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "identify", email=VICTIM["email"])
    await world.send("account", "identify", email=MINE["email"])
    me, her = await _proven(world, "email", MINE["email"]), await _proven(world, "email", VICTIM["email"])
    world.plant(Link(b"l" * 16, me, her, 0, 3, world.clock.now_ms(), None, None, b"e" * 16, b"m" * 32))
    with pytest.raises(Tampered):
        await world.find(MINE["email"])


def _as_0_1_0_indexed(world: World, by: str, value: str, person: bytes) -> None:
    """What was typed beside a proven identifier was an index of its person, too: such rows may still stand."""
    kind = world.house.live().kind(by)
    tag = world.house.indexer.tag(kind.number, kind.generation, value, norm=NORM_VERSION)
    row = Identifier(kind.number, kind.generation, tag, Belief.CLAIMED, person, world.clock.now_ms(), b"")
    world.plant(bound(row, world.house.row_macs))


@pytest.mark.parametrize("is_ending", [True, False], ids=["while she is shut", "at any time"])
async def test_whoever_types_the_victims_address_into_an_account_of_theirs_is_not_joined_to_her(
    tmp_path: Path, *, is_ending: bool
) -> None:
    """Nor when her erasure is called off: the address that is theirs since joins only as far as it is believed."""
    world = await World.make(tmp_path, POLICY.replace("proves: [email, phone, loyalty_id]", "proves: [loyalty_id]"))
    await world.send("backend", "Order Completed", email=VICTIM["email"], order_id=SECRET, name="Anna Schmidt")
    victim = await world.person(VICTIM["email"])
    case = await world.erase(victim, now=False) if is_ending else None
    world.clock.at += 1_000
    await world.send("account", "identify", loyalty_id=MINE["loyalty_id"], email=VICTIM["email"])
    mallory = await _proven(world, "loyalty_id", MINE["loyalty_id"])
    if case is not None:
        _as_0_1_0_indexed(world, "email", VICTIM["email"], mallory)
        await request.undo(world.house, case, by="os-user:1000")
        [link] = await world.rows(Link)
        assert link.proof == Proof.CLAIMED
    said = await _everything(world, mallory)
    assert SECRET not in said
    assert "Anna Schmidt" not in said
    assert (await world.erase(mallory, now=False)).persons == (mallory,)
