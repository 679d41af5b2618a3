"""`lockhouse ledger …`: read it, verify it, prove one entry, export it."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lockhouse.errors import Invalid, Tampered
from lockhouse.faces.cli.acting import noted_actor
from lockhouse.faces.cli.call import Call, Here, Input, id_of, noun
from lockhouse.faces.cli.files import Folder, write_new
from lockhouse.faces.cli.layout import Said, clean, count, plain, spelt, when
from lockhouse.faces.cli.times import since_of
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.flows import audit
from lockhouse.flows.publish import publish
from lockhouse.flows.witness import witness as seen_by
from lockhouse.gates.state import verify_state
from lockhouse.ledger.columns import said_by
from lockhouse.ledger.entry import KINDS
from lockhouse.ledger.verify import require_checkpoints
from lockhouse.ledger.verify.tiles import CHECKPOINT
from lockhouse.model.scale import ConsentState
from lockhouse.wiring import SystemClock, Witnessing, require_schemas

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.gates.house import House
    from lockhouse.gates.state import State
    from lockhouse.ledger.verify import Report
    from lockhouse.ledger.verify.lanes import Wire
    from lockhouse.model.rows import LedgerEntry

APP = noun("ledger", "Who did what: read it, verify it, prove one entry, export it.")
NUMBERED = {"channel": "channel", "compartment": "compartment", "purpose": "purpose", "recipient": "recipient"}
Told = dict[str, Any]
TIMES = frozenset({"review", "since", "until"})
"""Parts that are times: ms in an entry, and read by people as any other time."""
LISTED = {"fields": "field", "purposes": "purpose"}
CONSENTS = {int(one): one.name.lower() for one in ConsentState}
MAX_LISTED = 6
HASHES = frozenset({"place", "refs_root", "root", "row", "serials_root", "statement", "hash", "text", "vkey"})
"""Parts of an entry that say nothing to a reader; `--json` has them in `body`, which is what was signed."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which entries are read."""

    kind: str | None = None
    """one kind only: disclosure, refusal, intake, policy, …"""
    since: str | None = None
    """30m, 2h, 7d, or a day"""
    actor: str | None = None
    """one actor only: os-user:UID, staff:ID or service:NAME, such as service:collect"""
    limit: int = 50
    """how many"""
    entry: str | None = None
    """this one alone, by its id; of a look also its ticket and the fields that were open to it"""

    def require_sound(self) -> None:
        """Nothing is asked for that no entry could be.

        Raises:
            Invalid: something is.
        """
        if self.kind is not None and self.kind not in KINDS:
            raise Invalid("--kind", f"one of {', '.join(KINDS)}", got="another word")
        if self.actor is not None:
            noted_actor(self.actor)
        if self.limit < 1:
            raise Invalid("--limit", "a number from 1 up", got="another")
        if self.entry is not None and (self.kind, self.since, self.actor) != (None, None, None):
            raise Invalid("--entry", "no other choice beside it", got="one", hint="an id names one entry")

    def has(self, said: Wire, *, start: int) -> bool:
        """Whether an entry is one of them."""
        of_actor = self.actor in {None, said.body.get("actor"), said.body.get("by")}
        return of_actor and self.kind in {None, said.kind} and said.at >= start


@APP.command
async def log(*, which: Which | None = None, call: Here) -> Said:
    """The newest entries: when, who, what. Entries hold no personal value.

    For example `lockhouse ledger log --kind disclosure --since 7d`, or `lockhouse ledger log --entry ID` with the id
    that a look was noted as.

    Args:
        which: entries.
    """
    asked = which or Which()
    asked.require_sound()
    async with call.open() as opened:
        if asked.entry is not None:
            own = id_of(asked.entry, where="--entry", hint="lockhouse ledger log prints ids")
            row, kept = await audit.read_entry(opened.house, own, sequencer=opened.writer)
            return alone(_told(opened.house, row, said_by(row)), plain(kept))
        start = since_of(asked.since, now=opened.house.clock.now_ms()) if asked.since else 0
        size = (await opened.writer.seal_ledger()).size
        found: list[dict[str, Any]] = []
        async for rows in audit.entries_back(opened.house, size):
            entries = [(row, said_by(row)) for row in rows]  # the columns beside it are anybody's to edit
            found += [_told(opened.house, row, said) for row, said in entries if asked.has(said, start=start)]
            if len(found) >= asked.limit or (entries and entries[-1][1].at < start):
                break
    return listed(found[: asked.limit])


def alone(entry: Told, kept: list[Told]) -> Said:
    """One entry as it was told, with what is kept beside it."""
    return Said([entry | {"kept": kept}], "\n".join([_line(entry), *map(_beside, kept)]))


def listed(value: list[Told]) -> Said:
    """Entries as they were told."""
    return Said(value, "\n".join(map(_line, value)) or "no such entry")


def _told(house: House, row: LedgerEntry, said: Wire) -> dict[str, Any]:
    book = house.live_policy.names if house.live_policy else None
    where = {"id": row.id.hex(), "position": row.position, "at": said.at, "lane": said.lane}
    entry = where | {"kind": said.kind, "body": said.body}
    return in_words(entry, lambda kind, number: book.name(kind, number) if book else None)  # type: ignore[arg-type]


def in_words(entry: dict[str, Any], name_of: Callable[[str, int], str | None]) -> dict[str, Any]:
    """An entry, and its parts as people read them."""
    told = {name: _named(name_of, name, one) for name, one in entry["body"].items() if name not in HASHES}
    return entry | {"told": told}


def _beside(kept: dict[str, Any]) -> str:
    """What is kept beside the entry of a look until its person is erased; it is not signed."""
    shown = {"open to it": kept["open"], "masked": kept["masked"]}
    fields = "; ".join(f"{word}: {', '.join(names) or 'none'}" for word, names in shown.items())
    return clean(f"{'':>7}  beside it, until its person is erased: reason {kept['reason']}; {fields}")


def _line(entry: dict[str, Any]) -> str:
    told = " ".join(f"{name}={value}" for name, value in entry["told"].items())
    return clean(f"{entry['position']:>7}  {when(entry['at'])}  {entry['kind']:<11}  {told}  [{entry['id']}]")


def _named(name_of: Callable[[str, int], str | None], name: str, value: Any) -> str:
    """A part of an entry as people read it: numbers of the name registry and of scales as their words."""
    value = CONSENTS.get(value, value) if name == "state" else spelt(name, value)
    if name in {"channel", "purpose"} and value == 0:  # what staff were told came through none; a region is for none
        return "none"
    if name in TIMES and isinstance(value, int):
        return when(value)
    if name in NUMBERED and isinstance(value, int):
        return name_of(NUMBERED[name], value) or str(value)
    if isinstance(value, list):
        kind = LISTED.get(name)
        known = [(name_of(kind, one) if kind else None) or str(one) for one in value]
        return ",".join(known) or "-" if len(known) <= MAX_LISTED else f"{len(known)} of them"
    if isinstance(value, dict):
        return ",".join(f"{word}:{_named(name_of, word, one)}" for word, one in value.items()) or "-"
    return {True: "yes", False: "no", None: "-"}[value] if value is None or isinstance(value, bool) else str(value)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What the ledger is held against, and what against it."""

    records: bool = False
    """hold the record rows against their intakes and deletions too. With an export, what was stored and deleted since
    it was written is found too."""
    state: bool = False
    """hold every row that gives authority (write keys, words on consent, suppressions, links, grants, policies,
    endings …) against its MAC and against what the ledger says of it"""
    held: tuple[Path, ...] = ()
    """a checkpoint you hold from elsewhere; it shows a log that was cut off in every place at once"""
    vkey: Annotated[tuple[str, ...], Parameter(name="--vkey")] = ()
    """a verifier key you hold from elsewhere; the house's own, if none is named"""

    def texts(self, folder: Path) -> tuple[str, ...]:
        """The held checkpoints.

        Raises:
            Invalid: a file is none.
        """
        try:
            texts = tuple((folder / one).read_text("utf-8") for one in self.held)
        except (OSError, UnicodeDecodeError) as err:
            raise Invalid("--held", "a readable text file", got="another") from err
        require_checkpoints(texts)
        return texts


@APP.command
async def verify(export: Path | None = None, /, *, against: Against | None = None, call: Here) -> Said:
    """Hold the ledger against what was signed, and on request every stored record and row that gives authority.

    Also against the checkpoints kept outside of the databases. Nothing new is signed unless all is as it was signed.
    Says each finding's place.

    An export can be verified without a house: `python -m lockhouse.ledger.verify EXPORT --vkey KEY`.

    Args:
        export: a file or folder of tiles that `ledger export` wrote; the house's own rows, if none is named.
        against: more.
    """
    asked = against or Against()
    texts = asked.texts(call.cwd)
    require_schemas(call.folder())  # also beside a writer that began before something was planted
    async with call.open(purpose="state" if asked.state else "audit") as opened:
        keys = asked.vkey or (opened.verifier,)
        with call.terminal.progress("verifying", shown=not call.json):
            if export is None:
                trusted = audit.Trusted(keys, opened.lane_key, texts, opened.anchors)
                report = await audit.verify(
                    opened.house, sequencer=opened.writer, trusted=trusted, records=asked.records
                )
            else:
                report = await _verify_export(call.cwd / export, keys, texts, opened.house if asked.records else None)
            state = await verify_state(opened.house) if asked.state else None
    return _report(report, records=asked.records, state=state)


async def _verify_export(
    export: Path, vkeys: tuple[str, ...], held: tuple[str, ...], house: House | None
) -> Report:  # fmt: skip
    if (folder := Folder(export)).is_there():
        return await audit.verify_folder(folder.read, vkeys=vkeys, held=held, house=house)
    try:
        with export.open("rb") as lines:
            return await audit.verify_file(lines, vkeys=vkeys, held=held, house=house)
    except OSError as err:
        raise Invalid("export", "a file that can be read", got="another") from err


def _report(report: Report, *, records: bool, state: State | None) -> Said:
    findings = [*report.findings, *(state.findings.kept if state else ())]
    found = report.found + (state.findings.count if state else 0)
    head = f"{count(report.entries, 'entry', 'entries')} in {count(len(report.lanes), 'lane')}, "
    head += f"{count(report.checkpoints, 'checkpoint')} {'verified' if report.clean else 'read'}"
    told = [f"{one.kind}: {one.where}: {one.sentence}" for one in findings]
    lines = [head, *([_seen(state)] if state else ()), *told]
    held = " and every record" * records + " and every row that gives authority" * (state is not None)
    last = count(found, "finding") + "." if found else f"Clean: the ledger{held} is as it was signed."
    value = plain(report) | {"clean": not found, "findings": [plain(one) for one in findings], "found": found}
    if state:
        value |= {"state": {"rows": state.rows, "untold": state.untold}}
    return Said(value, "\n".join([*lines, last]), OUTCOMES[Tampered].exit_code if found else 0)


def _seen(state: State) -> str:
    rows = f"{count(sum(state.rows.values()), 'row')} with a MAC in {count(len(state.rows), 'table')}"
    return rows + (f", {state.untold} not yet told by an entry" if state.untold else "")


@APP.command
async def prove(entry: str, /, *, to: Path | None = None, call: Here) -> Said:
    """Prove that one entry stands in the signed tree: a proof that verifies without this house.

    Args:
        entry: the id at the end of a line of `ledger log`, or that a look was noted as.
        to: a new file for the proof; on the screen, if none is named.
    """
    async with call.open() as opened:
        own = id_of(entry, where="entry", hint="lockhouse ledger log prints ids")
        proven = await audit.prove(opened.house, own, sequencer=opened.writer)
        vkey = opened.verifier
    value = {"entry": proven.body.decode(), "position": proven.position, "proof": proven.proof}
    return proof_told(value, to=to, vkey=vkey, call=call)


def proof_told(value: dict[str, Any], *, to: Path | None, vkey: str, call: Call) -> Said:
    """A proof on the screen, or in a new file."""
    text = f"{value['entry']}\n{value['proof']}"
    if to is None:
        return Said(value, text)
    file = write_new(call.cwd / to, [text.encode()])
    told = f"Written: {to}, for position {value['position']}.\n"
    return Said(value | {"file": file}, told + call.verifying(f"{shlex.quote(str(to))} --vkey '{vkey}'"))


@APP.command
async def export(file: Path | None = None, /, *, tiles: Path | None = None, call: Here) -> Said:
    """Write the whole log as lines, or as tiles, that an auditor verifies alone. It holds no personal value.

    Tiles (C2SP tlog-tiles) are files of 256 entries or hashes that never change: a folder that has them already gets
    what is new, and a mirror fetches only that.

    Args:
        file: a new file.
        tiles: a folder of tiles instead, new or as an earlier export left it.
    """
    if (file is None) == (tiles is None):
        raise Invalid("export", "a file or --tiles FOLDER", got="neither" if file is None else "both")
    return await (_as_lines(file, call) if file else _as_tiles(tiles or Path(), call))


async def _as_lines(file: Path, call: Call) -> Said:
    place = call.cwd / file
    size = 0
    async with call.open() as opened:
        write_new(place, [])
        with call.terminal.progress("exporting", shown=not call.json) as done, place.open("wb") as stream:
            async for lines in audit.export(opened.house, sequencer=opened.writer, done=done):
                size += stream.write(lines)
            stream.flush()
            os.fsync(stream.fileno())
        vkey = opened.verifier
    text = f"Written: {file}, {size:,} bytes.\n" + call.verifying(f"{shlex.quote(str(file))} --vkey '{vkey}'")
    return Said({"file": place, "bytes": size, "vkey": vkey}, text)


async def _as_tiles(tiles: Path, call: Call) -> Said:
    place = call.cwd / tiles
    folder, written = Folder(place), 0
    if not folder.read(CHECKPOINT):
        folder.require_empty("--tiles", hint="an export that was cut off leaves no checkpoint: remove the folder")
    async with call.open() as opened:
        with call.terminal.progress("exporting", shown=not call.json) as done:

            def write(path: str, raw: bytes) -> None:
                nonlocal written
                folder.write(path, raw)
                written += len(raw)
                done(1)

            size, outdated = await publish(
                opened.house, sequencer=opened.writer, vkeys=[opened.verifier], read=folder.read, write=write
            )
        folder.remove(outdated)
        vkey = opened.verifier
    text = f"Written: {tiles}, {written:,} bytes that are new, {count(size, 'entry', 'entries')} in all.\n"
    text += call.verifying(f"{shlex.quote(str(tiles))} --vkey '{vkey}'")
    return Said({"folder": place, "bytes": written, "size": size, "vkey": vkey}, text)


@APP.command
async def checkpoint(*, since: int | None = None, call: Here) -> Said:
    """Sign the log as it stands now and print it. Keep it elsewhere: it shows later whether anything was cut off.

    Args:
        since: a size that a witness saw; with the proof that the log has grown from it, as the witness takes it.
    """
    async with call.open() as opened:
        point = await opened.writer.seal_ledger()
        text = point.text if since is None else await audit.growth(opened.house, since, point.text)
        told = {"size": point.size, "at": point.at, "checkpoint": point.text, "vkey": opened.verifier}
    return Said(told | {"text": text}, text)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Whose log is seen, by whom."""

    state: Path
    """the witness's own folder: its key, and what it saw; made the first time"""
    name: str
    """of the witness, such as `witness.example/harbour`: it stands in each cosignature"""
    vkey: Annotated[tuple[str, ...], Parameter(name="--vkey")]
    """a verifier key of the log, from another source than the checkpoint"""


@APP.command
async def witness(source: Input = None, /, *, watch: Watch, call: Here) -> Said:
    """See that a log has grown from what was seen of it before, and cosign its checkpoint, or say what is wrong.

    Run it on another machine than the house; it needs no house. What it takes is printed by `lockhouse ledger
    checkpoint --since SIZE`. It prints the checkpoint with the cosignature, to be kept, or handed to `ledger verify
    --held`.

    Args:
        source: a file; standard input if it is `-` or none is named.
        watch: how.
    """
    text = _handed(source, call)
    with Witnessing.opened(call.cwd / watch.state) as state:
        done = seen_by(
            text, state=state, vkeys=watch.vkey, name=watch.name, at_s=(call.clock or SystemClock()).now_ms() // 1000
        )
    value = {
        "log": done.point.origin, "size": done.point.size, "before": done.before, "checkpoint": done.text,
        "cosignature": done.line, "witness": done.vkey,
    }  # fmt: skip
    return Said(value, done.text)


def _handed(source: str | None, call: Call) -> str:
    if source in {None, "-"}:
        return call.terminal.stdin.read()
    try:
        return (call.cwd / str(source)).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise Invalid("checkpoint", "a readable text file", got="another") from err
