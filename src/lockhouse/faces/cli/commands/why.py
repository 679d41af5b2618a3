"""`lockhouse why MESSAGE_ID`: what became of one message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import NotFound
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.layout import Said, clean, count, plain, when
from lockhouse.faces.outcomes import CODES, anchor, sentence
from lockhouse.flows.why import why as why_of
from lockhouse.policy.sentences import SENTENCES

if TYPE_CHECKING:
    from lockhouse.flows.why import Why


async def why(message: str, /, *, call: Here) -> Said:
    """What became of one message, and why. Never its values.

    Args:
        message: the message id its sender gave it, or the id of a record.
    """
    async with call.open() as opened:
        found = await why_of(opened.house, message)
    if not found:
        raise NotFound(
            "message: expected one that was answered, got an id that no channel knows",
            hint="ask with the messageId that the sender gave the event, or with the id of a record; an event sent "
            "without one is found by the record's id that `lockhouse person timeline` shows",
        )
    value = [plain(one) | {"sentence": sentence(one.code), "page": anchor(one.code)} for one in found]
    return Said(value, "\n\n".join(_paragraph(one) for one in found))


def _paragraph(one: Why) -> str:
    lines = [f"{when(one.at)}, channel {clean(one.channel)}: {one.code}. {sentence(one.code)}"]
    if one.kept is not None:
        lines.append(f"{count(one.kept, 'field')} kept, {len(one.dropped)} dropped.")
    lines += [f"  {clean(path)}: {reason}. {SENTENCES.get(reason, '')}".rstrip() for path, reason in one.dropped]
    answer = CODES.get(one.code)
    if answer is not None and one.code != "LH-0000":
        lines.append(f"What would change it: {answer.change} Who can: {answer.who}.")
    if one.record is not None:
        lines.append(f"Record {one.record}.")
    return "\n".join(lines)
