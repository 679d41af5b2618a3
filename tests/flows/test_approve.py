"""A policy rules only once it is approved, and only if the table and Cedar say the same of every role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.channels import segment
from lockhouse.errors import Conflict, Invalid
from lockhouse.flows import approve
from lockhouse.model.policy import Guard
from lockhouse.model.rows import Name, PolicyVersion
from lockhouse.policy.cedar import judge
from lockhouse.policy.document import parse
from lockhouse.wiring import template
from tests.world import POLICY, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from lockhouse.model.ports import RowT

EMAIL = "anna.schmidt@example.com"
WIDER = POLICY.replace("see: {contact: masked, identity: masked", "see: {contact: full, identity: masked")


async def _draft(world: World, text: str) -> approve.Draft:
    document = parse({"policy.yaml": text}, templates=template)
    return await approve.draft_of(world.house, document, {"segment": segment.KIND})


async def test_a_draft_changes_nothing_until_it_is_approved(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "identify", email=EMAIL)
    draft = await _draft(world, WIDER)
    assert not draft.same
    [view] = await world.find(EMAIL)
    assert view.fields["email"].state == "masked"
    await approve.approve(world.house, draft, WIDER.encode(), by="os-user:0")
    [view] = await world.find(EMAIL)
    assert view.fields["email"].state == "open"
    assert (await world.kinds()).count("policy") == 2


async def test_a_table_that_cedar_judges_otherwise_is_refused(tmp_path: Path) -> None:
    """A compiler's slip (or a tampered compiler) gives support the whole contact class unmasked: two judges differ."""
    world = await World.make(tmp_path)
    draft = await _draft(world, POLICY)
    table = {role: dict(purposes) for role, purposes in draft.policy.table.items()}
    cells = {class_: dict(modes) for class_, modes in table["support"]["fulfilment"].items()}
    cells["contact"]["full"] = int(Guard.NONE)
    table["support"]["fulfilment"] = cells
    slipped = msgspec.structs.replace(draft.policy, table=table)
    problems = tuple(judge(slipped))
    assert problems
    bad = msgspec.structs.replace(draft, policy=slipped, problems=problems)
    with pytest.raises(Invalid, match="policy: expected a table that Cedar agrees with") as caught:
        await approve.approve(world.house, bad, POLICY.encode(), by="os-user:0")
    assert caught.value.problems == problems
    assert [row.id for row in await world.rows(PolicyVersion)] == [1]


async def test_an_approval_reaches_a_process_that_is_about_to_collect_by_the_old_policy(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    await other.send("account", "identify", email=EMAIL, name="Anna")
    narrower = POLICY.replace("identify: [email, phone, name, ", "identify: [email, phone, ")
    await approve.approve(world.house, await _draft(world, narrower), narrower.encode(), by="os-user:0")
    reply = await other.send("account", "identify", email=EMAIL, name="Anna")
    assert ("properties.name", "not-on-this-event") in reply.dropped


async def test_two_approvals_at_once_do_not_both_rule(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    one, two = await _draft(world, WIDER), await _draft(other, POLICY.replace("Keep the books", "Keep books"))
    first = await approve.approve(world.house, one, WIDER.encode(), by="os-user:0")
    taken = await world.rows(PolicyVersion)
    world.drop(taken[-1])
    known = other.house.reads
    other.house.reads = _Earlier(other, taken[:-1])  # type: ignore[assignment]  # reads as before the other approval
    world.plant(taken[-1])
    with pytest.raises(Conflict, match="policy: expected no other approval meanwhile"):
        await approve.approve(other.house, two, POLICY.encode(), by="os-user:1")
    other.house.reads = known
    assert first == 2
    assert world.house.live().version == 2


class _Earlier:
    """Reads that still see the versions of a moment ago."""

    def __init__(self, world: World, versions: list[PolicyVersion]) -> None:
        self._store = world.store
        self._versions = versions

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def scan(self, row: type[RowT], *, chunk: int = 1_000) -> AsyncIterator[list[Any]]:
        return self._earlier() if row is PolicyVersion else self._store.scan(row, chunk=chunk)

    async def _earlier(self) -> AsyncIterator[list[Any]]:
        yield self._versions


async def test_a_draft_of_before_another_approval_is_not_approved(tmp_path: Path) -> None:
    """Both would give the same number to another name: what one person sealed for marketing opened for fulfilment."""
    world = await World.make(tmp_path)
    notes = POLICY.replace("events:\n", "  notes: {type: text, class: behaviour, for: [analytics]}\nevents:\n", 1)
    allergies = POLICY.replace(
        "events:\n", "  allergies: {type: text, class: contact, for: [fulfilment]}\nevents:\n", 1
    )
    first, late = await _draft(world, notes), await _draft(world, allergies)
    assert {one[:2] for one in first.names} & {one[:2] for one in late.names}
    assert await approve.approve(world.house, first, notes.encode(), by="os-user:0") == 2
    registry = await world.rows(Name)
    with pytest.raises(Conflict, match="policy: expected no other approval"):
        await approve.approve(world.house, late, allergies.encode(), by="os-user:1")
    assert await world.rows(Name) == registry
    again = await _draft(world, allergies)
    assert await approve.approve(world.house, again, allergies.encode(), by="os-user:1") == 3
    assert {(row.kind, row.id): row.name for row in await world.rows(Name)}.items() >= {
        (row.kind, row.id): row.name for row in registry
    }.items()


async def test_a_number_that_stands_is_not_given_to_another_name(tmp_path: Path) -> None:
    """Should two drafts pass the first look at once, the store itself keeps each number to its name."""
    world = await World.make(tmp_path)
    notes = POLICY.replace("events:\n", "  notes: {type: text, class: behaviour, for: [analytics]}\nevents:\n", 1)
    draft = await _draft(world, notes)
    [taken] = [row for row in await world.rows(Name) if (row.kind, row.id) == ("field", 1)]
    slipped = msgspec.structs.replace(draft, names=(*draft.names, ("field", 1, "notes")))
    with pytest.raises(Conflict, match="policy: expected no other approval"):
        await approve.approve(world.house, slipped, notes.encode(), by="os-user:0")
    assert [row for row in await world.rows(Name) if (row.kind, row.id) == ("field", 1)] == [taken]
