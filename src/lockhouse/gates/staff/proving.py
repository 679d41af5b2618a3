"""Passwords hashed and weighed off the event loop, two at once in a process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lockhouse.access.passwords import Refusal, refusal
from lockhouse.crypto.leaked import leaked_hashes

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from lockhouse.gates.house import House

    T = TypeVar("T")


async def matches(house: House, password: str, phc: str | None) -> bool:
    """Whether a hash is this password's; None does the same work and is nobody's."""
    return await _aside(house, lambda: house.staff_keys.matches(password, phc))


async def hashed(house: House, password: str) -> str:
    """The PHC text of a password's hash.

    Raises:
        Invalid: it is no text.
    """
    return await _aside(house, lambda: house.staff_keys.hash(password))


async def weighed(house: House, password: str, *, words: tuple[str, ...]) -> Refusal | None:
    """Why the house does not take a password beside a second factor; None if it does.

    Raises:
        Unavailable: nobody can say whether it leaked, and the house is to ask.
    """
    return await _aside(house, lambda: refusal(password, alone=False, words=words, leaked=_leaked(house, password)))


def _leaked(house: House, password: str) -> bool:
    known = house.proving.leaked
    return known is not None and any(known.holds(one) for one in leaked_hashes(password))


async def _aside(house: House, work: Callable[[], T]) -> T:
    async with house.proving.at_once:
        return await asyncio.to_thread(work)
