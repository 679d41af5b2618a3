"""The console's process: beside the others or alone, on a listener that outlives it."""

from __future__ import annotations

import os
import pty
import re
import select
import socket
import ssl
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import pytest
import trustme

from lockhouse.faces.serve.bell import ring
from lockhouse.model.rows import Staff
from tests.faces.serve_world import POLICY, SERVE, START_S, Place, make_place, run, served, until

if TYPE_CHECKING:
    from pathlib import Path

ADMIN = POLICY + "  admin: {may: [staff.*]}\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made: Place = run(make_place(tmp_path))
    return made


def _get(place: Place, path: str, **more: str) -> httpx.Response:
    url = f"http://{place.settings.listen_console}"
    host = place.settings.console_url.partition("//")[2]
    return httpx.get(url + path, headers={"host": host, **more}, timeout=20, trust_env=False)


def test_it_is_served_beside_the_others_and_counted_among_them(place: Place) -> None:
    with served(place, only="collect,work,console") as house:
        assert set(house.pids()) == {"writer", "collect-0", "work", "console-0"}
        assert house.lines("ready")[0]["console"] == place.settings.console_url
        assert _get(place, "/readyz").json() == {"status": "ok"}
        assert _get(place, "/nowhere").status_code == 404
        assert _get(place, "/", host="evil.example").status_code == 421
        page = httpx.get(place.metrics, trust_env=False).text
        assert 'lockhouse_process_alive{process="console-0"} 1.0' in page
        assert 'lockhouse_console_answers_total{page="other",process="console-0",status="404"} 1.0' in page
        assert house.get("/healthz").status_code == 200
    assert house.stop() == 0


def test_it_is_served_alone_and_then_serves_the_metrics(place: Place) -> None:
    with served(place, only="console") as house:
        assert set(house.pids()) == {"writer", "console-0"}
        assert "collect" not in house.lines("ready")[0]["parts"]
        assert _get(place, "/healthz").status_code == 200
        assert httpx.get(place.metrics, trust_env=False).status_code == 200


def test_a_console_that_is_killed_is_started_again_while_whoever_asks_waits(place: Place) -> None:
    with served(place, only="console") as house:
        before = house.kill("console-0")
        assert _get(place, "/healthz").status_code == 200
        until(lambda: house.pids().get("console-0") not in {None, before})


def test_an_upgrade_ends_it_and_the_listener_holds_whoever_asks_meanwhile(place: Place) -> None:
    with served(place, only="collect,console") as house:
        before = house.pids()["console-0"]
        run(ring(place.folder))
        assert _get(place, "/healthz").status_code == 200
        assert house.pids()["console-0"] != before
        assert house.lines("killed") == []


def _loopback_6(port: int) -> socket.socket:
    try:
        return socket.create_server(("::1", port), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")


def test_localhost_is_the_houses_under_both_of_its_addresses_and_stays_so_through_an_upgrade(place: Place) -> None:
    port = int(place.settings.listen_console.rpartition(":")[2])
    _loopback_6(port).close()
    with served(place, only="console") as house:
        before = house.pids()["console-0"]
        for _ in range(2):
            for host in ("127.0.0.1", "[::1]"):
                answer = httpx.get(f"http://{host}:{port}/healthz", timeout=20, trust_env=False)
                assert answer.json() == {"status": "ok"}
            run(ring(place.folder))
        assert house.pids()["console-0"] != before


def test_a_house_does_not_start_where_somebody_else_listens_on_its_other_address(place: Place) -> None:
    port = int(place.settings.listen_console.rpartition(":")[2])
    with _loopback_6(port):
        done = subprocess.run(
            [sys.executable, "-c", SERVE, str(place.folder), "console"], check=False, capture_output=True, text=True,
            timeout=START_S,
        )  # fmt: skip
    assert done.returncode == 2
    assert "listen_console, on ::1 too: expected a free address of this machine" in done.stderr


def test_with_a_certificate_it_speaks_tls_where_its_address_says_so(place: Place, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    key.chmod(0o600)
    port = place.settings.listen_console.rpartition(":")[2]
    place.set(tls="files", tls_cert=str(cert), tls_key=str(key), console_url=f"https://localhost:{port}")
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with served(place, only="console"):
        answer = httpx.get(f"https://localhost:{port}/nowhere", verify=trusting, timeout=20, trust_env=False)
        assert answer.status_code == 404
        assert answer.headers["strict-transport-security"] == "max-age=63072000"


@pytest.mark.asvs("6.3.2", "13.2.3")
def test_whoever_starts_it_at_a_terminal_is_shown_the_first_admins_link_and_nobody_else(place: Place) -> None:
    run(place.approve(ADMIN))
    with served(place, only="console") as house:
        assert "/enrol#" not in house.log
        assert len(house.lines("no staff yet: lockhouse staff invite")) == 1
        assert run(place.rows(Staff)) == []
    shown = _at_a_terminal(place)
    [secret] = re.findall(rf"{place.settings.console_url}/enrol#([\w-]{{43}})", shown)
    [account] = run(place.rows(Staff))
    assert account.state == 0
    again = _at_a_terminal(place)
    assert secret not in again
    assert f"lockhouse -C {place.folder} staff link {account.id.hex()}" in again


def _at_a_terminal(place: Place) -> str:
    """What a terminal shows until the house is up."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(place.folder), "console"], stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while b"Ctrl-C ends it" not in shown:
            assert select.select([ours], [], [], START_S)[0]
            shown += os.read(ours, 65_536)
    finally:
        process.terminate()
        while process.poll() is None:  # a terminal that nobody reads any more would hold whoever writes to it
            if select.select([ours], [], [], 0.1)[0]:
                with suppress(OSError):
                    os.read(ours, 65_536)
        os.close(ours)
    return shown.decode()
