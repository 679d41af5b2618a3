"""Every route about one person, in every state that they can be in, by every role: a table that is kept by hand.

`own` is the record of whoever answers for the token, `alias` an id that was joined to another, `nobody` one that there
never was. A cell is the status; behind it, of a reveal, how e-mail and order number come back. What a role must have
learnt and what must be proven by a step-up stand in the second table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.faces.api.table import ROUTES
from lockhouse.flows import hold, link, teach, vouch
from lockhouse.gates.authority import bound
from lockhouse.gates.holds import Terms
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Person
from lockhouse.model.scale import PersonState
from tests.faces.api.world import ROLES, ApiWorld

if TYPE_CHECKING:
    from pathlib import Path

OWNER = "os-user:1"
STATES = ("other", "own", "held", "restricted", "shut", "alias", "erased", "nobody")
EXPECTED = """
route               state       support          analyst  privacy_officer    auditor  admin  bare
person.show         other       200              403      200                403      403    403
person.show         own         403              403      403                403      403    403
person.show         held        200              403      200                403      403    403
person.show         restricted  403              403      200                403      403    403
person.show         shut        403              403      403                403      403    403
person.show         alias       200              403      200                403      403    403
person.show         erased      403              403      403                403      403    403
person.show         nobody      404              403      404                403      403    403
person.timeline     other       200              403      200                403      403    403
person.timeline     own         403              403      403                403      403    403
person.timeline     held        200              403      200                403      403    403
person.timeline     restricted  403              403      200                403      403    403
person.timeline     shut        403              403      403                403      403    403
person.timeline     alias       200              403      200                403      403    403
person.timeline     erased      403              403      403                403      403    403
person.timeline     nobody      404              403      404                403      403    403
person.reveal       other       200/masked/open  403      200/masked/masked  403      403    403
person.reveal       own         403              403      403                403      403    403
person.reveal       held        200/masked/open  403      200/masked/masked  403      403    403
person.reveal       restricted  403              403      200/masked/masked  403      403    403
person.reveal       shut        403              403      403                403      403    403
person.reveal       alias       200/masked/open  403      200/masked/masked  403      403    403
person.reveal       erased      403              403      403                403      403    403
person.reveal       nobody      404              403      404                403      403    403
person.change       other       200              403      403                403      403    403
person.change       own         403              403      403                403      403    403
person.change       held        200              403      403                403      403    403
person.change       restricted  403              403      403                403      403    403
person.change       shut        403              403      403                403      403    403
person.change       alias       200              403      403                403      403    403
person.change       erased      403              403      403                403      403    403
person.change       nobody      404              403      403                403      403    403
person.change.undo  other       200              403      403                403      403    403
person.change.undo  own         403              403      403                403      403    403
person.change.undo  held        403              403      403                403      403    403
person.change.undo  restricted  403              403      403                403      403    403
person.change.undo  shut        403              403      403                403      403    403
person.change.undo  alias       200              403      403                403      403    403
person.change.undo  erased      403              403      403                403      403    403
person.change.undo  nobody      404              403      403                403      403    403
person.explain      other       200              403      200                403      403    403
person.explain      own         403              403      403                403      403    403
person.explain      held        200              403      200                403      403    403
person.explain      restricted  403              403      200                403      403    403
person.explain      shut        403              403      403                403      403    403
person.explain      alias       200              403      200                403      403    403
person.explain      erased      403              403      403                403      403    403
person.explain      nobody      404              403      404                403      403    403
consent.show        other       403              403      200                403      403    403
consent.show        own         403              403      403                403      403    403
consent.show        held        403              403      200                403      403    403
consent.show        restricted  403              403      200                403      403    403
consent.show        shut        403              403      200                403      403    403
consent.show        alias       403              403      200                403      403    403
consent.show        erased      403              403      200                403      403    403
consent.show        nobody      403              403      404                403      403    403
consent.record      other       403              403      200                403      403    403
consent.record      own         403              403      403                403      403    403
consent.record      held        403              403      200                403      403    403
consent.record      restricted  403              403      200                403      403    403
consent.record      shut        403              403      404                403      403    403
consent.record      alias       403              403      200                403      403    403
consent.record      erased      403              403      404                403      403    403
consent.record      nobody      403              403      404                403      403    403
person.looked       other       200              403      200                403      403    403
person.looked       own         403              403      403                403      403    403
person.looked       held        200              403      200                403      403    403
person.looked       restricted  403              403      200                403      403    403
person.looked       shut        403              403      403                403      403    403
person.looked       alias       200              403      200                403      403    403
person.looked       erased      403              403      403                403      403    403
person.looked       nobody      404              403      404                403      403    403
person.check        other       200              403      403                403      403    403
person.check        own         403              403      403                403      403    403
person.check        held        200              403      403                403      403    403
person.check        restricted  403              403      403                403      403    403
person.check        shut        403              403      403                403      403    403
person.check        alias       200              403      403                403      403    403
person.check        erased      403              403      403                403      403    403
person.check        nobody      404              403      403                403      403    403
person.flag         other       403              403      200                403      403    403
person.flag         own         403              403      403                403      403    403
person.flag         held        403              403      200                403      403    403
person.flag         restricted  403              403      200                403      403    403
person.flag         shut        403              403      404                403      403    403
person.flag         alias       403              403      200                403      403    403
person.flag         erased      403              403      404                403      403    403
person.flag         nobody      403              403      404                403      403    403
"""
HEADS, *ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
TABLE = {(route, state): dict(zip(HEADS[2:], cells, strict=True)) for route, state, *cells in ROWS}
BODIES: dict[str, dict[str, Any]] = {
    "person.reveal": {"reason": "other: T-1"},
    "person.change.undo": {"field": "phone"},
    "person.check": {"field": "email", "value": "somebody@customers.example"},
    "person.flag": {"reason": "at-risk"},
    "consent.record": {"purpose": "marketing", "word": "denied"},
}
LEARNT = """
courses  proven  support          privacy_officer
grace    nobody  200/masked/open  200/masked/masked
grace    owner   200/masked/open  200/masked/masked
learnt   nobody  200/masked/open  200/masked/masked
learnt   owner   200/masked/open  200/masked/masked
lapsed   nobody  403              200/masked/masked
lapsed   owner   403              200/masked/masked
"""
LEARNT_HEADS, *LEARNT_ROWS = [line.split() for line in LEARNT.strip().splitlines()]


class Persons:
    """A house with one person in each state."""

    def __init__(self, api: ApiWorld, ids: dict[str, str]) -> None:
        self.api = api
        self.ids = ids

    @classmethod
    async def make(cls, folder: Path) -> Persons:
        api = await ApiWorld.make(folder)
        api.tokens["bare"] = await api.token("")
        return await cls.of(api)

    @classmethod
    async def of(cls, api: ApiWorld) -> Persons:
        """The same in a house that stands."""
        world, ids = api.world, {"nobody": "0" * 32}
        for state in STATES[:-1]:
            email = f"{state}@customers.example"
            await world.send("account", "Order Completed", email=email, order_id=f"N-{state}", shipping_country="DE")
            ids[state] = (await world.person(email)).hex()
        person = {state: bytes.fromhex(one) for state, one in ids.items()}
        until = world.clock.at + 40 * DAY_MS
        await vouch.record(world.house, OWNER, ("own-record", ids["own"]), until=until, by="os-user:0")
        terms = Terms(reason="x", basis="y", persons=(person["held"],), compartments=(), review_at=until)
        await hold.place(world.house, terms, by=OWNER)
        [row] = [row for row in await world.rows(Person) if row.id == person["restricted"]]
        world.plant(bound(msgspec.structs.replace(row, state=int(PersonState.RESTRICTED)), world.house.row_macs))
        await world.erase(person["shut"], now=False)
        await world.erase(person["erased"])
        await world.send("account", "Order Completed", email="main@customers.example", order_id="N-main")
        await link.make(world.house, person["alias"], await world.person("main@customers.example"), by=OWNER)
        return cls(api, ids)

    async def cell(self, name: str, state: str, role: str) -> str:
        """What is answered."""
        [route] = [one for one in ROUTES if one.name == name]
        path = route.path.format(person=self.ids[state], field="email")
        body = BODIES.get(name, {})
        if name == "person.change":  # a number of their own: one that several have would join them
            body = {"field": "phone", "value": f"+4930901{STATES.index(state):03}", "reason": "other: T-1"}
        how: dict[str, Any] = {} if route.body is None else {"json": body}
        answer = await self.api.call(route.method, path, role=role, **how)
        assert answer.headers["cache-control"] == "no-store"
        if name != "person.reveal" or answer.status_code != 200:
            return str(answer.status_code)
        return "/".join(["200", *_seen(answer.json())])


def _seen(told: dict[str, Any]) -> list[str]:
    return [told["fields"].get(name, {"state": "none"})["state"] for name in ("email", "order_id")]


def test_the_table_names_every_route_about_a_person_in_every_state_and_every_role() -> None:
    about = [route.name for route in ROUTES if "person" in route.words and not set(route.words) - {"person", "field"}]
    about = [name for name in about if name not in {"person.link", "person.unlink"}]  # `test_named_persons` has them
    assert [(row[0], row[1]) for row in ROWS] == [(name, state) for name in about for state in STATES]
    assert (HEADS[2:], len(ROWS) >= 30) == ([*ROLES, "bare"], True)


async def test_each_person_is_answered_about_by_their_state_and_the_role_as_the_table_says(tmp_path: Path) -> None:
    persons = await Persons.make(tmp_path)
    wrong = []
    for name, state in TABLE:
        for role in HEADS[2:]:
            cell = await persons.cell(name, state, role)
            if cell != TABLE[name, state][role]:
                wrong.append((name, state, role, cell))
    assert wrong == []
    assert persons.api.incidents == []


@pytest.mark.parametrize("row", LEARNT_ROWS, ids="-".join)
async def test_what_is_learnt_opens_and_what_somebody_else_proved_opens_nothing_to_a_token(
    tmp_path: Path, row: list[str]
) -> None:
    courses, proven, *cells = row
    api = await ApiWorld.make(tmp_path)
    world, anna = api.world, await api.anna()
    world.house.demo = False
    until = world.clock.at + 300 * DAY_MS
    if courses == "learnt":
        for course in ("privacy-basics", "phishing"):
            await teach.attest(world.house, OWNER, course, until=until, by="os-user:0")
    if courses == "lapsed":
        world.clock.pass_days(60)
    if proven == "owner":
        await vouch.record(world.house, OWNER, ("step-up", "fido2"), until=until, by="os-user:0")
    seen = []
    for role in LEARNT_HEADS[2:]:
        answer = await api.call("POST", f"/person/{anna}/reveal", role=role, json={"reason": "other: T-1"})
        seen.append("/".join([str(answer.status_code), *(_seen(answer.json()) if answer.status_code == 200 else ())]))
        if role == "support" and answer.status_code == 200:
            told = answer.json()
            lacking = [] if courses == "learnt" else ["phishing", "privacy-basics"]
            assert (told["owner"], sorted(told["grace"])) == (OWNER, lacking), "whose courses count are the owner's"
    assert seen == cells
