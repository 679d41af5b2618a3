"""Steps of one piece of work that do not know of each other, at once: the writer makes one group of their commits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

T = TypeVar("T")


async def each(steps: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What each step gives, in their order. Where one fails, the others have ended too before its error goes on.

    Raises:
        BaseException: of the first in order that failed.
    """
    given: list[T] = []
    for one in await asyncio.gather(*steps, return_exceptions=True):
        if isinstance(one, BaseException):
            raise one
        given.append(one)
    return given
