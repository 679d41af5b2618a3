"""The one place where ports meet adapters: a house founded, and a house opened.

A house whose writer runs is opened beside it, through its socket; one without is opened alone, with the lock.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lockhouse import __version__
from lockhouse import settings as houses
from lockhouse.adapters import anchors, jobs
from lockhouse.adapters.attested_facts import AttestedFacts
from lockhouse.adapters.clock import SystemClock
from lockhouse.adapters.durable import open_lock, sync_folder
from lockhouse.adapters.group_commit.engine import WriterParts
from lockhouse.adapters.host_facts import listener, look
from lockhouse.adapters.ids import SystemIds
from lockhouse.adapters.journal import BEGUN, Journal, JournalFile
from lockhouse.adapters.kms_file import FileRoot, default_root
from lockhouse.adapters.lifeline import LIFELINE_VARIABLE, bind_to_parent
from lockhouse.adapters.migrations import HEAD as SCHEMA
from lockhouse.adapters.migrations.run import migrate, migrate_check
from lockhouse.adapters.migrations.schema import require_schemas
from lockhouse.adapters.outbound import SafeHTTP
from lockhouse.adapters.parquet_rows import Parquet
from lockhouse.adapters.passphrase import read_passphrase
from lockhouse.adapters.restoring import is_restoring, require_restored, restoring
from lockhouse.adapters.sqlite_copy import SqliteCopies
from lockhouse.adapters.sqlite_reads import SqliteReads
from lockhouse.adapters.sqlite_writer.local import LocalWriter
from lockhouse.adapters.sqlite_writer.process import run_writer
from lockhouse.adapters.sqlite_writer.reads import ApswReads
from lockhouse.adapters.table_file import TableFile
from lockhouse.adapters.witnessing import Witnessing
from lockhouse.adapters.writer_client import WriterClient
from lockhouse.adapters.writer_protocol import SOCKET_FILE, socket_address
from lockhouse.channels import hooks, segment
from lockhouse.crypto.blindindex import Indexer
from lockhouse.crypto.checkpoint import sign_checkpoint, sign_note, vkey
from lockhouse.crypto.keyring import Keyring
from lockhouse.crypto.noted import Notary
from lockhouse.crypto.signatures import SigningKey
from lockhouse.errors import Invalid, Unavailable
from lockhouse.flows.keys import Unlocked, found_keys, new_secrets, unlock
from lockhouse.gates.epochs import ensure_epochs
from lockhouse.gates.founding import demo_word, is_demo
from lockhouse.gates.house import House
from lockhouse.gates.refresh import drop, refresh, refresh_if_sound
from lockhouse.gates.settings_held import held
from lockhouse.ledger.entry import Opened as OpenedEntry
from lockhouse.ledger.tail import lane_key
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import House as HouseRow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lockhouse.adapters.sqlite_writer.trouble import Tell
    from lockhouse.model.event import Kind
    from lockhouse.model.ports import Clock, OutboundHTTP, Reads, Root
    from lockhouse.model.rows import Store
    from lockhouse.posture.world import Host
    from lockhouse.secret import Secret
    from lockhouse.settings import Settings

KINDS: dict[str, Kind] = {segment.KIND.name: segment.KIND, **hooks.WIRES}
"""Channel kinds that this build serves."""
JOURNAL = "destroyed.jsonl"


@dataclass(slots=True, kw_only=True)
class Opened:
    """An open house with what only some flows need.

    Attributes:
        root: of its keys.
        writer: commits, epochs and the sequencer; `alone` says that it runs in this process.
        anchors: the signed checkpoints kept outside of the stores.
        verifier: the log's verifier key (C2SP vkey).
        lane_key: that heads of ledger lanes are known by.
    """

    folder: Path
    settings: Settings
    house: House
    root: Root
    writer: LocalWriter | WriterClient
    journal: Journal
    anchors: anchors.Anchors
    http: OutboundHTTP
    verifier: str
    lane_key: Secret
    alone: bool


def template(name: str) -> str:
    """The text of a policy template that ships with Lockhouse.

    Raises:
        Invalid: there is none of this name.
    """
    found = files("lockhouse.policy") / "templates" / f"{name}.yaml"
    if "/" in name or not found.is_file():
        raise Invalid("extends", "the name of a template that ships with Lockhouse, as retail@1", got="another")
    return found.read_text(encoding="utf-8")


def log_name(house: bytes) -> str:
    """The origin of a house's log: what its checkpoints are signed for."""
    return f"lockhouse/{house.hex()}/1"


async def found(folder: Path, chosen: Settings, *, clock: Clock | None = None) -> Settings:
    """A new house in an empty or new folder: files, root, keys, first ledger entry. Returns its settings.

    Raises:
        Invalid: the folder holds something already.
        Conflict: the root key file exists already.
        Unavailable: the passphrase's file cannot be read or others may read it too, or the root key file cannot be
            written.
    """
    _require_free(folder)
    time = clock or SystemClock()
    ids = SystemIds(time)
    house = ids.random(16)
    root_file = Path(chosen.root) if chosen.root else default_root(house.hex())
    final = replace(chosen, house=house.hex(), root=str(root_file))
    if root_file.parent != folder:  # first, so that nothing is left of a house whose root has no place
        await asyncio.to_thread(root_file.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    root = FileRoot.create(root_file, passphrase=_passphrase(final))
    migrate(folder)
    secrets = new_secrets(ids)
    kept = _anchors(folder, final, secrets["log"])
    _journal(folder, final, kept.line).begin(at=time.now_ms(), cause=BEGUN)
    writer = LocalWriter(folder, _parts(house, secrets["log"], time, kept))
    try:
        await found_keys(house=house, secrets=secrets, root=root, commits=writer, ids=ids, clock=time)
        row = HouseRow(1, house, log_name(house), 0, 0, 0, b"", time.now_ms())
        said = OpenedEntry(version=__version__, vkey=_vkey(house, secrets["log"]), by="os-user",
                           demo=demo_word(house, secrets["integrity"]) if chosen.demo else None)  # fmt: skip
        draft = said.draft(id=ids.new(), lane="console")
        await writer.commit(Change("record", puts=(Put(HouseRow.TABLE, row),), entries=(draft,)))
    finally:
        writer.close()
    _write_private(folder / houses.FILE, houses.write(final))
    return final


def is_free(folder: Path) -> bool:
    """Whether something may be made here: nothing is there yet, or an empty folder."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def _require_free(folder: Path) -> None:
    if not is_free(folder):
        raise Invalid("init", "a new or empty folder", got="one that holds something", hint="choose another")


def _write_private(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    sync_folder(file.parent)


def _passphrase(chosen: Settings) -> Secret | None:
    if not chosen.root_passphrase_file:
        return None
    try:
        return read_passphrase(Path(chosen.root_passphrase_file), where="root_passphrase_file")
    except Invalid as err:
        raise Unavailable(err.text, hint=err.hint) from err


def _parts(house: bytes, log_key: Secret, clock: Clock, kept: anchors.Anchors) -> WriterParts:
    origin, key = log_name(house), SigningKey.from_secret(log_key)
    return WriterParts(
        notary=Notary(house), clock=clock, ids=SystemIds(clock), lane_key=lane_key(house, log_key),
        sign_checkpoint=lambda size, root: sign_checkpoint(origin, size, root, key), anchors=kept,
    )  # fmt: skip


def _vkey(house: bytes, log_key: Secret) -> str:
    return vkey(log_name(house), SigningKey.from_secret(log_key).public())


def open_root(chosen: Settings) -> Root:
    """The root of a house.

    Raises:
        Unavailable: the root key file is missing or locked, or not locked though the settings name a passphrase.
    """
    root = FileRoot.open(Path(chosen.root), passphrase=_passphrase(chosen), usual=default_root(chosen.house))
    if chosen.root_passphrase_file and not root.is_locked:
        raise Unavailable(
            "root_passphrase_file: expected a root key file that a passphrase locks, got one without",
            hint="take the setting out; only `lockhouse init DIR --passphrase-file FILE` makes a locked one",
        )
    return root


def serve_writer(folder: Path, *, tell: Tell | None = None) -> None:
    """Be the writer process of a house; returns when it is told to end. `tell` hears of what cannot be written."""
    require_restored(folder)
    chosen = houses.load(folder, os.environ)
    house = bytes.fromhex(chosen.house)

    def make_parts() -> WriterParts:
        with closing(ApswReads(folder)) as reads:
            keys = asyncio.run(unlock(house=house, root=open_root(chosen), reads=reads))
        log_key = keys.secrets["log"]
        return _parts(house, log_key, SystemClock(), _anchors(folder, chosen, log_key))

    run_writer(folder, make_parts, tell=tell)


@asynccontextmanager
async def opened(
    folder: Path, *, role: str, lane: str | None = None, clock: Clock | None = None,
    purpose: Literal["accept", "audit", "restored", "shut", "state", "use"] = "use",
) -> AsyncIterator[Opened]:  # fmt: skip
    """The house, for as long as the block runs: beside its running writer, or alone.

    Args:
        role: what this process is, for the leases of processes: `collect`, `work`, `console`.
        lane: its ledger lane; the role's own by default.
        purpose: for an `audit` nothing is folded, signed or minted unless asked for, nor for one of the `state`, which
            rows that do not verify do not stop. A house that was just `restored` begins a line of checkpoints of its
            own, and its clock is believed. To `accept` a clock in doubt, or to have somebody `shut`, nothing is minted.

    Raises:
        NotFound: there is no house in this folder.
        Unavailable: the root is locked, another command holds the house just now, or its restore did not come to its
            end.
    """
    chosen = houses.load(folder, os.environ)
    if purpose != "restored":
        require_restored(folder)
    identity, time = bytes.fromhex(chosen.house), clock or SystemClock()
    async with AsyncExitStack() as open_things:
        beside = await _reach(folder, role=role, clock=time)
        if beside is not None:
            open_things.push_async_callback(beside.close)
        reads: SqliteReads | ApswReads = ApswReads(folder) if beside is None else SqliteReads(folder)
        open_things.callback(reads.close)
        root = open_root(chosen)
        keys = await unlock(house=identity, root=root, reads=reads)
        kept = _anchors(folder, chosen, keys.secrets["log"], begins=purpose == "restored")
        parts = _parts(identity, keys.secrets["log"], time, kept)
        parts = replace(parts, quiet=purpose in {"audit", "state"}, restored=purpose == "restored")
        writer: LocalWriter | WriterClient = beside or LocalWriter(folder, parts)
        if isinstance(writer, LocalWriter):
            open_things.callback(writer.close)
            open_things.callback(reads.close)  # before the writer: only the last to close a file moves its log
        house = _house(identity, keys, reads, writer, clock=time)
        house.lane, house.demo = lane or role, chosen.demo and await is_demo(house)
        writer.on_move(lambda policy, key: drop(house, policy=policy, key=key))
        await (refresh_if_sound if purpose == "state" else refresh)(house)
        chosen = held(house, chosen, load=lambda: houses.load(folder, os.environ))
        http = SafeHTTP(private=chosen.private_recipients)
        open_things.push_async_callback(http.close)
        if house.live_policy is not None and purpose == "use":
            await ensure_epochs(house, house.live_policy.policy.compartments)
        yield Opened(
            folder=folder, settings=chosen, house=house, root=root, writer=writer, anchors=kept, http=http,
            journal=_journal(folder, chosen, kept.line), verifier=_vkey(identity, keys.secrets["log"]),
            lane_key=parts.lane_key, alone=beside is None,
        )  # fmt: skip


async def _reach(folder: Path, *, role: str, clock: Clock) -> WriterClient | None:
    """The running writer of the house, or None if none runs."""
    if not (folder / SOCKET_FILE).exists() or not await _is_listened_to(folder):
        return None
    try:
        return await WriterClient.connect(folder, role=role, clock=clock, timeout_s=5.0)
    except Unavailable:
        return None


async def _is_listened_to(folder: Path) -> bool:
    """Whether anybody is behind the writer's socket: a writer that was killed leaves its file."""
    try:
        with socket_address(folder) as address:
            _, stream = await asyncio.open_unix_connection(address)
    except OSError:
        return False
    stream.close()
    return True


def _journal(folder: Path, chosen: Settings, line: str) -> Journal:
    """The destruction journal of a line of the house, and where it is shipped to."""
    return Journal(folder / JOURNAL, ship_to=_shipped_to(chosen, JOURNAL, line))


def _shipped_to(chosen: Settings, name: str, line: str) -> Path:
    """Each line of a house has a file of its own there."""
    return _shipping(chosen) / ".".join([chosen.house, *([line] if line else []), name])


def _shipping(chosen: Settings) -> Path:
    """Where journal and anchors are shipped to: beside the root key file unless the settings name a place."""
    return Path(chosen.journal_copy) if chosen.journal_copy else Path(chosen.root).parent


def _anchors(folder: Path, chosen: Settings, log_key: Secret, *, begins: bool = False) -> anchors.Anchors:
    """The signed checkpoints beside the journal's two places."""
    if begins:
        _begin_line(folder, bytes.fromhex(chosen.house), log_key)
    key = _vkey(bytes.fromhex(chosen.house), log_key)
    line = anchors.line_of(folder, vkey=key)
    ship_to = _shipped_to(chosen, anchors.FILE, line)
    return anchors.Anchors(folder / anchors.FILE, ship_to=ship_to, vkey=key, line=line)


def _begin_line(folder: Path, house: bytes, log_key: Secret) -> None:
    origin, line = log_name(house), SystemIds(SystemClock()).random(16)
    note = sign_note(anchors.line_text(origin, line), name=origin, key=SigningKey.from_secret(log_key))
    anchors.begin_line(folder, note)


def _house(identity: bytes, keys: Unlocked, reads: Reads, writer: LocalWriter | WriterClient, *, clock: Clock) -> House:
    ids = SystemIds(clock)
    keyring = Keyring(
        identity, keks=keys.keks, generation=keys.generation, entropy=ids.random, alive=writer.alive,
        notary=writer.notary_public,
    )  # fmt: skip
    house = House(
        id=identity, log=log_name(identity), reads=reads, commits=writer, epochs=writer, clock=clock, ids=ids,
        keks=keys.keks, generation=keys.generation, keyring=keyring, indexer=Indexer(identity, keys.index),
        notary=lambda: writer.notary_public, receipt_key=keys.secrets["receipt"], credential_keys=keys.credentials,
        integrity_key=keys.secrets["integrity"], suppression_key=keys.secrets["suppression"],
    )  # fmt: skip
    house.actor_facts = AttestedFacts(house)
    return house


def migrate_house(folder: Path) -> dict[Store, str]:
    """Both stores are of this release's schema; the version each had.

    Raises:
        Unavailable: the house runs, or is of a later release.
    """
    return migrate(folder)


def schema_of(folder: Path) -> dict[Store, str]:
    """The schema version of each store; nothing is changed."""
    return migrate_check(folder)


def copies() -> SqliteCopies:
    """Whoever copies the stores' files."""
    return SqliteCopies()


def journal_of(folder: Path, *, line: str | None = None) -> Journal:
    """The journal of the house in a folder, which is not opened, and of this line; of the folder's own if None.

    Raises:
        Tampered: what says the line is no note of one.
    """
    return _journal(folder, houses.load(folder, os.environ), anchors.said_line(folder) if line is None else line)


def host_of(folder: Path) -> Host:
    """What the machine shows of a house, without opening it.

    Raises:
        Invalid: a setting is wrong.
    """
    chosen = houses.load(folder, os.environ)
    served = []
    for name in ("collect", "console", "metrics"):
        host, port = houses.address_of(getattr(chosen, f"listen_{name}"), where=f"listen_{name}")
        served.append(listener(name, host, port, loopback=houses.is_loopback(host)))
    return look(
        folder, root=Path(chosen.root), passphrase=chosen.root_passphrase_file, journal=_shipping(chosen),
        listeners=served, tls=chosen.tls, files=(chosen.tls_cert, chosen.tls_key), public_url=bool(chosen.public_url),
        demo=chosen.demo,
    )  # fmt: skip


__all__ = [
    "KINDS", "LIFELINE_VARIABLE", "SCHEMA", "SOCKET_FILE", "JournalFile", "Opened", "Parquet", "SystemClock",
    "TableFile", "Witnessing", "bind_to_parent", "copies", "found", "host_of", "is_free", "is_restoring", "jobs",
    "journal_of", "migrate_house", "open_lock", "open_root", "opened", "read_passphrase", "require_restored",
    "require_schemas", "restoring", "schema_of", "serve_writer", "template",
]  # fmt: skip
