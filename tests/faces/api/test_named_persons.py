"""Routes that name a person in their body, in every state of that person: a table that is kept by hand.

The role of the token may all of these; what is asked is whether the state of the person counts wherever they are named.
`own` is the record of whoever answers for the token, `alias` an id that was joined to another, `nobody` one that there
never was. What is said by an identifier says the same whoever has it, or nobody, but for one's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.faces.api.table import ROUTES
from lockhouse.flows import link
from lockhouse.model.ids import DAY_MS
from tests.faces.api.test_object_states import OWNER, STATES, Persons
from tests.faces.api.world import RETAIL, ApiWorld
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

KEEPER = RETAIL + "roles:\n  keeper: {may: [person.link, 'request.*', 'hold.*', 'suppression.*']}\n"
EXPECTED = """
route               named by  other  own  held  restricted  shut  alias  erased  nobody
person.link         path      200    403  200   200         404   200    404     404
person.link         body      200    403  200   200         404   200    404     404
person.unlink       path      200    403  200   200         404   200    404     404
person.unlink       body      200    403  200   200         404   200    404     404
proposal.compare    path      404    403  404   404         404   404    404     404
proposal.compare    body      404    403  404   404         404   404    404     404
proposal.accept     path      404    403  404   404         404   404    404     404
proposal.refuse     body      404    403  404   404         404   404    404     404
hold.place          body      200    403  200   200         404   200    404     404
request.open        body      200    403  200   200         409   200    404     404
suppression.add     value     200    200  200   200         200   200    200     200
suppression.remove  value     200    403  200   200         200   200    200     200
"""
HEADS, *ROWS = [line.split() for line in EXPECTED.replace("named by", "by").strip().splitlines()]


async def _made(folder: Path) -> Persons:
    api = ApiWorld(await World.make(folder, KEEPER))
    persons = await Persons.of(api)
    api.tokens["keeper"] = await api.token("keeper")
    for state in STATES[:-1]:
        email = f"with-{state}@customers.example"
        await api.world.send("account", "Order Completed", email=email, order_id=f"W-{state}", shipping_country="DE")
        persons.ids[f"with-{state}"] = (await api.world.person(email)).hex()
    persons.ids["with-nobody"] = persons.ids["with-other"]
    return persons


async def _asked(persons: Persons, name: str, by: str, state: str) -> int:
    """What is answered."""
    [route] = [one for one in ROUTES if one.name == name]
    ids = (persons.ids[state], persons.ids[f"with-{state}"])
    one, other = ids if by == "path" else ids[::-1]
    if name == "person.unlink" and state in {"other", "held", "restricted", "alias"}:
        await link.make(persons.api.world.house, bytes.fromhex(one), bytes.fromhex(other), by="staff:another")
    closing = {"kind": "email", "value": f"{state}@customers.example", "reason": "asked"}
    review = persons.api.world.clock.at + 40 * DAY_MS
    bodies: dict[str, dict[str, Any]] = {
        "person.link": {"other": other}, "person.unlink": {"other": other},
        "request.open": {"person": persons.ids[state]},
        "hold.place": {"reason": "lawsuit", "basis": "7-O-1", "review": review, "persons": [persons.ids[state]]},
        "suppression.add": closing | {"purposes": []}, "suppression.remove": closing,
    }  # fmt: skip
    if name == "suppression.remove":
        added = await persons.api.call("POST", "/suppression", role="keeper", json=bodies["suppression.add"])
        assert added.status_code == 200
    bodies |= {f"proposal.{deed}": {"person": one, "other": other} for deed in ("compare", "accept", "refuse")}
    path = route.path.format(person=one)
    return (await persons.api.call(route.method, path, role="keeper", json=bodies[name])).status_code


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row[:2]))
async def test_each_person_who_is_named_counts_by_their_state_as_the_table_says(
    tmp_path: Path, row: list[str]
) -> None:  # fmt: skip
    persons = await _made(tmp_path)
    name, by, *cells = row
    seen = [str(await _asked(persons, name, by, state)) for state in HEADS[2:]]
    assert dict(zip(HEADS[2:], seen, strict=True)) == dict(zip(HEADS[2:], cells, strict=True))
    assert persons.api.incidents == []


def test_the_table_names_every_route_whose_body_or_path_names_a_person_that_the_other_table_does_not() -> None:
    bodies = {"other", "person", "persons", "value"}
    named = {one.name for one in ROUTES if one.body is not None and bodies & {*one.body.__struct_fields__}}
    elsewhere = {"person.find", "person.change", "person.check", "consent.record", "hold.read"}
    assert named - elsewhere == {row[0] for row in ROWS}
    assert tuple(HEADS[2:]) == STATES
    assert OWNER == "os-user:1"
