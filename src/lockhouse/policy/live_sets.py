"""Which sets of a field's purposes can be live when something arrives: by what people said, and by what is too old.

A set that is not found here has no slot, and a value that came with it could not be kept; so no set that consent and
age together can yield is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations
from typing import Final

from lockhouse.model.policy import Field, Keep, Purpose

_SHORTEST_MONTH: Final = 28
_LONGEST_MONTH: Final = 31


def by_consent(field: Field, purposes: Mapping[str, Purpose]) -> Iterator[tuple[str, ...]]:
    """Every set that is live while all of it is young enough: what cannot be refused always is."""
    yield from _with_refusable(_fixed(field, purposes), field, purposes)


def by_age(field: Field, purposes: Mapping[str, Purpose]) -> Iterator[tuple[str, ...]]:
    """What is left of those sets when keeps of what cannot be refused have passed; none that `by_consent` yields.

    A purpose that can be refused and whose keep has passed is gone as if it had been refused.
    """
    fixed = _fixed(field, purposes)
    for passed in sorted(_passed(purposes[name].keep for name in fixed), key=repr):
        alive = [name for name in fixed if purposes[name].keep not in passed]
        for live in _with_refusable(alive, field, purposes):
            if not any(_passes_with(purposes[name].keep, gone) for name in live for gone in passed):
                yield live


def _fixed(field: Field, purposes: Mapping[str, Purpose]) -> list[str]:
    return [name for name in field.purposes if not purposes[name].refusable]


def _with_refusable(fixed: Collection[str], field: Field, purposes: Mapping[str, Purpose]) -> Iterator[tuple[str, ...]]:
    refusable = [name for name in field.purposes if purposes[name].refusable]
    for size in range(len(refusable) + 1):
        for chosen in combinations(refusable, size):
            if fixed or chosen:
                yield tuple(sorted((*fixed, *chosen)))


def _passed(found: Iterable[Keep | None]) -> set[frozenset[Keep]]:
    """The sets of these keeps, none empty, that can have passed while the rest has not.

    Grown one keep at a time, so that their number, not that of all sets, is what it costs.
    """
    keeps = {keep for keep in found if keep is not None}
    grown: set[frozenset[Keep]] = set()
    edge: set[frozenset[Keep]] = {frozenset()}
    while edge:
        edge = {
            passed | {keep}
            for passed in edge
            for keep in keeps - passed
            if not any(_passes_with(one, keep) for one in keeps - passed - {keep})
        } - grown
        grown |= edge
    return grown


def _passes_with(keep: Keep | None, gone: Keep) -> bool:
    """Whether a keep has surely passed once another has.

    The last activity is never before the event, so a keep that counts from it can outlast a longer one that does not.
    """
    if keep is None or (keep.after == "last_activity" and gone.after == "event"):
        return False
    if keep.unit == gone.unit:
        return keep.n <= gone.n
    longest = keep.n if keep.unit == "days" else keep.n * _LONGEST_MONTH
    shortest = gone.n if gone.unit == "days" else gone.n * _SHORTEST_MONTH
    return longest <= shortest
