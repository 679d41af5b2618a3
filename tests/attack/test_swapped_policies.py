"""A policy is swapped, planted or signed for by somebody who may not: it rules in no process, and is named.

Whoever writes the database has no key of the house: their rows fail by the MAC. The rows here that carry a MAC that
fits are of somebody who runs the house's own code without a member's passkey; those fail by the signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.errors import Refused, Tampered, Unproven
from lockhouse.flows import approve, enrol, staff
from lockhouse.gates.authority import signed as with_mac
from lockhouse.gates.live import FORMER, LIVE, WAITING, load_live
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.read import accounts, factors_of
from lockhouse.gates.state import verify_state
from lockhouse.model.rows import PolicyApproval, PolicyVersion, StaffRole
from tests.authenticator import Authenticator
from tests.flows.agreeing import NARROWER, WIDER, Officer, approves, in_use, officer, proposed, signed
from tests.flows.signing import SEEN, invited

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.rows import Row
    from tests.world import World

HOST = "os-user:1000"


@pytest.fixture
async def house(tmp_path: Path) -> tuple[World, Officer, Officer]:
    """A house in which Mia proposes and Tom approves: version 2 rules."""
    world = await in_use(tmp_path)
    mia, tom = await officer(world, "mia"), await officer(world, "tom")
    await approves(world, tom, NARROWER, by=mia.by)
    return world, mia, tom


async def _kinds(world: World) -> set[str]:
    return {one.kind for one in (await verify_state(world.house)).findings.kept}


def _as_ours(world: World, row: Row, **edit: Any) -> None:
    """A row is edited by somebody who has the house's keys: its MAC fits."""
    world.drop(row)
    world.plant(with_mac(msgspec.structs.replace(row, **edit), world.house.integrity_key))


async def _restarts(world: World) -> int:
    """A process that begins now; the version that rules in it."""
    other = await world.second()
    other.house.demo = False
    live = await load_live(other.house)
    assert live is not None
    world.house.doubted = other.house.doubted
    return live.version


async def test_a_planted_version_rules_nothing_and_the_last_approved_one_goes_on(
    house: tuple[World, Officer, Officer],
) -> None:
    world, _, _ = house
    [row] = [one for one in await world.rows(PolicyVersion) if one.state == LIVE]
    wide = row.document.replace(b"contact: masked", b"contact: full")
    for forged in (msgspec.structs.replace(row, id=3), msgspec.structs.replace(row, id=3, document=wide)):
        world.plant(forged)
        assert (await _restarts(world), world.house.doubted) == (2, (3,))
        assert "edited-row" in await _kinds(world)
        world.drop(forged)
    assert (await _restarts(world), world.house.doubted) == (2, ())


async def test_a_version_that_was_swapped_in_place_stops_who_begins_and_lets_nothing_older_rule(
    house: tuple[World, Officer, Officer],
) -> None:
    world, _, _ = house
    rows = {row.id: row for row in await world.rows(PolicyVersion)}
    for swapped in (
        msgspec.structs.replace(rows[2], document=rows[1].document, compiled=rows[1].compiled, hash=rows[1].hash),
        msgspec.structs.replace(rows[2], compiled=rows[1].compiled),
    ):
        world.plant(swapped)
        assert world.house.live().version == 2, "who serves goes on with what was approved"
        with pytest.raises(Tampered):
            await world.second()
    world.plant(rows[2])
    assert await _restarts(world) == 2


async def test_whoever_has_the_keys_and_no_passkey_makes_no_policy_of_a_member(
    house: tuple[World, Officer, Officer],
) -> None:
    world, _, tom = house
    [row] = [one for one in await world.rows(PolicyVersion) if one.state == LIVE]
    first = next(one for one in await world.rows(PolicyVersion) if one.state == FORMER)
    own = with_mac(
        msgspec.structs.replace(first, id=3, state=LIVE, by=tom.by, entry=world.house.ids.new()),
        world.house.integrity_key,
    )
    world.plant(own)
    assert (await _restarts(world), world.house.doubted) == (2, (3,)), "there is no signature of it"
    [approval] = await world.rows(PolicyApproval)
    world.plant(with_mac(msgspec.structs.replace(approval, version=3, entry=own.entry), world.house.integrity_key))
    assert (await _restarts(world), world.house.doubted) == (2, (3,)), "the signature is of another one"
    assert "unsigned-policy" in await _kinds(world)
    assert row.id == 2


async def test_the_machines_user_puts_nothing_in_the_place_of_what_members_approved(
    house: tuple[World, Officer, Officer],
) -> None:
    world, _, _ = house
    first = next(one for one in await world.rows(PolicyVersion) if one.state == FORMER)
    world.plant(
        with_mac(
            msgspec.structs.replace(first, id=3, state=LIVE, entry=world.house.ids.new()), world.house.integrity_key
        )
    )
    assert (await _restarts(world), world.house.doubted) == (2, (3,))
    with pytest.raises(Refused) as caught:
        await world.approve(WIDER)
    assert caught.value.reasons == ("has-staff",)


@pytest.mark.parametrize(
    "edit",
    [
        {"proposer": HOST}, {"standing": "one"}, {"effects": bytes(32)}, {"ends": 1}, {"base": 7},
        {"rp_id": "evil.example"}, {"origin": "http://evil.example"}, {"ceremony": "another"},
        {"factor": b"another---------"}, {"staff": b"another---------"}, {"answer": "{}"}, {"at": 1},
    ],
    ids=lambda edit: next(iter(edit)),
)  # fmt: skip
async def test_a_signature_of_anything_else_is_none(
    house: tuple[World, Officer, Officer], edit: dict[str, object]
) -> None:
    world, _, _ = house
    [row] = await world.rows(PolicyApproval)
    _as_ours(world, row, **edit)
    with pytest.raises(Tampered):
        await world.second()
    assert await _kinds(world) >= {"unsigned-policy"}


async def test_a_signature_by_a_passkey_that_had_ended_or_a_member_who_was_disabled_is_none(
    house: tuple[World, Officer, Officer],
) -> None:
    world, _, tom = house
    [key] = await factors_of(world.house, tom.staff)
    _as_ours(world, key, state=1, at=world.clock.at - 3_600_000)
    with pytest.raises(Tampered):
        await world.second()
    _as_ours(world, key)
    assert await _restarts(world) == 2
    [account] = [one for one in await accounts(world.house) if one.id == tom.staff]
    _as_ours(world, account, state=2, at=world.clock.at - 3_600_000)
    with pytest.raises(Tampered):
        await world.second()


async def test_a_document_that_is_not_the_signed_one_is_refused_though_its_mac_fits(
    house: tuple[World, Officer, Officer],
) -> None:
    world, _, _ = house
    first, second = sorted(await world.rows(PolicyVersion), key=lambda row: row.id)
    _as_ours(world, second, document=first.document, hash=first.hash)
    with pytest.raises(Tampered):
        await world.second()
    _as_ours(world, second, compiled=first.compiled)
    with pytest.raises(Tampered):
        await world.second()
    _as_ours(world, second)
    assert await _restarts(world) == 2


async def test_an_answer_made_at_another_site_approves_nothing(house: tuple[World, Officer, Officer]) -> None:
    world, mia, tom = house
    proposal = await proposed(world, WIDER, by=mia.by)
    told = await approve.agreed(world.house, proposal, by=tom.by)
    tom.keys.origin = "https://console.shop.example.evil.example"
    with pytest.raises(Unproven):
        await signed(world, tom, told.exact)
    assert world.house.live().version == 2


async def test_an_answer_is_replayed_for_no_other_proposal_and_no_second_time(
    house: tuple[World, Officer, Officer],
) -> None:
    world, mia, tom = house
    one = await proposed(world, WIDER, by=mia.by)
    told = await approve.agreed(world.house, one, by=tom.by)
    answer = await signed(world, tom, told.exact)
    other = await proposed(world, WIDER.replace("Keep the books", "Keep the ledgers"), by=mia.by)
    with pytest.raises(Unproven):
        await approve.agree(world.house, other, signed=answer)
    assert await approve.agree(world.house, one, signed=answer) == 3
    again = await proposed(world, NARROWER, by=mia.by)
    with pytest.raises(Unproven):
        await approve.agree(world.house, again, signed=answer)


async def test_a_sock_puppet_is_nobodys_second_person(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    mia = await officer(world, "mia")
    puppet = await _puppet(world, mia)
    assert await approves(world, puppet, WIDER, by=mia.by) == 2
    assert {row.id: row.state for row in await world.rows(PolicyVersion)} == {1: LIVE, 2: WAITING}, "it is one's"
    await officer(world, "tom")
    told = await approve.agreed(world.house, await proposed(world, NARROWER, by=mia.by), by=puppet.by)
    assert told.agreement.objection == "of-one-line"


async def test_whoever_is_disabled_out_of_the_way_still_counts_for_three_days(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    mia = await officer(world, "mia")
    await officer(world, "tom")
    for one in await accounts(world.house):
        if one.id != mia.staff:
            await staff.disable(world.house, one.id, by=HOST)
    proposal = await proposed(world, WIDER, by=mia.by)
    assert (await approve.agreed(world.house, proposal, by=mia.by)).agreement.objection == "same-person"
    world.clock.pass_days(3.1)
    assert (await approve.agreed(world.house, proposal, by=mia.by)).agreement.standing == "one"


async def _puppet(world: World, by: Officer) -> Officer:
    """Whom a member invites, and gives their own role."""
    keys = Authenticator()
    token = await invited(world, "puppet")
    assert token
    [row] = [one for one in await accounts(world.house) if one.state == 0]
    _as_ours(world, row, inviter=by.staff)
    return await _enrolled(world, token, keys)


async def _enrolled(world: World, token: str, keys: Authenticator) -> Officer:
    begun = await enrol.begin(world.house, token)
    done = await enrol.with_passkey(world.house, begun.ceremony, keys.make(begun.options_json), name="x", seen=SEEN)
    deed = Deed(world.house)
    own = StaffRole(done.staff, "officer", 1, HOST, HOST, world.clock.at, 0, world.house.ids.new(), b"")
    deed.put(own, was=None)
    await deed.done()
    world.clock.pass_days(4)
    return Officer(done.staff, keys)
