"""What was sealed is opened by today's policy as well as by that of its day, and whoever asks is told what shuts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from lockhouse.channels import segment
from lockhouse.faces.cli.people import card, records, told_of
from lockhouse.flows import look
from lockhouse.flows.approve import approve, draft_of
from lockhouse.gates.disclose import FieldView, View, disclose
from lockhouse.model.decision import Actor, Ask, Facts
from lockhouse.policy.document import parse
from lockhouse.policy.sentences import SENTENCES
from lockhouse.wiring import template
from tests.world import POLICY, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

EMAIL, NAME, TOTAL, LAND = "anna.schmidt@example.com", "Anna Schmidt", "12.75", "DE"
VALUES = {"name": NAME, "order_total": TOTAL, "country": LAND}
MONTH = 30.44
_NAME = "name: {type: text, class: contact, for: [fulfilment, marketing], find_by: [surname]}"
_TOTAL = "order_total: {type: money, class: transactions, for: [accounting, analytics]}"
_COUNTRY = "country: {type: country, class: location, for: [fulfilment, analytics], clear: true}"
_WIDE = POLICY.replace("see: {contact: masked, identity: masked, ", "see: {contact: full, identity: masked, ").replace(
    "see: {behaviour: full, ", "see: {behaviour: full, location: full, "
)
"""The policy under which everything is collected here: each role reads in full what it reads."""
assert _WIDE.count("location: full") == 1
assert all(one in _WIDE for one in (_NAME, _TOTAL, _COUNTRY))


class Changed(NamedTuple):
    """A policy that came since, who asks for what under it, and the code that tells why it is shut."""

    policy: str
    role: str
    field: str
    code: str
    days: float = 0


def _policy(*changes: tuple[str, str]) -> str:
    text = _WIDE
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    return text


_SEE_MORE = (
    "support:\n    for: [fulfilment]\n    see: {",
    "support:\n    for: [fulfilment]\n    see: {profile: full, ",
)
_HEALTH = ("support:\n    for: [fulfilment]\n    see: {", "support:\n    for: [fulfilment]\n    see: {special: full, ")
CHANGES = {
    "became special": Changed(
        _policy(_HEALTH, (_NAME, _NAME.replace("contact,", "special, condition: made_public,"))), "support", "name",
        "now-special",
    ),
    "moved to another class": Changed(
        _policy(_SEE_MORE, (_NAME, _NAME.replace("contact", "profile"))), "support", "name", "other-class"
    ),
    "in clear, moved to another class": Changed(
        _policy((_COUNTRY, _COUNTRY.replace("location", "behaviour"))), "analyst", "country", "other-class"
    ),
    "is no longer declared": Changed(
        _policy((f"  {_NAME}\n", ""), ("name, ", "")), "support", "name", "undeclared"
    ),
    "is kept for other purposes": Changed(
        _policy((_TOTAL, _TOTAL.replace(", analytics]", "]")), ("order_total, page_path]", "page_path]")), "analyst",
        "order_total", "not-for-this-purpose",
    ),
    "has another type": Changed(
        _policy((_TOTAL, _TOTAL.replace("money", "text"))), "analyst", "order_total", "other-type"
    ),
    "in clear, has another type": Changed(
        _policy((_COUNTRY, _COUNTRY.replace("type: country", "type: text").replace(", clear: true", "")),
                ("from: [country]", "from: []")), "analyst", "country", "other-type",
    ),
    "was kept long enough": Changed(_WIDE, "analyst", "order_total", "keep-over", days=14 * MONTH),
    "is kept for a shorter time": Changed(
        _policy(("keep: 13 months after event", "keep: 6 months after event")), "analyst", "order_total", "keep-over",
        days=8 * MONTH,
    ),
    "has a purpose that came later": Changed(
        _policy((_TOTAL, _TOTAL.replace("analytics]", "analytics, fulfilment]"))), "support", "order_total",
        "not-collected-for-it",
    ),
}  # fmt: skip


async def _order(world: World) -> bytes:
    values = {"email": EMAIL, "name": NAME, "order_id": "A-1", "order_total": TOTAL, "country": LAND}
    reply = await world.send("account", "Order Completed", **values, consent={"Advertising": True})
    assert reply.outcome == "stored"
    return await world.person(EMAIL)


async def _changed(tmp_path: Path, change: Changed) -> tuple[World, bytes]:
    """Anna's order, collected before and read after."""
    world = await World.make(tmp_path, _WIDE)
    person = await _order(world)
    world.clock.pass_days(change.days)
    await world.new_epochs()
    if change.policy != _WIDE:
        await world.approve(change.policy)
    return world, person


async def _field(world: World, person: bytes, change: Changed, *, action: str = "show") -> tuple[FieldView, View]:
    ask = await world.ask(change.role, action=action, reason="call back" if action == "reveal" else None)
    view = await look.show(world.house, ask, person)
    fields = view.timeline[0].fields if action == "timeline" else view.fields
    return fields[change.field], view


async def _rollback(world: World) -> None:
    """What everything was collected under rules again, as `policy rollback` does it."""
    draft = await draft_of(world.house, parse({"policy.yaml": _WIDE}, templates=template), {"segment": segment.KIND})
    await approve(world.house, draft, _WIDE.encode(), by="os-user:0", step="rolled-back")


@pytest.mark.parametrize("action", ["show", "reveal", "timeline"])
@pytest.mark.parametrize("name", CHANGES)
async def test_what_is_read_is_shut_with_its_reason_since_the_policy_moved_on(
    tmp_path: Path, name: str, action: str
) -> None:
    change = CHANGES[name]
    world, person = await _changed(tmp_path, change)
    if action == "timeline" and change.code == "not-for-this-purpose":
        action = "find"  # a timeline tells of what lies in the records, not of what this look was refused beforehand
    field, view = await _field(world, person, change, action=action)
    assert (field.state, field.value, field.because) == ("shut", None, (change.code,))
    assert VALUES[change.field] not in str(view)
    assert SENTENCES[change.code].startswith("Hidden: ")


@pytest.mark.parametrize("name", CHANGES)
async def test_whoever_asks_reads_the_sentence(tmp_path: Path, name: str) -> None:
    change = CHANGES[name]
    world, person = await _changed(tmp_path, change)
    policy, ask = world.house.live().policy, await world.ask(change.role)
    view = await look.show(world.house, ask, person)
    said = card(view, told_of(view, policy, ask), call=_Call())  # type: ignore[arg-type]  # as printed
    [line] = [line for line in said.splitlines() if SENTENCES[change.code] in line]
    assert change.field in line.partition(":")[0].split(", ")
    if change.code != "not-for-this-purpose":
        ask = await world.ask(change.role, action="timeline")
        view = await look.show(world.house, ask, person)
        said = records(view, told_of(view, policy, ask), newest=True)
        assert SENTENCES[change.code] in said


class _Call:
    """A call as far as a card asks: its commands are said as they stand."""

    def located(self, line: str) -> str:
        return line


@pytest.mark.parametrize("name", CHANGES)
async def test_what_came_before_opens_once_more_when_the_policy_is_rolled_back_and_not_what_was_never_promised(
    tmp_path: Path, name: str
) -> None:
    change = CHANGES[name]
    world, person = await _changed(tmp_path, change)
    if change.days or change.code == "not-collected-for-it":
        return
    await _rollback(world)
    view = await look.show(world.house, await world.ask(change.role), person)
    assert view.fields[change.field].value == VALUES[change.field]


async def test_a_rollback_shuts_what_was_collected_under_the_wider_policy(tmp_path: Path) -> None:
    wider = CHANGES["has a purpose that came later"]
    world, person = await _changed(tmp_path, wider)
    await _order(world)
    field, _ = await _field(world, person, wider)
    assert field.value == TOTAL, "what came since may be read for it"
    await _rollback(world)
    field, view = await _field(world, person, wider)
    assert (field.state, field.because) == ("shut", ("not-for-this-purpose",))
    assert TOTAL not in str(view)
    await world.approve(wider.policy)
    view = await look.show(world.house, await world.ask("support", action="timeline"), person)
    assert [one.fields["order_total"].because for one in view.timeline] == [("not-collected-for-it",), ()]


async def test_a_rollback_to_another_type_shuts_what_was_collected_as_the_newer_one(tmp_path: Path) -> None:
    other = CHANGES["has another type"]
    world, person = await _changed(tmp_path, other)
    await world.send("account", "Order Completed", email=EMAIL, order_total="twelve")
    await _rollback(world)
    view = await look.show(world.house, await world.ask("analyst", action="timeline"), person)
    assert [one.fields["order_total"].value for one in view.timeline] == [TOTAL, None]
    assert "twelve" not in str(view)


async def test_a_name_that_is_declared_anew_as_something_else_does_not_open_what_bore_it(tmp_path: Path) -> None:
    world, person = await _changed(tmp_path, CHANGES["is no longer declared"])
    await world.approve(_policy((_NAME, "name: {type: phone, class: contact, for: [fulfilment, marketing]}")))
    before = await look.show(world.house, await world.ask("support"), person)
    assert (before.fields["name"].state, before.fields["name"].because) == ("shut", ("other-type",))
    await world.send("account", "identify", email=EMAIL, name="+4915112345678")
    after = await look.show(world.house, await world.ask("support"), person)
    assert after.fields["name"].value == "+4915112345678", "and what comes since is read as usual"


async def test_a_purpose_that_is_gone_refuses_the_look_and_opens_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path, _WIDE)
    person = await _order(world)
    gone = _policy(
        ("  analytics: {about: Understand our shops, basis: legitimate_interest, keep: 13 months after event}\n", ""),
        (", Analytics: analytics", ""), ("accounting, analytics]", "accounting]"),
        ("fulfilment, analytics]", "fulfilment]"),
        ("for: [analytics, marketing]", "for: [marketing]"),
        ("for: [analytics], minimise", "for: [fulfilment], minimise"),
        ("role: internal, for: [analytics],\n    fields: [device_id, order_total, page_path]",
         "role: internal, for: [fulfilment],\n    fields: [page_path]"),
        ("analyst: {for: [analytics],", "analyst: {for: [accounting],"),
    )  # fmt: skip
    await world.approve(gone)
    asked = Ask(
        actor=Actor(id="os-user:1000", kind="os-user", roles=("analyst",)), action="show", purpose="analytics",
        facts=Facts(),
    )  # fmt: skip
    view = await look.show(world.house, asked, person)
    assert view.refused == ("no-such-purpose",)
    assert TOTAL not in str(view)
    assert {one.because for one in view.fields.values()} == {("no-such-purpose",)}


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _sent(world: World, person: bytes) -> View:
    """What the recipient of the policy would get of the person."""

    async def each() -> AsyncIterator[bytes]:
        yield person

    service = Actor(id="service:forward", kind="service")
    ask = Ask(
        actor=service, action="send", purpose="analytics", facts=Facts(), recipient="rudder", reason="send",
        fields=("device_id", "order_total", "page_path"),
    )  # fmt: skip
    [view] = [view async for view in disclose(world.house, ask, each())]
    return view


@pytest.mark.parametrize("name", [name for name, change in CHANGES.items() if change.field == "order_total"])
async def test_a_recipient_gets_nothing_that_is_shut(tmp_path: Path, name: str) -> None:
    change = CHANGES[name]
    before, person = await _changed(_made(tmp_path / "before"), Changed(_WIDE, "analyst", "order_total", ""))
    assert TOTAL in str(await _sent(before, person))
    world, person = await _changed(_made(tmp_path / "after"), change)
    assert (TOTAL in str(await _sent(world, person))) is (change.code == "not-collected-for-it")
