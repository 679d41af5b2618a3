"""Every route by everybody who asks: what each is answered, against a table that is kept by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.faces.api.openapi import statuses
from lockhouse.faces.api.route import PREFIX
from lockhouse.faces.api.table import ROUTES
from lockhouse.flows import channel, hold, token
from lockhouse.gates.holds import Terms
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import LedgerEntry, Record
from lockhouse.policy.words import PERMISSION
from tests.faces.api.world import ELSEWHERE, EMAIL, RETAIL, ROLES, ApiWorld

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from lockhouse.faces.api.route import Route

EXPECTED = """
route               support  analyst  privacy_officer  auditor  admin  bare
version             200      200      200              200      200    200
policy.show         403      403      403              200      200    403
policy.history      403      403      403              200      200    403
policy.matrix       403      403      403              403      200    403
channel.list        403      403      403              403      200    403
channel.show        403      403      403              403      200    403
channel.drops       403      403      403              403      200    403
recipient.list      403      403      403              403      200    403
recipient.show      403      403      403              403      200    403
why                 403      403      403              403      200    403
ledger.log          403      403      403              200      403    403
ledger.checkpoint   403      403      403              200      403    403
ledger.prove        403      403      403              200      403    403
person.find         200      403      200              403      403    403
person.show         200      403      200              403      403    403
person.timeline     200      403      200              403      403    403
person.reveal       200      403      200              403      403    403
person.change       200      403      403              403      403    403
person.change.undo  404      403      403              403      403    403
person.explain      200      403      200              403      403    403
consent.show        403      403      200              403      403    403
consent.record      403      403      200              403      403    403
suppression.list    403      403      200              403      403    403
suppression.add     403      403      200              403      403    403
suppression.remove  403      403      200              403      403    403
request.list        403      403      200              403      403    403
request.open        403      403      200              403      403    403
request.show        403      403      200              403      403    403
hold.list           403      403      200              403      403    403
token.list          403      403      403              403      403    403
token.create        403      403      403              403      403    403
token.show          403      403      403              403      403    403
token.rotate        403      403      403              403      403    403
token.revoke        403      403      403              403      403    403
ledger.show         403      403      403              200      403    403
request.cancel      403      403      200              403      403    403
request.asked       403      403      200              403      403    403
request.settle      403      403      404              403      403    403
policy.explain      403      403      403              403      200    403
policy.diff         403      403      403              403      200    403
policy.propose      403      403      403              403      200    403
channel.observed    403      403      403              403      200    403
channel.revoke      403      403      403              403      200    403
recipient.replay    403      403      403              403      200    403
grant.list          403      403      200              200      403    403
grant.show          403      403      404              404      403    403
grant.end           403      403      403              403      403    403
channel.pause       403      403      403              403      200    403
channel.resume      403      403      403              403      200    403
recipient.pause     403      403      403              403      200    403
recipient.resume    403      403      403              403      200    403
import.list         403      403      403              403      200    403
hold.place          403      403      200              403      403    403
hold.show           403      403      200              403      403    403
hold.review         403      403      200              403      403    403
hold.release        403      403      200              403      403    403
key.status          403      403      403              403      200    403
channel.replay      403      403      403              403      200    403
import.undo         403      403      403              403      404    403
person.link         403      403      403              403      403    403
person.unlink       403      403      403              403      403    403
person.looked       200      403      200              403      403    403
proposal.list       403      403      403              403      403    403
proposal.compare    403      403      403              403      403    403
proposal.accept     403      403      403              403      403    403
proposal.refuse     403      403      403              403      403    403
insight.report      200      200      200              403      403    403
policy.suggest      403      403      403              403      200    403
channel.add         403      403      403              403      200    403
channel.rotate      403      403      403              403      200    403
mail.list           403      403      403              403      200    403
mail.retry          403      403      403              403      200    403
training.show       403      403      403              200      403    403
grant.recorded      403      403      200              200      403    403
person.check        200      403      403              403      403    403
person.flag         403      403      200              403      403    403
person.flagged      403      403      200              403      403    403
retention.plan      403      403      200              403      403    403
retention.idle      403      403      200              403      403    403
request.fulfil      403      403      409              403      403    403
request.certificate 403      403      409              403      403    403
hold.read           403      403      404              403      403    403
consent.undo        403      403      404              403      403    403
"""
HEADS, *ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
TABLE = {row[0]: dict(zip(HEADS[1:], map(int, row[1:]), strict=True)) for row in ROWS}
BODIES: dict[str, dict[str, Any]] = {
    "person.find": {"by": "email", "value": EMAIL},
    "person.reveal": {"reason": "other"},
    "request.settle": {"reason": "answered"},
    "person.change": {"field": "email", "value": EMAIL},
    "person.change.undo": {"field": "email"},
    "consent.record": {"purpose": "marketing", "word": "denied"},
    "suppression.add": {"kind": "email", "value": "bo@customers.example"},
    "policy.explain": {"role": "support", "field": "email", "purpose": "marketing"},
    "policy.diff": {"files": {"policy.yaml": RETAIL}},
    "policy.propose": {"files": {"policy.yaml": f"{RETAIL}# again\n"}},
    "import.undo": {"stored": 0},
    "person.link": {"other": "0" * 32},
    "person.unlink": {"other": "0" * 32},
    "proposal.compare": {"person": "0" * 32, "other": "0" * 32},
    "proposal.accept": {"person": "0" * 32, "other": "0" * 32},
    "proposal.refuse": {"person": "0" * 32, "other": "0" * 32},
    "consent.undo": {"batch": "0" * 32},
    "person.check": {"field": "email", "value": EMAIL},
    "person.flag": {"reason": "at-risk"},
    "hold.review": {"until": 1_900_000_000_000},
    "suppression.remove": {"kind": "email", "value": "bo@customers.example", "reason": "typo"},
}


def test_the_table_names_every_route_once_and_in_its_order() -> None:
    assert [row[0] for row in ROWS] == [route.name for route in ROUTES]
    assert HEADS[1:] == [*ROLES, "bare"]


def test_every_permission_that_a_route_asks_for_is_one_that_a_policy_can_give() -> None:
    assert all(PERMISSION.match(route.needs.word) for route in ROUTES if route.needs.kind == "permission")
    assert {route.needs.kind for route in ROUTES} == {"token", "permission", "look"}
    changing = [route.name for route in ROUTES if route.changes and route.needs.kind != "permission"]
    assert changing == ["person.change", "person.change.undo"], "whose answers have no value of anybody's"


class Asking:
    """A house in which each route has something to answer."""

    def __init__(self, api: ApiWorld, words: dict[str, str], *, record: str, key: str) -> None:
        self.api = api
        self.key = key
        self.words = words
        self.record = record

    @classmethod
    async def make(cls, folder: Path) -> Asking:
        api = await ApiWorld.make(folder)
        api.tokens["bare"] = await api.token("")
        world, anna = api.world, await api.world.person(EMAIL)
        await world.send("backend", "Order Completed", email="cora@customers.example", order_id="C")
        terms = Terms(
            reason="lawsuit", basis="7-O-1", persons=(anna,), compartments=(), review_at=world.clock.at + DAY_MS
        )
        held = await hold.place(world.house, terms, by="os-user:1")
        made = await channel.make_credential(world.house, "web", by="os-user:1")
        key = made.reveal().decode()
        case = (await world.erase(await world.person("cora@customers.example"), now=False)).id.hex()
        entry = (await world.rows(LedgerEntry))[0].id.hex()
        token_id = (await token.listed(world.house)).tokens[0][0].id.hex()
        words = {
            "person": anna.hex(), "channel": "web", "recipient": "tool", "entry": entry, "request": case,
            "token": token_id, "hold": held.id.hex(), "batch": "0" * 32, "grant": "0" * 32, "passed": "0" * 32,
            "field": "email",
        }  # fmt: skip
        [record, *_] = await world.rows(Record)
        return cls(api, words, record=record.id.hex(), key=key[:8])

    async def ask(self, route: Route, **who: Any) -> httpx.Response:
        """The route asked for what there is."""
        body = BODIES.get(route.name, {})
        if route.name == "why":
            body = {"message": self.record}
        if route.name == "hold.release":
            body = {"keys": (await hold.find(self.api.world.house, bytes.fromhex(self.words["hold"]))).keys}
        if route.name == "hold.place":
            body = {
                "persons": [self.words["person"]],
                "reason": "lawsuit",
                "basis": "7-O-2",
                "review": 1_900_000_000_000,
            }
        if route.name == "hold.read":
            body = {"person": self.words["person"]}
        if route.name == "channel.revoke":
            body = {"begins": self.key}
        if route.name == "request.open":
            await self.api.world.send("backend", "Order Completed", email="dora@customers.example", order_id="D")
            body = {"person": (await self.api.world.person("dora@customers.example")).hex()}
        how: dict[str, Any] = {} if route.body is None else {"json": body}
        return await self.api.call(route.method, route.path.format(**self.words), **how, **who)


@pytest.mark.asvs("8.2.1", "8.2.2")
async def test_each_role_is_answered_as_the_table_says_and_in_the_documented_way(tmp_path: Path) -> None:
    asking = await Asking.make(tmp_path)
    wrong = []
    for route in ROUTES:
        for role in HEADS[1:]:
            answer = await asking.ask(route, role=role)
            if answer.status_code != TABLE[route.name][role] or answer.status_code not in {200, *statuses(route)}:
                wrong.append((route.name, role, answer.status_code, answer.text))
            assert answer.headers["cache-control"] == "no-store"
    assert wrong == []
    assert asking.api.incidents == []


@pytest.mark.parametrize("who", ["nobody", "expired", "elsewhere", "revoked", "mistyped", "twice", "basic"])
async def test_who_shows_no_token_that_stands_is_answered_alike_on_every_route(tmp_path: Path, who: str) -> None:
    asking = await Asking.make(tmp_path)
    api = asking.api
    short = await api.token("admin", days=1)
    ways: dict[str, dict[str, Any]] = {
        "nobody": {"shown": ""}, "expired": {"shown": short}, "elsewhere": {"role": "admin", "client": ELSEWHERE},
        "revoked": {"shown": short}, "mistyped": {"shown": short[:-1] + ("a" if short[-1] != "a" else "b")},
        "twice": {"shown": "", "headers": {"Authorization": f"Bearer {short}, Bearer {short}"}},
        "basic": {"shown": "", "headers": {"Authorization": f"Basic {short}"}},
    }  # fmt: skip
    if who == "expired":
        api.world.clock.pass_days(1)
    if who == "revoked":
        [own] = [row.id for row, _ in (await token.listed(api.world.house)).tokens if short.startswith(row.shown)]
        await token.revoke(api.world.house, own, by="os-user:1")
    for route in ROUTES:
        answer = await asking.ask(route, **ways[who])
        assert (answer.status_code, answer.json()["code"]) == (401, "LH-4001"), route.name
        told = 'Bearer realm="lockhouse"' + ("" if who == "nobody" else ', error="invalid_token"')
        assert answer.headers["www-authenticate"] == told
        assert "detail" not in answer.json()


@pytest.mark.asvs("8.3.3")
async def test_what_a_token_names_narrower_than_its_role_is_all_it_may(tmp_path: Path) -> None:
    asking = await Asking.make(tmp_path)
    narrow = await asking.api.token("privacy_officer", may=("consent.show",), purposes=())
    seen = {route.name: (await asking.ask(route, shown=narrow)).status_code for route in ROUTES}
    assert {name for name, status in seen.items() if status == 200} == {"version", "consent.show"}


@pytest.mark.asvs("16.3.2")
async def test_a_look_that_is_refused_is_noted_and_one_that_needs_a_permission_is_not(tmp_path: Path) -> None:
    asking = await Asking.make(tmp_path)
    anna = asking.words["person"]
    before = len(await asking.api.world.kinds())
    answer = await asking.api.call("GET", f"/person/{anna}", role="analyst")
    assert (answer.status_code, "noted as" in answer.json()["detail"]) == (403, True)
    other = await asking.api.call("GET", f"/person/{anna}?purpose=marketing", role="support")
    assert (other.status_code, other.json()["reasons"]) == (403, ["not-for-this-purpose"])
    assert len(await asking.api.world.kinds()) == before + 2
    assert (await asking.api.call("GET", "/ledger", role="support")).json()["code"] == "LH-4002"
    assert len(await asking.api.world.kinds()) == before + 2


async def test_an_address_that_is_none_is_not_there_and_a_method_that_is_none_is_named(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    assert (await api.call("GET", "/nowhere", role="admin")).json()["code"] == "LH-4004"
    assert (await api.call("GET", "/version/", role="admin")).json()["code"] == "LH-4004"
    answer = await api.call("DELETE", "/suppression", role="admin")
    assert (answer.status_code, answer.headers["allow"], answer.json()["code"]) == (405, "GET, POST", "LH-4005")
    assert (await api.call("HEAD", "/version", role="admin")).status_code == 405
    assert (await api.call("POST", "/openapi.json")).headers["allow"] == "GET"
    assert PREFIX == "/api/v1"


@pytest.mark.asvs("8.3.2")
async def test_what_another_process_approved_counts_from_the_next_request(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    assert (await api.call("GET", "/ledger", role="auditor")).status_code == 200
    other = await api.world.second()
    await other.approve(f"{RETAIL}\nroles:\n  auditor: {{may: [audit.run]}}\n")
    answer = await api.call("GET", "/ledger", role="auditor")
    assert (answer.status_code, answer.json()["code"]) == (403, "LH-4002")


@pytest.mark.asvs("16.5.3")
async def test_a_process_that_nobody_has_confirmed_answers_nothing(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)

    class Alone:
        def alive(self) -> bool:
            return False

    api.world.house.epochs = Alone()  # type: ignore[assignment]  # the one word that is asked for
    answer = await api.call("GET", "/version", role="admin")
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "LH-5001", "1")


async def test_a_token_makes_and_ends_tokens_only_where_policy_and_terms_say_so_and_never_more_than_itself(
    tmp_path: Path,
) -> None:
    api = await ApiWorld.make(tmp_path)
    await api.world.approve(f"{RETAIL}\nroles:\n  keeper: {{may: [token.*, ledger.read]}}\n")
    maker = await api.token("keeper", may=("token.create", "token.rotate", "token.revoke", "token.list"))
    reader = await api.token("keeper", may=("ledger.read", "token.show"))
    siem = {"name": "siem", "role": "keeper", "may": ["token.list"], "networks": ["127.0.0.0/8"]}
    assert (await api.call("POST", "/token", shown=reader, json=siem)).json()["code"] == "LH-4002"
    more = await api.call("POST", "/token", shown=maker, json=siem | {"may": ["ledger.read"]})
    assert (more.status_code, more.json()["reasons"]) == (403, ["beyond-its-maker"])
    made = (await api.call("POST", "/token", shown=maker, json=siem)).json()
    assert (made["token"]["owner"], made["token"]["state"]) == ("os-user:1", "live")
    listed = await api.call("GET", "/token", shown=made["text"])
    assert (listed.status_code, made["text"] in listed.text) == (200, False)
    own = made["token"]["id"]
    newer = (await api.call("POST", f"/token/{own}/rotate", shown=maker, json={})).json()
    assert newer["token"]["follows"] == own
    strong = next(
        one["id"] for one in listed.json()["tokens"] if "ledger.read" in one["may"] and one["role"] == "keeper"
    )
    assert (await api.call("POST", f"/token/{strong}/rotate", shown=maker, json={})).status_code == 403
    ended = await api.call("POST", f"/token/{own}/revoke", shown=maker, json={})
    assert ended.json()["state"] == "revoked"
    assert (await api.call("GET", f"/token/{own}", shown=reader)).json()["state"] == "revoked"
    assert (await api.call("GET", "/token", shown=made["text"])).status_code == 401
    assert (await api.call("GET", "/token", shown=newer["text"])).status_code == 200
