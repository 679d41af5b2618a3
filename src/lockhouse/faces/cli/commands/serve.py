"""`lockhouse serve`: the house's processes, until they are told to stop."""

from __future__ import annotations

from typing import Literal

from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.layout import Said


def serve(*, only: tuple[Literal["collect", "work"], ...] = ("collect", "work"), call: Here) -> Said:
    """Run the house: one writer, the collect listener and the worker. Ctrl-C or SIGTERM ends all in order.

    Args:
        only: what runs beside the writer.
    """
    # Imported here: no other command needs servers.
    from lockhouse.faces.serve.supervisor import serve as run  # noqa: PLC0415

    code = run(call.folder(), only=only)
    return Said({"ended": True, "code": code}, "Everything has ended.", code)
