"""Reviews of access: two mailboxes of one person, a signer who is gone, a clock that ran ahead, a review left open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.access.reviewing import DONE, OPEN, SIGNED, Line, against_signing
from lockhouse.errors import Refused
from lockhouse.flows import review, staff
from lockhouse.flows.staff_audit import examined
from lockhouse.gates.staff.deed import Deed
from tests.faces.console.test_access_review import PLACE, _decided, _pass, people
from tests.faces.console.world import HOST

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faces.console.test_access_review import People

DAY_MS = 86_400_000


async def test_nobody_signs_off_what_somebody_of_their_own_line_decided(tmp_path: Path) -> None:
    async with people(tmp_path) as world:
        own = bytes.fromhex(await _decided(world))
        second = await world.desk.hired("otto", by=f"staff:{world.ids['olga'].hex()}")
        known = {one.called.name: one.row.id for one in await staff.everybody(world.desk.house)}
        await review.decide(
            world.desk.house, own, [(world.ids["ben"], "support")], "keep", by=f"staff:{known['otto'].hex()}"
        )  # fmt: skip
        page = await world.olga.do(f"{PLACE}/{own.hex()}/sign", {}, on=PLACE)
        assert page.status_code == 409
        assert (await review.show(world.desk.house, own)).row.state == OPEN
        assert (await second.get("/")).status_code == 200


def test_the_line_of_whoever_decided_is_looked_up_for_each_line() -> None:
    from lockhouse.access.people import Member, State  # noqa: PLC0415

    ada, olga, otto = (bytes([number]) * 16 for number in (1, 2, 3))
    lines = [
        Line(staff="aa", role="admin", given_at=0, proposed_by=HOST, given_by=HOST, decision="keep", by=HOST),
        Line(staff="bb", role="a", given_at=0, proposed_by="", given_by="", decision="keep", by=f"staff:{otto.hex()}"),
    ]
    opener, other = Member(ada, State.ACTIVE, 1), Member(olga, State.ACTIVE, 1)
    now = 10**12
    assert against_signing(lines, opener=opener, other=other, inviters={otto: olga}, now=now) == "of-one-line"
    assert against_signing(lines, opener=opener, other=other, inviters={otto: ada}, now=now) is None


async def _signed_and_stopped(world: People, own: bytes) -> None:
    """The review is signed by Olga, and the process stopped before anything ended."""
    house, deed = world.desk.house, Deed(world.desk.house)
    row = (await review.show(house, own)).row
    by, at = f"staff:{world.ids['olga'].hex()}", world.desk.clock.at
    deed.put(
        msgspec.structs.replace(row, state=SIGNED, signed_by=by, signed_at=at, by=by, at=at, entry=house.ids.new()),
        was=row,
    )
    await deed.done()


async def test_what_was_signed_ends_though_whoever_signed_was_disabled_before_it_did(tmp_path: Path) -> None:
    async with people(tmp_path) as world:
        own = bytes.fromhex(await _decided(world))
        await _signed_and_stopped(world, own)
        await staff.disable(world.desk.house, world.ids["olga"], by=HOST)
        done = await review.carry_out(world.desk.house, own)
        assert {line.role: line.outcome for line in done.lines}["support"] == "ended"
        assert (await world.ben.get("/")).status_code == 303
        roles = {
            role.role: (role.state, role.by)
            for one in await staff.everybody(world.desk.house) if one.called.name == "ben" for role in one.roles
        }  # fmt: skip
        assert roles == {"support": (2, review.ACTOR)}


async def test_a_review_signed_by_a_clock_that_ran_ahead_keeps_none_from_being_due(tmp_path: Path) -> None:
    async with people(tmp_path) as world:
        own = bytes.fromhex(await _decided(world))
        ahead = 3_650 * DAY_MS
        house, deed = world.desk.house, Deed(world.desk.house)
        row = (await review.show(house, own)).row
        done = msgspec.structs.replace(
            row, state=DONE, signed_by=HOST, opened_at=row.opened_at + ahead, signed_at=row.opened_at + ahead,
            by=HOST, entry=house.ids.new(),
        )  # fmt: skip
        deed.put(done, was=row)
        await deed.done()
        _pass(world.desk, 31 * DAY_MS)
        assert (await examined(house, review_months=1)).review_overdue


@pytest.mark.parametrize("late", [True, False])
async def test_a_review_counts_from_when_its_lines_were_read(tmp_path: Path, *, late: bool) -> None:
    async with people(tmp_path) as world:
        own = await _decided(world)
        if late:
            _pass(world.desk, 31 * DAY_MS)
            world.olga.client.cookies.delete("__Host-lh")
            await world.olga.sign_in()
        await world.olga.do(f"{PLACE}/{own}/sign", {}, on=PLACE)
        assert (await review.show(world.desk.house, bytes.fromhex(own))).row.state == DONE
        assert (await examined(world.desk.house, review_months=1)).review_overdue is late


async def test_the_host_opens_no_review_that_nobody_could_sign_off(tmp_path: Path) -> None:
    async with people(tmp_path) as world:
        with pytest.raises(Refused, match="signed-in"):
            await review.begin(world.desk.house, by=HOST)
        made = await review.begin(world.desk.house, by=f"staff:{world.ids['ada'].hex()}")
        assert made.row.state == OPEN
