"""A child that is held: it gets as far as it can without taking anything from the one it is to replace.

What would stop it, such as new code that cannot read the approved policy, is found here, while the old process serves.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING

import msgspec

from lockhouse import settings as houses
from lockhouse.errors import LockhouseError, Unavailable
from lockhouse.faces.serve.bound import HELD_VARIABLE
from lockhouse.faces.serve.http import server, tls_of
from lockhouse.faces.serve.keeper import Tried
from lockhouse.wiring import opened, require_schemas

if TYPE_CHECKING:
    from pathlib import Path


def hold(folder: Path, *, role: str) -> None:
    """Try what can be tried, say how it went, and return once this process has the word; at once if it is not held.

    Raises:
        LockhouseError: it could not start; said to the supervisor too.
        Unavailable: no word came: the old processes go on.
    """
    held = os.environ.pop(HELD_VARIABLE, "")
    if not held:
        return
    with socket.socket(fileno=int(held)) as word:
        try:
            settings = houses.load(folder, os.environ)
            if role in {"collect", "console"}:
                server(None, tls=tls_of(settings, folder))
            # The writer's library and this one never open a store in one process: the others try for it.
            if role != "writer":
                asyncio.run(_try(folder))
        except LockhouseError as error:
            word.sendall(msgspec.json.encode(Tried(why=error.text, hint=error.hint)) + b"\n")
            raise
        word.sendall(msgspec.json.encode(Tried()) + b"\n")
        if not word.recv(1):
            raise Unavailable("restart: expected the word to begin, got none")


async def _try(folder: Path) -> None:
    """The schema is this release's, the root opens, the approved policy can be read."""
    require_schemas(folder)
    async with opened(folder, role="console", purpose="audit") as house:
        if house.alone:
            raise Unavailable("restart: expected the writer process of the house, got none")
