"""What a system sees of the API: answers, pages, tags, limits, repeats and problems."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import structlog

from lockhouse.errors import Tampered
from lockhouse.faces.api.limits import Most
from lockhouse.faces.outcomes import CODES
from lockhouse.gates.repeats import Asked, begin, end_repeats, give_up
from lockhouse.model.rows import Consent, LedgerEntry, Repeat, Suppression, Token
from tests.faces.api.world import EMAIL, ApiWorld

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

KEY = {"Idempotency-Key": '"0b1d-first-of-this-kind"'}
WORD = {"purpose": "marketing", "word": "denied"}


@pytest.mark.asvs("8.2.3", "14.2.1", "14.2.6")
async def test_a_person_is_found_by_a_value_in_the_body_and_shown_masked(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    found = (await api.call("POST", "/person/find", role="support", json={"by": "email", "value": EMAIL})).json()
    [person] = found["persons"]
    assert (person["person"], found["more"]) == (await api.anna(), False)
    assert person["fields"]["email"]["state"] == "masked"
    assert EMAIL not in json.dumps(found)
    assert person["fields"]["order_id"]["state"] == "masked"  # a plain look masks what the role sees whole, too
    [entry] = [row for row in await api.world.rows(LedgerEntry) if row.id.hex() == person["entry"]]
    assert b'"actor":"service:' in entry.body


@pytest.mark.asvs("14.2.6")
async def test_what_asks_for_a_step_up_stays_masked_for_a_token_whoever_its_owner_is(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    body = {"reason": "call back: T-17"}
    shown = (await api.call("POST", f"/person/{await api.anna()}/reveal", role="support", json=body)).json()
    assert (shown["fields"]["email"]["state"], shown["fields"]["order_id"]["state"]) == ("masked", "open")
    assert "step-up" in shown["fields"]["email"]["conditions"]
    wrong = await api.call("POST", f"/person/{await api.anna()}/reveal", role="support", json={"reason": "curious"})
    assert (wrong.status_code, "curious" in wrong.text) == (422, False)
    named = {**body, "field": "order_id"}
    one = (await api.call("POST", f"/person/{await api.anna()}/reveal", role="support", json=named)).json()
    assert {name: field["state"] for name, field in one["fields"].items()} == {"order_id": "open"}


async def test_the_ledger_is_read_a_page_at_a_time_and_a_cursor_is_of_its_token_and_question(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    whole = (await api.call("GET", "/ledger?limit=200", role="auditor")).json()
    assert whole["next"] is None
    pages: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await api.call("GET", f"/ledger?limit=2{cursor and '&cursor='}{cursor}", role="auditor")).json()
        pages += page["entries"]
        assert len(page["entries"]) <= 2
        cursor, before = page["next"], cursor
    assert pages == whole["entries"]
    other = await api.token("auditor")
    own = api.tokens["auditor"]
    for path, shown in (
        (f"/ledger?limit=2&kind=token&cursor={before}", own),
        (f"/ledger?limit=2&cursor={before}", other),
        (f"/ledger?limit=2&cursor={before[:-2]}AA", own),
        ("/ledger?cursor=", own),
    ):
        answer = await api.call("GET", path, shown=shown)
        assert (answer.status_code, answer.json()["detail"].split(":")[0]) == (422, "cursor")


async def test_entries_are_sought_by_kind_actor_and_time(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    tokens = (await api.call("GET", "/ledger?kind=token&limit=3", role="auditor")).json()
    assert {one["kind"] for one in tokens["entries"]} == {"token"}
    assert (await api.call("GET", "/ledger?actor=os-user:1", role="auditor")).json()["entries"]
    assert (await api.call("GET", f"/ledger?since={api.world.clock.at + 1}", role="auditor")).json()["entries"] == []
    assert (await api.call("GET", "/ledger?kind=gossip", role="auditor")).status_code == 422


async def test_a_timeline_is_read_a_page_at_a_time_newest_first(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    for at in range(2, 6):
        await api.world.send("account", "Order Completed", email=EMAIL, order_id=f"A-{at}", shipping_country="DE")
    path, seen = f"/person/{await api.anna()}/timeline?limit=2", list[list[str]]()
    cursor: str | None = ""
    while cursor is not None:
        page = (await api.call("GET", path + cursor, role="support")).json()
        seen.append([one["id"] for one in page["timeline"]])
        cursor = page["next"] and f"&cursor={page['next']}"
    assert [len(one) for one in seen] == [2, 2, 1]
    assert [one for page in reversed(seen) for one in page] == sorted(one for page in seen for one in page)
    assert page["total"] == 5


async def test_a_single_thing_that_did_not_change_is_not_told_again(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    first = await api.call("GET", "/channel/web", role="admin")
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await api.call("GET", "/channel/web", role="admin", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    changed = await api.call("GET", "/channel/backend", role="admin", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)
    assert "etag" not in (await api.call("GET", f"/person/{await api.anna()}", role="support")).headers


async def test_a_change_that_is_asked_twice_under_one_key_is_done_once_and_answered_alike(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    path = f"/person/{await api.anna()}/consent"
    answers = [await api.call("POST", path, role="privacy_officer", json=WORD, headers=KEY) for _ in range(3)]
    assert {one.status_code for one in answers} == {200}
    assert len({one.content for one in answers}) == 1
    assert len(await api.world.rows(Consent)) == 1
    other = await api.call("POST", path, role="privacy_officer", json=WORD | {"word": "granted"}, headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "LH-4011")
    apart = await api.call("POST", path, shown=await api.token("privacy_officer"), json=WORD, headers=KEY)
    assert (apart.status_code, len(await api.world.rows(Consent))) == (200, 2)  # keys are of one token
    assert (
        await api.call("POST", path, role="privacy_officer", json=WORD, headers={"Idempotency-Key": "x"})
    ).status_code == 422
    [_, row] = await api.world.rows(Repeat)
    assert b"marketing" not in row.answer


async def test_a_key_is_free_again_after_a_day_after_an_error_and_a_minute_after_a_crash(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    path = f"/person/{await api.anna()}/consent"

    async def ask(word: dict[str, str]) -> httpx.Response:
        return await api.call("POST", path, role="privacy_officer", json=word, headers=KEY)

    assert (await ask({"purpose": "fulfilment", "word": "denied"})).status_code == 422
    assert (await ask(WORD)).status_code == 200
    [row] = await api.world.rows(Repeat)
    api.world.plant(msgspec.structs.replace(row, answer=b""))
    assert (await ask(WORD)).json()["code"] == "LH-4012"
    api.world.clock.pass_days(61 / 86_400)
    assert (await ask(WORD)).status_code == 200
    assert len(await api.world.rows(Consent)) == 2
    assert await end_repeats(api.world.house) == 0
    api.world.clock.pass_days(1.1)
    assert await end_repeats(api.world.house) == 1
    assert (await ask(WORD)).status_code == 200


async def test_an_answer_that_sql_moved_to_another_key_is_nobodys(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    path = f"/person/{await api.anna()}/consent"
    await api.call("POST", path, role="privacy_officer", json=WORD, headers=KEY)
    await api.call("POST", path, role="privacy_officer", json=WORD, headers={"Idempotency-Key": "another-one"})
    one, two = await api.world.rows(Repeat)
    api.world.plant(msgspec.structs.replace(one, answer=two.answer))
    api.world.plant(msgspec.structs.replace(two, answer=one.answer))
    answer = await api.call("POST", path, role="privacy_officer", json=WORD, headers=KEY)
    assert (answer.status_code, answer.json()["code"], len(api.incidents)) == (500, "LH-5002", 1)


async def test_a_suppression_is_made_listed_and_lifted_without_its_value_in_an_answer(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    body = {"kind": "email", "value": EMAIL, "purposes": ["marketing"], "reason": "T-17"}
    made = await api.call("POST", "/suppression", role="privacy_officer", json=body)
    assert (made.status_code, made.json()["purposes"]) == (200, ["marketing"])
    listed = await api.call("GET", "/suppression", role="privacy_officer")
    assert [one["reason"] for one in listed.json()["suppressions"]] == ["T-17"]
    lifted = await api.call(
        "POST", "/suppression/remove", role="privacy_officer", json={"kind": "email", "value": EMAIL, "reason": "typo"}
    )
    assert (lifted.status_code, await api.world.rows(Suppression)) == (200, [])
    assert EMAIL not in made.text + listed.text + lifted.text


async def test_a_request_shuts_its_person_at_once(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    anna = await api.anna()
    made = (await api.call("POST", "/request", role="privacy_officer", json={"person": anna})).json()
    assert (made["step"], made["persons"]) == ("shut", 1)
    shown = await api.call("GET", f"/request/{made['request']}", role="privacy_officer")
    assert shown.json() == {name: made[name] for name in shown.json() if name != "records"} | {"records": 1}
    assert (made["doubt"], made["held_apart"], made["holds"]) == (None, [], [])
    assert "etag" in shown.headers
    looked = await api.call("GET", f"/person/{anna}", role="support")
    assert EMAIL not in looked.text
    assert (await api.call("POST", "/request", role="privacy_officer", json={"person": anna})).status_code == 409


async def test_a_token_may_ask_so_often_and_is_told_what_is_left(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path, most=Most(token=3, stranger=2))
    left = [(await api.call("GET", "/version", role="admin")) for _ in range(4)]
    assert [one.status_code for one in left] == [200, 200, 200, 429]
    assert [one.headers["ratelimit"] for one in left[:2]] == ['"token";r=2;t=60', '"token";r=1;t=60']
    assert left[0].headers["ratelimit-policy"] == '"token";q=3;w=60'
    assert (left[3].headers["retry-after"], left[3].json()["code"]) == ("60", "LH-4013")
    assert (await api.call("GET", "/version", role="auditor")).status_code == 200
    assert [(await api.call("GET", "/version")).status_code for _ in range(3)] == [401, 401, 429]
    api.world.clock.run += 60
    assert (await api.call("GET", "/version", role="admin")).status_code == 200


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"content": b"{}"}, "LH-4009"),
        ({"content": b"{}", "headers": {"Content-Type": "application/json", "Content-Encoding": "gzip"}}, "LH-4009"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, "LH-4000"),
        ({"content": b"\xff", "headers": {"Content-Type": "application/json"}}, "LH-4000"),
        ({"content": b"[" * 70_000, "headers": {"Content-Type": "application/json"}}, "LH-4008"),
        ({"content": b"[" * 60_000, "headers": {"Content-Type": "application/json"}}, "LH-4010"),
        ({"json": {"by": "email"}}, "LH-4010"),
        ({"json": {"by": "email", "value": EMAIL, EMAIL: 1}}, "LH-4010"),
        ({"json": {"by": EMAIL, "value": EMAIL}}, "LH-4010"),
        ({"json": {"by": "email", "value": EMAIL, "purpose": EMAIL}}, "LH-4010"),
        ({"content": b'{"by":"email","value":"\\ud800"}', "headers": {"Content-Type": "application/json"}}, "LH-4000"),
    ],
)
async def test_a_body_that_is_none_is_told_by_its_place_and_never_by_its_value(
    tmp_path: Path, how: dict[str, Any], code: str
) -> None:
    api = await ApiWorld.make(tmp_path)
    answer = await api.call("POST", "/person/find", role="support", **how)
    assert answer.json()["code"] == code, answer.text
    assert answer.status_code == CODES[code].status
    assert (answer.headers["content-type"], "canary" in answer.text) == ("application/problem+json", False)


@pytest.mark.asvs("14.2.1")
async def test_a_query_with_a_word_too_many_or_twice_is_refused(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    for query in ("limit=0", "limit=many", "limit=1&limit=2", "limits=5", "since=-1", f"kind={'x' * 81}"):
        answer = await api.call("GET", f"/ledger?{query}", role="auditor")
        assert (answer.status_code, answer.json()["code"]) == (422, "LH-4010"), query


async def test_a_token_row_that_sql_edited_is_a_fault_with_a_number_and_opens_nothing(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    for row in await api.world.rows(Token):
        api.world.plant(msgspec.structs.replace(row, until_at=1 << 42))
    answer = await api.call("GET", "/version", role="admin")
    assert (answer.status_code, answer.json()["code"], len(answer.json()["incident"])) == (500, "LH-5002", 16)
    assert [type(error) for error in api.incidents] == [Tampered]


@pytest.mark.asvs("16.5.1")
async def test_a_fault_of_our_own_tells_its_number_and_nothing_else(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)

    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(EMAIL)

    api.world.house.reads = Broken()
    answer = await api.call("GET", "/version", role="admin")
    assert (answer.status_code, answer.json()["code"], EMAIL in answer.text) == (500, "LH-5000", False)
    assert len(api.incidents) == 1


async def test_why_a_token_does_not_stand_is_told_to_the_log_by_its_id_and_never_by_its_text(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    text = await api.token("admin", networks=("192.0.2.0/24",))
    [row] = [one for one in await api.world.rows(Token) if text.startswith(one.shown)]
    with structlog.testing.capture_logs() as lines:
        answer = await api.call("GET", "/version", shown=text)
        await api.call("GET", "/version", shown=text[:-1] + "-")
    assert lines == [{"event": "token refused", "token": row.id.hex(), "why": "network", "log_level": "warning"}]
    assert text[7:] not in answer.text + str(lines)


async def test_what_a_person_said_is_not_told_again_behind_their_end(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    anna = await api.anna()
    path = f"/person/{anna}/consent"
    assert (await api.call("POST", path, role="privacy_officer", json=WORD, headers=KEY)).status_code == 200
    await api.world.erase(bytes.fromhex(anna))
    answer = await api.call("POST", path, role="privacy_officer", json=WORD, headers=KEY)
    assert (answer.status_code, "marketing" in answer.text) == (404, False)


async def test_a_request_that_took_too_long_frees_no_key_that_another_has_taken_over(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    house, asked = api.world.house, Asked(bytes(16), "request.open", "k" * 8, b"{}")
    slow = await begin(house, asked)
    assert isinstance(slow, Repeat)
    api.world.clock.pass_days(61 / 86_400)
    assert isinstance(await begin(house, asked), Repeat)
    await give_up(house, slow)
    assert await begin(house, asked) == "busy"


async def test_the_bound_on_erasures_is_passed_only_by_a_token_that_names_the_permission(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    body = {"person": await api.anna(), "anyway": True}
    refused = await api.call("POST", "/request", shown=await api.token("privacy_officer"), json=body)
    assert (refused.status_code, refused.json()["reasons"]) == (403, ["no-permission"])
    able = await api.token("privacy_officer", may=("request.open", "request.anyway"))
    assert (await api.call("POST", "/request", shown=able, json=body)).status_code == 200


async def test_a_look_at_what_somebody_said_is_noted_and_a_word_names_who_recorded_it(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    path = f"/person/{await api.anna()}/consent"
    [own, *_] = [row.id.hex() for row in await api.world.rows(Token) if b"privacy_officer" in row.terms]
    shown = (await api.call("GET", path, role="privacy_officer")).json()
    said = (await api.call("POST", path, role="privacy_officer", json=WORD)).json()
    bodies = {row.id.hex(): json.loads(row.body)["body"] for row in await api.world.rows(LedgerEntry)}
    look, word = bodies[shown["entry"]], bodies[said["entry"]]
    assert (look["actor"], look["purpose"], look["action"]) == (f"service:{own}", "requests", "consent")
    assert (look["count"], look["fields"], word["by"]) == (1, [], f"service:{own}")
    assert (await api.call("GET", f"/person/{'0' * 32}/consent", role="privacy_officer")).status_code == 404


async def test_a_hold_is_released_only_by_whoever_says_how_many_keys_it_has(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    asked = {"persons": [await api.anna()], "reason": "lawsuit", "basis": "7-O-1", "review": api.world.clock.at + 10**9}
    held = (await api.call("POST", "/hold", role="privacy_officer", json=asked)).json()
    path = f"/hold/{held['id']}/release"
    for keys in (0, held["keys"] + 1):
        answer = await api.call("POST", path, role="privacy_officer", json={"keys": keys})
        assert (answer.status_code, answer.json()["code"]) == (409, "LH-4006")
    done = await api.call("POST", path, role="privacy_officer", json={"keys": held["keys"]})
    assert (done.status_code, done.json()["state"]) == (200, "released")
    assert done.json()["keys"] == held["keys"] > 0
