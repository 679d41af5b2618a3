"""`lockhouse backup …`: copies of both stores, and a house brought back from one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from lockhouse.errors import Invalid, NotFound
from lockhouse.faces.cli.acting import As, allowed, os_user
from lockhouse.faces.cli.call import MARK, Here, noun
from lockhouse.faces.cli.drafts import live_version
from lockhouse.faces.cli.files import write_new
from lockhouse.faces.cli.layout import Said, count, pairs, plain, when
from lockhouse.flows import backup
from lockhouse.wiring import copies, destroyed_keys, is_free, opened

if TYPE_CHECKING:
    from lockhouse.model.rows import Store

APP = noun("backup", "Copies of both stores, and a house brought back from one.")
MAX_MANIFEST = 1 << 16


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
        manifest, raw = await backup.create(house.house, take, sequencer=house.writer, by=actor.id)
        settings = (house.folder / MARK).read_bytes()
    write_new(to / MARK, [settings])
    write_new(to / backup.MANIFEST, [raw])
    told = {
        "backup": manifest.backup, "made": when(manifest.at), "ledger entries": manifest.size,
        **{f"{store} store": f"sha256 {digest[:16]}…" for store, digest in manifest.files.items()},
    }  # fmt: skip
    return Said(plain(manifest), f"{pairs(told)}\n\nTry it: lockhouse backup restore {directory} --to NEW")


@APP.command
async def restore(
    directory: Path, /, *, to: Annotated[Path, Parameter(name="--to")],
    only: Literal["identity", "record"] | None = None, call: Here,
) -> Said:  # fmt: skip
    """Bring a house back from a backup, in a new folder; what was destroyed since is destroyed in it again.

    With --only the other store is copied from the house that -C names: old records read through today's identity
    store, where the ended stays ended.

    Args:
        directory: of the backup.
        to: a new or empty folder.
        only: take one store from the backup.
    """
    source, target = call.cwd / directory, call.cwd / to
    manifest = backup.parse_manifest(_read(source / backup.MANIFEST))
    today = call.folder() if only else None
    _empty(target)
    write_new(target / MARK, [_read(source / MARK)])
    for store in backup.ORDER:
        await _place(store, source, target, manifest=manifest, today=today if store != only else None)
    async with opened(target, role="console", clock=call.clock, purpose="restored") as house:
        serials = frozenset(destroyed_keys(target) | (destroyed_keys(today) if today else set()))
        by = os_user(house.house).id
        came = backup.Source(manifest=manifest, destroyed=serials, only=only)
        replayed = await backup.replay(house.house, came, journal=house.journal, by=by)
        policy = house.settings.policy
        live = await live_version(house)
        if live is not None and policy.endswith(".yaml"):
            write_new(target / policy, [live.document])
    told = (
        f"A house stands in {to}, from the backup of {when(manifest.at)}.\n"
        f"Ended again, by the destruction journal ({count(len(serials), 'key')} in it): "
        f"{count(replayed.persons, 'source person')}, {count(replayed.compartments, 'compartment')}, "
        f"{count(replayed.epochs, 'epoch')}; {count(replayed.keys, 'key')}."
    )
    if replayed.standing:
        told += (
            f"\nShut and not destroyed yet: {count(replayed.standing, 'ending')}. Each goes on; look whether one was "
            "called off since: lockhouse request list"
        )
    if not serials:
        told += (
            "\nNo journal of destroyed keys was found, as in a house that never destroyed one. Had one been destroyed, "
            "what it closed would be readable again."
        )
    value = {"house": target, "backup": manifest.backup, "journal": len(serials), "replayed": plain(replayed)}
    return Said(value, told)


async def _place(
    store: Store, source: Path, target: Path, *, manifest: backup.Manifest, today: Path | None
) -> None:  # fmt: skip
    if today is not None:
        await copies().take(today, store, target)
    else:
        await copies().bring(source, store, target, sha256=manifest.files[store])


def _empty(folder: Path) -> None:
    if not is_free(folder):
        raise Invalid("folder", "a new or empty one", got="one that holds something", hint="choose another")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_MANIFEST)
    except (FileNotFoundError, NotADirectoryError) as err:
        raise NotFound(f"backup: expected {file.name}, got none", hint="name the folder of a backup") from err
