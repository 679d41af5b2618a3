"""Whether every ending goes on: what is due, and what somebody changed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.posture import mends

if TYPE_CHECKING:
    from lockhouse.posture.world import House


def wrong(house: House) -> tuple[str, str]:
    """What is wrong with endings and what mends it, a sentence each; empty if nothing is."""
    told = []
    if house.spoilt:
        told.append((f"Endings were changed by hand and go no further: {', '.join(house.spoilt)}.", mends.SPOILT))
    if house.closed:
        sentence = f"Events are refused of persons whose seal no request has closed: {', '.join(house.closed)}."
        told.append((sentence, mends.CLOSED))
    if house.jobs:
        sentence = f"Jobs of a kind or a state that does not exist, which nobody does: {', '.join(house.jobs)}."
        told.append((sentence, mends.JOBS))
    if house.unreviewed:
        sentence = f"Legal holds stand past their review: {', '.join(house.unreviewed)}."
        told.append((sentence, mends.HOLDS))
    if house.unmeant:
        sentence = f"Much is shut, and destroyed once it is meant, by retention runs: {', '.join(house.unmeant)}."
        told.append((sentence, mends.UNMEANT.format(house.unmeant[0])))
    if house.overdue:
        told.append(
            (f"{house.overdue} endings wait though their time has come.", "lockhouse serve")
        )  # fmt: skip
    return " ".join(sentence for sentence, _ in told), "; ".join(mend for _, mend in told)
