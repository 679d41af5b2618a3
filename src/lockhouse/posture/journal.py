"""Whether what was destroyed is written down in both places, and nothing else, so that a restore destroys just that."""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING

from lockhouse.posture.mends import ENDINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.posture.world import JournalPlace

LOST = (
    "bring the journal back from a copy of your own, into both places; without it a restored backup stays shut for "
    f"reading ({ENDINGS})"
)
NAMED = (
    "keep both files as evidence, and bring the journal back from a copy of your own, from before another house wrote "
    "into it; whom it names is ended by the next restore"
)
_FAULTS = {
    "missing": "there is none",
    "empty": "nothing is in it",
    "unreadable": "it cannot be read",
    "broken": "lines were lost or changed",
    "late": "it does not begin with the house",
}


def wrong(places: Sequence[JournalPlace]) -> str:
    """Which place lacks what, in one sentence; empty if both are whole."""
    told = [f"{one.name} ({one.path}): {_fault(one)}" for one in places if one.fault]
    what = "Destroyed keys are not written down in both places"
    if all(one.fault in {"", "living"} for one in places):
        what = "The journal says of keys in use that they were destroyed, and a restore would destroy them"
    return f"{what}. {'; '.join(told)}." if told else ""


def mend(places: Sequence[JournalPlace]) -> str:
    """What puts a whole file where the other is not."""
    whole = [one for one in places if not one.fault]
    [bad, *others] = [one for one in places if one.fault]
    if others or not whole:
        return NAMED if {one.fault for one in places} == {"living"} else LOST
    if bad.fault == "unreadable":
        return f"let the user of the house read {bad.path} ({ENDINGS})"
    source, target = shlex.quote(whole[0].path), shlex.quote(bad.path)
    steps = [f"cp -p {source} {target}"]
    if bad.fault != "missing":
        steps.insert(0, f"mv {target} {shlex.quote(f'{bad.path}.kept')}")
    if not bad.folder:
        steps.insert(0, f"mkdir -p -m 700 {shlex.quote(str(PurePath(bad.path).parent))}")
    return " && ".join(steps)


def _fault(place: JournalPlace) -> str:
    if place.fault == "short":
        return f"{place.lacking} destroyed key{'s are' if place.lacking > 1 else ' is'} not in it"
    if place.fault == "living":
        return f"it names {place.living} key{'s' if place.living > 1 else ''} in use"
    return _FAULTS[place.fault] if place.folder or place.fault != "missing" else "its folder is missing"
