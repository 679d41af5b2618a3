"""How long data lives: calendar arithmetic on keeps, and the registry names of slots and compartments.

The names carry enough to rebuild slot and compartment when the policy that made them is long gone:

    slot         email@fulfilment+marketing       diagnosis!@care (special when sealed)
    compartment  contact|contract~24m.last_activity=fulfilment|default:consent,us:opt_out~36m.last_activity=marketing
"""

from __future__ import annotations

import calendar
import functools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import cast, get_args

from lockhouse.errors import Invalid
from lockhouse.model.ids import DAY_MS
from lockhouse.model.policy import BasisWord, Compartment, Keep, Life, Policy, Purpose, Slot
from lockhouse.policy.words import SPECIAL

DAY_EPOCH_UNDER_DAYS = 60
"""Keeps below this end by days: a month of collection would overrun them by half."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def add(at_ms: int, keep: Keep) -> int:
    """The moment at which a keep that began at `at_ms` has passed, in ms UTC.

    Months are calendar months; a day that the month does not have becomes its last one.
    """
    if keep.unit == "days":
        return at_ms + keep.n * DAY_MS
    day, rest = divmod(at_ms, DAY_MS)
    return _months_on(day, keep.n) * DAY_MS + rest


@functools.lru_cache(maxsize=4096)
def _months_on(day: int, months: int) -> int:
    """The day, since 1970, so many months on: of the many values that a look asks about most came on a few days."""
    at = _EPOCH + timedelta(days=day)
    month = at.month - 1 + months
    year, month = at.year + month // 12, month % 12 + 1
    return (at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1])) - _EPOCH).days


def days(keep: Keep) -> int:
    """A keep in days, to compare keeps of different units; a month counts 31."""
    return keep.n if keep.unit == "days" else keep.n * 31


def may_outlast(one: Keep, other: Keep) -> bool:
    """Whether a keep may be the longer one: between months and days, what a month counts is the worse of 28 and 31."""
    if one.unit == other.unit:
        return one.n > other.n
    most = one.n if one.unit == "days" else one.n * 31
    return most > (other.n if other.unit == "days" else other.n * 28)


def longest(keeps: Iterable[Keep]) -> Keep:
    """The longest of several keeps."""
    return max(keeps, key=lambda keep: (days(keep), keep.unit, keep.after))


def lives(purposes: Iterable[Purpose]) -> tuple[Life, ...]:
    """The distinct lives (basis map, keep) of these purposes, each with the names that share it, in a fixed order."""
    found: dict[str, list[Purpose]] = {}
    for purpose in purposes:
        if purpose.keep is not None:
            found.setdefault(_life_text(purpose.basis, purpose.keep), []).append(purpose)
    return tuple(
        Life(basis=same[0].basis, keep=cast("Keep", same[0].keep), purposes=tuple(sorted(p.name for p in same)))
        for _, same in sorted(found.items())
    )


def key(purposes: Iterable[Purpose]) -> tuple[str, ...]:
    """What two sets of purposes must share to share a compartment: their distinct lives, as texts."""
    return tuple(sorted({_life_text(one.basis, one.keep) for one in purposes if one.keep is not None}))


def compartment(class_: str, of: tuple[Life, ...], *, number: int = 0) -> Compartment:
    """The compartment of a class and a set of lives."""
    end = longest(life.keep for life in of)
    return Compartment(
        id=number,
        name="|".join([class_, *(f"{_life_text(life.basis, life.keep)}={'+'.join(life.purposes)}" for life in of)]),
        class_=class_,
        lives=of,
        purposes=tuple(sorted({name for life in of for name in life.purposes})),
        special=class_ == SPECIAL,
        ends_by="person" if any(life.keep.after == "last_activity" for life in of) else "epoch",
        longest=end,
        epoch="day" if days(end) < DAY_EPOCH_UNDER_DAYS else "month",
    )


def slot_name(field: str, purposes: Iterable[str], *, special: bool) -> str:
    """The registry name of a field together with the purposes live at collection."""
    return f"{field}{'!' if special else ''}@{'+'.join(sorted(purposes))}"


def slot_of_name(name: str, *, number: int = 0) -> Slot:
    """The slot behind a registry name.

    Raises:
        Invalid: the text is not a slot's name.
    """
    field, at, purposes = name.partition("@")
    if not at or not field.rstrip("!") or not purposes:
        raise Invalid("slot", "a name such as field@purpose", got="something else")
    return Slot(
        id=number,
        name=name,
        field=field.removesuffix("!"),
        purposes=tuple(purposes.split("+")),
        special=field.endswith("!"),
    )


@functools.lru_cache(maxsize=4096)
def compartment_of_name(name: str, *, number: int = 0) -> Compartment:
    """The compartment behind a registry name.

    Raises:
        Invalid: the text is not a compartment's name.
    """
    class_, *texts = name.split("|")
    if not class_ or not texts:
        raise Invalid("compartment", "a name such as class|basis~keep=purpose", got="something else")
    try:
        return compartment(class_, tuple(_life_of(text) for text in texts), number=number)
    except (ValueError, KeyError) as err:
        raise Invalid("compartment", "a name such as class|basis~keep=purpose", got="something else") from err


def ends_at(policy: Policy, of: Compartment, *, epoch_end: int, last_activity: int) -> int:
    """When a compartment's data ends under the current policy, in ms.

    A keep shortened since sealing counts at once; a lengthened one does not (the notice of then binds); a purpose
    that is gone keeps nothing. Data whose every purpose is gone has ended at the moment it was collected.

    Args:
        policy: the live policy.
        of: a current or a former compartment.
        epoch_end: end of the collection epoch, for lives that count from the event.
        last_activity: of the person; 0 when unknown.
    """
    by_name = {purpose.name: purpose for purpose in policy.purposes}
    ends = [min(epoch_end, last_activity) if of.ends_by == "person" else epoch_end]
    for life in of.lives:
        # A person's own key ends as a whole, so there every life counts from the last activity, the later of the two.
        start = last_activity if of.ends_by == "person" else epoch_end
        for name in life.purposes:
            now = by_name[name].keep if name in by_name else None
            if now is not None:
                ends.append(min(add(start, life.keep), add(start, now)))
    return max(ends)


def _life_text(basis: Mapping[str, str], keep: Keep) -> str:
    words = ",".join(f"{region}:{basis[region]}" for region in sorted(basis)) if len(basis) > 1 else basis["default"]
    return f"{words}~{keep.n}{keep.unit[0]}.{keep.after}"


def _life_of(text: str) -> Life:
    life, _, purposes = text.partition("=")
    words, _, keep_text = life.partition("~")
    length, _, after = keep_text.partition(".")
    if after not in {"event", "last_activity"} or length[-1:] not in {"m", "d"} or not purposes:
        raise ValueError(text)
    basis = dict(pair.split(":") for pair in words.split(",")) if ":" in words else {"default": words}
    if not set(basis.values()) <= set(get_args(BasisWord)):
        raise ValueError(text)
    keep = Keep(
        n=int(length[:-1]),
        unit="months" if length[-1] == "m" else "days",
        after="event" if after == "event" else "last_activity",
    )
    return Life(basis=cast("dict[str, BasisWord]", basis), keep=keep, purposes=tuple(purposes.split("+")))
