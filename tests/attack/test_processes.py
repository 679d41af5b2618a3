"""Real processes on one house: killed between two commits, frozen across an erasure, racing for a new customer."""

from __future__ import annotations

import asyncio
import random
import signal
from typing import TYPE_CHECKING

import pytest

from lockhouse import wiring
from lockhouse.errors import Unavailable
from lockhouse.flows import look, request
from lockhouse.gates.ending import open_cases
from lockhouse.model.change import Change, Delete
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Identifier, KeyRing, LedgerEntry, Person, Receipt, Record
from tests.attack.real_house import Sender, beside, found, send, writer

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.disclose import View
    from lockhouse.gates.ending import Case
    from lockhouse.gates.house import House
    from lockhouse.model.ports import RowT
    from lockhouse.wiring import Opened

EMAIL = "anna.schmidt@example.com"


def _order(number: int, email: str = EMAIL) -> tuple[str, str, dict[str, object]]:
    return (
        "account",
        "Order Completed",
        {"email": email, "order_id": f"A-{number}", "message_id": f"m-{email}-{number}"},
    )


async def _rows(house: House, row: type[RowT]) -> list[RowT]:
    return [one async for chunk in house.reads.scan(row) for one in chunk]


async def _revealed(house: House, person: bytes) -> View:
    actor = Actor(id="os-user:1000", kind="os-user", roles=("support",))
    ask = await look.ask_of(house, actor, action="reveal", purpose=None, reason="call back")
    return await look.reveal(house, ask, person)


async def test_a_writer_killed_between_the_identity_and_the_record_commit_loses_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    house = await found(tmp_path)
    with writer(house, dies_at="record") as dying:
        async with beside(house) as opened:
            with pytest.raises(Unavailable):
                await send(opened.house, [_order(1)])
        assert dying.popen.wait(10) == -signal.SIGKILL
    with writer(house):
        async with beside(house) as opened:
            # The person and their ring are durable, the record is not: nothing was acknowledged, nothing is shown.
            [ring] = await _rows(opened.house, KeyRing)
            assert await _rows(opened.house, Record) == []
            assert await _rows(opened.house, Receipt) == []
            assert (await _revealed(opened.house, ring.person)).records == 0
            [reply] = await send(opened.house, [_order(1)])
            assert reply.outcome == "stored"
            [again] = await send(opened.house, [_order(1)])
            assert again.outcome == "duplicate"
            assert len(await _rows(opened.house, Person)) == 1
            assert (await _revealed(opened.house, ring.person)).fields["email"].value == EMAIL


async def test_a_record_whose_ring_does_not_exist_harms_neither_the_start_nor_another_person(tmp_path: Path) -> None:
    """The order that the house never writes in: planted, as a torn restore of the two stores would leave it."""
    house = await found(tmp_path)
    async with wiring.opened(house, role="console") as opened:
        await send(opened.house, [_order(1), _order(1, "bert.maier@example.org")])
        one, two = await _rows(opened.house, Record)
        for row in await _rows(opened.house, Identifier):
            if row.person == one.person:
                gone = (row.kind, row.generation, row.tag, row.proof)
        torn = Change("identity", deletes=(Delete("key_ring", (one.person,)), Delete("identifier", gone)))
        await opened.house.commits.commit(torn)
    async with wiring.opened(house, role="console") as opened:
        view = await _refusal_or_view(opened.house, one.person)
        assert view is None or "email" not in view.fields
        assert (await _revealed(opened.house, two.person)).records == 1
        [reply] = await send(opened.house, [_order(2)])
        assert reply.outcome == "stored"
        assert one.person not in {row.person for row in await _rows(opened.house, KeyRing)}


async def _erase(opened: Opened, person: bytes) -> Case:
    done = await request.open_erasure(opened.house, person, by="os-user:1000")
    return (await request.fulfil(opened.house, done.case, journal=opened.journal, now=True)).case


async def _refusal_or_view(house: House, person: bytes) -> View | None:
    try:
        return await _revealed(house, person)
    except Unavailable:
        return None


async def test_two_processes_with_the_first_event_of_the_same_persons_make_each_once(tmp_path: Path) -> None:
    house = await found(tmp_path)
    rounds, a_round = 6, 5
    with writer(house):
        senders = [Sender(house, f"collect-{number}") for number in range(2)]
        try:
            assert [await sender.hear() for sender in senders] == ["ready"] * 2
            for at in range(rounds):
                emails = [f"anna{at}-{number}@example.com" for number in range(a_round)]
                for number, sender in enumerate(senders):
                    sender.tell([_order(number, email) for email in emails])
                for sender in senders:
                    assert await sender.hear() == ["stored"] * a_round
        finally:
            for sender in senders:
                sender.end()
        async with beside(house) as opened:
            persons = await _rows(opened.house, Person)
            indexes = await _rows(opened.house, Identifier)
            assert len({row.person for row in indexes}) == len(indexes) == rounds * a_round
            for person in {row.person for row in indexes}:
                view = await _revealed(opened.house, person)
                assert (view.records, view.ended) == (2, {})
            # A loser's person may be left over from a lost race; nothing was ever sealed for it.
            used = {row.person for row in await _rows(opened.house, Record)}
            assert used == {row.person for row in indexes}
            assert {row.id for row in persons} >= used


@pytest.mark.slow
async def test_a_process_frozen_across_an_erasure_seals_nothing_under_the_dead_key(tmp_path: Path) -> None:
    house = await found(tmp_path)
    with writer(house):
        sender = Sender(house, "collect-0")
        try:
            assert await sender.hear() == "ready"
            sender.tell([_order(1)])
            assert await sender.hear() == ["stored"]
            async with beside(house) as opened:
                [ring] = await _rows(opened.house, KeyRing)
                sender.stop()
                assert (await _erase(opened, ring.person)).step == "done"
                sender.tell([_order(2)])
                sender.go_on()
                assert await _answered(sender, [_order(2)]) == ["stored"]
                [fresh] = await _rows(opened.house, KeyRing)
                assert fresh.person != ring.person
                rows = await _rows(opened.house, Record)
                assert [row.person for row in rows] == [ring.person, fresh.person]
                view = await _revealed(opened.house, fresh.person)
                assert (view.fields["email"].value, view.ended) == (EMAIL, {})
                assert (await _revealed(opened.house, ring.person)).refused == ("erased",)
        finally:
            sender.end()


@pytest.mark.slow
async def test_a_process_frozen_in_the_middle_of_a_group_loses_nothing_and_seals_nothing_under_the_dead_key(
    tmp_path: Path,
) -> None:
    """Frozen at a random moment of its two commits, thawed when the erasure has answered; three persons in turn."""
    house, dice = await found(tmp_path), random.Random(19)  # noqa: S311  # moments, not secrets
    with writer(house):
        sender = Sender(house, "collect-0")
        try:
            assert await sender.hear() == "ready"
            async with beside(house) as opened:
                for at in range(3):
                    await _frozen_across_an_erasure(opened, sender, f"anna{at}@example.com", after_s=dice.random() / 20)
        finally:
            sender.end()


async def _frozen_across_an_erasure(opened: Opened, sender: Sender, email: str, *, after_s: float) -> None:
    before = {row.person for row in await _rows(opened.house, KeyRing)}
    sender.tell([_order(1, email)])
    assert await sender.hear() == ["stored"]
    [erased] = {row.person for row in await _rows(opened.house, KeyRing)} - before
    group = [_order(number, email) for number in range(2, 150)]
    sender.tell(group)
    await asyncio.sleep(after_s)
    sender.stop()
    assert (await _erase(opened, erased)).step == "done"
    sender.go_on()
    # What happened before the erasure was asked for is the erased person's, and stays out.
    assert set(await _answered(sender, group)) <= {"stored", "duplicate", "refused"}
    sender.tell([_order(999, email)])
    assert await _answered(sender, [_order(999, email)]) == ["stored"]
    assert erased not in {row.person for row in await _rows(opened.house, KeyRing)}
    newest = (await _rows(opened.house, Record))[-1]
    view = await _revealed(opened.house, newest.person)
    assert (view.fields["email"].value, view.ended, newest.person != erased) == (email, {}, True)
    assert (await _revealed(opened.house, erased)).refused == ("erased",)


@pytest.mark.slow
async def test_a_reader_frozen_between_the_note_and_the_opening_across_an_erasure_shows_nothing(tmp_path: Path) -> None:
    house = await found(tmp_path)
    async with wiring.opened(house, role="console") as opened:
        await send(opened.house, [_order(1)])
        [ring] = await _rows(opened.house, KeyRing)
    with writer(house):
        reader = Sender(house, ring.person.hex(), role="reader")
        try:
            assert await reader.hear() == "noted"
            async with beside(house) as opened:
                reader.stop()
                assert (await _erase(opened, ring.person)).step == "done"
                reader.tell([])
                reader.go_on()
                shown = await reader.hear()
                assert shown
                assert set(shown.values()) == {None}
        finally:
            reader.end()


async def _answered(sender: Sender, events: list[tuple[str, str, dict[str, object]]]) -> list[str]:
    """What became of events that were told; while the lease has run out a sender tries again."""
    while (said := await sender.hear()) == "unavailable":
        sender.tell(events)
    return list(said)


@pytest.mark.parametrize("at", ["limbo", "tombstone", "job"])
async def test_an_erasure_whose_writer_is_killed_on_the_way_is_carried_to_its_end(tmp_path: Path, at: str) -> None:
    """Killed at the shutting, at the destruction, at the completion: start-up finds the intent and goes on."""
    house = await found(tmp_path)
    async with wiring.opened(house, role="console") as opened:
        await send(opened.house, [_order(1)])
        [ring] = await _rows(opened.house, KeyRing)
        serials = set(opened.house.keyring.serials(ring.person).values())
    with writer(house, dies_at=at) as dying:
        async with beside(house) as opened:
            with pytest.raises(Unavailable):
                await _erase(opened, ring.person)
        assert dying.popen.wait(10) == -signal.SIGKILL
    async with wiring.opened(house, role="console") as opened:
        [case] = await open_cases(opened.house)
        done = await request.fulfil(opened.house, case, journal=opened.journal, now=True)
        assert done.case.step == "done"
        assert set(done.case.serials) == serials
        assert await _rows(opened.house, KeyRing) == []
        assert await _rows(opened.house, Identifier) == []
        assert (await _revealed(opened.house, ring.person)).refused == ("erased",)
        kinds = [entry.kind for entry in await _rows(opened.house, LedgerEntry)]
        assert (kinds.count("intent"), kinds.count("completion")) == (1, 1)
