"""Compartments as people tell them apart: by the ground their data rests on and how long it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.policy.life import compartment_of_name

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from lockhouse.model.policy import Life

HEAD = "rests on, kept for"


def columns(looks: Sequence[Hashable], names: Sequence[str]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """A further column where rows would look alike, and its cells; none where each row says enough.

    Args:
        looks: of each row, what it shows without. names: of each row, its compartment's whole name.
    """
    if len(set(looks)) == len(looks):
        return (), [()] * len(names)
    return (HEAD,), [(kept(name),) for name in names]


def kept(name: str) -> str:
    """What the compartment of this name rests on, and for how long: as it was when its key was made."""
    return "; ".join(_life(one) for one in compartment_of_name(name).lives)


def _life(life: Life) -> str:
    places = dict(life.basis)
    basis = places.pop("default", "") + "".join(f", in {place} {word}" for place, word in sorted(places.items()))
    unit = life.keep.unit.removesuffix("s") if life.keep.n == 1 else life.keep.unit
    after = life.keep.after.replace("_", " ")
    return f"{basis.removeprefix(', ')}, {life.keep.n} {unit} after {after}".replace("_", " ")
