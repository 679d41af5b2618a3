"""What pages ask for beside the house: its log's writer, the processes that collect, and whether a worker runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.requests import Request

    from lockhouse.faces.serve.desk import Answer
    from lockhouse.flows.audit import Anchors
    from lockhouse.model.ports import Sequencer
    from lockhouse.secret import Secret


class Log(NamedTuple):
    """The ledger as pages prove and verify it: who signs it, its verifier key, and what the house holds it against."""

    sequencer: Sequencer
    verifier: str
    lane_key: Secret
    anchors: Anchors | None


async def _nobody(_channel: str) -> Sequence[Answer] | None:
    return None


async def _idle() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What runs beside the console's process.

    Attributes:
        log: None where nothing can be signed.
        recent: the newest answers to a channel's events, oldest first; None where no process collects here.
        works: whether the worker runs, which alone sends.
    """

    log: Log | None = None
    recent: Callable[[str], Awaitable[Sequence[Answer] | None]] = field(default=_nobody)
    works: Callable[[], Awaitable[bool]] = field(default=_idle)


def beside_of(request: Request) -> Beside:
    """What runs beside the house that is served."""
    found: Beside = request.app.state.served.beside
    return found
