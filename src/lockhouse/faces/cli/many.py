"""A command that passes very many values through the gate: what Python does beside it is done seldom.

Each row makes some sixty objects that hold others, and no rings of them: they go when nothing names them any more.
Looking through all of them for rings after every few hundred cost a fifth of an import. What was there before the rows
(modules, policy, keys) lives as long as the command and is not looked through at all.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

THRESHOLD: Final = (100_000, 10, 10)
"""Objects made and not let go before Python looks for rings among them; three groups under way hold some 90,000."""


@contextmanager
def many_rows() -> Iterator[None]:
    """Rings are looked for seldom within the block, and as before behind it."""
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLD)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
