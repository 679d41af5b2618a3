"""Consents from a file stand from when they were said, never over what a person said since; and go again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Conflict, NotFound, Unavailable
from lockhouse.flows import consent, hear
from lockhouse.flows.tell import tell_untold
from lockhouse.gates.ending import cancel
from lockhouse.gates.facts import facts_of_persons
from lockhouse.gates.forgotten import remember
from lockhouse.gates.imports import DONE, OPEN, UNDONE, batches
from lockhouse.gates.state import verify_state
from lockhouse.model.change import Conflict as Unmade
from lockhouse.model.rows import Consent, Identifier, Person, Record
from tests.flows.consent_files import BY, foreseen, heard, unheard, words
from tests.flows.test_bring import PowerCut
from tests.flows.test_words_in_a_group import STRICT
from tests.world import Stopped, World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockhouse.model.change import Change, Committed

ANNA = "anna@example.com"
YES = f"{ANNA},Advertising,granted,2025-05-01T10:00:00Z,checkout"
NO = f"{ANNA},marketing,denied,2025-06-01T10:00:00+02:00,"


async def _standing(world: World, value: str = ANNA) -> dict[str, bool]:
    person = await world.person(value)
    return (await facts_of_persons(world.house, [person], fresh=True))[person].consents


async def test_a_yes_stands_before_its_persons_profile_comes(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    done = await heard(world, words(world, YES))
    assert (done.row.state, done.row.stored, done.again) == (DONE, 1, False)
    assert await _standing(world) == {"marketing": True}
    assert await world.rows(Record) == []  # the address itself is not kept
    await world.send("backend", "identify", email=ANNA, name="Anna")
    [view] = await world.find(ANNA, role="marketer")
    assert view.fields["email"].value == ANNA


async def test_the_newest_word_counts_in_whatever_order_files_come(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await heard(world, words(world, NO))
    await heard(world, words(world, YES))
    assert await _standing(world) == {"marketing": False}
    await heard(world, words(world, YES.replace("2025-05", "2025-07")))
    assert await _standing(world) == {"marketing": True}


async def test_a_yes_of_before_does_not_undo_the_no_of_a_banner(tmp_path: Path) -> None:
    world = await World.make(tmp_path, STRICT)
    await world.send("account", "identify", email=ANNA, name="Anna", consent={"Advertising": False})
    world.clock.pass_days(3)
    done = await heard(world, words(world, YES))
    assert done.heard.words["stored"] == 1, "the yes is kept as it was said"
    assert await _standing(world) == {"marketing": False}
    await world.send("account", "identify", email=ANNA, name="Anna")
    [view] = await world.find(ANNA, role="marketer")
    assert ANNA not in str(view.fields)


async def test_of_one_moment_the_no_counts(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    no = YES.replace("granted", "denied")
    told = await heard(world, words(world, no, YES))
    assert (told.heard.words["stored"], told.heard.words["refused-then"]) == (1, 1)
    other = YES.replace("anna", "bea")
    await heard(world, words(world, other))
    await heard(world, words(world, other.replace("granted", "denied")))
    assert await _standing(world, "bea@example.com") == {"marketing": False}


async def test_a_word_of_the_person_since_is_never_written_over(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "identify", email=ANNA)
    await consent.record(world.house, await world.person(ANNA), "marketing", granted=False)
    await heard(world, words(world, YES))
    assert await _standing(world) == {"marketing": False}


async def test_a_yes_of_a_time_to_come_is_rejected_and_a_no_counts_from_now(tmp_path: Path) -> None:
    """Else a mistyped year would say yes anew in each week's file, above every no between them."""
    world = await World.make(tmp_path)
    told = await heard(world, words(world, YES.replace("2025", "2031")))
    assert [one.expected for one in told.heard.rejects] == ["a yes of a time that has come"]
    assert await world.rows(Consent) == []
    await heard(world, words(world, NO.replace("2025", "2031")))
    [row] = await world.rows(Consent)
    assert row.at == world.clock.now_ms()


async def test_a_no_that_two_files_say_stands_when_one_of_them_is_taken_back(tmp_path: Path) -> None:
    """Weekly exports hold the same no with the same time."""
    world = await World.make(tmp_path)
    await heard(world, words(world, YES))
    first = await heard(world, words(world, NO))
    file = words(world, NO, NO.replace("anna", "bea"))
    assert (await foreseen(world, file)).words == {"stored": 2}
    second = await heard(world, file)
    assert second.heard.words == {"stored": 2}
    await unheard(world, first.row.id)
    assert await _standing(world) == {"marketing": False}
    await unheard(world, second.row.id)
    assert await _standing(world) == {"marketing": True}


@pytest.mark.parametrize("first", ["web", None])
async def test_an_older_yes_makes_nobody_past_a_no_of_whoever_was_there(first: str | None, tmp_path: Path) -> None:
    """The no was said with less belief; what then comes by another identifier of the new person would be open."""
    world = await World.make(tmp_path)
    await heard(world, words(world, NO), channel=first)
    told = await heard(world, words(world, YES), channel="account" if first is None else None)
    assert told.heard.words == {"refused-then": 1}
    assert len(await world.rows(Person)) == 1
    since = YES.replace("2025-05", "2025-07")
    assert (await heard(world, words(world, since), channel="account")).heard.words == {"stored": 1}


async def test_a_yes_never_opens_what_a_suppression_closes(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await consent.suppress(world.house, "email", ANNA, purposes=["marketing"], reason="asked", by=BY)
    told = await heard(world, words(world, YES))
    assert (told.heard.words["suppressed"], await world.rows(Person)) == (1, [])
    await heard(world, words(world, YES.replace("Advertising", "Analytics")))
    assert await _standing(world) == {"analytics": True, "marketing": False}  # who comes with it has refused the rest


async def test_whoever_was_erased_since_is_not_brought_back(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "identify", email=ANNA)
    await world.erase(await world.person(ANNA))
    for line in (YES, NO):
        told = await heard(world, words(world, line))
        assert told.heard.words == {"erased": 1}
    assert await world.rows(Identifier) == []


async def test_a_public_channels_file_says_no_and_never_yes(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await heard(world, words(world, YES), channel="backend")
    told = await heard(world, words(world, YES.replace("2025-05", "2025-07"), NO), channel="web")
    assert told.heard.words == {"public-key": 1, "stored": 1}
    assert await _standing(world) == {"marketing": False}


async def test_a_no_is_of_everyone_with_the_identifier_and_a_yes_of_the_most_believed(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("web", "page", device_id="d1", page_path="/")
    await world.send("backend", "identify", email=ANNA)
    await world.send("account", "identify", email=ANNA)
    weak, strong = [row.person for row in await world.indexes(ANNA)]
    await heard(world, words(world, YES))
    assert {row.person for row in await world.rows(Consent)} == {strong}
    await heard(world, words(world, NO))
    assert {row.person for row in await world.rows(Consent) if not row.state} == {weak, strong}


async def test_the_same_file_again_and_one_cut_off_store_each_word_once(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    lines = [YES.replace("anna", f"c{number}") for number in range(1200)]
    house = world.house
    house.commits = PowerCut(world.store, after=8)
    with pytest.raises(Unavailable):
        await heard(world, words(world, *lines))
    house.commits = world.store
    [batch] = await batches(house)
    assert (batch.state, 0 < batch.line < 1200) == (OPEN, True)
    done = await heard(world, words(world, *lines))
    assert (done.row.state, len(await world.rows(Consent)), len(await world.rows(Person))) == (DONE, 1200, 1200)
    assert (await heard(world, words(world, *lines))).again
    other = await heard(world, words(world, *lines, NO))  # another file that says the same
    assert (other.row.stored, other.row.duplicate) == (1, 1200)


async def test_a_dry_run_stores_nothing_and_says_what_the_import_does(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    file = words(
        world, YES, YES, NO, "nobody,marketing,granted,2025-05-01T10:00:00Z,", f"{ANNA},fulfilment,denied,2025-05-01,",
        f"{ANNA},accounting,denied,2025-05-01T10:00:00Z,", f"{ANNA},marketing,subscribed,2025-05-01T10:00:00Z,",
    )  # fmt: skip
    before = await foreseen(world, file)
    assert await world.rows(Consent) == []
    done = await heard(world, file)
    assert (before.words, before.said) == (done.heard.words, done.heard.said)
    assert [(one.line, one.expected) for one in before.rejects] == [
        (5, "a usable email"),
        (6, "a time since 1970 in ISO 8601, with its offset"),
        (7, "a purpose that can be refused, or a word of the policy's consent.names"),
        (8, "a purpose, and granted or denied"),
    ]
    assert before.words == {"stored": 2, "same": 1}


async def test_a_batch_goes_again_and_what_stood_before_counts(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    first = await heard(world, words(world, YES))
    second = await heard(world, words(world, NO, NO.replace("anna", "bea")))
    assert await _standing(world) == {"marketing": False}
    assert await unheard(world, second.row.id) == 2
    assert await _standing(world) == {"marketing": True}
    assert await _standing(world, "bea@example.com") == {}
    assert (await verify_state(world.house)).findings.kept == []
    assert await unheard(world, first.row.id) == 1
    assert await world.rows(Consent) == []
    assert {row.state for row in await batches(world.house)} == {UNDONE}
    assert await unheard(world, first.row.id) == 0
    again = await heard(world, words(world, YES))
    assert (again.again, again.row.stored) == (False, 1)


async def test_an_undo_that_is_cut_off_is_carried_on(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    done = await heard(world, words(world, YES, YES.replace("anna", "bea")))
    for after in (1, 2, 3):  # begun; marked; told
        world.house.commits = PowerCut(world.store, after=after)
        with pytest.raises(Unavailable):
            await unheard(world, done.row.id)
        world.house.commits = world.store
        assert (await verify_state(world.house)).findings.kept == []
        assert await _standing(world) == ({"marketing": True} if after == 1 else {})
    assert await unheard(world, done.row.id) == 2
    assert await world.rows(Consent) == []
    assert (await verify_state(world.house)).findings.kept == []


async def test_a_word_that_was_taken_back_and_returns_is_found(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    done = await heard(world, words(world, YES))
    [row] = await world.rows(Consent)
    await unheard(world, done.row.id)
    world.plant(row)
    [finding] = (await verify_state(world.house)).findings.kept
    assert finding.kind == "rolled-back-row"


async def test_a_batch_of_events_is_not_taken_back_here(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    with pytest.raises(NotFound, match="batch"):
        await hear.undo(world.house, bytes(16), by=BY, told=lambda _words: None)


async def test_a_no_that_comes_while_its_person_is_shut_stands_when_that_is_called_off(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await heard(world, words(world, YES))
    person = await world.person(ANNA)
    case = await world.erase(person, now=False)
    world.clock.pass_days(0.1)
    await world.new_epochs()
    await heard(world, words(world, NO))
    await cancel(world.house, case, by=BY)
    assert (await facts_of_persons(world.house, [person], fresh=True))[person].consents == {"marketing": False}


class _Counted(Stopped):
    """As `Stopped`; how many Changes each commit to the identity store brought."""

    brought: list[int]

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Unmade]:
        if changes[0].store == "identity":
            self.brought.append(len(changes))
        return await super().commit_each(changes)


async def test_what_comes_of_several_who_are_shut_is_one_commit_and_each_of_it_is_theirs_alone(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await heard(world, words(world, YES, YES.replace("anna", "bea")))
    persons = [await world.person(ANNA), await world.person("bea@example.com")]
    cases = [await world.erase(person, now=False) for person in persons]
    world.clock.pass_days(0.1)
    await world.new_epochs()
    world.house.commits = counted = _Counted(world.store, nth=-1)
    counted.brought = []
    await heard(world, words(world, NO, NO, NO.replace("2025-06", "2025-07"), NO.replace("anna", "bea")))
    assert counted.brought == [3]
    world.house.commits = world.store
    for case in cases:
        await cancel(world.house, case, by=BY)
    stand = await facts_of_persons(world.house, persons, fresh=True)
    assert [stand[person].consents for person in persons] == [{"marketing": False}] * 2


async def test_a_process_that_wakes_after_an_undo_leaves_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    late = await world.second()
    stopped = Stopped(world.store, store="identity")
    late.house.commits = stopped
    bringing = asyncio.create_task(heard(late, words(late, YES)))
    await stopped.reached.wait()
    [batch] = await batches(world.house)
    assert await unheard(world, batch.id) == 0
    stopped.go_on.set()
    with pytest.raises(Conflict):
        await bringing
    assert await world.rows(Consent) == []
    assert (await verify_state(world.house)).findings.kept == []


async def test_a_yes_without_a_time_counts_for_less_than_any_no(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    undated = YES.replace("2025-05-01T10", "1970-01-01T00")
    await heard(world, words(world, undated, undated.replace("anna", "bea")))
    assert await _standing(world, "bea@example.com") == {"marketing": True}
    await heard(world, words(world, NO.replace("2025", "2014")))
    assert await _standing(world) == {"marketing": False}
    [person] = [row for row in await world.rows(Person) if row.id == await world.person(ANNA)]
    assert person.active_at > 0  # else what comes next would have been kept too long already


async def test_a_house_knows_on_which_purposes_nobody_has_said_anything(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    assert await hear.unspoken(world.house) == ["marketing"]  # no other rests on consent
    done = await heard(world, words(world, NO))
    assert await hear.unspoken(world.house) == []
    await unheard(world, done.row.id)
    assert await hear.unspoken(world.house) == ["marketing"]


async def test_a_no_that_was_taken_back_is_not_brought_back_by_a_restore(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    kept = await heard(world, words(world, NO))
    [row] = await world.rows(Consent)
    world.drop(row)
    assert (await remember(world.house, size=0)).refused == 1  # the copy did not have it
    gone = await heard(world, words(world, NO.replace("anna", "bea")))
    await unheard(world, gone.row.id)
    assert (await remember(world.house, size=0)).refused == 1
    assert await _standing(world, "bea@example.com") == {}
    assert kept.row.stored == 1


async def test_a_restored_copy_takes_no_older_yes_of_a_file_for_the_last_word(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "identify", email=ANNA)
    person = await world.person(ANNA)
    await consent.record(world.house, person, "marketing", granted=False)
    await heard(world, words(world, YES))
    for row in await world.rows(Consent):
        world.drop(row)
    assert (await remember(world.house, size=0)).refused == 1
    assert await _standing(world) == {"marketing": False}


async def test_what_is_taken_back_of_somebody_shut_counts_no_more_when_that_is_called_off(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    done = await heard(world, words(world, NO))
    case = await world.erase(await world.person(ANNA), now=False)
    assert await unheard(world, done.row.id) == 1
    await cancel(world.house, case, by=BY)
    assert await _standing(world) == {}
    world.clock.pass_days(1)
    await tell_untold(world.house)
    assert (await verify_state(world.house)).findings.kept == []
    again = await heard(world, words(world, NO))
    assert (again.row.stored, await _standing(world)) == (1, {"marketing": False})
