"""`lockhouse key …`: generations and counts, never a key; boxes sealed again, and folded into snapshots."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, noun, person_of
from lockhouse.faces.cli.layout import Said, count, day, pairs, plain, table
from lockhouse.flows import reseal as sealing
from lockhouse.flows import snapshot as folding
from lockhouse.gates.key_counts import key_counts

APP = noun("key", "The house's keys: generations and counts, never the keys.")


@APP.command
async def status(*, call: Here) -> Said:
    """How many keys of each kind there are, under which generation, and how many were destroyed."""
    async with call.open() as opened:
        counts, keks = await key_counts(opened.house.reads)
        root = plain(await opened.root.status())
    return counted({"root": root, "counts": counts, "keks": [one._asdict() for one in keks]})


def counted(value: dict[str, Any]) -> Said:
    """Keys as they were counted."""
    root = value["root"]
    there = dict.fromkeys(root["generations"], "there") | dict.fromkeys(root["destroyed"], "destroyed")
    rows = [
        (
            one["generation"], there.get(one["generation"], "unknown"), one["state"], f"{one['wraps']:,}",
            day(one["made_at"]),
        )
        for one in value["keks"]
    ]  # fmt: skip
    listed = table(("generation", "root key", "state", "wraps", "made"), rows)
    return Said(value, f"root key {root['kind']}  {root['place']}\n\n{listed}\n\n{pairs(value['counts'])}")


@APP.command
async def reseal(person: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Seal all boxes of a person again under the keys that seal now. Nothing is shown, and nothing is lost.

    For one whose data lies under two keys since an ending was called off, and for one whose rows may have been put back
    as they once were: from now on `ledger verify --records` finds every older box. Boxes that nothing opens stay.

    Args:
        person: id as `person find` printed it.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "key.reseal", (acting or As()).role)
        done = await sealing.reseal(opened.house, person_of(person), by=by.id)
    text = f"Sealed again: {count(done.boxes, 'box', 'boxes')} of {count(done.records, 'record')}"
    text += f", {done.renewed} of them until now under an older key" if done.renewed else ""
    left = (
        f" {count(done.left, 'box', 'boxes')} that nothing opens, or whose key a legal hold keeps, stay as they are."
        if done.left
        else ""
    )
    return Said(plain(done), f"{text}.{left}")


@APP.command
async def snapshot(
    person: str | None = None,
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    acting: As | None = None,
    call: Here,
) -> Said:
    """Fold the records of whoever has more than 500, so that a look at them is whole. Nothing is shown, nothing lost.

    A snapshot holds, of each compartment and month, the few values that a profile can need, sealed with the keys of the
    records themselves: what ends these ends it, and a record that has changed or gone is not shown from it. The worker
    of a house that serves does this for everybody each day. It can be done again at any time. Of one person each that
    there is is opened, and what does not open is deleted and made anew.

    Args:
        person: id as `person find` printed it; everybody if left out.
        dry_run: tell how many would be made; make none.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "key.snapshot", (acting or As()).role)
        wanted = folding.Wanted(person=None if person is None else person_of(person), dry_run=dry_run)
        looked = "persons looked at" if person is None else "records folded"
        with call.terminal.progress(looked, shown=not call.json) as told:
            done = await folding.snapshot(opened.house, wanted, by=by.id, told=told)
    value = {
        "dry_run": dry_run, "persons": done.persons, "snapshots": done.snapshots, "records": done.records,
        "only_kept": done.kept, "to_be_sealed_again": done.older, "mended": done.mended, "not_folded": done.faults,
    }  # fmt: skip
    return Said(value, _folded(done, dry=dry_run))


def _folded(done: folding.Folded, *, dry: bool) -> str:
    besides = f" Of {count(done.kept, 'person')} nothing was opened: it is only kept." if done.kept else ""
    if done.mended:
        besides += f" {count(done.mended, 'snapshot')} did not open, or were none of this house: they were deleted."
    if done.older:
        besides += (
            f" Of {count(done.older, 'person')} some is folded only once they are sealed again, since a key of theirs "
            "came back beside a newer one: lockhouse key reseal PERSON."
        )
    if not done.persons and not done.faults:
        return "Nothing is to be folded: a look opens all that there is, or snapshots cover it." + besides
    made = f"{count(done.snapshots, 'snapshot')} of {count(done.persons, 'person')}"
    text = f"Would be made: {made}." if dry else f"Made: {made}, from {count(done.records, 'record')}."
    text += besides
    if done.first is not None:
        text += f" {count(done.faults, 'person')} could not be folded, the first since {done.first.text}"
    return text
