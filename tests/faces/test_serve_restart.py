"""`lockhouse restart`: new code takes over a house that is served, and nobody who sends to it notices."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import trustme

import lockhouse
from lockhouse.errors import Unavailable
from lockhouse.faces.serve.bell import ring
from lockhouse.model.rows import Receipt, Record
from tests.faces.arriving_load import Arrivals
from tests.faces.serve_world import Place, free_port, make_place, order, run, served
from tests.faces.steady_load import SteadyLoad

MANY = 300
SETTLED_S = 3
"""For so long requests come before and after new code takes over."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made: Place = run(make_place(tmp_path))
    return made


def certified(place: Place, tmp_path: Path) -> ssl.SSLContext:
    """The house has a certificate; who trusts it."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    key.chmod(0o600)
    place.set(tls="files", tls_cert=str(cert), tls_key=str(key))
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    return trusting


def new_code(tmp_path: Path, *, version: str, changed: dict[str, str] | None = None) -> str:
    """Another release in a folder of its own: its Python. `changed` files stand in it as they are given."""
    code = tmp_path / version / "lockhouse"
    shutil.copytree(Path(lockhouse.__file__).parent, code)  # with its compiled files, as an installer leaves it
    start = code / "__init__.py"
    start.write_text(start.read_text("utf-8").replace(lockhouse.__version__, version), encoding="utf-8")
    for name, text in (changed or {}).items():
        (code / name).write_text(text, encoding="utf-8")
    python = tmp_path / version / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={code.parent} exec {sys.executable} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return str(python)


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_new_code_takes_over_under_load_without_a_refused_or_lost_request(
    place: Place, tmp_path: Path, *, tls: bool
) -> None:
    python = new_code(tmp_path, version="9.9.9")
    trusting = certified(place, tmp_path) if tls else None
    with served(place) as house:
        before = house.pids()
        with SteadyLoad(place, tls=trusting) as load:
            load.goes_on(MANY)
            assert run(ring(place.folder, python=python)) == "9.9.9"
            load.goes_on(MANY)
        after = house.pids()
        assert load.lost == {}
        assert set(load.statuses) == {200}
        assert house.process.poll() is None
        assert set(before) == set(after)
        assert set(before.values()) & set(after.values()) == set()
        [line] = house.lines("restarted")
        assert line["version"] == "9.9.9"
        assert house.stop() == 0
        assert house.pids() == {}
        assert list(place.folder.glob("*.sock")) == []
    records, receipts = run(place.rows(Record)), run(place.rows(Receipt))
    assert len(records) == len(receipts) == len(load.answered) == len(set(load.answered))


def upgraded_under(place: Place, tmp_path: Path, *, rate: float) -> Arrivals:
    """New code takes over while so many requests a second begin; what came of them."""
    python = new_code(tmp_path, version="9.9.9")
    place.set(collect_processes=2, trusted_proxies=("127.0.0.0/8",))  # else more than 256 of one network are cut off
    with served(place) as house:
        with Arrivals(place, rate=rate) as load:
            load.goes_on(int(rate * SETTLED_S))
            before = str(load)
            assert run(ring(place.folder, python=python)) == "9.9.9"
            load.goes_on(int(rate * SETTLED_S))
        print(f"asked for {rate:.0f}/s; until then: {before}; in all: {load}")  # noqa: T201  # the figures, with pytest -s
        assert house.stop() == 0
    assert len(run(place.rows(Receipt))) == len(load.answered) == len(set(load.answered))
    return load


@pytest.mark.slow
def test_an_upgrade_while_a_hundred_requests_a_second_begin_answers_each(place: Place, tmp_path: Path) -> None:
    load = upgraded_under(place, tmp_path, rate=100)
    assert (set(load.statuses), load.lost, len(load.answered)) == ({200}, {}, load.offered)


@pytest.mark.hammer
def test_an_upgrade_while_a_thousand_requests_a_second_begin_answers_each(place: Place, tmp_path: Path) -> None:
    load = upgraded_under(place, tmp_path, rate=float(os.environ.get("UPGRADE_RATE", "1000")))
    assert (set(load.statuses), load.lost, len(load.answered)) == ({200}, {}, load.offered)


def test_new_code_that_cannot_start_leaves_the_old_as_it_was_and_says_why(place: Place, tmp_path: Path) -> None:
    broken = new_code(tmp_path, version="9.9.8", changed={"wiring.py": "raise ImportError\n"})
    with served(place) as house:
        before = house.pids()
        with SteadyLoad(place) as load:
            load.goes_on(MANY)
            with pytest.raises(Unavailable, match="expected one that can start, got"):
                run(ring(place.folder, python=broken))
            load.goes_on(MANY)
        assert house.pids() == before
        assert house.lines("not restarted")
        assert load.lost == {}
        assert set(load.statuses) == {200}
    assert len(run(place.rows(Receipt))) == len(load.answered)


def test_new_code_that_dies_after_the_old_has_ended_gives_way_to_the_old_again(place: Place, tmp_path: Path) -> None:
    writer = "adapters/sqlite_writer/process.py"
    text = (Path(lockhouse.__file__).parent / writer).read_text(encoding="utf-8")
    dying = new_code(
        tmp_path,
        version="9.9.7",
        changed={writer: f"{text}\n\ndef run_writer(*_given, **_named):\n    raise SystemExit(3)\n"},
    )
    with served(place) as house:
        with SteadyLoad(place) as load:
            load.goes_on(MANY)
            with pytest.raises(Unavailable, match="expected new processes that come up, got their end"):
                run(ring(place.folder, python=dying))
            load.goes_on(MANY)
        assert load.lost == {}
        assert set(load.statuses) == {200}
        assert set(house.pids()) >= {"writer", "collect-0", "work"}
    assert len(run(place.rows(Receipt))) == len(load.answered) == len(set(load.answered))


def test_the_settings_are_read_anew(place: Place) -> None:
    with served(place) as house:
        place.set(collect_processes=2)
        words = [sys.executable, "-m", "lockhouse", "-C", str(place.folder), "restart", "--json"]
        said = subprocess.run(words, capture_output=True, check=True, timeout=60)
        assert json.loads(said.stdout) == {"restarted": True, "version": lockhouse.__version__}
        assert set(house.pids()) == {"writer", "collect-0", "collect-1", "work"}
        assert house.post(order(1)).status_code == 200


def test_another_address_is_refused_and_the_old_one_serves_on(place: Place) -> None:
    with served(place) as house:
        url, before = place.url, house.pids()
        place.set(listen_collect=f"127.0.0.1:{free_port()}")
        with pytest.raises(Unavailable, match="expected the listen_collect that is served now, got another"):
            run(ring(place.folder))
        assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}
        assert house.pids() == before


def test_a_house_that_is_not_served_cannot_be_restarted(place: Place) -> None:
    with pytest.raises(Unavailable, match="expected a running house, got none"):
        run(ring(place.folder))
