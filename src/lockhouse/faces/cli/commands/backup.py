"""`lockhouse backup …`: copies of both stores, and a house brought back from one."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from lockhouse.errors import Invalid, NotFound
from lockhouse.faces.cli.acting import As, allowed, os_user
from lockhouse.faces.cli.call import MARK, Call, Here, id_of, noun
from lockhouse.faces.cli.drafts import live_version
from lockhouse.faces.cli.files import write_new
from lockhouse.faces.cli.journals import current_journal, read_journals, told_of, value_of
from lockhouse.faces.cli.layout import Said, count, pairs, plain, when
from lockhouse.flows import backup
from lockhouse.wiring import (
    copies,
    is_free,
    is_restoring,
    opened,
    require_restored,
    restoring,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.forgotten import Forgotten
    from lockhouse.model.rows import Store
    from lockhouse.wiring import JournalFile

APP = noun("backup", "Copies of both stores, and a house brought back from one.")
MAX_MANIFEST = 1 << 16
_SINCE = (
    "\nWhat came in since is not in it: events, words on consent, suppressions, requests, sales, and moves between "
    "regions: whoever moved is under the rules of where they were until an event says it. If the identity store of the "
    "house it was copied from is whole, --only record keeps what it knows."
)
_LIST = "lockhouse request list"


@APP.command
async def create(directory: Path, /, *, acting: As | None = None, call: Here) -> Said:
    """Copy both stores, consistently and while the house runs, with a manifest of what was copied.

    The copy is as sealed as the house: without the root key file nothing in it can be read but clear columns. The root
    key file is not copied: keep it elsewhere.

    Args:
        directory: a new or empty folder, best on another machine.
        acting: the role.
    """
    to = call.cwd / directory
    async with call.open() as house:
        actor = allowed(house.house, "backup.create", (acting or As()).role)
        _empty(to)
        take = partial(copies().take, house.folder, to=to)
        manifest, raw = await backup.create(
            house.house, take, sequencer=house.writer, line=house.anchors.line, by=actor.id
        )  # fmt: skip
        settings = (house.folder / MARK).read_bytes()
    write_new(to / MARK, [settings])
    write_new(to / backup.MANIFEST, [raw])
    told = {
        "backup": manifest.backup, "made": when(manifest.at), "ledger entries": manifest.size,
        **{f"{store} store": f"sha256 {digest[:16]}…" for store, digest in manifest.files.items()},
    }  # fmt: skip
    return Said(plain(manifest), f"{pairs(told)}\n\nTry it: lockhouse backup restore {directory} --to NEW")


@APP.command
async def restore(  # noqa: PLR0913  (what a restore can be told)
    directory: Path, /, *, to: Annotated[Path, Parameter(name="--to")],
    only: Literal["identity", "record"] | None = None, line: str | None = None, without_journal: bool = False,
    call: Here,
) -> Said:  # fmt: skip
    """Bring a house back from a backup, in a new folder; what was destroyed since is destroyed in it again.

    With --only the other store is copied from the house that -C names: old records read through today's identity
    store, where the ended stays ended.

    What was destroyed since stands in the journal where the backup's settings ship it to, and in that of the house that
    -C names, or that this is typed in.

    Args:
        directory: of the backup.
        to: a new or empty folder.
        only: take one store from the backup.
        line: also believe the journal of this line of the house, which was in use since; a restore names them.
        without_journal: if the journal of destroyed keys is lost; the house is shut for reading until accepted. One
            that is found whole is followed all the same.
    """
    source, target = call.cwd / directory, call.cwd / to
    named = None if line is None else id_of(line, where="line", hint="a restore names lines of the house").hex()
    manifest = backup.parse_manifest(_read(source / backup.MANIFEST))
    today = call.folder() if only else None
    if today is not None:
        require_restored(today)
    at_hand = current_journal(call)
    _empty(target)
    with restoring(target):  # until it has ended, nobody opens what lies there
        for store in backup.ORDER:
            await _place(store, source, target, manifest=manifest, today=today if store != only else None)
        write_new(target / MARK, [_read(source / MARK)])
        read = read_journals(target, manifest, line=named, at_hand=at_hand, only=only is not None)
        came = backup.Source(
            manifest=manifest, destroyed=read.serials, only=only, whole=any(one.whole for one in read.files),
            anyway=without_journal,
        )  # fmt: skip
        replayed = await _replay(target, came, read.files, call=call)
    value = {
        "house": target, "backup": manifest.backup, "journal": len(came.destroyed), "whole_journal": came.whole,
        "journals": value_of(read), "replayed": plain(replayed),
    }  # fmt: skip
    return Said(value, _told(to, came, replayed, call=call) + told_of(read, cwd=call.cwd))


async def _replay(target: Path, came: backup.Source, files: Sequence[JournalFile], *, call: Call) -> backup.Replayed:
    async with opened(target, role="console", clock=call.clock, purpose="restored") as house:
        by = os_user(house.house).id
        house.journal.follow(files, at=house.house.clock.now_ms())
        replayed = await backup.replay(house.house, came, journal=house.journal, by=by)
        policy = house.settings.policy
        live = await live_version(house)
        if live is not None and policy.endswith(".yaml"):
            write_new(target / policy, [live.document])
    return replayed


def _told(to: Path, came: backup.Source, replayed: backup.Replayed, *, call: Call) -> str:
    house = f"lockhouse -C {shlex.quote(str(to))}"
    told = (
        f"A house stands in {to}, from the backup of {when(came.manifest.at)}.\n"
        f"The destruction journal names {count(len(came.destroyed), 'key')}. Came back and destroyed again: "
        f"{count(replayed.keys, 'key')} ({count(replayed.persons, 'source person')}, "
        f"{count(replayed.compartments, 'compartment')}, {count(replayed.epochs, 'epoch')})."
    )
    if came.only is None:
        told += _SINCE
    if came.anyway and not replayed.shut:
        told += (
            "\nThe whole journal was found and followed: --without-journal was not needed, and the house may be read."
        )
    if replayed.standing:
        told += (
            f"\nShut and not destroyed yet: {count(replayed.standing, 'ending')}. Each goes on. If the house it was "
            f"copied from is still there, see whether one was called off in it since: {call.located(_LIST)}\n"
            f"Then call it off here too: {house} request cancel ID"
        )
    if replayed.to_sweep:
        told += (
            f"\nRows came back of {count(replayed.to_sweep, 'source person')} whose keys had ended already. Nothing "
            "opens them; they are taken away once the house is served."
        )
    if replayed.forgotten is not None and replayed.forgotten.rows:
        told += _lacking(replayed.forgotten, house=house)
    if replayed.spoilt:
        told += (
            f"\nEndings that were changed by hand in the backup: {', '.join(replayed.spoilt)}. Nothing they say is "
            "believed; what they had shut stands as shut and not destroyed yet."
        )
    if replayed.shut:
        without = "Without sound endings" if replayed.spoilt else "Without its whole journal"
        told += (
            f"\n{without} it may hold keys that were destroyed. Nothing is shown or sent from it until "
            f"somebody answers for that: {house} accept restore"
        )
    return told


def _lacking(forgotten: Forgotten, *, house: str) -> str:
    kinds = ", ".join(f"{kind} {number}" for kind, number in forgotten.rows.items())
    told = f"\nOlder than its ledger, the identity store lacks what these entries tell of: {kinds}."
    if forgotten.refused:
        told += f" Stored again: {count(forgotten.refused, 'refusal')}."
    if forgotten.unfound:
        told += f" Of nobody who is there: {count(forgotten.unfound, 'refusal')}."
    if forgotten.moved:
        told += (
            f" Moved to a region that is not known: {count(forgotten.moved, 'person', 'persons')}; until an event says "
            "where they are, the rules of every region must be met."
        )
    if forgotten.sales:
        told += f" Not known any more: {count(forgotten.sales, 'sale')}; whoever bought is no customer by it."
    if "suppression" in forgotten.rows:
        told += " Of whom a suppression is, no ledger says: record it anew when they say so again."
    if "credential" in forgotten.rows:
        told += " A write key that was ended since is taken again: lockhouse channel show CHANNEL, then end it."
    return f"{told} See: {house} ledger log"


async def _place(
    store: Store, source: Path, target: Path, *, manifest: backup.Manifest, today: Path | None
) -> None:  # fmt: skip
    if today is not None:
        await copies().take(today, store, target)
    else:
        await copies().bring(source, store, target, sha256=manifest.files[store])


def _empty(folder: Path) -> None:
    if not is_free(folder):
        stopped = "remove it first, if nothing restores it any more" if is_restoring(folder) else ""
        got = "one with a restore under way, or that stopped" if stopped else "one that holds something"
        raise Invalid("folder", "a new or empty one", got=got, hint=stopped or "choose another")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_MANIFEST)
    except (FileNotFoundError, NotADirectoryError) as err:
        raise NotFound(f"backup: expected {file.name}, got none", hint="name the folder of a backup") from err
