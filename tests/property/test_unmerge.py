"""Whatever was joined and taken apart again, by hand or by events: everybody stands as if it had never been.

Each record, the folded profile, the pages of the timeline, who looked, and the name that recipients know somebody by.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockhouse.errors import NotFound
from lockhouse.flows import forward, link, look
from lockhouse.gates.disclose.group import groups_of
from lockhouse.identity.fold import canonical
from lockhouse.model.rows import Note
from lockhouse.model.scale import Proof
from tests.flows.test_forward import Server
from tests.world import World

MANY = 3
STAFF = "os-user:1000"


def _email(who: int) -> str:
    return f"guest-{who}@example.com"


def _phone(who: int) -> str:
    return f"+49301987{who:03}"


@dataclass
class Told:
    """What must be so, kept beside the house: whose each order is, whose names, who joins whom, who was looked at."""

    orders: dict[str, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    joined: dict[frozenset[int], set[int]] = field(default_factory=dict)
    barred: set[frozenset[int]] = field(default_factory=set)
    looks: Counter[int] = field(default_factory=Counter)

    def together(self, who: int) -> set[int]:
        """Whoever is one with somebody now."""
        found, more = set(), {who}
        while more:
            found |= more
            more = {one for pair, by in self.joined.items() if by and pair & found for one in pair} - found
        return found


class Story:
    """A house with three customers, each with an address and a phone of their own, and what is done in it."""

    def __init__(self, world: World) -> None:
        self.world, self.told, self.server = world, Told(), Server()
        self.persons: list[bytes] = []

    async def begin(self) -> None:
        for who in range(MANY):
            await self._order(who, who)
            self.persons.append(await self.world.person(_email(who)))

    async def _order(self, who: int, other: int) -> None:
        order, name = f"order-{len(self.told.orders)}", f"name {len(self.told.orders)}"
        self.world.clock.at += 1_000
        sent = {"email": _email(who), "phone": _phone(other), "name": name, "order_total": "1.5", "order_id": order}
        reply = await self.world.send("account", "Order Completed", **sent)
        assert reply.outcome == "stored"
        self.told.orders[order], self.told.names[who] = who, name

    async def order(self, who: int, other: int) -> None:
        """Somebody signs in, with a phone of their own or of somebody else, who is joined to them by it."""
        await self._order(who, other)
        pair = frozenset({who, other})
        if who != other and pair not in self.told.barred:
            self.told.joined.setdefault(pair, set()).add(Proof.PROVEN)

    async def link(self, who: int, other: int) -> None:
        if who != other:
            await link.make(self.world.house, self.persons[who], self.persons[other], by=STAFF)
            self.told.joined.setdefault(frozenset({who, other}), set()).add(Proof.ISSUED)

    async def unlink(self, who: int, other: int) -> None:
        by = self.told.joined.pop(pair := frozenset({who, other}), set())
        if by:
            await link.undo(self.world.house, self.persons[who], self.persons[other], by=STAFF)
            self.told.barred |= {pair} if Proof.PROVEN in by else set()
        elif who != other:
            with pytest.raises(NotFound):
                await link.undo(self.world.house, self.persons[who], self.persons[other], by=STAFF)

    async def look(self, who: int, other: int) -> Any:  # noqa: ARG002  # as the other steps
        self.told.looks.update(self.told.together(who))
        return await self.world.reveal(self.persons[who])

    async def send(self, who: int, other: int) -> None:  # noqa: ARG002  # as the other steps
        await forward.forward(self.world.house, "rudder", http=self.server, write_key="k")

    async def _timeline(self, who: int) -> dict[str, int]:
        self.told.looks.update(self.told.together(who))
        ask = await self.world.ask("support", action="timeline", reason="call back")
        view = await look.show(self.world.house, ask, self.persons[who])
        whose = {person: at for at, person in enumerate(self.persons)}
        return {str(one.fields["order_id"].value): whose[one.person] for one in view.timeline}

    async def check_joined(self) -> None:
        """Whoever is one is shown as one; each record still says whose it is."""
        for who in range(MANY):
            together = self.told.together(who)
            assert await self._timeline(who) == {
                order: owner for order, owner in self.told.orders.items() if owner in together
            }

    async def check_apart(self) -> None:
        """Everybody stands as if nothing had ever been joined."""
        house = self.world.house
        for pair, by in list(self.told.joined.items()):
            if by:
                await self.unlink(*sorted(pair))
        assert await groups_of(house, self.persons) == [*canonical(self.persons, [])]
        await self.check_joined()
        for who in range(MANY):
            view = await self.look(who, who)
            assert (view.persons, view.fields["name"].value) == ((self.persons[who],), self.told.names[who])
        await self.send(0, 0)
        recipient = house.live().policy.recipients["rudder"]
        names = {forward.pseudonym(house, recipient, person): who for who, person in enumerate(self.persons)}
        assert Counter(names[event["anonymousId"]] for event in self.server.events) == Counter(
            self.told.orders.values()
        )
        for who, person in enumerate(self.persons):
            notes = await self.world.store.find(Note, ("ref",), [(house.keyring.ref(person),)])
            looks = [row for row in notes if b"fulfilment" in row.text]
            assert len(looks) == self.told.looks[who]


whom = st.integers(0, MANY - 1)
steps = st.tuples(st.sampled_from(["order", "order", "link", "link", "unlink", "unlink", "look", "send"]), whom, whom)


@given(history=st.lists(steps, max_size=14))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_who_was_joined_and_taken_apart_stands_as_if_never_joined(history: list[tuple[str, int, int]]) -> None:
    async def play() -> None:
        with tempfile.TemporaryDirectory() as folder:
            story = Story(await World.make(Path(folder)))
            await story.begin()
            for step, who, other in history:
                await getattr(story, step)(who, other)
            await story.check_joined()
            await story.check_apart()
            assert await story.world.findings() == []

    asyncio.run(play())
