"""Which purposes are live (section 4), and the slots and compartments that follow (section 5)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Protocol

from tests.policy_oracle.words import bases, bases_that_count, refusable

RESTRICTED, ENDING, ERASED, MINOR = 1, 8, 16, 32


class Known(Protocol):
    """What is known of a person, however it is called elsewhere."""

    @property
    def region(self) -> str | None: ...
    @property
    def regions(self) -> frozenset[str]: ...
    @property
    def consents(self) -> Any: ...
    @property
    def suppressed(self) -> frozenset[str]: ...
    @property
    def objected(self) -> frozenset[str]: ...
    @property
    def customer(self) -> frozenset[str]: ...
    @property
    def state(self) -> int: ...


def live(policy: dict[str, Any], known: Known, *, banner: dict[str, bool] | None, gpc: bool) -> set[str]:
    """The purposes that are live for an event that carries this consent object."""
    return {
        name
        for name, purpose in policy["purposes"].items()
        if shut_because(policy, name, known, word=_word(policy, name, known, banner), gpc=gpc) is None
        or not refusable(purpose)
    }


def shut_because(
    policy: dict[str, Any], name: str, known: Known, *, word: bool | None, gpc: bool = False
) -> str | None:
    """The code of what shuts a refusable purpose for the person; None where nothing does."""
    purpose = policy["purposes"][name]
    for state, code in ((ERASED, "erased"), (ENDING, "being-erased"), (RESTRICTED, "restricted"), (MINOR, "minor")):
        if known.state & state:
            return code
    if name in known.suppressed:
        return "suppressed"
    if name in known.objected:
        return "objected"
    if gpc and purpose.get("sold_or_shared"):
        return "opted-out"
    customer = name in known.customer
    found = [_unsatisfied(basis, word=word, customer=customer) for basis in bases_that_count(policy, purpose, known)]
    shut = next((code for code in found if code), None)
    return "region" if shut and None in found else shut


def _unsatisfied(basis: str, *, word: bool | None, customer: bool) -> str | None:
    if basis == "consent":
        return None if word is True else "no-consent"
    if basis == "soft_opt_in":
        return None if word is True or (word is None and customer) else "no-consent"
    if basis == "opt_out":
        return "opted-out" if word is False else None
    return "objected" if basis == "legitimate_interest" and word is False else None


def _word(policy: dict[str, Any], name: str, known: Known, banner: dict[str, bool] | None) -> bool | None:
    stored = known.consents.get(name)
    if stored is False or banner is None:
        return stored  # type: ignore[no-any-return] # a word of the facts
    if not banner:
        return False
    names = policy.get("consent", {}).get("names", {})
    said = [yes for told, yes in banner.items() if names.get(told, told) == name]
    return all(said) if said else None


def slots(policy: dict[str, Any]) -> set[str]:
    """The name of every slot."""
    return {
        f"{name}{'!' if field['class'] == 'special' else ''}@{'+'.join(sorted(some))}"
        for name, field in policy["fields"].items()
        for some in _sets(policy, field)
    }


def compartments(policy: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The name of every compartment, by what it ends and how long an epoch of it is."""
    purposes = policy["purposes"]
    members: dict[tuple[str, frozenset[tuple[str, str]]], set[str]] = {}
    for field in policy["fields"].values():
        for some in _sets(policy, field):
            lives = frozenset((_basis(purposes[one]), _keep(purposes[one])) for one in some)
            members.setdefault((field["class"], lives), set()).update(some)
    found = {}
    for (class_, lives), named in members.items():
        parts = []
        for basis, keep in lives:
            of = sorted(one for one in named if (_basis(purposes[one]), _keep(purposes[one])) == (basis, keep))
            parts.append(f"{basis}~{keep}={'+'.join(of)}")
        longest = max(_days(keep) for _, keep in lives)
        by = "epoch" if all(keep.endswith(".event") for _, keep in lives) else "person"
        found["|".join([class_, *sorted(parts, key=str.encode)])] = (by, "day" if longest < 60 else "month")
    return found


def _sets(policy: dict[str, Any], field: dict[str, Any]) -> Iterator[frozenset[str]]:
    always = {one for one in field["for"] if not refusable(policy["purposes"][one])}
    other = sorted(set(field["for"]) - always)
    for young in _some(sorted(always)):
        gone = always - set(young)
        for some in _some(other):
            left = frozenset({*young, *some})
            if left and not any(
                _no_later(policy["purposes"][one], policy["purposes"][two]) for one in left for two in gone
            ):
                yield left


def _some(names: list[str]) -> Iterator[tuple[str, ...]]:
    for count in range(len(names) + 1):
        yield from combinations(names, count)


def _no_later(one: dict[str, Any], two: dict[str, Any]) -> bool:
    """Whether the keep of one purpose has passed whenever that of the other has."""
    length, start = _keep(one).split(".")
    other, began = _keep(two).split(".")
    if (start, began) == ("last_activity", "event"):
        return False
    if length[-1] == other[-1]:
        return int(length[:-1]) <= int(other[:-1])
    most = int(length[:-1]) * (31 if length[-1] == "m" else 1)
    return most <= int(other[:-1]) * (28 if other[-1] == "m" else 1)


def _basis(purpose: dict[str, Any]) -> str:
    said = bases(purpose)
    return said["default"] if set(said) == {"default"} else ",".join(f"{at}:{said[at]}" for at in sorted(said))


def _keep(purpose: dict[str, Any]) -> str:
    number, unit, after = purpose["keep"].replace(" after ", " ").split()
    months = unit.startswith(("month", "year"))
    return f"{int(number) * (12 if unit.startswith('year') else 1)}{'m' if months else 'd'}.{after}"


def _days(keep: str) -> int:
    length = keep.partition(".")[0]
    return int(length[:-1]) * (31 if length[-1] == "m" else 1)
