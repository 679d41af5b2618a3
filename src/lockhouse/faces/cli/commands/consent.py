"""`lockhouse consent …`: what a person said about a purpose; and what a file says of many, in and out again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lockhouse.errors import Refused
from lockhouse.faces.cli import consents_out
from lockhouse.faces.cli.acting import As, Reading, allowed, asking
from lockhouse.faces.cli.call import Here, id_of, noun, person_of
from lockhouse.faces.cli.consents import Export, consent_table, heard_text, heard_value
from lockhouse.faces.cli.files import promised, reject_lines
from lockhouse.faces.cli.layout import Said, assurance, count, table, when
from lockhouse.faces.cli.many import many_rows
from lockhouse.flows import consent, hear, spoken
from lockhouse.flows.bring import channel_of
from lockhouse.gates.disclose.said import require_other
from lockhouse.wiring import TableFile

if TYPE_CHECKING:
    from lockhouse.faces.cli.call import Call
    from lockhouse.flows.hear import Hear, Heard

APP = noun("consent", "What a person said about a purpose.")
WORDS = {True: "granted", False: "denied"}


@APP.command
async def record(
    person: str, purpose: str, word: Literal["granted", "denied"], /, *, acting: As | None = None, call: Here
) -> Said:
    """Record a person's word on a purpose; every decision reads it from now on.

    For example `lockhouse consent record ID marketing denied`.

    Args:
        person: an id that `person find` printed.
        purpose: one that a person can refuse.
        word: what they said.
        acting: the role.
    """
    who = person_of(person)
    async with call.open() as opened:
        actor = allowed(opened.house, "consent.record", (acting or As()).role)
        own = (await opened.house.actor_facts.of(actor)).own
        await require_other(opened.house, who, actor=actor, own=own)
        row = await consent.record(opened.house, who, purpose, granted=word == "granted", by=actor.id)
    value = {"person": person, "purpose": purpose, "word": word, "at": row.at, "entry": row.entry.hex()}
    return recorded(value)


def recorded(value: dict[str, Any]) -> Said:
    """A word as it was recorded."""
    said = f"{value['purpose']} {value['word']}, {when(value['at'])}"
    return Said(value, f"Recorded: {said}. It counts in every process from now on.")


@APP.command
async def show(person: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Everything a person said, oldest first, with where and how it came. The look is noted.

    `customer` is no word of theirs: they bought something, and a soft opt-in may rest on it until they say no.

    Args:
        person: an id that `person find` printed.
        acting: the role.
    """
    who = person_of(person)
    async with call.open() as opened:
        actor = allowed(opened.house, "consent.show", (acting or As()).role)
        own = (await opened.house.actor_facts.of(actor)).own
        _, words = await consent.look(opened.house, who, actor=actor, own=own)
    value = [
        {
            "purpose": one.purpose, "word": _word(one), "at": one.at, "channel": one.channel,
            "signal": one.signal, "assurance": assurance(one.assurance),
        }
        for one in words
    ]  # fmt: skip
    return said_of(value)


def said_of(value: list[dict[str, Any]]) -> Said:
    """Words as they were told."""
    rows = [
        (
            one["purpose"], one["word"], when(one["at"]) if one["at"] else "unknown", one["channel"], one["signal"],
            one["assurance"],
        )
        for one in value
    ]  # fmt: skip
    heads = ("purpose", "word", "when", "channel", "signal", "assurance")
    return Said(value, table(heads, rows, empty="this person has said nothing"))


def _word(one: consent.Word) -> str:
    return "customer" if one.customer else WORDS[one.granted]


@APP.command(name="import")
async def import_(  # noqa: PLR0913  (what an import can be told)
    file: Path, /, *, export: Export | None = None, channel: str | None = None,
    dry_run: bool = False, rejects: Path | None = None, acting: As | None = None, call: Here,
) -> Said:  # fmt: skip
    """Bring in what a file says of consent, from when each was said; profiles may come after it.

    The newest word of a person counts, in whatever order files come, and a no of the same moment before a yes. A yes
    opens nothing that a suppression closes, and brings nobody back who was erased since. Whoever is stopped types the
    same again: each word is stored once. Begin with --dry-run.

    For example `lockhouse consent import consents.csv --dry-run`.

    Args:
        file: CSV in UTF-8: email or phone (or kind and value), purpose, state, time, and source if it is known; or
            an export of Klaviyo, Mailchimp or Shopify as it is.
        export: how another system's export is read.
        channel: of the live policy, in whose name it is believed; without it, in that of staff.
        dry_run: say what would stand, what not and why, and store nothing.
        rejects: a new file for the lines that could not be read, and why.
        acting: the role.
    """
    how = export or Export()
    # A report that found no place in the end would be lost: the same file does nothing a second time.
    with (
        promised(None if rejects is None else call.cwd / rejects, where="--rejects") as report,
        TableFile(call.cwd / file) as handle,
    ):
        content = await _content(handle, call)
        async with call.handed(f"SHA-256: {content.hex()}").open() as opened:
            actor = allowed(opened.house, "consent.import", (acting or As()).role)
            read = consent_table(handle, file, opened.house.live().policy, how)
            named = None if channel is None else channel_of(opened.house, channel)
            passage = hear.Hear(opened.house, read, read.reader, named)
            batch = passage.batch(content, how.named())
            with many_rows():
                said, heard = await (_foresee(passage, batch, call) if dry_run
                                     else _hear(passage, batch, call, by=actor.id))  # fmt: skip
        report(reject_lines(heard.rejects))
    return said


async def _content(handle: TableFile, call: Call) -> bytes:
    """The file's hash, which a member reads where they confirm it; who writes into it meanwhile stops the import."""
    with call.terminal.progress("the file's hash", total=handle.size, shown=not call.json) as told:
        return await asyncio.to_thread(handle.content, told=told)


async def _foresee(passage: Hear, batch: bytes, call: Call) -> tuple[Said, Heard]:
    with call.terminal.progress("rows looked at", shown=not call.json) as told:
        heard = await passage.foresee(batch, told=told)
    text = "\n\n".join(["A dry run: nothing was stored.", *heard_text(heard)])
    return Said({"dry_run": True, "batch": batch, **heard_value(heard)}, call.located(text)), heard


async def _hear(passage: Hear, batch: bytes, call: Call, *, by: str) -> tuple[Said, Heard]:
    with call.terminal.progress("rows answered for", shown=not call.json) as told:
        done = await passage.bring(batch, by=by, told=told)
    value = {"batch": batch, "again": done.again, **heard_value(done.heard)}
    if done.again:
        text = f"Imported before, {when(done.row.moved_at)}, as batch {batch.hex()}: nothing was done."
    else:
        parts = [f"Imported, batch {batch.hex()}.", *heard_text(done.heard)]
        text = "\n\n".join([*parts, f"Take it back: lockhouse consent undo {batch.hex()}"])
    return Said(value, call.located(text)), done.heard


@APP.command
async def export(*, to: Path, reveal: bool = False, acting: Reading | None = None, call: Here) -> Said:
    """Write what everybody said of consent into a new file; whose it is stands there as far as the role sees that.

    Every person is looked at through the disclose gate, noted, for one purpose. Masked identifiers stand in columns
    that `consent import` does not read; with --reveal it reads the file again. Whoever is known by a keyed hash only
    has an id and no identifier.

    For example `lockhouse consent export --to consents.csv --reveal --as privacy_officer --reason 'moving: T-17'`.

    Args:
        to: the file.
        reveal: unmasked, as far as role, reason and standing allow; refused where nothing at all would be.
        acting: role, purpose and reason.
    """
    said = acting or Reading()
    with promised(call.cwd / to, where="--to") as write:
        async with call.open() as opened:
            allowed(opened.house, "consent.export", said.role)
            how: dict[str, Any] = {"action": "reveal", "mode": "full"} if reveal else {"action": "show"}
            ask = await asking(opened.house, said, **how)
            written, told = consents_out.Written(spoken.identifying_of(opened.house)), spoken.Told()
            write([written.head()])
            with call.terminal.progress("persons looked at", shown=not call.json) as step:
                async for words in spoken.spoken(opened.house, ask, told):
                    write(map(written.line, words))
                    step(1)
            if reveal and written.masked and not written.whole:
                hint = "say --reason; lockhouse person reveal PERSON says what else is missing"
                expected = "a look that opens an identifier, got one that sees each masked"
                raise Refused(f"export: expected {expected}", reasons=("masked",), hint=hint)
    value = {"persons": told.persons, "by_hash": told.by_hash, "unseen": told.unseen, "words": written.words,
             "with_identifier": written.whole, "masked": written.masked, "guarded": written.guarded}  # fmt: skip
    return Said(value, call.located(consents_out.text(told, written)))


@APP.command
async def undo(batch: str, /, *, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """Take back what a file said of consent: what stood before counts again, and the ledger says so.

    What a person said since stands. Whoever was made by it stays, known by an identifier and nothing else.

    Args:
        batch: an id that `import list` printed.
        yes: do not ask.
        acting: the role.
    """
    which = id_of(batch, where="batch", hint="lockhouse import list prints ids")
    async with call.open() as opened:
        actor = allowed(opened.house, "consent.undo", (acting or As()).role)
        row = await hear.batch_of_consents(opened.house, which)
        call.sure(gone(row.stored), batch[:8], yes=yes)
        with call.terminal.progress("words taken back", shown=not call.json) as told:
            words = await hear.undo(opened.house, which, by=actor.id, told=told)
    return taken_back({"batch": which.hex(), "words": words})


def gone(words: int) -> str:
    """What taking a batch back takes away."""
    return f"{count(words, 'word')} of this batch will count no more, noes too."


def taken_back(told: dict[str, Any]) -> Said:
    """Words of a batch that count no more."""
    return Said(told, f"Taken back: {count(told['words'], 'word')}.")
