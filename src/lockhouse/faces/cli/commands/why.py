"""`lockhouse why MESSAGE_ID`: what became of one message."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from lockhouse.errors import NotFound, Tampered
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.layout import Said, clean, count, plain, when
from lockhouse.faces.outcomes import anchor, remedies, sentence
from lockhouse.flows.why import gone_of
from lockhouse.flows.why import why as why_of
from lockhouse.gates.imports import UNDOING, UNDONE, batches
from lockhouse.policy.sentences import not_kept

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.flows.why import Why
    from lockhouse.gates.house import House


async def why(message: str, /, *, call: Here) -> Said:
    """What became of one message, and why. Never its values.

    Args:
        message: the message id its sender gave it, or the id of a record.
    """
    async with call.open() as opened:
        found = await why_of(opened.house, message)
        gone = await gone_of(opened.house, found)
        undone = [] if found else await _undone(opened.house)
    if not found:
        raise NotFound(
            "message: expected an id that is remembered, got another",
            hint=call.located("".join(undone))
            + "ask with the messageId that the sender gave the event, or with the id of a record; an event sent "
            "without one is found by the record's id that `lockhouse person timeline` shows. Nothing is remembered of "
            "an event whose own id could not be read, and of one that a channel only observed (LH-0002)",
        )
    return told(found, gone)


def told(found: Sequence[Why], gone: Collection[str]) -> Said:
    """Answers as they were given, and which of their records are gone since."""
    value = [
        plain(one)
        | {
            "sentence": sentence(one.code), "page": anchor(one.code), "gone": one.record in gone,
            "remedies": [one._asdict() for one in remedies(one.code, [reason for _, reason in one.dropped])],
        }
        for one in found
    ]  # fmt: skip
    return Said(value, "\n\n".join(_paragraph(one, gone=one.record in gone) for one in found))


async def _undone(house: House) -> list[str]:
    """That imports which were taken back left no answers, where there are any; none of rows that somebody edited."""
    with suppress(Tampered):
        rows = [row for row in await batches(house) if row.state in {UNDOING, UNDONE}]
        if rows:
            last = max(row.moved_at for row in rows)
            many = (
                f"{count(len(rows), 'import')} {'was' if len(rows) == 1 else 'were'} taken back, the last {when(last)}"
            )
            return [f"{many}: of rows that they stored nothing is remembered (lockhouse import list). Else "]
    return []


def _unread(one: Why) -> list[str]:
    """Where an item that could not be read is wrong."""
    return [f"  {clean(place) or 'the event'}: expected {expected}." for place, expected in one.dropped]


def _not_kept(one: Why) -> list[str]:
    kept = [] if one.kept is None else [f"{count(one.kept, 'field')} kept, {len(one.dropped)} dropped."]
    return kept + [f"  {clean(path)}: {reason}. {not_kept(reason)}".rstrip() for path, reason in one.dropped]


def _paragraph(one: Why, *, gone: bool) -> str:
    lines = [f"{when(one.at)}, channel {clean(one.channel)}: {one.code}. {sentence(one.code)}"]
    lines += _unread(one) if one.code.startswith("LH-1") else _not_kept(one)
    reasons = [reason for _, reason in one.dropped]
    lines += [f"What would change it: {change} Who can: {who}." for change, who in remedies(one.code, reasons)]
    if one.record is not None:
        lines.append(f"Its record {one.record} is gone since." if gone else f"Record {one.record}.")
    return "\n".join(lines)
