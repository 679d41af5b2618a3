"""What holds for every test: nothing outside this machine is called, and Hypothesis draws alike in CI."""

from __future__ import annotations

import gc
import os
import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

settings.register_profile("here", max_examples=50, deadline=None)
# The same draws in every run: a change is judged by what it changed. Two slow shared cores make timing checks noise.
settings.register_profile(
    "ci", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "here"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that nobody works on it alone at the end while the other workers wait."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: who collects garbage need not walk it each time."""
    gc.collect()
    gc.freeze()


def _is_loopback(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket's path, or netlink: never leaves the machine
    host = str(address[0]).partition("%")[0]
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in {"localhost", ""}


@pytest.fixture(autouse=True, scope="session")
def _only_this_machine() -> Iterator[None]:
    """Refuse connections that leave this machine.

    It reaches what goes through Python's `socket`: blocking clients, asyncio and httpx. uvloop's own
    connections and child processes are not seen.
    """
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(self: socket.socket, address: Any) -> None:
        _refuse_outside(self, address)
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        _refuse_outside(self, address)
        return connect_ex(self, address)

    socket.socket.connect = guarded  # type: ignore[assignment, method-assign]  # guards it for every test
    socket.socket.connect_ex = guarded_ex  # type: ignore[assignment, method-assign]  # guards it for every test
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]
    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]


def _refuse_outside(sock: socket.socket, address: Any) -> None:
    if sock.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(address):
        raise RuntimeError("tests: expected connections to this machine only, got one that leaves it")
