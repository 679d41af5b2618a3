"""`lockhouse consent …`: what a person said about a purpose."""

from __future__ import annotations

from typing import Literal

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, noun, person_of
from lockhouse.faces.cli.layout import Said, assurance, table, when
from lockhouse.flows import consent

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
        allowed(opened.house, "consent.record", (acting or As()).role)
        row = await consent.record(opened.house, who, purpose, granted=word == "granted")
    value = {"person": person, "purpose": purpose, "word": word, "at": row.at, "entry": row.entry}
    return Said(value, f"Recorded: {purpose} {word}, {when(row.at)}. It counts in every process from now on.")


@APP.command
async def show(person: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Everything a person said, oldest first, with where and how it came.

    Args:
        person: an id that `person find` printed.
        acting: the role.
    """
    who = person_of(person)
    async with call.open() as opened:
        allowed(opened.house, "consent.show", (acting or As()).role)
        words = await consent.show(opened.house, who)
    rows = [
        (one.purpose, WORDS[one.granted], when(one.at), one.channel, one.signal, assurance(one.assurance))
        for one in words
    ]
    heads = ("purpose", "word", "when", "channel", "signal", "assurance")
    value = [
        {
            "purpose": one.purpose, "word": WORDS[one.granted], "at": one.at, "channel": one.channel,
            "signal": one.signal, "assurance": assurance(one.assurance),
        }
        for one in words
    ]  # fmt: skip
    return Said(value, table(heads, rows, empty="this person has said nothing"))
