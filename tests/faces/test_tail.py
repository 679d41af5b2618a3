"""Reading along: shapes of what is answered, for whoever may open the house folder, and nobody else."""

from __future__ import annotations

import asyncio
import io
import os
import stat
from contextlib import aclosing
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Unavailable
from lockhouse.faces.cli.call import Call
from lockhouse.faces.cli.commands.tail import line, tail
from lockhouse.faces.cli.terminal import Terminal
from lockhouse.faces.serve.desk import REMEMBERED, Answer, Answers, Desk, State, ask_line
from lockhouse.faces.serve.tail import follow
from tests.faces.cli.house import Desk as Founded
from tests.faces.serve_world import make_place, order, run, served

if TYPE_CHECKING:
    from pathlib import Path


def answer(number: int = 0, *, channel: str = "web", outcome: str = "stored") -> Answer:
    return Answer(at=number, channel=channel, event="page", outcome=outcome, code="LH-0000")


def desk(folder: Path, answers: Answers, name: str = "tail-0.sock") -> Desk:
    return Desk(folder / name, state=lambda: State(process="collect-0"), counts=lambda: {"n": 1}, answers=answers)


async def first(folder: Path, count: int, *, channel: str | None = None, refused_only: bool = False) -> list[Answer]:
    found: list[Answer] = []
    async with asyncio.timeout(5), aclosing(follow(folder, channel=channel, refused_only=refused_only)) as lines:
        async for one in lines:
            found.append(one)
            if len(found) == count:
                break
    return found


async def test_what_was_answered_before_is_read_and_then_what_comes(tmp_path: Path) -> None:
    answers = Answers()
    answers.add(answer(1))
    open_desk = desk(tmp_path, answers)
    await open_desk.open()
    reading = asyncio.create_task(first(tmp_path, 2))
    await asyncio.sleep(0.05)
    answers.add(answer(2))
    assert [one.at for one in await reading] == [1, 2]
    await open_desk.close()


async def test_only_a_channel_and_only_what_was_refused(tmp_path: Path) -> None:
    answers = Answers()
    for number, (channel, outcome) in enumerate(
        [("web", "stored"), ("web", "refused"), ("till", "refused"), ("", "rejected"), ("till", "trimmed")]
    ):
        answers.add(answer(number, channel=channel, outcome=outcome))
    open_desk = desk(tmp_path, answers)
    await open_desk.open()
    assert [one.at for one in await first(tmp_path, 3, refused_only=True)] == [1, 2, 3]
    assert [one.at for one in await first(tmp_path, 2, channel="till")] == [2, 4]
    assert [one.at for one in await first(tmp_path, 1, channel="till", refused_only=True)] == [2]
    await open_desk.close()


async def test_reading_a_busy_house_ends_at_once_when_nobody_reads_on(tmp_path: Path) -> None:
    desks = []
    for process in range(3):  # more answers than are held for a reader that is behind
        answers = Answers()
        for number in range(REMEMBERED):
            answers.add(answer(number))
        desks.append(desk(tmp_path, answers, f"tail-{process}.sock"))
        await desks[-1].open()
    lines = follow(tmp_path)
    assert (await anext(lines)).channel == "web"
    await asyncio.sleep(0.2)
    async with asyncio.timeout(2):
        await lines.aclose()
    for one in desks:
        await one.close()


def test_what_an_observed_channel_would_keep_is_not_told_as_dropped() -> None:
    said = (("email", "would-be-kept"), ("properties.*", "undeclared"))
    one = Answer(at=0, channel="shop", event="page", outcome="observed", code="LH-0002", dropped=said)
    assert line(one).endswith(
        "observed   LH-0002  Counted, not stored: this channel only observes. · would keep email · would drop "
        "properties.* (undeclared)"
    )


async def test_several_processes_are_read_together_and_one_that_was_killed_is_left_out(tmp_path: Path) -> None:
    one, two = Answers(), Answers()
    one.add(answer(1))
    two.add(answer(2))
    desks = [desk(tmp_path, one), desk(tmp_path, two, "tail-1.sock")]
    for each in desks:
        await each.open()
    (tmp_path / "tail-2.sock").touch()
    assert sorted(found.at for found in await first(tmp_path, 2)) == [1, 2]
    for each in desks:
        await each.close()


async def test_the_command_ends_after_as_many_lines_as_were_asked_for(tmp_path: Path) -> None:
    answers, seen = Answers(), io.StringIO()
    for number in range(3):
        answers.add(answer(number))
    founded = Founded(tmp_path)
    await asyncio.to_thread(founded.found)
    open_desk = desk(founded.house, answers)
    await open_desk.open()
    call = Call(terminal=Terminal(stdout=seen, talks=False), environment={}, cwd=founded.house)
    await asyncio.wait_for(tail(limit=2, call=call), 30)
    assert len(seen.getvalue().splitlines()) == 2
    await open_desk.close()


async def test_it_ends_when_the_house_does(tmp_path: Path) -> None:
    answers = Answers()
    answers.add(answer(1))
    open_desk = desk(tmp_path, answers)
    await open_desk.open()

    async def read_all() -> list[int]:
        return [one.at async for one in follow(tmp_path)]

    reading = asyncio.create_task(read_all())
    await asyncio.sleep(0.05)
    await open_desk.close()
    assert await asyncio.wait_for(reading, 5) == [1]
    assert not (tmp_path / "tail-0.sock").exists()


async def test_a_desk_that_is_closed_twice_leaves_its_successors_socket(tmp_path: Path) -> None:
    path, successor = tmp_path / "tail-0.sock", tmp_path / "successor"
    open_desk = desk(tmp_path, Answers())
    await open_desk.open()
    os.link(path, successor)  # a file system may give a new file the inode of one that is gone
    await open_desk.close()
    successor.rename(path)
    await open_desk.close()
    assert path.is_socket()


async def test_a_house_that_does_not_run_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="tail: expected a house that collects, got none running") as caught:
        await first(tmp_path, 1)
    assert caught.value.hint == "lockhouse serve"


async def test_only_the_owner_may_open_the_socket(tmp_path: Path) -> None:
    open_desk = desk(tmp_path, Answers())
    await open_desk.open()
    assert stat.S_IMODE((tmp_path / "tail-0.sock").stat().st_mode) == 0o600
    await open_desk.close()


async def test_a_process_keeps_the_last_thousand_and_lets_a_slow_reader_go() -> None:
    answers = Answers()
    for number in range(REMEMBERED + 5):
        answers.add(answer(number))
    reading = answers.follow()
    assert (await anext(reading)).at == 5
    for number in range(20_000):
        answers.add(answer(number))
    assert [one async for one in reading] == []


async def test_state_counts_and_nonsense(tmp_path: Path) -> None:
    open_desk = desk(tmp_path / ("deep" * 20), Answers())
    (tmp_path / ("deep" * 20)).mkdir()
    await open_desk.open()
    path = tmp_path / ("deep" * 20) / "tail-0.sock"
    assert msgspec.json.decode(await ask_line(path, "state")) == {"process": "collect-0", "reasons": [], "notes": []}
    assert await ask_line(path, "counts") == b'{"n":1}\n'
    await open_desk.close()
    with pytest.raises(Unavailable, match="expected a running house"):
        await ask_line(path, "state")


@pytest.mark.parametrize(("kept", "said"), [(0, "stored 0 fields"), (1, "stored 1 field"), (2, "stored 2 fields")])
def test_one_field_is_not_said_to_be_several(kept: int, said: str) -> None:
    assert line(msgspec.structs.replace(answer(), kept=kept)).endswith(said)


def test_what_could_not_be_read_is_said_with_its_place_and_not_as_dropped() -> None:
    told = msgspec.structs.replace(answer(), outcome="refused", code="LH-1003", dropped=(("", "each key once"),))
    assert line(told).endswith("the event: expected each key once")
    assert "dropped" not in line(told)


def test_a_served_house_is_read_along_without_a_value(tmp_path: Path) -> None:
    place = run(make_place(tmp_path))
    with served(place) as house:
        house.post(order(1, canary="canary"), {"type": "track", "event": "canary", "messageId": "canary"})
        house.post(order(2), key="canary")
        seen = run(first(place.folder, 3))
    assert [(one.channel, one.event, one.outcome, one.code) for one in seen] == [
        ("backend", "Order Completed", "trimmed", "LH-0001"),
        ("backend", "*", "refused", "LH-2120"),
        ("", "*", "rejected", "LH-1101"),
    ]
    assert seen[0].dropped == (("properties.*", "undeclared"),)
    assert b"canary" not in msgspec.json.encode(seen)
