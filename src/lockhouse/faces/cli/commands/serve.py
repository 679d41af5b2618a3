"""`lockhouse serve` and `lockhouse restart`: the house's processes, until they are told to stop or to be new ones."""

from __future__ import annotations

import asyncio
from typing import Literal

from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.layout import Said

_Part = Literal["collect", "work", "console"]


def serve(*, only: tuple[_Part, ...] = ("collect", "work", "console"), call: Here) -> Said:
    """Run the house: one writer, the collect listener, the worker and the console. Ctrl-C or SIGTERM ends all in order.

    `lockhouse restart` goes on with new code or settings, and refuses no connection.

    Args:
        only: what runs beside the writer.
    """
    # Imported here: no other command needs servers.
    from lockhouse.faces.serve.supervisor import serve as run  # noqa: PLC0415

    code = run(call.folder(), only=only, replaceable=True)
    return Said({"ended": True, "code": code}, "Everything has ended.", code)


def restart(*, call: Here) -> Said:
    """Go on serving with the code that this command is of, and with the settings as they are now.

    For after an upgrade. No connection is refused and nothing that was answered is lost: senders wait for a moment.
    If the new code cannot serve the house, the old goes on, and this says why.
    """
    # Imported here: no other command needs servers.
    from lockhouse.faces.serve.bell import ring  # noqa: PLC0415

    version = asyncio.run(ring(call.folder()))
    return Said({"restarted": True, "version": version}, f"Lockhouse {version} serves the house.")
