"""A bound on the memory that a foreign library may take while it reads what a stranger wrote."""

from __future__ import annotations

import resource
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIZES = Path("/proc/self/statm")


@contextmanager
def room_of(most: int) -> Iterator[None]:
    """Within it this process grows by at most so many bytes; what asks for more gets a `MemoryError`.

    It holds for the process and not for one library, so nothing else is to be begun within it. Where the kernel does
    not say how large a process is (another system than Linux), there is no bound.

    Args:
        most: bytes of address space beyond those that it has.
    """
    if not _SIZES.exists():
        yield
        return
    pages = int(_SIZES.read_bytes().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = pages * resource.getpagesize() + most
    for limit in (soft, hard):
        bound = bound if limit == resource.RLIM_INFINITY else min(bound, limit)
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
