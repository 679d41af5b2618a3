"""A caller says what they are: yes or no is heard, and nothing of it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Invalid
from lockhouse.flows import check
from lockhouse.ledger.entry import Disclosure, parse_entry
from lockhouse.model.rows import LedgerEntry, Note
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.flows.check import Checked
    from lockhouse.model.decision import Actor

EMAIL, PHONE = "anna@example.com", "+4915112345678"
CHECKING = (
    POLICY.replace(
        "    see: {contact: masked, identity: masked, transactions: full}\n",
        "    see: {contact: masked, identity: masked, transactions: full}\n    check: [contact, location]\n",
    )
    .replace(
        "  country: {type: country, class: location, for: [fulfilment, analytics], clear: true}\n",
        "  country: {type: country, class: location, for: [fulfilment, analytics], clear: true}\n"
        "  born: {type: date, class: location, for: [fulfilment], minimise: year}\n",
    )
    .replace("  account: {kind: segment,", "  account: {kind: segment, country: DE,")
    .replace("  backend: {kind: segment,", "  backend: {kind: segment, country: DE,")
    .replace("  web: {kind: segment,", "  web: {kind: segment, country: DE,")
    .replace("order_total, country]", "order_total, country, born]")
)


async def _anna(tmp_path: Path) -> tuple[World, bytes]:
    world = await World.make(tmp_path, CHECKING)
    sent = {"email": EMAIL, "phone": PHONE, "name": "Anna  Schmidt", "country": "DE", "born": "1984-05-03"}
    await world.send("account", "Order Completed", order_id="A-1", **sent)
    return world, await world.person(EMAIL)


async def check_of(  # noqa: PLR0913  (what is checked, and by whom)
    world: World, person: bytes, field: str, typed: str, *, role: str = "support", actor: Actor | None = None
) -> Checked:
    """What a check of one field says."""
    ask = await world.ask(role, action="check", fields=(field,))
    ask = ask if actor is None else msgspec.structs.replace(ask, actor=actor)
    return await check.check(world.house, ask, person, check.readable(world.house, field, typed))


@pytest.mark.parametrize(
    ("field", "said", "matches"),
    [
        ("phone", "0151 12345678", True),
        ("phone", "+49 (151) 123-456-78", True),
        ("phone", "0151 12345679", False),
        ("email", " Anna@Example.COM ", True),
        ("email", "anne@example.com", False),
        ("name", "anna schmidt", True),
        ("name", "Anna Schmitt", False),
        ("country", "de", True),
        ("born", "1984-01-01", True),
        ("born", "1985-05-03", False),
    ],
)
async def test_what_a_caller_says_is_compared_as_its_type_is_written(
    tmp_path: Path, *, field: str, said: str, matches: bool
) -> None:
    world, anna = await _anna(tmp_path)
    seen = await check_of(world, anna, field, said)
    assert seen.matches is matches
    assert seen.view.fields == {}, "no value leaves the check"


async def test_a_check_is_noted_with_its_field_before_it_is_answered_and_yes_costs_what_no_costs(
    tmp_path: Path,
) -> None:
    world, anna = await _anna(tmp_path)
    costs = []
    for said in (PHONE, "0151 12345679"):
        before = len(await world.rows(LedgerEntry))
        seen = await check_of(world, anna, "phone", said)
        costs.append((len(await world.rows(LedgerEntry)) - before, len(await world.rows(Note))))
        [entry] = [row for row in await world.rows(LedgerEntry) if row.id == seen.view.entry]
        body = parse_entry(entry.body).body
        assert isinstance(body, Disclosure)
        assert (body.action, body.count) == ("check", 1)
        assert body.fields == [world.house.live().policy.fields["phone"].id]
        assert PHONE.encode() not in entry.body
    assert costs == [(3, 1), (3, 2)], "the look, and the try in two hours"


async def test_what_is_not_held_is_a_no(tmp_path: Path) -> None:
    world = await World.make(tmp_path, CHECKING)
    await world.send("account", "Order Completed", order_id="A-1", email=EMAIL)
    assert (await check_of(world, await world.person(EMAIL), "phone", PHONE)).matches is False


@pytest.mark.parametrize("blanks", ["", " ", "\u00a0", "\u3000", "\u2028", "\x1f", " \t\n"])
async def test_blanks_are_no_value_and_so_no_yes_where_nothing_is_held(tmp_path: Path, blanks: str) -> None:
    world = await World.make(tmp_path, CHECKING)
    await world.send("account", "Order Completed", order_id="A-1", email=EMAIL)
    with pytest.raises(Invalid):
        await check_of(world, await world.person(EMAIL), "name", blanks)
    assert "quota" not in await world.kinds(), "and it costs no try"


async def test_where_nothing_is_held_even_nothing_is_a_no(tmp_path: Path) -> None:
    world = await World.make(tmp_path, CHECKING)
    await world.send("account", "Order Completed", order_id="A-1", email=EMAIL)
    ask = await world.ask("support", action="check", fields=("name",))
    assert (await check.check(world.house, ask, await world.person(EMAIL), "")).matches is False


async def test_only_the_most_believed_value_counts(tmp_path: Path) -> None:
    world, anna = await _anna(tmp_path)
    await world.send("web", "Order Completed", email=EMAIL, phone="+4915199999999", order_id="A-2")
    assert (await check_of(world, anna, "phone", "+4915199999999")).matches is False


async def test_what_is_no_value_of_the_field_costs_no_try(tmp_path: Path) -> None:
    world, anna = await _anna(tmp_path)
    for field, said in (("phone", "12"), ("email", "anna"), ("shoe_size", "41")):
        with pytest.raises(Invalid) as wrong:
            await check_of(world, anna, field, said)
        assert said not in wrong.value.text
    assert "quota" not in await world.kinds()


async def test_a_role_checks_only_the_classes_that_it_may(tmp_path: Path) -> None:
    world, anna = await _anna(tmp_path)
    for role, field, because in (
        ("support", "loyalty_id", "class-not-seen"), ("marketer", "email", "class-not-seen"),
        ("accountant", "email", "not-for-this-purpose"),
    ):  # fmt: skip
        seen = await check_of(world, anna, field, EMAIL if field == "email" else "L-1", role=role)
        assert (seen.matches, seen.view.refused) == (None, (because,))


async def test_of_whoever_is_shut_nothing_is_checked(tmp_path: Path) -> None:
    world, anna = await _anna(tmp_path)
    await world.erase(anna, now=False)
    seen = await check_of(world, anna, "phone", PHONE)
    assert (seen.matches, seen.view.refused) == (None, ("being-erased",))
