"""Service tokens: made for a system, shown once, rotated with an overlap, ended for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.access.tokens import LIFE_DAYS, Terms
from lockhouse.crypto.derive import wrap
from lockhouse.errors import Conflict, Invalid, NotFound, Refused
from lockhouse.flows import staff, token
from lockhouse.flows.token import Maker
from lockhouse.gates.state import verify_state
from lockhouse.gates.tokens import Bearer, Made
from lockhouse.model.change import Change, Put
from lockhouse.model.decision import Actor
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import HouseSecret, LedgerEntry, Token, TokenUse
from lockhouse.secret import Secret
from tests.flows.staffed import acts, hired
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

ADMIN = Actor(id="os-user:1", kind="os-user")
OTHER = Maker(Actor(id="os-user:2", kind="os-user"))
HERE = "127.0.0.1"
WITH_DEEDS = POLICY + "  auditor: {may: [ledger.read, token.*]}\n"


def terms(**changes: Any) -> Terms:
    """Those of a help desk that looks at persons."""
    return Terms(
        **{"name": "helpdesk", "role": "support", "may": (), "purposes": ("fulfilment",), "networks": ()} | changes
    )


async def made(world: World, *, days: int = LIFE_DAYS, **changes: Any) -> Made:
    return await token.create(world.house, terms(**changes), by=Maker(ADMIN), days=days)


def text_of(one: Made) -> str:
    return one.text.reveal().decode()


async def stands(world: World, text: str, *, network: str | None = HERE) -> bool:
    return isinstance(await token.shown(world.house, text, network=network), Bearer)


async def test_a_token_is_known_by_its_text_alone_and_the_ledger_says_what_it_may(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WITH_DEEDS)
    one = await made(world, role="auditor", may=("ledger.read",), purposes=())
    bearer = await token.shown(world.house, text_of(one), network=HERE)
    assert isinstance(bearer, Bearer)
    assert (bearer.owner, bearer.terms.name, bearer.terms.networks) == (
        ADMIN.id,
        "helpdesk",
        ("127.0.0.0/8", "::1/128"),
    )
    [entry] = [row for row in await world.rows(LedgerEntry) if row.kind == "token"]
    body = msgspec.json.decode(entry.body)["body"]
    assert (body["change"], body["by"], body["may"], body["role"]) == ("made", ADMIN.id, ["ledger.read"], "auditor")
    stored = b"".join(msgspec.msgpack.encode(row) for row in await world.rows(Token)) + entry.body
    assert text_of(one)[7:37].encode() not in stored


@pytest.mark.asvs("8.3.3")
async def test_a_token_may_do_what_both_its_own_permissions_and_its_role_say(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WITH_DEEDS)
    one = await made(world, role="auditor", may=("ledger.read",), purposes=())
    bearer = await token.shown(world.house, text_of(one), network=HERE)
    assert isinstance(bearer, Bearer)
    assert token.may(world.house.live().policy, bearer, "ledger.read")
    assert not token.may(world.house.live().policy, bearer, "token.create")  # its role may; it may not
    await world.approve(POLICY + "  auditor: {may: [audit.run]}\n")
    assert not token.may(world.house.live().policy, bearer, "ledger.read")  # taken from the role: from it, too


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"name": "Anna Schmidt"}, "name"),
        ({"role": "nobody"}, "role"),
        ({"role": ""}, "purposes"),
        ({"purposes": ("marketing",)}, "purposes"),
        ({"may": ("ledger.read",)}, "may"),
        ({"may": ("everything",)}, "may"),
        ({"may": ("weather.read",)}, "may"),
        ({"networks": ("10.0.0.1/8",)}, "networks"),
        ({"networks": tuple(f"10.0.{at}.0/24" for at in range(33))}, "networks"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
    ],
)
async def test_what_a_token_may_not_be_is_said_before_one_is_made(
    tmp_path: Path, changes: dict[str, Any], where: str
) -> None:
    world = await World.make(tmp_path)
    with pytest.raises(Invalid) as caught:
        await made(world, **changes)
    assert caught.value.where == where
    assert await world.rows(Token) == []


async def test_a_token_ends_by_itself_and_its_use_is_kept_by_the_day(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    one = await made(world, days=2)
    [(row, used)] = (await token.listed(world.house)).tokens
    assert (row, used) == (one.row, None)
    assert await stands(world, text_of(one))
    world.clock.pass_days(1 / 24)
    assert await stands(world, text_of(one))
    day = (world.clock.at - DAY_MS // 24) // DAY_MS
    assert await world.rows(TokenUse) == [TokenUse(row.id, day)]
    world.clock.pass_days(1)
    assert await stands(world, text_of(one))
    assert (await token.find(world.house, row.id))[1] == day + 1
    world.clock.pass_days(1)
    assert not await stands(world, text_of(one))


@pytest.mark.asvs("13.3.4")
async def test_two_tokens_live_through_a_rotation_and_the_old_one_ends_with_the_overlap(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    old = await made(world)
    new = await token.rotate(world.house, old.row.id, by=OTHER, overlap_days=3)
    assert (new.row.terms, new.row.owner, new.row.follows) == (old.row.terms, "os-user:2", old.row.id)
    assert [await stands(world, text_of(one)) for one in (old, new)] == [True, True]
    with pytest.raises(Conflict, match="was not overtaken"):
        await token.rotate(world.house, old.row.id, by=OTHER)
    world.clock.pass_days(3)
    assert [await stands(world, text_of(one)) for one in (old, new)] == [False, True]
    assert await _changes(world) == ["made", "made", "rotated"]


async def test_an_overlap_prolongs_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    old = await made(world, days=1)
    await token.rotate(world.house, old.row.id, by=OTHER, overlap_days=30)
    assert (await token.find(world.house, old.row.id))[0].until_at == old.row.until_at


async def test_a_revoked_token_is_refused_in_every_process_at_once_and_for_good(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other, one = await world.second(), await made(world)
    assert await stands(other, text_of(one))
    await token.revoke(world.house, one.row.id, by="os-user:2")
    assert [await stands(each, text_of(one)) for each in (world, other)] == [False, False]
    with pytest.raises(Conflict, match="not revoked"):
        await token.revoke(world.house, one.row.id, by="os-user:2")
    with pytest.raises(Conflict, match="lives"):
        await token.rotate(world.house, one.row.id, by=OTHER)
    with pytest.raises(NotFound, match="token list"):
        await token.revoke(world.house, bytes(16), by="os-user:2")
    assert await _changes(world) == ["ended", "made"]


async def _changes(world: World) -> list[str]:
    entries = [row for row in await world.rows(LedgerEntry) if row.kind == "token"]
    assert not (await verify_state(world.house)).findings.kept
    return sorted(msgspec.json.decode(row.body)["body"]["change"] for row in entries)


async def test_somebody_elses_change_in_between_is_not_written_over(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    one = await made(world)
    await token.revoke(world.house, one.row.id, by="os-user:2")
    from lockhouse.gates import tokens  # noqa: PLC0415  # as the flow calls it, with the row of before

    with pytest.raises(Conflict, match="as it was read"):
        await tokens.rotate(world.house, one.row, tokens.Renewed("os-user:3", "os-user:3", 1, 1))
    assert not await stands(world, text_of(one))


async def test_a_token_makes_others_only_if_it_may_and_never_more_than_itself(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WITH_DEEDS)
    plain, maker = Terms(name="siem", role="auditor", may=("ledger.read",), purposes=(), networks=()), Maker(ADMIN)
    mute = await _bearer(world, await token.create(world.house, plain, by=maker))
    with pytest.raises(Refused, match=r"token\.create"):
        await token.create(world.house, plain, by=_by(mute))
    able = msgspec.structs.replace(plain, may=("ledger.read", "token.create"))
    bearer = await _bearer(world, await token.create(world.house, able, by=maker))
    child = await token.create(world.house, plain, by=_by(bearer))
    assert child.row.owner == ADMIN.id  # it counts to whoever made the first
    more = {
        "role": terms(name="more"), "may": msgspec.structs.replace(plain, may=("token.*",)),
        "networks": msgspec.structs.replace(plain, networks=("0.0.0.0/0",)),
    }  # fmt: skip
    for where, wanted in more.items():
        with pytest.raises(Refused, match=f"{where}: expected no more"):
            await token.create(world.house, wanted, by=_by(bearer))


async def test_a_token_takes_the_place_of_none_that_has_more_than_itself(tmp_path: Path) -> None:
    """Whoever could, would be shown the text of a stronger one."""
    world = await World.make(tmp_path, WITH_DEEDS)
    strong = await token.create(
        world.house, terms(role="auditor", may=("ledger.read", "token.rotate"), purposes=()), by=Maker(ADMIN)
    )
    weak = await token.create(world.house, terms(role="auditor", may=("token.rotate",), purposes=()), by=Maker(ADMIN))
    with pytest.raises(Refused, match="may: expected no more"):
        await token.rotate(world.house, strong.row.id, by=_by(await _bearer(world, weak)))
    child = await token.rotate(world.house, weak.row.id, by=_by(await _bearer(world, strong)))
    assert (child.row.owner, child.row.by) == (ADMIN.id, f"service:{strong.row.id.hex()}")


async def test_what_a_token_makes_ends_with_it_and_is_revoked_with_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WITH_DEEDS)
    able = Terms(name="siem", role="auditor", may=("ledger.read", "token.*"), purposes=(), networks=())
    first = await token.create(world.house, able, by=Maker(ADMIN), days=2)
    beside = await token.create(world.house, able, by=Maker(ADMIN), days=2)
    child = await token.create(world.house, able, by=_by(await _bearer(world, first)), days=365)
    later = await token.rotate(world.house, child.row.id, by=_by(await _bearer(world, child)), days=365)
    last = await token.create(world.house, able, by=_by(await _bearer(world, later)), days=1)
    assert {one.row.until_at for one in (child, later)} == {first.row.until_at}
    assert last.row.until_at < first.row.until_at
    await token.revoke(world.house, first.row.id, by=ADMIN.id)
    assert [await stands(world, text_of(one)) for one in (first, child, later, last, beside)] == [*[False] * 4, True]
    assert (await _changes(world)).count("ended") == 4


async def _bearer(world: World, one: Made) -> Bearer:
    bearer = await token.shown(world.house, text_of(one), network=HERE)
    assert isinstance(bearer, Bearer)
    return bearer


def _by(bearer: Bearer) -> Maker:
    return Maker(Actor(id=f"service:{bearer.id.hex()}", kind="token"), bearer)


async def test_staff_give_a_token_no_role_but_their_own(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    mia = Actor(id="staff:7f", kind="staff", roles=("analyst",))
    with pytest.raises(Refused, match="role"):
        await token.create(world.house, terms(), by=Maker(mia))
    done = await token.create(world.house, terms(role="analyst", purposes=("analytics",)), by=Maker(mia))
    assert done.row.owner == mia.id


async def test_what_is_known_of_a_token_is_its_owners_but_nobody_is_there_to_step_up(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    from lockhouse.flows import vouch  # noqa: PLC0415  # one test alone

    for fact in (("quota", "7"), ("step-up", "fido2"), ("grant", "case-1")):
        await vouch.record(world.house, ADMIN.id, fact, until=world.clock.at + DAY_MS, by="os-user:2")
    known = await token.facts(world.house, await _bearer(world, await made(world)))
    assert (known.limit, known.network) == (7, HERE)
    assert (known.step_up_age_s, known.grant) == (None, None)


async def test_a_token_of_a_former_secret_is_taken_and_a_new_one_is_made_under_the_newest(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    old, house = await made(world), world.house
    secret = wrap(
        house.keks[house.generation], Secret(house.ids.random(32)), house=house.id, purpose="secret", name="credential",
        generation=house.generation, version=2,
    )  # fmt: skip
    row = HouseSecret("credential", 2, house.generation, secret, None)
    await house.commits.commit(Change("identity", puts=(Put(HouseSecret.TABLE, row),)))
    later = await world.second()
    new = await made(later)
    assert [one.generation for one in await later.rows(Token)] == [1, 2]
    assert [await stands(later, text_of(one)) for one in (old, new)] == [True, True]
    assert not await stands(world, text_of(new))  # a process from before knows only the former secret


async def test_a_token_of_somebody_who_was_disabled_does_not_come_back_with_them(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    boss, mia = await hired(world, "boss", roles=["support"]), await hired(world, "mia", roles=["support"])
    maker = Maker(Actor(id=acts(mia), kind="staff", roles=("support",)))
    old = await token.create(world.house, terms(), by=maker)
    assert await stands(world, text_of(old))
    own = bytes.fromhex(acts(mia).removeprefix("staff:"))
    await staff.disable(world.house, own, by=acts(boss))
    assert not await stands(world, text_of(old))
    world.clock.pass_days(3)
    await staff.enable(world.house, own, by=acts(boss))
    assert not await stands(world, text_of(old))
    world.clock.pass_days(1 / 24)
    assert await stands(world, text_of(await token.create(world.house, terms(), by=maker)))


async def test_a_token_that_was_edited_is_named_and_hides_no_other(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    one, other = await made(world), await made(world)
    world.plant(msgspec.structs.replace(one.row, until_at=one.row.until_at + DAY_MS))
    found = await token.listed(world.house)
    assert ([row for row, _ in found.tokens], found.spoilt) == ([other.row], [one.row.id])
    await token.revoke(world.house, other.row.id, by=ADMIN.id)
    assert not await stands(world, text_of(other))
