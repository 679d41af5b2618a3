"""Whether whoever sends to the house can, and what it can tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockhouse.posture import mends

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.posture.world import House

Said = tuple[Literal["PASS", "FAIL", "MANUAL"], str, str]
"""State, sentence, and what mends it."""


def _channels(house: House) -> Said:
    if house.keyless:
        told = f"No write key yet: {', '.join(house.keyless)}."
        return "MANUAL", told, f"lockhouse channel add {house.keyless[0]}"
    return "PASS", "Every channel has a write key.", ""


def _addresses(house: House) -> Said:
    """A provider that signs the address is proven only by a house that knows its own."""
    if house.addressless:
        told = f"Every delivery is refused, as its provider signs the house's address: {', '.join(house.addressless)}."
        return "FAIL", told, mends.setting("set public_url to the address that the provider has")
    return "PASS", "No provider signs an address that the house does not know.", ""


def _asked(house: House) -> Said:
    if house.unanswered:
        one = len(house.unanswered) == 1
        told = (
            f"{len(house.unanswered)} request{'' if one else 's'} that a provider passed on {'is' if one else 'are'} "
        )
        mend = "lockhouse request asked says whose; answer, then lockhouse request settle ID --reason WORD"
        return "FAIL", f"{told}overdue.", mend
    return "PASS", "No request that a provider passed on is overdue.", ""


def _origins(house: House) -> Said:
    if house.pageless:
        mend = mends.policy("list your sites under the channel's `origins`")
        return "MANUAL", f"No web page may send to: {', '.join(house.pageless)}.", mend
    return "PASS", "Every public key has its sites.", ""


def _proof(house: House) -> Said:
    if not house.proving:
        told = "No channel proves an identifier: who makes a secret key send two of them joins their customers."
        return "MANUAL", told, mends.policy("list under `proves` of a channel what it saw its customers prove")
    return "PASS", f"What a customer proved is told from what somebody typed, by {', '.join(house.proving)}.", ""


def _served(house: House) -> Said:
    if house.unserved:
        return "MANUAL", f"This build does not serve: {', '.join(house.unserved)}.", mends.policy("leave them out")
    return "PASS", "This build serves every channel and recipient.", ""


CHECKS: tuple[tuple[str, Callable[[House], Said]], ...] = (
    ("channels", _channels), ("signed-address", _addresses), ("asked", _asked), ("origins", _origins),
    ("proof", _proof), ("served", _served),
)  # fmt: skip
