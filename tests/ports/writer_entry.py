"""A writer process for tests: `python tests/ports/writer_entry.py FOLDER [die-before-record|fail-at-start]`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.adapters.clock import SystemClock
from lockhouse.adapters.group_commit.engine import WriterParts
from lockhouse.adapters.ids import SystemIds
from lockhouse.adapters.sqlite_writer.process import run_writer
from lockhouse.adapters.sqlite_writer.shelf import SqliteShelf
from lockhouse.crypto.checkpoint import sign_checkpoint
from lockhouse.crypto.noted import Notary
from lockhouse.crypto.signatures import SigningKey
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from lockhouse.adapters.group_commit.shelf import Effects
    from lockhouse.model.rows import Store

HOUSE = bytes(range(16))
LOG = "log.example/test"
LANE_KEY = Secret(b"l" * 32)


def make_parts() -> WriterParts:
    """Real parts with keys of their own."""
    clock = SystemClock()
    key = SigningKey.generate()
    return WriterParts(
        notary=Notary(HOUSE),
        clock=clock,
        ids=SystemIds(clock),
        lane_key=LANE_KEY,
        sign_checkpoint=lambda size, root: sign_checkpoint(LOG, size, root, key),
    )


class DyingShelf(SqliteShelf):
    """Dies as by power loss after the identity store's commit, when a record is about to follow."""

    def apply(self, store: Store, effects: Effects) -> None:
        """Write to the identity store; die at a record."""
        if store == "record" and "record" in effects.rows:
            os.kill(os.getpid(), signal.SIGKILL)
        super().apply(store, effects)


def make_none() -> WriterParts:
    """Fail as a house whose root is locked does."""
    raise SystemExit(1)


if __name__ == "__main__":
    shelf = DyingShelf if "die-before-record" in sys.argv else SqliteShelf
    run_writer(Path(sys.argv[1]), make_none if "fail-at-start" in sys.argv else make_parts, open_shelf=shelf)
