"""Which processes a house is served by, and how each is started and asked whether it is up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lockhouse.faces.serve.listening import CONSOLE_TOO
from lockhouse.wiring import SOCKET_FILE

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lockhouse.settings import Settings

Kind = Literal["writer", "collect", "work", "console"]
FIRST_CONSOLE = "console-0"
"""The console's first process, and its lane of the ledger: the command line has the lane `console`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process of a house.

    Attributes:
        arguments: of `lockhouse.faces.workers.child`.
        keep: open files that it is handed.
        desk: its socket; of the writer, the one it serves.
    """

    kind: Kind
    name: str
    arguments: tuple[str, ...]
    keep: tuple[int, ...]
    desk: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What is up, and where it listens. `reasons` say why events cannot be taken yet, in plain words.

    `notes`: what whoever sits before it is told once; it may hold a link that opens an account, so no log does.
    """

    folder: Path
    settings: Settings
    parts: tuple[Part, ...]
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def collect_url(self) -> str:
        """Where SDKs on this machine send to; empty when nothing collects."""
        return collect_url(self.settings) if any(part.kind == "collect" for part in self.parts) else ""

    @property
    def metrics_url(self) -> str:
        """Where metrics are read."""
        return f"http://{self.settings.listen_metrics}/metrics"

    @property
    def console_url(self) -> str:
        """Where staff sign in; empty when no console is served."""
        return self.settings.console_url if any(part.kind == "console" for part in self.parts) else ""


def _kind(name: str) -> Kind:
    if name == "work":
        return "work"
    return "console" if name.startswith("console-") else "collect"


def collect_url(settings: Settings) -> str:
    """Where the collect listener is on this machine."""
    scheme = "https" if settings.tls == "files" else "http"
    return f"{scheme}://{settings.listen_collect}"


def desk_of(folder: Path, name: str) -> Path:
    """Where a process of the house listens for questions: `tail-0.sock` for `collect-0`, else its name: `work.sock`."""
    return folder / f"{name.replace('collect-', 'tail-')}.sock"


def parts(
    folder: Path, settings: Settings, *, only: Sequence[str], sockets: Mapping[str, socket.socket]
) -> tuple[Part, ...]:
    """The processes in the order in which they are started; the worker serves metrics, without one the last."""
    names = [f"collect-{number}" for number in range(settings.collect_processes)] if "collect" in only else []
    names += ["work"] if "work" in only else []
    names += [f"console-{number}" for number in range(settings.console_processes)] if "console" in only else []
    counting = "work" if "work" in names else names[-1]
    found = [Part(kind="writer", name="writer", arguments=("writer", str(folder)), keep=(), desk=folder / SOCKET_FILE)]
    for name in names:
        kind = _kind(name)
        listener = sockets[kind].fileno() if kind in sockets else -1
        metrics = sockets["metrics"].fileno() if name == counting else -1
        too = sockets[CONSOLE_TOO].fileno() if kind == "console" and CONSOLE_TOO in sockets else -1
        keep = tuple(number for number in (listener, metrics, too) if number >= 0)
        like = sum(_kind(one) == kind for one in names)
        arguments = (kind, str(folder), name, str(listener), str(metrics), str(too), str(like))
        found.append(Part(kind=kind, name=name, arguments=arguments, keep=keep, desk=desk_of(folder, name)))
    return tuple(found)
