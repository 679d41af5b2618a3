"""A review of access through the pages: opened and decided by one, signed off by another, and what ends by it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import pytest

from lockhouse.access.reviewing import DONE, OPEN
from lockhouse.errors import Refused, Tampered
from lockhouse.flows import review, staff
from lockhouse.flows.staff_audit import examined
from lockhouse.gates.state import verify_state
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import AccessReview
from tests.faces.console.world import HOST, Browser, Console, console

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SETTLED_MS = 73 * 3_600_000
PLACE = "/staff/access"


class People(NamedTuple):
    """Ada is the admin; Olga, of another line, may approve and holds another role; Ben, of Ada's, supports."""

    desk: Console
    ids: dict[str, bytes]
    ada: Browser
    olga: Browser
    ben: Browser


def _pass(desk: Console, ms: int) -> None:
    """Time goes by on both clocks: one that jumps alone is not believed."""
    desk.clock.at += ms
    desk.clock.run += ms / 1_000


@asynccontextmanager
async def people(tmp_path: Path) -> AsyncIterator[People]:
    async with console(tmp_path) as desk:
        ada, olga = await desk.hired("ada"), await desk.hired("olga")
        known = {one.called.name: one.row.id for one in await staff.everybody(desk.house)}
        ben = await desk.hired("ben", by=f"staff:{known['ada'].hex()}")
        known = {one.called.name: one.row.id for one in await staff.everybody(desk.house)}
        await desk.holds(known["olga"], "auditor")
        await desk.holds(known["ben"], "support")
        _pass(desk, SETTLED_MS)
        for browser in (ada, olga, ben):
            browser.client.cookies.delete("__Host-lh")
            await browser.sign_in()
        yield People(desk, known, ada, olga, ben)


async def _decided(world: People, *, ben: str = "end") -> str:
    """The review's id: Ada opened it and decided all but her own line, which the host decides."""
    await world.ada.post(f"{PLACE}/open", {}, on=await world.ada.get(PLACE))
    [one] = await review.list_of(world.desk.house)
    for name, role, word in (("olga", "auditor", "keep"), ("ben", "support", ben)):
        fields = {"staff": world.ids[name].hex(), "role": role, "decision": word}
        page = await world.ada.post(f"{PLACE}/{one.row.id.hex()}/decide", fields, on=await world.ada.get(PLACE))
        assert page.status_code == 200
    await review.decide(world.desk.house, one.row.id, [(world.ids["ada"], "admin")], "keep", by=HOST)
    return one.row.id.hex()


async def test_what_one_decided_ends_once_another_signed_it_off(tmp_path: Path) -> None:
    async with people(tmp_path) as world:
        own = await _decided(world)
        assert (await world.ben.get("/")).status_code == 200
        done = await world.olga.do(f"{PLACE}/{own}/sign", {}, on=PLACE)
        assert "Signed off" in done.text
        [one] = await review.list_of(world.desk.house)
        assert one.row.state == DONE
        assert {line.role: line.outcome for line in one.lines} == {"admin": "", "auditor": "", "support": "ended"}
        assert (await world.ben.get("/")).status_code == 303
        known = next(each for each in await staff.everybody(world.desk.house) if each.called.name == "ben")
        assert [role.state for role in known.roles] == [2]
        assert (await verify_state(world.desk.house)).findings.count == 0


async def test_nobody_signs_off_what_they_opened_or_decided_or_what_is_not_decided(tmp_path: Path) -> None:
    async with people(tmp_path) as world:
        own = await _decided(world)
        review_id = bytes.fromhex(own)
        refused = await world.ada.do(f"{PLACE}/{own}/sign", {}, on=PLACE)
        assert refused.status_code in {403, 409}
        line = [(world.ids["ben"], "support")]
        await review.decide(world.desk.house, review_id, line, "end", by=f"staff:{world.ids['olga'].hex()}")
        assert (await world.olga.do(f"{PLACE}/{own}/sign", {}, on=PLACE)).status_code == 409
        [one] = await review.list_of(world.desk.house)
        assert one.row.state == OPEN
        with pytest.raises(Refused, match="signed-in"):
            await review.sign(world.desk.house, review_id, by=HOST)


async def test_a_signature_is_over_the_lines_as_they_were_shown(tmp_path: Path) -> None:
    async with people(tmp_path) as world:
        own = await _decided(world, ben="keep")
        asked = await world.olga.post(f"{PLACE}/{own}/sign", {}, on=await world.olga.get(PLACE))
        line = [(world.ids["ben"], "support")]
        await review.decide(world.desk.house, bytes.fromhex(own), line, "end", by=f"staff:{world.ids['ada'].hex()}")
        page = await world.olga.post(f"{PLACE}/{own}/sign", world.olga.answer(asked), on=asked)
        assert page.status_code == 403
        [one] = await review.list_of(world.desk.house)
        assert one.row.state == OPEN
        assert (await world.ben.get("/")).status_code == 200


async def test_nobody_decides_over_themselves_and_one_review_is_open_at_a_time(tmp_path: Path) -> None:
    async with people(tmp_path) as world:
        own = await _decided(world)
        fields = {"staff": world.ids["ada"].hex(), "role": "admin", "decision": "keep"}
        page = await world.ada.post(f"{PLACE}/{own}/decide", fields, on=await world.ada.get(PLACE))
        assert page.status_code == 409
        again = await world.ada.post(f"{PLACE}/open", {}, on=await world.ada.get(PLACE))
        assert again.status_code == 409
        assert (await world.ben.get(PLACE)).status_code == 403


async def test_the_last_admin_stays_one_and_the_review_says_so(tmp_path: Path) -> None:
    async with people(tmp_path) as world:
        own = await _decided(world)
        await review.decide(world.desk.house, bytes.fromhex(own), [(world.ids["ada"], "admin")], "end", by=HOST)
        await world.olga.do(f"{PLACE}/{own}/sign", {}, on=PLACE)
        [one] = await review.list_of(world.desk.house)
        assert {line.role: line.outcome for line in one.lines}["admin"] == "last-admin"
        assert one.row.state == DONE


async def test_it_is_overdue_until_one_is_done(tmp_path: Path) -> None:
    async with people(tmp_path) as world:
        house, month = world.desk.house, 31 * 86_400_000
        assert not (await examined(house, review_months=1)).review_overdue
        _pass(world.desk, month)
        assert (await examined(house, review_months=1)).review_overdue
        assert not (await examined(house, review_months=0)).review_overdue
        for browser in (world.ada, world.olga):
            browser.client.cookies.delete("__Host-lh")
            await browser.sign_in()
        own = await _decided(world)
        assert (await examined(house, review_months=1)).review_overdue
        await world.olga.do(f"{PLACE}/{own}/sign", {}, on=PLACE)
        assert not (await examined(house, review_months=1)).review_overdue


async def test_a_review_that_somebody_edited_is_believed_by_nobody(tmp_path: Path) -> None:
    async with people(tmp_path) as world:
        await _decided(world)
        [one] = await review.list_of(world.desk.house)

        edited = msgspec.structs.replace(one.row, state=DONE)
        await world.desk.house.commits.commit(Change("identity", puts=(Put(AccessReview.TABLE, edited),)))
        with pytest.raises(Tampered):
            await review.list_of(world.desk.house)
