"""Back up: consistent copies of both stores as they stand, and endings taken over into a house that was brought back.

What this first version promises: the copies are whole, belong together, and what was destroyed before or after is
not readable in a house brought back with its destruction journal. What it does not promise yet: a key of its own with
an end date for each backup (a copy is as sealed as the stores are: boxes, wrapped keys and keyed hashes, but clear
columns stand in it in the clear), a new log for a restored house (it goes on with the old one from the backup's size,
so a checkpoint held from later shows the cut), increments, or shipping.

The record store is copied first: whatever it names, the identity store copied after it has or has ended. An ending that
moves between the two copies leaves them telling different stories; bringing them back settles that, so that a busy
house can be copied too.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.ring import WHOLE
from lockhouse.errors import Invalid, Unavailable
from lockhouse.gates import hold_ends
from lockhouse.gates.cases import advance, sound_cases
from lockhouse.gates.ending import (
    Case,
    adopt,
    cancel,
    carry_on,
    destroy_again,
    end_some,
    is_back,
    keep_bare,
    shut_again,
    sweep_again,
)
from lockhouse.gates.epochs import NOBODY
from lockhouse.gates.facts import SEAL_ENDING
from lockhouse.gates.forgotten import Forgotten, remember
from lockhouse.gates.hold_ends import OF_A_HOLD
from lockhouse.gates.live import PROPOSED, WAITING, versions
from lockhouse.gates.read_shut import NO_JOURNAL, shut_reading
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.staff.over import end_open
from lockhouse.gates.versions import withdraw
from lockhouse.ledger.entry import Backup as BackupEntry
from lockhouse.ledger.entry import Intent as IntentEntry
from lockhouse.ledger.entry import Restore as RestoreEntry
from lockhouse.model.change import Change, Delete, Put
from lockhouse.model.rows import EpochKey, KeyRing, ReadShut, Seal, Store, Tombstone
from lockhouse.model.scale import KeyState

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.ports import Journal, Sequencer

MANIFEST = "manifest.json"
_LINE = re.compile(r"(?:[0-9a-f]{32})?")
ORDER: tuple[Store, Store] = ("record", "identity")

Take = Callable[["Store"], Awaitable[str]]


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup holds.

    Attributes:
        backup: its id; `house`, `log`: of which house; in hex.
        at: ms, before anything was copied. `size`, `checkpoint`: of the tree that the record store holds at least.
        files: SHA-256 of each store's file.
        line: of the house, in hex, whose journal says what was destroyed since; empty for the first.
    """

    version: int
    backup: str
    house: str
    log: str
    at: int
    size: int
    root: str
    checkpoint: str
    files: dict[str, str]
    line: str = ""


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What was destroyed in a house that was brought back: source persons, parts of persons, epochs; and keys.

    Attributes:
        keys: that came back with the backup, in use or shut; what had ended in it already does not count.
        standing: endings that were shut and not destroyed: they are shut in it, and go on.
        to_sweep: persons whose rows came back though their keys had ended already: the rows are swept.
        shut: the house is shut for reading, for want of its whole journal or of sound endings.
        spoilt: ids in hex of endings that somebody edited in the backup, of which nothing is believed.
        forgotten: what an older identity store lacks that today's ledger tells of; None if the two are of one moment.
    """

    persons: int = 0
    compartments: int = 0
    epochs: int = 0
    keys: int = 0
    standing: int = 0
    to_sweep: int = 0
    shut: bool = False
    spoilt: tuple[str, ...] = ()
    forgotten: Forgotten | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What a house was brought back from.

    Attributes:
        manifest: of the backup.
        destroyed: serials of the destruction journal. `whole`: it reaches back to the house's founding.
        anyway: bring it back even without the whole journal, shut for reading.
        only: the one store that is from the backup; the other is today's. None for both.
    """

    manifest: Manifest
    destroyed: frozenset[bytes]
    whole: bool = True
    anyway: bool = False
    only: Store | None = None


async def create(
    house: House, take: Take, *, sequencer: Sequencer, line: str, by: str
) -> tuple[Manifest, bytes]:  # fmt: skip
    """Both stores are copied and the ledger says so; the manifest and its bytes, still to be written.

    Args:
        house: whose stores are copied.
        take: copies one store, checked, and answers the copy's SHA-256 in hex.
        sequencer: seals the log first.
        line: of the house, in hex.
        by: the actor.

    Raises:
        Unavailable: a store could not be copied.
        Tampered: a copy is not whole.
    """
    point, at = await sequencer.seal_ledger(), house.clock.now_ms()
    files: dict[str, str] = {store: await take(store) for store in ORDER}
    manifest = Manifest(
        version=1, backup=house.ids.new().hex(), house=house.id.hex(), log=house.log, at=at,
        size=point.size, root=_root_of(point.text), checkpoint=point.text, files=files, line=line,
    )  # fmt: skip
    raw = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    said = BackupEntry(backup=manifest.backup, size=point.size, root=manifest.root, hash=sha256(raw).hexdigest(), by=by)
    draft = said.draft(id=house.ids.new(), lane=house.lane)
    await house.commits.commit(Change("record", entries=(draft,)))
    return manifest, raw


def _root_of(checkpoint: str) -> str:
    """The root in hex that a checkpoint's third line holds in base64 (C2SP tlog-checkpoint)."""
    return b64decode(checkpoint.split("\n", 3)[2]).hex()


def parse_manifest(raw: bytes) -> Manifest:
    """The manifest behind its bytes.

    Raises:
        Invalid: it is none of this version.
    """
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as err:
        raise Invalid("backup", "a manifest of version 1", got="something else") from err
    if manifest.version != 1 or set(manifest.files) != set(ORDER) or not _LINE.fullmatch(manifest.line):
        raise Invalid("backup", "a manifest of version 1 with both stores", got="another")
    return manifest


async def replay(house: House, source: Source, *, journal: Journal, by: str) -> Replayed:
    """Every key of the restored house whose serial was destroyed before is destroyed again, and the ledger says so.

    What was only shut is shut again, and its case stands. Rows of whom nothing can be opened any more are to be swept.
    With an ending that somebody edited the house is shut for reading: nobody knows what else it says was destroyed.

    Args:
        house: the restored one, open.
        source: what it was brought back from.
        journal: of the restored house.
        by: the actor.

    Raises:
        Unavailable: the journal is not there, or lacks what the house knows to be destroyed, and `anyway` is not said;
            or a step could not finish.
        Tampered: what was shut is not as the house left it.
    """
    known, spoilt = await sound_cases(house, also_closed=True)
    before = frozenset([stone.serial async for stone in _stones(house)])
    told = frozenset(serial for case in known if case.step in {"destroyed", "done"} for serial in case.serials)
    shut = _lacks_journal(source, told) or bool(spoilt)
    gone, entry = source.destroyed | told, house.ids.new()
    shutting = shut_reading(house, by=by, entry=entry)  # a restore that does not come to its end leaves nothing to read
    await house.commits.commit(Change("record", puts=(shutting,)))
    await adopt(house, known, spoilt=spoilt, journal=journal, by=by)
    # Before what stands is shut again: whoever refused has a ring to be found by.
    forgotten = await remember(house, size=source.manifest.size) if source.only == "identity" else None
    await _replay_all(house, gone, source=source, journal=journal, by=by)
    if source.only == "record":
        await keep_bare(house, since=source.manifest.at)
    if source.only != "identity":
        await _call_off(house, by=by)
    to_sweep = await sweep_again(house, journal=journal, by=by)
    replayed = await _destroyed_since(house, before)
    manifest = source.manifest
    await end_open(house)
    said = RestoreEntry(
        backup=manifest.backup, log=manifest.log, size=manifest.size, root=manifest.root, replayed=replayed.keys,
        shut=shut, by=by,
    )  # fmt: skip
    opened = () if shut else (Delete(ReadShut.TABLE, (NO_JOURNAL,)),)
    await house.commits.commit(Change("record", deletes=opened, entries=(said.draft(id=entry, lane=house.lane),)))
    await house.epochs.announce(key=True)
    return msgspec.structs.replace(
        replayed, standing=len((await sound_cases(house))[0]), to_sweep=to_sweep, shut=shut,
        spoilt=tuple(one.hex() for one in spoilt), forgotten=forgotten,
    )  # fmt: skip


async def _call_off(house: House, *, by: str) -> None:
    """No policy rules, and nobody is a second person, by an approval or a proposal that may have been called off since.

    Whoever still means it approves it, or proposes it, again.
    """
    for row in await versions(house):
        if row.state in {PROPOSED, WAITING}:
            await withdraw(house, row.id, by=by)


def _lacks_journal(source: Source, told: frozenset[bytes]) -> bool:
    """Whether keys may have been destroyed that nobody names any more.

    Args:
        source: with the journal's serials.
        told: serials that the house's own cases say were destroyed.

    Raises:
        Unavailable: so it is, and that was not accepted.
    """
    lacking = len(told - source.destroyed)
    if source.whole and not lacking:
        return False
    if not source.anyway:
        name = ".".join(filter(None, ("HOUSE", source.manifest.line, "destroyed.jsonl")))
        got = f"one that lacks {lacking} of the house's own" if source.whole else "none that begins with the house"
        raise Unavailable(
            f"journal: expected every destroyed key in it, got {got}",
            hint=f"put {name} where the settings ship it to (journal_copy, or beside the root key file); if it is "
            "lost, --without-journal brings back a house that is shut for reading",
        )  # fmt: skip
    return True


async def _replay_all(house: House, gone: frozenset[bytes], *, source: Source, journal: Journal, by: str) -> None:
    """No key whose serial was destroyed before is left, in a ring, in limbo or of an epoch."""
    for case in (await sound_cases(house))[0]:  # what was shut when the backup was taken waits in limbo, not in a ring
        await _replay_case(house, case, gone, source=source, journal=journal, by=by)
    async for rings in house.reads.scan(KeyRing):
        for ring in rings:
            await _replay_ring(house, ring.person, gone, journal=journal, by=by)
    async for epochs in house.reads.scan(EpochKey):
        for epoch in epochs:
            if epoch.serial in gone and epoch.state != KeyState.DESTROYED:
                await _replay_epoch(house, epoch, journal=journal, by=by)
    await hold_ends.destroy_again(house, gone, by=by)


async def _destroyed_since(house: House, before: frozenset[bytes]) -> Replayed:
    """What the tombstones say that were not there before."""
    ended: set[tuple[bytes, int]] = set()
    epochs = keys = 0
    async for stone in _stones(house):
        if stone.serial in before:
            continue
        keys += 1
        if stone.person == NOBODY:
            epochs += stone.compartment != OF_A_HOLD
        else:
            ended.add((stone.person, stone.compartment))
    persons = sum(compartment == WHOLE for _, compartment in ended)
    return Replayed(persons=persons, compartments=len(ended) - persons, epochs=epochs, keys=keys)


async def _stones(house: House) -> AsyncIterator[Tombstone]:
    async for stones in house.reads.scan(Tombstone):
        for stone in stones:
            yield stone


async def _replay_case(  # noqa: PLR0913  (what a case is carried on with)
    house: House, case: Case, gone: frozenset[bytes], *, source: Source, journal: Journal, by: str
) -> None:
    """The newer store is believed: of whether what one shut was called off, or called for, after the other's copy."""
    is_ending = case.step == "destroying"
    if source.only == "identity":
        case = await shut_again(house, case)
    elif await is_back(house, case):  # what has ended of it since ends by its rings
        await cancel(house, case, by=by)
        return
    if is_ending or not (gone.isdisjoint(case.serials) or await end_some(house, case, gone)):
        await destroy_again(house, case, journal=journal)


async def _replay_ring(house: House, person: bytes, gone: frozenset[bytes], *, journal: Journal, by: str) -> None:
    """One source person, and nobody who is only linked: the journal names exactly what was destroyed."""
    await admit_rings(house, [person])
    held = house.keyring.every_serial(person) if house.keyring.version_of(person) is not None else {}
    ended = sorted(number for number, serials in held.items() if not gone.isdisjoint(serials))
    for number in [0] if WHOLE in ended else ended:
        case = await _begin_person(house, person, number, by=by)
        await carry_on(house, case, journal=journal, now=True)


async def _begin_person(house: House, person: bytes, compartment: int, *, by: str) -> Case:
    """The intent to end again; the gate's own would cross links that the person who asked may long have undone."""
    await admit_rings(house, [person])
    case, entry = _case(house, by=by), house.ids.new()
    name = house.live().names.name("compartment", compartment) or "everything held about the person"
    case = msgspec.structs.replace(
        case, what="compartment" if compartment else "person", entries=(entry,), persons=(person,),
        compartment=compartment, scope=(name,),
    )  # fmt: skip
    said = IntentEntry(
        what=case.what, case=case.id.hex(), by=by, reason=case.reason, ref=house.keyring.ref(person).hex(),
        compartment=compartment or None,
    )  # fmt: skip
    seal = (await house.reads.get(Seal, [(person,)])).get((person,))
    moved = Put(Seal.TABLE, Seal(person, seal.version + 1 if seal else 1, SEAL_ENDING))
    await advance(house, case, puts=[moved], entries=[said.draft(id=entry, lane=house.lane)], was=None)
    return case


async def _replay_epoch(house: House, row: EpochKey, *, journal: Journal, by: str) -> None:
    case, entry = _case(house, by=by), house.ids.new()
    name = house.live().names.name("compartment", row.compartment) or ""
    case = msgspec.structs.replace(
        case, what="epoch", entries=(entry,), compartment=row.compartment, epoch=row.epoch,
        scope=(name, f"epoch {row.epoch}"),
    )  # fmt: skip
    said = IntentEntry(
        what="epoch", case=case.id.hex(), by=by, reason=case.reason, compartment=row.compartment, epoch=row.epoch
    )
    await advance(house, case, entries=[said.draft(id=entry, lane=house.lane)], was=None)
    await carry_on(house, case, journal=journal, now=True)


def _case(house: House, *, by: str) -> Case:
    now = house.clock.now_ms()
    return Case(
        id=house.ids.new(), what="person", by=by, reason="restore", entries=(), asked_at=now, destroy_at=now,
        salt=house.ids.random(16),
    )  # fmt: skip
