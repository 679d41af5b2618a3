"""A yes and a no of one moment are a no, whatever their ids are and in whatever order they came and are read."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockhouse.flows import consent
from lockhouse.gates.authority import signed
from lockhouse.gates.facts import facts_of_persons, standing
from lockhouse.model.rows import Consent
from lockhouse.model.scale import Assurance, ConsentState
from tests.flows.anna import EMAIL, anna
from tests.flows.consent_files import heard, words
from tests.flows.restored import copied, restored
from tests.flows.test_spoken import MOVING, _written
from tests.world import World

MARKETING, ANALYTICS = "marketing", "analytics"


class Word(NamedTuple):
    """One word; `id` is as random as the house's own are."""

    purpose: str
    at: int
    granted: bool
    assurance: Assurance
    id: bytes


WORDS = st.lists(
    st.builds(
        Word,
        purpose=st.sampled_from([MARKETING, ANALYTICS]), at=st.integers(1, 3), granted=st.booleans(),
        assurance=st.sampled_from([Assurance.PUBLIC, Assurance.SECRET]), id=st.binary(min_size=16, max_size=16),
    ),
    max_size=8, unique_by=lambda word: word.id,
)  # fmt: skip


def _expected(said: list[Word]) -> dict[str, bool]:
    """Of each purpose the newest that counts; of one moment any no."""
    counts = [one for one in said if not one.granted or one.assurance >= Assurance.SECRET]
    newest = {one.purpose: max(other.at for other in counts if other.purpose == one.purpose) for one in counts}
    return {
        purpose: all(one.granted for one in counts if (one.purpose, one.at) == (purpose, at))
        for purpose, at in newest.items()
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return asyncio.run(World.make(tmp_path_factory.mktemp("words")))


@settings(max_examples=150, deadline=None)
@given(said=WORDS, order=st.randoms(use_true_random=False))
def test_what_stands_depends_on_no_id_and_no_order(world: World, said: list[Word], order: object) -> None:
    names = world.house.live().names
    shuffled = list(said)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis names the class nowhere
    rows = [
        Consent(
            bytes(16), names.number("purpose", one.purpose), one.at, one.id,
            int(ConsentState.GRANTED if one.granted else ConsentState.DENIED), 1, "banner", one.assurance, None,
            bytes(16), b"",
        )
        for one in shuffled
    ]  # fmt: skip
    found = standing(world.house, rows)
    assert {purpose: granted for purpose, (granted, _) in found.items()} == _expected(said)


@settings(max_examples=12, deadline=None)
@given(spoken=st.lists(st.booleans(), min_size=2, max_size=4), first_id=st.sampled_from([bytes(16), b"\xff" * 16]))
def test_what_was_said_at_once_stands_shown_exported_and_restored_as_a_no(spoken: list[bool], first_id: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        seen = asyncio.run(_played(Path(folder), spoken, first_id=first_id))
    assert set(seen) == {all(spoken)}


async def _played(folder: Path, spoken: list[bool], *, first_id: bytes) -> list[bool]:
    """What stands: for whoever looks, shown last, in each line of the list, read elsewhere, and after a restore."""
    (folder / "one").mkdir()
    (folder / "two").mkdir()
    world = await World.make(folder / "one", MOVING)
    person = await anna(world)
    older = copied(world, "identity")
    world.clock.pass_days(0.1)
    for granted in spoken:
        await consent.record(world.house, person, ANALYTICS, granted=granted)
    first, *_ = [one for one in await world.rows(Consent) if one.signal == "staff"]
    world.drop(first)  # its id is another: the least of all, or the greatest
    again = msgspec.structs.replace(first, id=first_id, mac=b"")
    world.plant(signed(again, world.house.integrity_key))
    facts = await facts_of_persons(world.house, [person], fresh=True)
    shown = [one.granted for one in await consent.show(world.house, person) if one.purpose == ANALYTICS]
    seen = [facts[person].consents[ANALYTICS], shown[-1]]
    head, *lines = await _written(world)
    told = ["granted" in line for line in lines if ANALYTICS in line]
    assert told
    other = await World.make(folder / "two", MOVING, at=world.clock.at)
    await heard(other, words(other, *reversed(lines), head=head))
    facts = await facts_of_persons(other.house, [await other.person(EMAIL)], fresh=True)
    seen += [*told, facts[await other.person(EMAIL)].consents[ANALYTICS]]
    back = await restored(world, copied(world, "record") | older, only="identity", size=0)
    facts = await facts_of_persons(back.house, [person], fresh=True)
    return [*seen, facts[person].consents.get(ANALYTICS, True)]
