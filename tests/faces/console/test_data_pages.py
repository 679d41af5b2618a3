"""Channels, recipients and their keys: who may see and do what, and what is told of events, never of their values."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.faces.console.charts import Bar, axis, stacked
from lockhouse.faces.hook_kinds import way_of
from lockhouse.faces.serve.desk import Answer
from lockhouse.flows import pause as flow
from lockhouse.flows.channel import credentials_of, make_credential
from lockhouse.flows.hook import add_secret
from lockhouse.flows.pulse import forget_hours, pulses
from lockhouse.gates.pauses import What, pauses
from lockhouse.gates.pulse import BECAME, HOUR_MS
from lockhouse.model.change import Change, Count, Put
from lockhouse.model.rows import Drop, LedgerEntry, Outbox
from tests.faces.console.channels_world import RICH, channels, sent
from tests.faces.console.world import HOST, console

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.house import House

EVIL = "<img src=x onerror=alert(1)>{{ 7*7 }}"
KEEPS = ("/channels/web", "/channels/web/live", "/channels/web/live/rows", "/recipients/courier")
LISTS = ("/channels", "/recipients", "/ledger")


def _number(house: House, channel: str) -> int:
    return house.live().policy.channels[channel].id


async def test_who_may_only_see_the_lists_is_shown_no_channel_and_told_so(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, watcher):
        nobody = await made.hired("nils")
        for path in LISTS:
            assert (await watcher.get(path)).status_code == 200
        for path in KEEPS:
            assert (await keeper.get(path)).status_code == 200
            refused = await watcher.get(path)
            assert (refused.status_code, "LH-3011" in refused.text) == (403, True)
        home = await watcher.get("/")
        for deed in ("/channels/web/key", "/channels/web/end", "/recipients/courier/replay"):
            assert (await watcher.post(deed, {}, on=home)).status_code == 403
        for path in (*LISTS, *KEEPS):
            assert (await nobody.get(path)).status_code == 403
        told = (await nobody.get("/")).text
        assert not any(f'href="{path}"' in told for path in LISTS)
        assert "web" not in told


async def test_what_became_of_events_is_counted_by_the_hour_and_drawn_with_its_sums(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        for number in range(3):
            await sent(made, "web", country="DE", message_id=f"a{number}")
        await sent(made, "web", country="DE", gift="Anna", message_id="b")
        await sent(made, "web", "Cart Peeked")
        await sent(made, "tills", country="DE")
        await sent(made, "web", country="DE", message_id="b", gift="Anna")  # a repeat is no second event
        pulse = (await pulses(made.house, [_number(made.house, "web")]))[_number(made.house, "web")]
        assert [pulse.total(word) for word in ("stored", "trimmed", "refused", "observed")] == [3, 1, 1, 0]
        page = (await keeper.get("/channels/web")).text
        sums = "3 stored, 1 trimmed, 0 held, 1 refused"
        assert sums in page
        assert "observe" in (await keeper.get("/channels")).text
        assert sums in (await keeper.get("/channels")).text
        assert "Anna" not in page
        assert re.search(r'properties\.\*</th><td class="num">1</td><td>the policy does not name it', page)
        made.clock.pass_days(1.1)
        assert "0 stored, 0 trimmed, 0 held, 0 refused" in (await _again(keeper, "/channels/web"))


async def _again(browser: object, path: str) -> str:
    """A page for somebody whose sign-in was over meanwhile."""
    await browser.sign_in()  # type: ignore[attr-defined]
    return str((await browser.get(path)).text)  # type: ignore[attr-defined]


async def test_a_channel_that_sends_at_this_hour_and_does_not_now_is_told_of(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, watcher):
        web, now = _number(made.house, "web"), made.clock.at
        counts = []
        for back in range(3, 8 * 24):
            at = now - back * HOUR_MS
            counts += [Count(web, place, f"{BECAME}stored", 6, at) for place in (str(at // HOUR_MS), "*")]
        await made.house.commits.commit(Change("record", counts=tuple(counts)))
        assert (await pulses(made.house, [web]))[web].silent_since == now - 3 * HOUR_MS
        assert "web has sent nothing lately" in (await keeper.get("/")).text
        assert "It has gone silent" in (await keeper.get("/channels/web")).text
        await sent(made, "web", country="DE")
        assert (await pulses(made.house, [web]))[web].silent_since is None
        assert "web has sent nothing lately" not in (await watcher.get("/")).text


@pytest.mark.parametrize(("yesterday", "last_week", "silent"), [(6, 6, True), (0, 6, False), (6, 0, False)])
async def test_a_quiet_hour_that_is_quiet_on_other_days_too_is_no_silence(
    yesterday: int, last_week: int, silent: bool, tmp_path: Path  # noqa: FBT001  # as the cases say it
) -> None:  # fmt: skip
    async with channels(tmp_path) as (made, _, _watcher):
        web, now = _number(made.house, "web"), made.clock.at
        counts = [Count(web, place, f"{BECAME}stored", 1, now - 3 * HOUR_MS)
                  for place in (str((now - 3 * HOUR_MS) // HOUR_MS), "*")]  # fmt: skip
        for days, many in ((1, yesterday), (7, last_week)):
            for back in range(4):
                hour = (now - back * HOUR_MS) // HOUR_MS - 24 * days
                counts.append(Count(web, str(hour), f"{BECAME}stored", many, hour * HOUR_MS))
        await made.house.commits.commit(Change("record", counts=tuple(counts)))
        assert ((await pulses(made.house, [web]))[web].silent_since is not None) == silent


async def test_hours_that_nobody_compares_with_any_more_are_forgotten_and_sums_stay(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, _, _watcher):
        web, now = _number(made.house, "web"), made.clock.at
        old, new = (now - 9 * 24 * HOUR_MS) // HOUR_MS, now // HOUR_MS
        counts = [Count(web, place, f"{BECAME}stored", 1, now) for place in (str(old), str(new), "*", "x")]
        counts.append(Count(web, "1", "undeclared", 1, now))
        await made.house.commits.commit(Change("record", counts=tuple(counts)))
        assert await forget_hours(made.house) == 1
        rows = [row async for some in made.house.reads.scan(Drop) for row in some]
        assert {row.path for row in rows} == {str(new), "*", "x", "1"}


async def test_the_page_of_a_provider_says_how_its_secret_is_given_and_makes_no_key(tmp_path: Path) -> None:
    crm = "  crm: {kind: hmac, sign: {header: x-sig, signed: '{body}', event: body:type}}\n"
    signed = RICH.replace("  backend:", f"{crm}  backend:")
    async with channels(tmp_path, policy=signed) as (made, keeper, _):
        way = way_of(made.house.live().policy.channels["crm"])
        assert way is not None
        empty = (await keeper.get("/channels/crm")).text
        assert "Make a new key" not in empty
        assert "lockhouse channel add crm" in empty
        assert "Give the house the provider's secret" in html.unescape(empty)
        _secret, shown = await add_secret(made.house, "crm", None, form=way.form, by=HOST)
        page = await keeper.get("/channels/crm")
        assert ("Secrets of the provider" in page.text, f"{shown}…" in page.text) == (True, True)
        assert "Make a new key" in (await keeper.get("/channels/web")).text


async def test_a_key_is_made_with_a_passkey_shown_once_and_the_one_before_ended_with_another(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        old = (await make_credential(made.house, "web", by=HOST)).reveal().decode()  # house: allow no-reveal: a test
        asked = await keeper.post("/channels/web/key", {}, on=await keeper.get("/channels/web"))
        assert "Make a new key for web" in asked.text
        assert len((await credentials_of(made.house))["web"]) == 1  # nothing is made before it was confirmed
        done = await keeper.post("/channels/web/key", keeper.answer(asked), on=asked)
        [new] = re.findall(r'<pre class="code" id="key"[^>]*>(lhp_\w+)</pre>', done.text)
        page = await keeper.get("/channels/web")
        assert new not in page.text
        assert new[:8] in page.text
        again = await keeper.post("/channels/web/key", keeper.answer(asked), on=asked)
        assert again.status_code == 403  # one proof, one key
        other = await keeper.post("/channels/web/end", {"key": old[:8]}, on=page)
        swapped = await keeper.post("/channels/web/end", {"key": new[:8], **keeper.proof(other)}, on=other)
        assert (swapped.status_code, "Nothing was done" in swapped.text) == (403, True)  # a proof for another key
        ended = await keeper.do("/channels/web/end", {"key": old[:8]}, on="/channels/web")
        assert "Nobody sends with it any more" in ended.text
        states = {row.shown: row.state for row in (await credentials_of(made.house))["web"]}
        assert states == {old[:8]: 1, new[:8]: 0}


async def test_a_key_is_rotated_with_a_passkey_and_the_one_before_is_taken_for_a_day(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        assert "Rotate the key" not in (await keeper.get("/channels/web")).text, "there is none yet"
        old = (await make_credential(made.house, "web", by=HOST)).reveal().decode()  # house: allow no-reveal: a test
        asked = await keeper.post("/channels/web/rotate", {}, on=await keeper.get("/channels/web"))
        assert "Rotate the key of web" in asked.text
        assert [row.until_at for row in (await credentials_of(made.house))["web"]] == [None]
        done = await keeper.post("/channels/web/rotate", keeper.answer(asked), on=asked)
        assert "for 24 hours yet" in done.text
        rows = {row.shown: row for row in (await credentials_of(made.house))["web"]}
        assert (len(rows), rows[old[:8]].until_at) == (2, made.clock.now_ms() + 24 * 3_600_000)
        again = await keeper.post("/channels/web/rotate", keeper.answer(asked), on=asked)
        assert again.status_code == 403  # one proof, one key


async def test_a_key_that_is_none_of_the_channel_is_ended_by_nobody(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        key = (
            (await make_credential(made.house, "backend", by=HOST)).reveal().decode()
        )  # house: allow no-reveal: a test
        page = await keeper.get("/channels/web")
        for begins in (key[:8], "lhp_", "", EVIL):
            answer = await keeper.post("/channels/web/end", {"key": begins}, on=page)
            assert answer.status_code == 409
            assert "<img" not in answer.text
        assert (await credentials_of(made.house))["backend"][0].state == 0
        for path in ("/channels/none", "/channels/none/live", "/recipients/none", "/channels/%3Cimg%3E"):
            assert (await keeper.get(path)).status_code == 404


async def test_what_was_held_back_is_told_by_reason_and_dead_letters_are_sent_again(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, watcher):
        courier, ids = made.house.live().policy.recipients["courier"].id, made.house.ids
        rows = [
            Outbox(ids.new(), courier, ids.new(), ids.new(), state, 1, made.clock.at, reason)
            for state, reason in ((2, "no-consent"), (2, "no-consent"), (2, "objected"), (3, "answer-400"), (1, None))
        ]
        await made.house.commits.commit(Change("record", puts=tuple(Put(Outbox.TABLE, row) for row in rows)))
        page = await keeper.get("/recipients/courier")
        told = html.unescape(re.sub(r"<[^>]+>", " ", page.text))
        assert re.search(r"they did not agree to what it is for\s+2", told)
        assert re.search(r"it answered 400\s+1", told)
        assert "courier has dead letters" in (await watcher.get("/")).text
        asked = await keeper.post("/recipients/courier/replay", {}, on=page)
        assert "Send the dead letters of courier again" in asked.text
        assert len(await made.house.reads.find(Outbox, ("recipient", "state"), [(courier, 3)])) == 1
        done = await keeper.post("/recipients/courier/replay", keeper.answer(asked), on=asked)
        assert "One event waits again" in done.text
        assert not await made.house.reads.find(Outbox, ("recipient", "state"), [(courier, 3)])


async def test_the_live_view_tells_shapes_and_no_name_that_the_policy_does_not_have(tmp_path: Path) -> None:
    answers = [
        Answer(at=1_795_442_400_000, channel="web", event="Order Completed", outcome="trimmed", code="LH-0001", kept=2,
               dropped=(("properties.*", "undeclared"), ("properties.x", "undeclared"), (EVIL * 9, "no-consent"))),
        Answer(at=1_795_442_401_000, channel="web", event=EVIL, outcome="refused", code="LH-2120"),
    ]  # fmt: skip

    async def recent(channel: str) -> list[Answer]:
        return answers if channel == "web" else []

    async with channels(tmp_path, beside={"recent": recent}) as (_made, keeper, _):
        page, rows = await keeper.get("/channels/web/live"), await keeper.get("/channels/web/live/rows")
        assert "connect-src 'self'" in page.headers["content-security-policy"]
        assert "connect-src" not in (await keeper.get("/channels/web")).headers["content-security-policy"]
        newest, older = rows.json()["rows"]
        assert (newest["event"], newest["code"], newest["mark"]) == ("*", "LH-2120", "refused")
        assert older["word"] == "stored 2 of 5"
        assert older["lost"][0] == {"paths": ["properties.*", "properties.x"], "why": "the policy does not name it"}
        assert len(older["lost"][1]["paths"][0]) == 60  # capped
        assert "<img" not in page.text
        assert (await keeper.get("/channels/backend/live/rows")).json() == {"rows": [], "runs": True}


async def test_where_nothing_collects_the_live_view_says_so(tmp_path: Path) -> None:
    async with channels(tmp_path) as (_made, keeper, _):
        page = await keeper.get("/channels/web/live")
        assert "No process of this house collects on this machine" in page.text
        assert (await keeper.get("/channels/web/live/rows")).json()["runs"] is False


async def test_paths_and_names_in_rows_are_shown_as_text_on_every_page(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        web, tills, now = _number(made.house, "web"), _number(made.house, "tills"), made.clock.at
        rows = [Drop(web, EVIL, "undeclared", 3, now, now), Drop(web, "p", EVIL, 3, now, now),
                Drop(tills, f"Order Completed|properties.{EVIL}", "seen.text", 9, now, now),
                Drop(tills, f"{EVIL}|properties.x", "seen.text", 9, now, now)]  # fmt: skip
        courier, ids = made.house.live().policy.recipients["courier"].id, made.house.ids
        out = Outbox(ids.new(), courier, ids.new(), ids.new(), 3, 1, now, EVIL)
        puts = (*[Put(Drop.TABLE, row) for row in rows], Put(Outbox.TABLE, out))
        await made.house.commits.commit(Change("record", puts=puts))
        pages = [await keeper.get(one) for one in ("/", "/channels", *KEEPS[:2], "/channels/tills", *LISTS, KEEPS[3])]
        for page in pages:
            assert page.status_code == 200
            assert "<img" not in page.text
            assert "onerror=alert(1)>49" not in html.unescape(page.text)
        assert html.escape(EVIL[:20]) in pages[2].text
        assert html.escape(EVIL[:20]) in pages[-1].text


async def test_a_house_without_channels_says_how_one_begins(tmp_path: Path) -> None:
    async with console(tmp_path, demo=False) as made:
        mara = await made.hired("mara")
        assert (await mara.get("/channels")).status_code == 403  # the admin of this policy sees to no channels
        assert "Channels</a>" not in (await mara.get("/")).text


def test_bars_are_stacked_from_the_ground_and_what_is_too_small_is_not_drawn() -> None:
    chart = stacked([{"stored": 5, "refused": 5}, {"stored": 10_000}], usual=[10_000, 0])
    assert chart.top == 10_000
    assert chart.bars == (Bar("stored", 10, 0.0, 100.0),)
    assert chart.usual == "4,0.0 14,100.0"
    [low, high] = stacked([{"stored": 3, "refused": 1}], whole=True).bars
    assert (low.y + low.height, high.y, high.y + high.height) == (100.0, 0.0, low.y)
    assert [axis(number) for number in (0, 1, 3, 9, 11, 501)] == [1, 1, 5, 10, 20, 1_000]


@pytest.mark.parametrize(("path", "list_"), [("/channels/web", "/channels"), ("/recipients/courier", "/recipients")])
async def test_what_goes_wrong_is_paused_by_a_button_and_the_answer_undoes_it(
    path: str, list_: str, tmp_path: Path
) -> None:  # fmt: skip
    async with channels(tmp_path) as (_made, keeper, watcher):
        page = await keeper.get(path)
        assert f'action="{path}/service/pause"' in page.text
        done = await keeper.post(f"{path}/service/pause", {}, on=page)
        assert "Paused" in done.text
        assert done.text.count(f'action="{path}/service/resume"') == 2  # Undo, and the button that stands there now
        assert "paused" in (await watcher.get(list_)).text
        again = await keeper.post(f"{path}/service/pause", {}, on=done)
        assert (again.status_code, "nothing was done" in again.text) == (409, True)
        [own] = {*re.findall(r'name="pause" value="([0-9a-f]{32})"', done.text)}
        other = await keeper.post(f"{path}/service/resume", {"pause": own[::-1]}, on=done)
        assert (other.status_code, "nothing was done" in other.text) == (409, True)
        back = await keeper.post(f"{path}/service/resume", {"pause": own}, on=done)
        assert f'action="{path}/service/pause"' in back.text
        assert "paused" not in (await watcher.get(list_)).text
        assert (await keeper.post(f"{path}/service/destroy", {}, on=page)).status_code == 404
        assert (await watcher.post(f"{path}/service/pause", {}, on=await watcher.get("/"))).status_code == 403


@pytest.mark.parametrize(("what", "name"), [("channel", "web"), ("recipient", "courier")])
async def test_what_somebody_else_paused_is_put_back_with_a_passkey_and_the_entry_names_the_pause(
    what: What, name: str, tmp_path: Path
) -> None:  # fmt: skip
    async with channels(tmp_path) as (made, keeper, _watcher):
        row = await flow.pause(made.house, what, name, by="staff:" + "ab" * 16)
        path, fields = f"/{what}s/{name}", {"pause": row.entry.hex()}
        asked = await keeper.post(f"{path}/service/resume", fields, on=await keeper.get(path))
        assert "Somebody else paused it" in asked.text
        assert await pauses(made.house, what, [row.number])
        back = await keeper.do(f"{path}/service/resume", fields, on=path)
        assert f'action="{path}/service/pause"' in back.text
        told = [one async for some in made.house.reads.scan(LedgerEntry) for one in some if one.kind == "pause"]
        assert msgspec.json.decode(told[-1].body)["body"]["undoes"] == row.entry.hex()
