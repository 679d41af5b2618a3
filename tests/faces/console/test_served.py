"""The console's process: beside the others or alone, on a listener that outlives it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx
import pytest
import trustme

from lockhouse.faces.serve.bell import ring
from tests.faces.serve_world import Place, make_place, run, served, until

if TYPE_CHECKING:
    from pathlib import Path


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
