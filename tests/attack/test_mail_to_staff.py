"""Mail to staff: nobody's address lies in a store or a log, and who edits a row has nothing else sent to anybody."""

from __future__ import annotations

import io
import sqlite3
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.faces import logs
from lockhouse.faces.workers.mailing import Mailing
from lockhouse.flows.mail import TAMPERED, Sent, send_mail
from lockhouse.gates.mail import GIVEN_UP, put_for
from lockhouse.model.change import Change, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.mails import Invite, Mail, NewNetwork
from lockhouse.model.ports import MailAnswer
from lockhouse.model.rows import QueuedMail, Row
from lockhouse.wiring import opened
from lockhouse.wiring_mail import out_of
from tests.faces.serve_world import make_place
from tests.flows.test_mail import ADDED, INVITE, Way
from tests.mail_server import Certified, MailServer, serving
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

CANARIES = (b"canary.anna", b"Canary Lindqvist", b"canary-token", b"198.51.100.77", b"CanaryBrowser")


def _mails(now: int) -> tuple[Mail, Mail]:
    invite = Mail(
        to="canary.anna@staff.example", name="Canary Lindqvist", language="de", until_at=now + DAY_MS,
        about=Invite(link="https://localhost:8410/enrol#canary-token", until_at=now + DAY_MS),
    )  # fmt: skip
    signed_in = NewNetwork(network="198.51.100.77", agent="CanaryBrowser", at=now)
    return invite, msgspec.structs.replace(invite, about=signed_in)


def _found(folder: Path) -> list[str]:
    files = [file for file in (folder / "house").rglob("*") if file.is_file()]
    assert len(files) > 3
    return [f"{one.name}: {canary.decode()}" for one in files for canary in CANARIES if canary in one.read_bytes()]


async def test_no_address_name_link_or_network_lies_in_a_file_of_the_house_or_a_log_line(tmp_path: Path) -> None:
    place, server = await make_place(tmp_path), MailServer()
    certified = Certified.make(tmp_path, "localhost")
    place.set(**server.settings(tmp_path))
    server.answers = ["550 <canary.anna@staff.example> is unknown to us", "451 <canary.anna@staff.example> later"]
    log = io.StringIO()
    logs.configure(level="debug", process="work", stream=log)
    async with opened(place.folder, role="work") as house:
        mails = _mails(house.house.clock.now_ms())
        await house.house.commits.commit(Change("identity", puts=tuple(put_for(house.house, one) for one in mails)))
        assert _found(tmp_path) == []
        mailing = Mailing(house)
        await mailing.act()
        with serving(server, certified):
            rows = [row async for some in house.house.reads.scan(QueuedMail) for row in some]
            due = [msgspec.structs.replace(row, run_at=0) for row in rows]
            mailing = Mailing(house)
            await house.house.commits.commit(
                Change("identity", puts=tuple(Put(QueuedMail.TABLE, row) for row in due))
            )  # fmt: skip
            await mailing.act()
        reasons = {row.reason async for some in house.house.reads.scan(QueuedMail) for row in some}
        assert reasons == {"answer-550", "answer-451"}
        assert _found(tmp_path) == []
    assert _found(tmp_path) == []
    assert '"mail waits"' in log.getvalue()
    assert '"given_up": 1' in log.getvalue()
    assert [canary for canary in CANARIES if canary.decode() in log.getvalue()] == []


async def test_once_it_is_sent_not_even_the_sealed_row_is_in_the_store(tmp_path: Path) -> None:
    place, server = await make_place(tmp_path), MailServer()
    certified = Certified.make(tmp_path, "localhost")
    place.set(**server.settings(tmp_path))
    async with opened(place.folder, role="work") as house:
        put = put_for(house.house, _mails(house.house.clock.now_ms())[0])
        await house.house.commits.commit(Change("identity", puts=(put,)))
        with serving(server, certified):
            assert await send_mail(house.house, out_of(house.settings)) == Sent(sent=1)
        await house.house.commits.scrub()
    assert isinstance(put.row, QueuedMail)
    with sqlite3.connect(place.folder / "identity.db") as store:
        assert store.execute("SELECT count(*) FROM mail").fetchone() == (0,)
    assert put.row.box not in (place.folder / "identity.db").read_bytes()


async def _written(world: World, *mails: Mail) -> list[QueuedMail]:
    await world.house.commits.commit(Change("identity", puts=tuple(put_for(world.house, one) for one in mails)))
    return await world.rows(QueuedMail)


async def _plant(world: World, row: Row) -> None:
    await world.store.commit(Change("identity", puts=(Put(QueuedMail.TABLE, row),)))


@pytest.mark.parametrize("changed", ["kind", "until_at", "box", "id", "other box"])
async def test_an_edited_row_is_given_up_and_nothing_of_it_is_sent(tmp_path: Path, changed: str) -> None:
    world, way = await World.make(tmp_path), Way()
    [row, other] = await _written(world, INVITE, ADDED)
    edited = {
        "kind": msgspec.structs.replace(row, kind="trial"),
        "until_at": msgspec.structs.replace(row, until_at=row.until_at + DAY_MS),
        "box": msgspec.structs.replace(row, box=row.box[:-1] + bytes([row.box[-1] ^ 1])),
        "id": msgspec.structs.replace(row, id=bytes(15) + b"\x01"),
        "other box": msgspec.structs.replace(row, box=other.box),
    }[changed]
    await _plant(world, edited)
    sent = await send_mail(world.house, way.out())
    assert sent.given_up == 1
    given_up = [one for one in await world.rows(QueuedMail) if one.state == GIVEN_UP]
    assert [(one.id, one.reason) for one in given_up] == [(edited.id, TAMPERED)]
    allowed = {"anna@staff.example", "ben@staff.example"}
    assert {one.to for one in way.asked} <= allowed
    assert len(way.asked) == sent.sent == (2 if changed == "id" else 1)


async def test_a_row_of_another_house_says_nothing_here(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    world, other, way = await World.make(tmp_path), await World.make(tmp_path / "other"), Way()
    [row] = await _written(other, INVITE)
    await _plant(world, row)
    assert await send_mail(world.house, way.out()) == Sent(given_up=1)
    assert way.asked == []


@pytest.mark.parametrize("changed", [{"attempts": -5}, {"run_at": -1}, {"until_at": 1 << 60}, {"attempts": -(1 << 40)}])
async def test_a_row_with_numbers_that_none_of_ours_has_keeps_no_other_mail_back(
    tmp_path: Path, changed: dict[str, int]
) -> None:
    world, way = await World.make(tmp_path), Way()
    [row, _] = await _written(world, INVITE, ADDED)
    await _plant(world, msgspec.structs.replace(row, **changed))
    assert await send_mail(world.house, way.out()) == Sent(sent=1)
    assert [one.to for one in way.asked] == ["ben@staff.example"]
    assert len(await world.rows(QueuedMail)) == 1


async def test_a_row_that_is_put_back_is_the_same_mail_and_only_until_its_end(tmp_path: Path) -> None:
    world, way = await World.make(tmp_path), Way()
    [row] = await _written(world, ADDED)
    assert await send_mail(world.house, way.out()) == Sent(sent=1)
    await _plant(world, row)
    assert await send_mail(world.house, way.out()) == Sent(sent=1)
    first, again = way.asked
    assert first == again
    world.clock.pass_days(1)
    await _plant(world, row)
    assert await send_mail(world.house, Way([MailAnswer(status=250, about="mail")]).out()) == Sent(expired=1)
