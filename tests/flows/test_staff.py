"""Staff come and go: invited by a link, disabled and let in again, their factors reset, a sole admin recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Conflict, Invalid, NotFound, Refused
from lockhouse.flows import staff
from lockhouse.gates.staff import read
from lockhouse.gates.staff.called import Called
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.members import people
from lockhouse.gates.staff.tokens import token_tag
from lockhouse.gates.state import verify_state
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.rows import Factor, Invite, LedgerEntry, Staff, StaffRole
from tests.flows.staffed import BY, acts, enrolled, hired
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.house import House

MIA = Called("mia@shop.example", "Mia Berger")
ROLES = POLICY + "  admin: {may: [staff.*, policy.*]}\n  auditor: {may: [ledger.read]}\n"
DAY_MS = 86_400_000


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = await World.make(tmp_path)
    await made.approve(ROLES)
    return made


async def _clean(world: World) -> None:
    state = await verify_state(world.house)
    assert (state.findings.kept, state.untold) == ([], 0)


async def _told(world: World) -> list[str]:
    entries = sorted((row for row in await world.rows(LedgerEntry) if row.kind == "staff"), key=lambda row: row.id)
    return [parse_entry(row.body).body.body()["step"] for row in entries]


async def _roles(house: House, who: bytes) -> frozenset[str]:
    return frozenset(row.role for row in await read.roles_of(house, who) if row.state == read.GIVEN)


async def test_the_first_who_is_invited_is_the_admin_and_the_next_is_nothing_yet(world: World) -> None:
    link = await staff.invite(world.house, MIA, by=BY)
    known = await staff.show(world.house, link.staff)
    assert (known.called, known.row.state, [one.role for one in known.roles]) == (MIA, read.INVITED, ["admin"])
    other = await staff.invite(world.house, Called("ben@shop.example", "Ben"), by=BY)
    assert (await staff.show(world.house, other.staff)).roles == ()
    assert [one.called.name for one in await staff.everybody(world.house)] == ["Mia Berger", "Ben"]
    await _clean(world)


@pytest.mark.asvs("6.4.1")
async def test_a_link_opens_its_account_and_stands_nowhere(world: World) -> None:
    link = await staff.invite(world.house, MIA, by=BY)
    found = await read.invite_of(world.house, token_tag(world.house, "link", link.token))
    assert found is not None
    assert (found[0].staff, found[0].until_at) == (link.staff, world.clock.at + DAY_MS)
    for table in world.store.shelf.tables.values():
        stored = repr(table)
        assert link.token not in stored
        assert "mia@shop" not in stored
        assert "Berger" not in stored


async def test_a_new_link_ends_the_one_before(world: World) -> None:
    before = await staff.invite(world.house, MIA, by=BY)
    after = await staff.link_anew(world.house, before.staff, by=BY)
    assert await read.invite_of(world.house, token_tag(world.house, "link", before.token)) is None
    assert await read.invite_of(world.house, token_tag(world.house, "link", after.token)) is not None
    await enrolled(world, after.staff)
    with pytest.raises(Refused):
        await staff.link_anew(world.house, after.staff, by=BY)
    await _clean(world)


async def test_whoever_may_only_invite_makes_no_link_to_an_account_that_has_a_role_already(world: World) -> None:
    await world.approve(ROLES + "  door: {may: [staff.list, staff.invite]}\n")
    boss, door = await hired(world, "boss"), await hired(world, "door", roles=["door"])
    link = await staff.invite(world.house, MIA, by=acts(boss))
    assert (await staff.link_anew(world.house, link.staff, by=acts(door))).staff == link.staff
    deed, now = Deed(world.house), world.clock.at
    deed.put(StaffRole(link.staff, "admin", 1, BY, BY, now, 0, world.house.ids.new(), b""), was=None)
    await deed.done()
    with pytest.raises(Refused, match="somebody who may give roles"):
        await staff.link_anew(world.house, link.staff, by=acts(door))
    assert (await staff.link_anew(world.house, link.staff, by=acts(boss))).staff == link.staff


@pytest.mark.parametrize("login", ["mia@shop.example", "  MIA@shop.example", "\uff4dia@shop.example"])
async def test_a_login_is_one_persons_however_it_is_written(world: World, login: str) -> None:
    await staff.invite(world.house, MIA, by=BY)
    with pytest.raises(Conflict, match="one that nobody has"):
        await staff.invite(world.house, Called(login, "Somebody else"), by=BY)


@pytest.mark.parametrize(
    "who",
    [
        *(Called("", "Mia"), Called("mia", ""), Called("mia", "M\nia"), Called("m" * 201, "M")),
        *(Called("mia", "=?utf-8?q?A=0d=0aB?="), Called("=?utf-8?q?A=0d=0aB?=", "M")),
    ],
)
async def test_a_login_or_name_that_is_none_is_refused_without_repeating_it(world: World, who: Called) -> None:
    with pytest.raises(Invalid, match="printable signs"):
        await staff.invite(world.house, who, by=BY)
    assert await world.rows(Staff) == []


async def test_the_first_link_is_made_anew_until_somebody_can_sign_in(world: World) -> None:
    first = await staff.first_link(world.house, MIA, by=BY)
    again = await staff.first_link(world.house, Called("other", "Other"), by=BY)
    assert first is not None
    assert again is not None
    assert again.staff == first.staff
    assert again.token != first.token
    await enrolled(world, again.staff)
    assert await staff.first_link(world.house, MIA, by=BY) is None
    assert await _roles(world.house, again.staff) == {"admin"}


async def test_who_is_disabled_can_be_let_in_again_and_has_what_they_had(world: World) -> None:
    await hired(world, "mia")
    ben = await hired(world, "ben", roles=["auditor"])
    row = await staff.disable(world.house, ben, by=BY)
    assert (row.state, row.link, row.sessions_from) == (read.DISABLED, b"", world.clock.at)
    with pytest.raises(Refused):
        await staff.disable(world.house, ben, by=BY)
    with pytest.raises(Refused, match="somebody else"):
        await staff.enable(world.house, ben, by=acts(ben))
    row = await staff.enable(world.house, ben, by=BY)
    known = await staff.show(world.house, ben)
    assert (known.row.state, [one.role for one in known.roles], len(known.factors)) == (read.ACTIVE, ["auditor"], 1)
    assert (await _told(world))[-2:] == ["disabled", "enabled"]
    await _clean(world)


async def test_who_never_enrolled_is_invited_again_when_enabled(world: World) -> None:
    link = await staff.invite(world.house, MIA, by=BY)
    await staff.disable(world.house, link.staff, by=BY)
    assert await read.invite_of(world.house, token_tag(world.house, "link", link.token)) is None
    assert (await staff.enable(world.house, link.staff, by=BY)).state == read.INVITED


async def test_the_last_admin_stays(world: World) -> None:
    mia = await hired(world, "mia")
    with pytest.raises(Refused, match="another admin who stays") as caught:
        await staff.disable(world.house, mia, by=BY)
    assert caught.value.reasons == ("last-admin",)
    ben = await hired(world, "ben", roles=["admin"])
    await staff.disable(world.house, mia, by=BY)
    with pytest.raises(Refused):
        await staff.disable(world.house, ben, by=BY)


async def test_of_two_admins_who_disable_each_other_at_once_one_stays(world: World) -> None:
    mia, ben = await hired(world, "mia"), await hired(world, "ben", roles=["admin"])
    busy = await world.second()
    scan, deeds = world.house.reads.scan, [lambda: staff.disable(busy.house, mia, by=acts(ben))]

    class Between:
        """Ben acts once Mia has read who is an admin."""

        def __getattr__(self, name: str) -> object:
            return getattr(world.store, name)

        async def find(self, *args: object, **kwargs: object) -> object:
            while deeds:
                await deeds.pop()()
            return await world.store.find(*args, **kwargs)  # type: ignore[arg-type]

        def scan(self, *args: object, **kwargs: object) -> object:
            return scan(*args, **kwargs)  # type: ignore[arg-type]

    world.house.reads = Between()  # type: ignore[assignment]
    with pytest.raises(Conflict):
        await staff.disable(world.house, ben, by=acts(mia))
    assert [row.state for row in await world.rows(Staff)] == [read.DISABLED, read.ACTIVE]


@pytest.mark.asvs("6.4.4", "6.4.6")
async def test_a_reset_needs_two_and_ends_every_factor(world: World) -> None:
    mia, ben, eva = [await hired(world, name, roles=[]) for name in ("mia", "ben", "eva")]
    world.clock.pass_days(4)
    await staff.reset(world.house, eva, by=acts(mia))
    assert len((await staff.show(world.house, eva)).factors) == 1
    for who, word in ((mia, "same-person"), (eva, "same-person")):
        with pytest.raises(Refused) as caught:
            await staff.approve_reset(world.house, eva, by=acts(who))
        assert caught.value.reasons == (word,)
    with pytest.raises(Refused) as caught:
        await staff.approve_reset(world.house, eva, by=BY)
    assert caught.value.reasons == ("has-staff",)
    link = await staff.approve_reset(world.house, eva, by=acts(ben))
    assert (await staff.show(world.house, eva)).factors == ()
    found = await read.invite_of(world.house, token_tag(world.house, "link", link.token))
    assert found is not None
    assert found[0].kind == 1
    with pytest.raises(Refused):
        await staff.approve_reset(world.house, eva, by=acts(ben))
    await _clean(world)


@pytest.mark.asvs("6.4.4")
async def test_nobody_approves_a_reset_of_their_own_line_or_within_72_hours(world: World) -> None:
    mia = await hired(world, "mia")
    ben = await hired(world, "ben", by=acts(mia))
    eva = await hired(world, "eva")
    await staff.reset(world.house, eva, by=acts(mia))
    for who, word in ((ben, "of-one-line"), (await hired(world, "new"), "too-young")):
        with pytest.raises(Refused) as caught:
            await staff.approve_reset(world.house, eva, by=acts(who))
        assert caught.value.reasons == (word,)


async def test_a_reset_counts_while_who_began_it_is_active(world: World) -> None:
    mia, ben, eva = [await hired(world, name, roles=["admin"] * (name != "mia")) for name in ("mia", "ben", "eva")]
    world.clock.pass_days(4)
    await staff.reset(world.house, eva, by=acts(mia))
    await staff.disable(world.house, mia, by=acts(ben))
    with pytest.raises(Refused) as caught:
        await staff.approve_reset(world.house, eva, by=acts(ben))
    assert caught.value.reasons == ("wrong-state",)


async def test_who_is_disabled_and_enabled_during_a_reset_has_nothing_to_sign_in_with_and_is_no_admin(
    world: World,
) -> None:
    mia, ben, eva = [await hired(world, name, roles=["admin"] * (name != "mia")) for name in ("mia", "ben", "eva")]
    world.clock.pass_days(4)
    await staff.reset(world.house, eva, by=acts(mia))
    link = await staff.approve_reset(world.house, eva, by=acts(ben))
    await staff.disable(world.house, eva, by=acts(mia))
    await staff.enable(world.house, eva, by=acts(mia))
    assert await read.invite_of(world.house, token_tag(world.house, "link", link.token)) is None
    found = await people(world.house)
    assert world.house.live_policy is not None
    assert sorted(found.admins(world.house.live_policy.policy)) == sorted([mia, ben])


async def test_a_reset_that_nobody_approves_within_a_day_is_over(world: World) -> None:
    mia, ben, eva = [await hired(world, name) for name in ("mia", "ben", "eva")]
    world.clock.pass_days(4)
    await staff.reset(world.house, eva, by=acts(mia))
    world.clock.pass_days(1)
    with pytest.raises(Refused) as caught:
        await staff.approve_reset(world.house, eva, by=acts(ben))
    assert caught.value.reasons == ("wrong-state",)


async def test_while_one_alone_can_sign_in_the_host_approves_and_the_ledger_says_so(world: World) -> None:
    mia = await hired(world, "mia")
    await staff.reset(world.house, mia, by=BY)
    await staff.approve_reset(world.house, mia, by="os-user:1001")
    [entry] = [row for row in await world.rows(LedgerEntry) if row.kind == "staff" and b'"reset"' in row.body]
    assert parse_entry(entry.body).body.body()["by"] == "os-user:1001"


async def test_the_only_admin_recovers_on_the_machine_and_somebody_looks_into_it(world: World) -> None:
    mia = await hired(world, "mia")
    with pytest.raises(Refused):
        await staff.recover_local(world.house, mia, by=acts(mia))
    await staff.recover_local(world.house, mia, by=BY)
    known = await staff.show(world.house, mia)
    assert (known.row.recovered_at, known.factors) == (world.clock.at, ())
    await enrolled(world, mia)
    assert (await staff.show(world.house, mia)).row.recovered_at == world.clock.at
    with pytest.raises(Refused):
        await staff.review_recovery(world.house, mia, by=acts(mia))
    assert (await staff.review_recovery(world.house, mia, by=BY)).recovered_at is None
    with pytest.raises(Refused):
        await staff.review_recovery(world.house, mia, by=BY)
    await _clean(world)


async def test_nobody_recovers_on_the_machine_where_another_admin_could_help(world: World) -> None:
    mia = await hired(world, "mia")
    ben = await hired(world, "ben", roles=["admin"])
    for who in (mia, ben):
        with pytest.raises(Refused) as caught:
            await staff.recover_local(world.house, who, by=BY)
        assert caught.value.reasons == ("not-sole",)


async def test_who_has_no_account_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        await staff.show(world.house, bytes(16))
    for deed in (staff.disable, staff.enable, staff.reset, staff.link_anew, staff.recover_local):
        with pytest.raises(NotFound):
            await deed(world.house, bytes(16), by=BY)


async def test_who_was_cut_off_leaves_an_account_that_is_told_of_before_it_is_changed(world: World) -> None:
    link = await staff.invite(world.house, MIA, by=BY)
    for row in await world.rows(LedgerEntry):
        if row.kind == "staff":
            world.drop(row)
    await staff.link_anew(world.house, link.staff, by=BY)
    assert await _told(world) == ["invited", "linked"]


async def test_factors_that_ended_are_kept_so_that_nobody_comes_back_with_less(world: World) -> None:
    mia = await hired(world, "mia")
    await staff.recover_local(world.house, mia, by=BY)
    assert [(row.kind, row.state) for row in await world.rows(Factor)] == [(1, 1)]
    assert [row.kind for row in await world.rows(Invite)] == [1]
    assert msgspec.structs.asdict((await world.rows(Factor))[0])["by"] == BY
