"""Tests may not call the world, and the block that says so is on."""

from __future__ import annotations

import asyncio
import socket

import pytest

# Addresses kept for documentation (RFC 5737, RFC 3849): nobody answers there.
OUTSIDE = [(socket.AF_INET, ("192.0.2.1", 443)), (socket.AF_INET6, ("2001:db8::1", 443, 0, 0))]


@pytest.mark.parametrize(("family", "address"), OUTSIDE)
def test_a_connection_that_leaves_this_machine_is_refused(
    family: socket.AddressFamily, address: tuple[object, ...]
) -> None:
    with socket.socket(family) as sock, pytest.raises(RuntimeError, match="this machine only"):
        sock.connect(address)
    with socket.socket(family) as sock, pytest.raises(RuntimeError, match="this machine only"):
        sock.connect_ex(address)


async def test_asyncio_is_refused_likewise() -> None:
    with pytest.raises(RuntimeError, match="this machine only"):
        await asyncio.open_connection("192.0.2.1", 443)


def test_this_machine_answers_itself() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
