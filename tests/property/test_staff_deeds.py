"""Whatever staff and the host do in whatever order: an admin stays, and nobody reads by the word of one person.

Each deed is tried by whoever is drawn, and may be refused; what is so behind each of them is the law.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lockhouse.errors import NotFound, Refused
from lockhouse.flows import session, staff, staff_roles
from lockhouse.gates.staff.members import is_staff, kept_apart, meant, people, takes_two
from lockhouse.gates.staff.read import ACTIVE, GIVEN, account
from lockhouse.gates.staff.sessions import Begin, Seen, begin
from lockhouse.gates.state import verify_state
from tests.flows.staffed import BY, acts, enrol, hired
from tests.flows.test_staff_roles import APART
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from lockhouse.gates.house import House
    from lockhouse.gates.state.verify import State

DEEDS: dict[str, Callable[[House, bytes, str, str], Awaitable[Any]]] = {
    "disable": lambda house, who, by, _role: staff.disable(house, who, by=by),
    "enable": lambda house, who, by, _role: staff.enable(house, who, by=by),
    "give": lambda house, who, by, role: staff_roles.give(house, who, role, by=by),
    "approve": lambda house, who, by, role: staff_roles.approve(house, who, role, by=by),
    "end": lambda house, who, by, role: staff_roles.end(house, who, role, by=by),
    "reset": lambda house, who, by, _role: staff.reset(house, who, by=by),
    "approve-reset": lambda house, who, by, _role: staff.approve_reset(house, who, by=by),
    "recover": lambda house, who, by, _role: staff.recover_local(house, who, by=by),
    "enrol": lambda house, who, _by, _role: _opens(house, who),
}
ROLES = ("admin", "accountant", "auditor", "support")
HOST = 4
_ENDS = frozenset({"disabled", "reset", "recovered", "sessions"})
Step = tuple[str, int, int, str]
STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(DEEDS)), st.integers(0, 3), st.integers(0, HOST), st.sampled_from(ROLES)),
    max_size=15,
)


async def _opens(house: House, who: bytes) -> None:
    """Whose link is open opens it."""
    row = await account(house, who)
    if row is not None and row.link and row.state != 2:
        await enrol(house, who)


async def _lives(steps: list[Step], folder: Path) -> State:
    """What `ledger verify --state` says of a house that lived so; what holds behind each deed is asserted there."""
    world = await World.make(folder)
    await world.approve(APART)
    house = world.house
    mia = await hired(world, "mia")
    everyone = [mia, await hired(world, "ben"), await hired(world, "eva", by=acts(mia)), await hired(world, "tom")]
    world.clock.pass_days(4)
    for name, whom, by, role in steps:
        world.clock.at += 1
        tokens = {one: await _signed_in(world, one) for one in (await people(house)).active}
        world.clock.at += 1
        actor = BY if by == HOST else acts(everyone[by])
        with suppress(Refused, NotFound):
            await DEEDS[name](house, everyone[whom], actor, role)
        await _holds(world, tokens)
    return await verify_state(house)


async def _signed_in(world: World, who: bytes) -> str:
    row = await account(world.house, who)
    assert row is not None
    how = Begin("passkey", 2, world.clock.at + 3_600_000)
    token, _ = await begin(world.house, row, how, seen=Seen("", ""))
    return token


async def _holds(world: World, tokens: dict[bytes, str]) -> None:
    """What is so behind every deed, done or refused."""
    house, policy = world.house, world.house.live().policy
    found = await people(house)
    assert any(found.admins(policy, also=one) for one in found.rows), "somebody lets people in"
    for who, row in found.rows.items():
        rows = found.roles.get(who, [])
        assert not kept_apart(policy, meant(rows))
        for one in rows:
            if one.state == GIVEN and takes_two(policy, one.role):
                assert acts(who) not in {one.by, one.proposed_by}
                assert one.by != one.proposed_by or not is_staff(one.by)
        ended = row.at == world.clock.at and row.step in _ENDS
        live = await session.of(house, tokens[who]) if who in tokens else None
        assert (live is not None) == (row.state == ACTIVE and who in tokens and not ended)


@settings(max_examples=15, deadline=None)
@given(steps=STEPS)
def test_an_admin_stays_nobody_reads_by_one_word_and_what_ends_ends_at_once(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = asyncio.run(_lives(steps, Path(folder)))
    assert (state.findings.kept, state.untold) == ([], 0)
