"""Rows of files pass the gate like any event, once each; a dry run says it beforehand; a batch goes again."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Conflict, NotFound, Unavailable
from lockhouse.flows import bring
from lockhouse.flows.reseal import reseal
from lockhouse.gates.imports import DONE, OPEN, UNDONE, batches, take_up
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.rows import Consent, Deletion, Drop, Imported, LedgerEntry, Outbox, Receipt, Record
from lockhouse.model.scale import ConsentState
from tests.flows.files import BY, brought, foreseen, orders, paper, undone
from tests.world import POLICY, Stopped, World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockhouse.model.change import Change, Committed
    from lockhouse.model.change import Conflict as Clash
    from lockhouse.model.ports import Commits


BY_NUMBER = (
    "import: 1\nevent: Order Completed\ntime: now\nmessage_id: number\nfields: {email: mail, order_id: number}\n"
)
BY_KIND = "import: 1\nevent: {column: device}\ntime: {column: when}\nfields: {email: mail, order_id: number}\n"


class PowerCut:
    """Commits that end for good behind so many calls."""

    def __init__(self, inner: Commits, *, after: int) -> None:
        self._inner = inner
        self._left = after

    async def commit(self, change: Change) -> Committed | Clash:
        [answer] = await self.commit_each([change])
        return answer

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Clash]:
        self._left -= 1
        if self._left < 0:
            raise Unavailable("the power is out")
        return await self._inner.commit_each(changes)

    async def scrub(self) -> None:
        await self._inner.scrub()


async def test_rows_are_stored_as_if_their_senders_had_sent_them(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    told = await brought(world, paper(world, orders(3)))
    assert (told.row.state, told.row.stored, told.row.rejected, told.again) == (DONE, 3, 0, False)
    [view] = await world.find("c2@example.com")
    values = {name: one.value for name, one in view.fields.items()}
    assert (values["order_id"], view.records) == ("A-2", 1)
    records = await world.rows(Record)
    assert {(row.channel, row.assurance) for row in records} == {(world.house.live().policy.channels["backend"].id, 2)}
    assert await world.findings() == []
    assert (await world.kinds()).count("import") == 2  # begun, done


async def test_the_same_file_again_does_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    first = await brought(world, paper(world, orders(3)))
    again = await brought(world, paper(world, orders(3)))
    assert (again.again, again.row.id) == (True, first.row.id)
    assert len(await world.rows(Record)) == 3


@pytest.mark.parametrize("after", range(2, 11))
async def test_an_import_that_is_cut_off_anywhere_goes_on_and_stores_each_row_once(tmp_path: Path, after: int) -> None:
    world = await World.make(tmp_path)
    file = paper(world, orders(1_100))
    cut = await world.second()
    cut.house.commits = PowerCut(world.store, after=after)
    with pytest.raises(Unavailable):
        await brought(cut, file)
    other = await world.second()
    told = await brought(other, file)
    assert (told.row.state, told.row.stored, told.row.duplicate) == (DONE, 1_100, 0)
    assert len(await world.rows(Record)) == len(await world.rows(Imported)) == 1_100
    assert await world.findings() == []


async def test_a_dry_run_stores_nothing_and_says_what_then_happens(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    lines = [
        *orders(700),
        "c9@example.com,A-9,x,DE,tablet-1,2026-11-01T10:00:00Z,,",  # no amount of money
        "c9@example.com,A-9,9,DE,tablet-1,2026-11-01T10:00:00Z,no,no",  # and an objection
        *orders(600, mail="c9@example.com", first=2_000, device="tablet-1"),  # of whom it decides in the next chunk
        "c0@example.com,A-9,9,DE,,2009-11-01T10:00:00Z,,",  # too old for anything
        "c9@example.com,A-9,9,DE,,yesterday,,",
        "c9@example.com,A-9",
    ]
    file = paper(world, lines)
    before = [await world.rows(table) for table in (Record, Receipt, Consent, LedgerEntry, Drop)]
    outlook = await foreseen(world, file)
    assert [await world.rows(table) for table in (Record, Receipt, Consent, LedgerEntry, Drop)] == before
    told = await brought(world, file)
    for name in ("stored", "trimmed", "duplicate", "refused"):
        assert outlook.outcomes[name] == getattr(told.row, name)
    assert (outlook.dropped, outlook.codes) == (told.dropped, told.codes)
    assert outlook.rejects == list(told.rejects)
    assert [(one.line, one.expected) for one in told.rejects] == [
        (1_305, "a time since 1970 in ISO 8601, with its offset"), (1_306, "8 columns as in the header"),
    ]  # fmt: skip
    assert outlook.kept["email"] == 1_302
    assert told.codes == {"LH-2111": 1}


@pytest.mark.parametrize("after", [3, 4, 6, 40])
async def test_a_row_that_stands_twice_in_its_file_is_counted_once(tmp_path: Path, after: int) -> None:
    """Cut off or not; and the undo then misses nothing, so it accuses nobody of having taken rows away."""
    world = await World.make(tmp_path)
    twice = [line for number in range(600) for line in orders(1, first=number) * (2 if number % 50 == 0 else 1)]
    file = paper(world, [*twice, *orders(20)], mapping=BY_NUMBER)
    cut = await world.second()
    cut.house.commits = PowerCut(world.store, after=after)
    with contextlib.suppress(Unavailable):
        await brought(cut, file)
    await brought(await world.second(), file)
    [row] = await batches(world.house)
    assert (row.state, row.stored, row.duplicate) == (DONE, 600, 32)
    done = await undone(world, row.id)
    assert (done.records, done.row.stored) == (600, 0)


async def test_a_dry_run_tells_a_row_that_stands_twice_from_another_under_its_id(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    [first] = orders(1)
    file = paper(world, [first, first, first.replace("c1@", "c2@")], mapping=BY_NUMBER)
    outlook = await foreseen(world, file)
    told = await brought(world, file)
    assert outlook.outcomes == {"stored": 1, "duplicate": 1, "refused": 1}
    assert (told.row.stored, told.row.duplicate, told.row.refused) == (1, 1, 1)
    assert outlook.codes == told.codes == {"LH-0101": 1}


async def test_a_dry_run_says_how_many_rows_want_a_yes_that_nobody_said(tmp_path: Path) -> None:
    policy = POLICY.replace(
        "name: {type: text", "nick: {type: text, class: profile, for: [marketing]}\n  name: {type: text"
    )
    world = await World.make(tmp_path, policy.replace("identify: [email,", "identify: [nick, email,"))
    mapping = "import: 1\nevent: identify\ntime: now\nfields: {email: mail, nick: number}\n"
    silent = await foreseen(world, paper(world, orders(5), mapping=mapping))
    assert (silent.unasked, silent.kept) == (5, {"email": 5})
    asking = mapping.replace("now", "{column: when}") + "consent: {Advertising: ads}\n"
    agreed = await foreseen(world, paper(world, orders(5, rest=",yes,"), mapping=asking))
    assert (agreed.unasked, agreed.kept) == (0, {"email": 5, "nick": 5})


async def test_what_a_file_says_of_consent_is_said(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await brought(world, paper(world, orders(2, rest=",no,yes")))
    numbers = {one.name: one.id for one in world.house.live().policy.purposes}
    said = {(row.purpose, row.state) for row in await world.rows(Consent)}
    assert said == {(numbers["analytics"], ConsentState.GRANTED), (numbers["marketing"], ConsentState.DENIED)}


async def test_an_undone_batch_leaves_no_record_and_the_ledger_covers_each(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    kept = await world.send("backend", "Order Completed", email="c1@example.com", order_id="L-1", message_id="live-1")
    told = await brought(world, paper(world, orders(1_200)))
    done = await undone(world, told.row.id)
    assert (done.records, done.sent, done.row.state, done.row.stored) == (1_200, 0, UNDONE, 0)
    assert [row.id for row in await world.rows(Record)] == [kept.record]
    assert [row.record for row in await world.rows(Receipt)] == [kept.record]
    assert await world.rows(Imported) == []
    assert {row.record for row in await world.rows(Outbox)} == {kept.record}
    deletions = await world.rows(Deletion)
    assert {row.cause for row in deletions} == {"undo"}
    assert await world.findings() == []
    entries = [parse_entry(row.body) for row in await world.rows(LedgerEntry) if row.kind in {"undo", "deletion"}]
    [begun] = [entry for entry in entries if entry.kind == "undo"]
    assert {entry.body.by for entry in entries if entry.kind == "deletion"} == {begun.id.hex()}  # type: ignore[attr-defined]


async def test_the_same_file_may_come_again_behind_an_undo(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    file = paper(world, orders(600))
    first = await brought(world, file)
    await undone(world, first.row.id)
    again = await brought(world, file)
    assert (again.row.stored, again.row.duplicate, again.row.id) == (600, 0, first.row.id)
    assert await world.findings() == []
    with pytest.raises(NotFound):
        await undone(world, bytes(16))


async def test_behind_an_undo_rows_that_were_unknown_come_in_once_the_policy_names_them(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    lines = [*orders(1, device="Order Completed"), *orders(1, first=2, device="Quiz Done")]
    file = paper(world, lines, mapping=BY_KIND)
    first = await brought(world, file)
    assert (first.row.stored, first.row.refused) == (1, 1)
    await undone(world, first.row.id)
    await world.approve(POLICY.replace("  Order Completed: [", "  Quiz Done: [email, order_id]\n  Order Completed: ["))
    assert (await foreseen(world, file)).outcomes == {"stored": 2}
    again = await brought(world, file)
    assert (again.row.stored, again.row.duplicate, again.row.refused) == (2, 0, 0)
    await undone(world, again.row.id)
    assert await world.rows(Receipt) == []


@pytest.mark.parametrize("after", range(1, 5))
async def test_an_undo_that_is_cut_off_goes_on(tmp_path: Path, after: int) -> None:
    world = await World.make(tmp_path)
    told = await brought(world, paper(world, orders(1_200)))
    cut = await world.second()
    cut.house.commits = PowerCut(world.store, after=after)
    with pytest.raises(Unavailable):
        await undone(cut, told.row.id)
    with pytest.raises(Conflict, match="being taken back"):
        await brought(world, paper(world, orders(1_200)))
    await undone(world, told.row.id)
    assert await world.rows(Record) == []
    assert await world.findings() == []
    with pytest.raises(NotFound, match="taken back"):
        await undone(world, told.row.id)


async def test_of_two_that_take_one_batch_back_each_record_goes_once(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    told = await brought(world, paper(world, orders(1_100)))
    slow = await world.second()
    slow.house.commits = stopped = Stopped(world.store, store="record", nth=2)
    undoing = asyncio.create_task(undone(slow, told.row.id))
    await stopped.reached.wait()
    done = await undone(world, told.row.id)
    assert (done.records, done.row.stored) == (1_100, 0)
    stopped.go_on.set()
    with pytest.raises(Conflict):
        await undoing
    assert (await batches(world.house))[0].stored == 0
    assert await world.findings() == []


async def test_a_record_that_is_sealed_again_meanwhile_is_looked_at_again(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    told = await brought(world, paper(world, orders(3)))
    slow = await world.second()
    slow.house.commits = stopped = Stopped(world.store, store="record", nth=2)  # behind the shutting
    undoing = asyncio.create_task(undone(slow, told.row.id))
    await stopped.reached.wait()
    await reseal(world.house, await world.person("c2@example.com"), by=BY)
    stopped.go_on.set()
    assert (await undoing).records == 3
    assert await world.rows(Record) == []
    assert await world.findings() == []


async def test_an_import_that_is_cut_off_can_be_taken_back_too(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    file = paper(world, orders(1_100))
    cut = await world.second()
    cut.house.commits = PowerCut(world.store, after=7)
    with pytest.raises(Unavailable):
        await brought(cut, file)
    [row] = await batches(world.house)
    assert row.state == OPEN
    assert await world.rows(Record) != []
    await undone(world, row.id)
    assert await world.rows(Record) == []
    assert await world.findings() == []


async def test_a_process_that_was_stopped_stores_nothing_once_its_batch_was_taken_back(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    asleep = await world.second()
    # The records of its first chunk are decided and sealed, and wait.
    asleep.house.commits = stopped = Stopped(world.store, store="record", nth=2)
    sleeping = asyncio.create_task(brought(asleep, paper(world, orders(100))))
    await stopped.reached.wait()
    [row] = await batches(world.house)
    await undone(world, row.id)
    stopped.go_on.set()
    with pytest.raises(Conflict, match="another process took it over or takes it back"):
        await sleeping
    assert await world.rows(Record) == []
    assert await world.findings() == []


async def test_of_two_processes_that_import_one_file_the_later_goes_on(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    file = paper(world, orders(1_100))
    early = await world.second()
    early.house.commits = stopped = Stopped(world.store, store="record", nth=3)
    first = asyncio.create_task(brought(early, file))
    await stopped.reached.wait()
    told = await brought(world, file)
    stopped.go_on.set()
    with pytest.raises(Conflict):
        await first
    assert (told.row.stored, told.row.state) == (1_100, DONE)
    assert len(await world.rows(Record)) == 1_100
    [row] = await batches(world.house)
    assert row.stored == 1_100


async def test_who_was_overtaken_stores_nothing_more_while_the_other_goes_on(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    file = paper(world, orders(100))
    early = await world.second()
    early.house.commits = stopped = Stopped(world.store, store="record", nth=2)
    first = asyncio.create_task(brought(early, file))
    await stopped.reached.wait()
    [row] = await batches(world.house)
    await take_up(world.house, row.id, channel=row.channel, by="os-user:1001")
    stopped.go_on.set()
    with pytest.raises(Conflict, match="another process took it over"):
        await first
    assert await world.rows(Record) == []
    told = await brought(world, file)
    assert (told.row.stored, told.row.by) == (100, "os-user:1000")


async def test_a_row_is_known_again_by_its_own_message_id(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await brought(world, paper(world, orders(3), mapping=BY_NUMBER))
    more = await brought(world, paper(world, orders(5), mapping=BY_NUMBER))
    assert (more.row.stored, more.row.duplicate) == (2, 3)
    await undone(world, more.row.id)  # takes back its own two, and none of the other's three
    assert len(await world.rows(Record)) == 3
    assert await world.findings() == []


async def test_who_was_erased_is_not_brought_back_by_a_file_from_before(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    told = await brought(world, paper(world, orders(2)))
    await world.erase(await world.person("c1@example.com"))
    file = paper(world, orders(2, rest=",,yes"))  # another file, with the same people
    outlook = await foreseen(world, file)
    again = await brought(world, file)
    assert again.codes == outlook.codes == {"LH-2110": 1}
    await undone(world, told.row.id)
    assert await world.findings() == []


async def test_a_channel_that_is_only_observed_stores_only_counts(tmp_path: Path) -> None:
    was = "backend: {kind: segment, key: secret, stage: live}"
    world = await World.make(tmp_path, POLICY.replace(was, was.replace("live", "observe")))
    told = await brought(world, paper(world, orders(3)))
    assert await world.rows(Record) == []
    assert await world.rows(Imported) == []
    assert len(await world.rows(Drop)) > 0
    assert told.row.state == DONE


async def test_a_public_channel_lends_its_rows_no_more_belief(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await brought(world, paper(world, orders(1), channel="web"), channel="web")
    [record] = await world.rows(Record)
    assert record.assurance == 1
    with pytest.raises(NotFound):
        bring.channel_of(world.house, "nobody")


async def test_who_reads_along_sees_what_recipients_had_before_an_undo(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    told = await brought(world, paper(world, orders(2)))
    for row in await world.rows(Outbox):
        world.plant(type(row)(row.id, row.recipient, row.person, row.record, 1, 1, row.run_at, None))
    assert (await undone(world, told.row.id)).sent == 2
    assert await world.rows(Outbox) == []
