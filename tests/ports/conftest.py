"""The suite's store: every adapter in turn, with a house founded in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ports.stores import STORES, Store, found

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with STORES[request.param](tmp_path) as opened:
        await found(opened)
        yield opened
