"""`lockhouse import …`: rows of a file or a query through a channel, what would become of them, and them taken back."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from cyclopts import Parameter

from lockhouse.channels.table import NOT_TEXT, Assembler
from lockhouse.errors import Invalid
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Call, Here, id_of, noun
from lockhouse.faces.cli.files import promised, reject_lines
from lockhouse.faces.cli.layout import Said, count, pairs, table, when
from lockhouse.faces.cli.many import many_rows
from lockhouse.faces.cli.tables import answer_of, table_of
from lockhouse.faces.outcomes import sentence
from lockhouse.flows import bring, hear
from lockhouse.gates.imports import OPEN, STAFF_CHANNEL, UNDOING, batch_id, batches
from lockhouse.gates.sights import WOULD_BE_KEPT
from lockhouse.policy.mapping import is_plain
from lockhouse.policy.sentences import not_kept
from lockhouse.sources import queried
from lockhouse.wiring import TableFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from lockhouse.faces.cli.tables import Answer, Table
    from lockhouse.flows.bring import Bring, Brought, Outlook
    from lockhouse.gates.house import House
    from lockhouse.model.policy import Channel, Policy
    from lockhouse.model.rows import Import
    from lockhouse.model.table import Reject

APP = noun("import", "Rows of files through a channel, by the same gate; and back again.")
STATES = ("stopped", "done", "being taken back", "taken back")
"""By number. A batch that is under way looks like one that was stopped: nobody waits to be asked."""
HOW_ON = {
    OPEN: "{batch}: came to line {line:,}. Unless somebody is at it, type the import again as it was, and it goes on "
    "there; or take it back: lockhouse import undo {batch}",
    UNDOING: "{batch}: unless somebody is at it, lockhouse import undo {batch} goes on taking it back",
}
SHOWN = 20
LOST = (
    "somebody took the rows away that said they came with it. `lockhouse ledger verify` says whether more was changed."
)
MISSPELT = "the mapping says it (`encoding:`), else it is utf-8. What Excel writes is often windows-1252."
COUNTS = ("stored", "trimmed", "duplicate", "refused", "rejected")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query instead of a file."""

    address: Annotated[str | None, Parameter(name="--from")] = None
    """a PostgreSQL database, as in postgresql://user@host/name?sslmode=verify-full, without a password (PGPASSFILE)"""
    query: str | None = None
    """a single SELECT to it, with ORDER BY; it is only ever read from"""


@APP.default
async def run(  # noqa: PLR0913  (what an import can be told)
    file: Path | None = None, /, *, channel: str, mapped: Annotated[Path | None, Parameter(name="--map")] = None,
    asked: Asked | None = None, dry_run: bool = False, rejects: Path | None = None, acting: As | None = None,
    call: Here,
) -> Said:  # fmt: skip
    """Bring the rows of a file, or of a query, in through a channel, as if its senders had sent them.

    Each row passes the channel's gate: what the policy, the person's word and the stage say is kept. Whoever is stopped
    types the same again: each row is stored once. Begin with --dry-run.

    For example `lockhouse import orders.csv --channel shop --map orders.yaml --dry-run`.

    Args:
        file: CSV, JSON Lines or Parquet.
        channel: of the live policy.
        mapped: the mapping: which column is what; without it, columns are called as in the policy. docs/spec/import.md
            has every word of it, and an import that lacks one prints one to begin with.
        asked: the query.
        dry_run: say what would be kept, what not and why, and store nothing.
        rejects: a new file for the lines that could not be read, and why.
        acting: the role.
    """
    source = _source(file, asked or Asked(), call)
    # A report that found no place in the end would be lost: what is stored then comes no second time.
    with promised(None if rejects is None else call.cwd / rejects, where="--rejects") as report:
        async with call.open() as opened:
            actor = allowed(opened.house, "import.run", (acting or As()).role)
            found = bring.channel_of(opened.house, channel)
            place = None if mapped is None else call.cwd / mapped
            async with source.opened(opened.house.live().policy, found, mapped=place) as (read, content):
                ready = _Ready(opened.house, read, found, content)
                with many_rows():
                    said, rejected = await (_foresee(opened.house, ready, call) if dry_run
                                            else _bring(ready, call, by=actor.id))  # fmt: skip
        report(reject_lines(rejected))
    return said


def _source(file: Path | None, asked: Asked, call: Call) -> _File | _Database:
    if file is not None and asked == Asked():
        return _File(file, call)
    if file is None and asked.address is not None and asked.query is not None:
        return _Database(asked.address, asked.query, call)
    given = (("a file", file), ("--from", asked.address), ("--query", asked.query))
    got = " and ".join(word for word, value in given if value is not None) or "none of them"
    raise Invalid(
        "import", "a file, or --from with --query", got=got, hint="name a file, or give both --from and --query"
    )


class _File(NamedTuple):
    """A file that was named."""

    file: Path
    call: Call

    @asynccontextmanager
    async def opened(
        self, policy: Policy, channel: Channel, *, mapped: Path | None
    ) -> AsyncIterator[tuple[Table, bytes]]:
        """Read by its mapping, and its hash."""
        call = self.call
        with TableFile(call.cwd / self.file) as handle:
            read = table_of(handle, self.file, mapped=mapped, policy=policy, channel=channel)
            with call.terminal.progress("the file's hash", total=handle.size, shown=not call.json) as told:
                # In a thread: a large file takes longer than the lease of this process, which its loop has to renew.
                content = await asyncio.to_thread(handle.content, told=told)
            yield read, content


class _Database(NamedTuple):
    """A query that was typed."""

    address: str
    query: str
    call: Call

    @asynccontextmanager
    async def opened(
        self, policy: Policy, channel: Channel, *, mapped: Path | None
    ) -> AsyncIterator[tuple[Answer, bytes]]:
        """Read by its mapping, and the hash of its rows."""
        async with queried(self.address, self.query) as query:
            read = answer_of(query, mapped=mapped, policy=policy, channel=channel)
            with self.call.terminal.progress("rows hashed", shown=not self.call.json) as told:
                content = await query.content(told=told)
            yield read, content


class _Ready:
    """Everything that one import needs."""

    def __init__(self, house: House, table: Table | Answer, found: Channel, content: bytes) -> None:
        self.content = content
        self.table = table
        self.mapping = table.mapping.fingerprint()
        self.bring: Bring = bring.Bring(house, found, table, Assembler(table.mapping, content))
        self.channel = found.name
        self.batch = batch_id(house, content, channel=found.id, mapping=self.mapping)
        self.stage = found.stage.name.lower()
        self.is_plain = is_plain(table.mapping)


async def _foresee(house: House, ready: _Ready, call: Call) -> tuple[Said, Sequence[Reject]]:
    with call.terminal.progress("rows looked at", shown=not call.json) as told:
        outlook = await ready.bring.foresee(told=told)
    unspoken = await hear.unspoken(house) if outlook.unasked else []
    value: dict[str, Any] = {
        "dry_run": True, "batch": ready.batch, "channel": ready.channel, "stage": ready.stage, "rows": outlook.rows,
        **{name: outlook.outcomes[name] for name in ("stored", "trimmed", "duplicate", "refused")},
        "rejected": outlook.rejected, "kept": dict(sorted(outlook.kept.items())),
        "dropped": _dropped(outlook.dropped), "refused_for": _codes(outlook.codes),
        "unread_columns": list(ready.table.unread), "without_consent": outlook.unasked, "unspoken": unspoken,
        "rejects": _rejects(outlook.rejects),
    }  # fmt: skip
    return Said(value, call.located(_foreseen(ready, outlook, unspoken))), outlook.rejects


def _foreseen(ready: _Ready, outlook: Outlook, unspoken: Sequence[str]) -> str:
    told = {"rows": f"{outlook.rows:,}", **{one: f"{outlook.outcomes[one]:,}" for one in COUNTS[:4]}}
    told["rejected"] = f"{outlook.rejected:,}"
    parts = [f"A dry run through {ready.channel} ({ready.stage}): nothing was stored.", pairs(told), *_observed(ready)]
    if outlook.kept:
        kept = [(field, f"{times:,}") for field, times in sorted(outlook.kept.items())]
        parts.append("Would be kept\n" + table(("field", "rows"), kept))
    parts += _not_kept(outlook.dropped, outlook.codes)
    if ready.table.mapping.time is None:
        parts.append("The mapping says `time: now`: every row is taken as of now, whenever it happened.")
    if outlook.unasked:
        parts.append(
            f"{count(outlook.unasked, 'row')} would lose what needs a yes, for want of one. Consents come first: say "
            "in the mapping which columns hold them (`consent:`), or bring them before: lockhouse consent import FILE"
        )
    if unspoken:
        parts.append(f"Nobody in this house has said anything on {', '.join(unspoken)} yet.")
    parts += _by_name(ready)
    if ready.table.unread:
        columns = ", ".join(map(str, ready.table.unread))
        why = "nothing of the policy is called so" if ready.is_plain else "the mapping does not name them"
        parts.append(f"Not read, since {why}: columns {columns}.")
    return "\n\n".join([*parts, *_rejected(outlook.rejects, outlook.rejected)])


async def _bring(ready: _Ready, call: Call, *, by: str) -> tuple[Said, Sequence[Reject]]:
    with call.terminal.progress("rows answered for", shown=not call.json) as told:
        brought = await ready.bring.bring(ready.content, ready.mapping, by=by, told=told)
    value = {
        **_value(brought.row, ready.channel), "again": brought.again, "dropped": _dropped(brought.dropped),
        "refused_for": _codes(brought.codes), "rejects": _rejects(brought.rejects),
    }  # fmt: skip
    return Said(value, call.located(_brought(brought, ready))), brought.rejects


def _brought(brought: Brought, ready: _Ready) -> str:
    row, channel = brought.row, ready.channel
    batch = row.id.hex()
    if brought.again:
        again = f"To bring it in anew, take it back first: lockhouse import undo {batch}"
        return f"Imported before, {when(row.moved_at)}, as batch {batch}: nothing was done.\n{again}"
    told = {name: f"{getattr(row, name):,}" for name in COUNTS}
    parts = [f"Imported through {channel}, batch {batch}.", pairs(told), *_observed(ready), *_by_name(ready)]
    parts += _not_kept(brought.dropped, brought.codes)
    parts += _rejected(brought.rejects, row.rejected)
    return "\n\n".join([*parts, f"Take it back: lockhouse import undo {batch}"])


def _by_name(ready: _Ready) -> list[str]:
    """What was read of a file without a mapping."""
    if not ready.is_plain:
        return []
    names = ", ".join(sorted(column.name for column in ready.table.mapping.columns()))
    return [f"Without a mapping, columns are read that are called as in the policy: {names}."]


def _observed(ready: _Ready) -> list[str]:
    """That rows through a channel that only observes are counted, which is none of the numbers above."""
    if ready.stage != "observe":
        return []
    told = f"lockhouse channel observed {ready.channel}"
    return [f"{ready.channel} only observes: an import counts its rows, and stores none of them. {told}"]


def _not_kept(every: Counter[tuple[str, str]], codes: Counter[str]) -> list[str]:
    parts, dropped = [], Counter({one: times for one, times in every.items() if one[1] != WOULD_BE_KEPT})
    if dropped:
        rows = [(path, reason, f"{times:,}") for (path, reason), times in dropped.most_common()]
        legend = [f"  {one}: {not_kept(one)}" for one in sorted({reason for _, reason in dropped}) if not_kept(one)]
        parts.append("\n".join(["Not kept", table(("path", "reason", "rows"), rows), *legend]))
    if codes:
        rows = [(code, f"{times:,}", sentence(code)) for code, times in codes.most_common()]
        parts.append("Refused\n" + table(("code", "rows", "why"), rows))
    return parts


def _rejected(rejects: Sequence[Reject], total: int) -> list[str]:
    """Line for line as long as that can be read; else what was expected, how often, and where first."""
    if not total:
        return []
    legend = []
    if total <= SHOWN:
        said = table(("line", "expected"), [(_span(one), one.expected) for one in rejects])
    else:
        first: dict[str, Reject] = {}
        for one in rejects:
            first.setdefault(one.expected, one)
        often = Counter(one.expected for one in rejects).most_common(SHOWN)
        rows = [(f"{times:,}", _span(first[expected]), expected) for expected, times in often]
        said = table(("rows", "first line", "expected"), rows)
        if total > len(rejects):
            legend.append(f"  Of the first {len(rejects):,}; {total:,} in all.")
        legend.append("  --rejects FILE writes out each line with what was expected there.")
    if any(one.expected == NOT_TEXT for one in rejects):
        legend.append(f"  {NOT_TEXT}: {MISSPELT}")
    return ["\n".join(["Could not be read", said, *legend])]


def _span(one: Reject) -> str:
    return f"{one.line}-{one.last}" if one.last > one.line else str(one.line)


def _rejects(rejects: Iterable[Reject]) -> list[dict[str, Any]]:
    return [{"line": one.line, "last": max(one.line, one.last), "expected": one.expected} for one in rejects]


def _dropped(dropped: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {"path": path, "reason": reason, "count": times, "sentence": not_kept(reason)}
        for (path, reason), times in dropped.most_common()
    ]


def _codes(codes: Counter[str]) -> list[dict[str, Any]]:
    return [{"code": code, "count": times, "sentence": sentence(code)} for code, times in codes.most_common()]


def _value(row: Import, channel: str) -> dict[str, Any]:
    return {
        "batch": row.id.hex(), "channel": channel, "state": STATES[row.state], "line": row.line,
        **{name: getattr(row, name) for name in COUNTS}, "by": row.by, "began_at": row.began_at,
        "moved_at": row.moved_at,
    }  # fmt: skip


@APP.command(name="list")
async def list_(*, call: Here) -> Said:
    """Every batch that was imported, oldest first: how far it came, and what became of its rows."""
    async with call.open() as opened:
        found = await batches(opened.house)
        names = {number: name for kind, number, name in opened.house.live().names if kind == "channel"}
        names[STAFF_CHANNEL] = "(consents)"
    return listed([_value(row, names.get(row.channel, f"#{row.channel}")) for row in found], call=call)


def listed(value: list[dict[str, Any]], *, call: Call) -> Said:
    """Batches as they were told."""
    rows = [
        (one["batch"], one["channel"], one["state"], when(one["began_at"]), *(f"{one[name]:,}" for name in COUNTS))
        for one in value
    ]
    text = table(("batch", "channel", "state", "begun", *COUNTS), rows, empty="nothing was imported")
    how = {STATES[number]: text for number, text in HOW_ON.items()}
    notes = [how[one["state"]].format(batch=one["batch"], line=one["line"]) for one in value if one["state"] in how]
    return Said(value, call.located("\n".join([text, *notes])))


@APP.command
async def undo(batch: str, /, *, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """Take a batch back: its records leave, the ledger says so, and the same file may come again.

    What was said in it about consent stays said, and its order numbers still lead to whom they led to. Whoever came new
    with it and has nothing else is ended within days. A backup holds the records until it ends; who must be forgotten
    is erased: `lockhouse request open`.

    What was answered to rows that were refused stays: the same row again is a duplicate, unless its event was unknown
    (LH-2120) and the policy names it since.

    Args:
        batch: an id that `import list` printed.
        yes: do not ask.
        acting: the role.
    """
    which = id_of(batch, where="batch", hint="lockhouse import list prints ids")
    async with call.open() as opened:
        actor = allowed(opened.house, "import.undo", (acting or As()).role)
        row = await bring.standing(opened.house, which)
        call.sure(going(row.stored), batch[:8], yes=yes)
        with call.terminal.progress("records taken back", total=row.stored, shown=not call.json) as told:
            done = await bring.undo(opened.house, which, by=actor.id, told=told)
    value = {"batch": batch, "state": STATES[done.row.state], "records": done.records, "sent": done.sent,
             "missing": done.row.stored}  # fmt: skip
    return taken_back(value, call=call)


def going(stored: int) -> str:
    """What taking a batch back takes away."""
    return f"{count(stored, 'record')} of this batch will be gone."


def taken_back(value: dict[str, Any], *, call: Call) -> Said:
    """A batch that was taken back."""
    copies, left = value["sent"], value["missing"]
    sent = f"\n{count(copies, 'copy', 'copies')} had been sent on before: tell the recipients." if copies else ""
    missing = f"\n{count(left, 'record')} of it could not be told from others and stay: {LOST}" if left else ""
    return Said(value, call.located(f"Taken back: {count(value['records'], 'record')}.{sent}{missing}"))
