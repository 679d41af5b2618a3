"""Deliveries of providers through a served house, with its real stores, its spool and its own command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

from lockhouse.channels.hooks import HOOKS
from lockhouse.channels.hooks.kinds.standard_webhooks import SIGNING
from lockhouse.channels.hooks.scheme import sign
from lockhouse.crypto.hooks import hook_key
from lockhouse.flows.hook import Form, add_secret
from lockhouse.model.rows import Record
from lockhouse.secret import Secret
from lockhouse.wiring import opened
from tests.faces.serve_world import POLICY, Place, make_place, run, served, set_aside, stored, until
from tests.faces.test_serve_spool import stop_writer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faces.serve_world import Served

FORM = Form(signing=SIGNING, assurance=HOOKS["standard-webhooks"].assurance)
PIPES: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
HOOKED = POLICY.replace(
    "channels:\n", "channels:\n  crm: {kind: standard-webhooks, events: [Order Completed]}\n"
)  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made: Place = run(make_place(tmp_path))
    run(made.approve(HOOKED))
    return made


async def _secret(place: Place) -> Secret:
    """One more secret of the channel, beside whatever runs, as the key that it makes."""
    async with opened(place.folder, role="console") as house:
        made, _ = await add_secret(house.house, "crm", None, form=FORM, by="os-user:0")
    return hook_key(made, form=SIGNING.key, prefix=SIGNING.key_prefix)


def _deliver(house: Served, number: int, *, key: Secret, **headers: str) -> int:
    data = {"email": f"person-{number}@example.com", "order_id": f"o-{number}"}
    body, own, stamp = _body(data), f"d-{number}", str(int(time.time()))
    parts = {"id": own.encode(), "timestamp": stamp.encode(), "body": body}
    sent = {"webhook-id": own, "webhook-timestamp": stamp, "webhook-signature": sign(SIGNING, parts, key=key)}
    return httpx.post(f"{house.place.url}/hooks/crm", content=body, headers=sent | headers, timeout=10).status_code


def _body(data: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"type": "Order Completed", "timestamp": "2026-01-05T09:30:00Z", "data": data})


def test_a_signed_delivery_is_stored_once_a_forged_one_is_not_and_a_new_secret_counts_at_once(place: Place) -> None:
    with served(place) as house:
        first = run(_secret(place))
        until(lambda: _deliver(house, 1, key=first) == 200)
        assert [_deliver(house, 1, key=first) for _ in range(2)] == [200, 200], "what comes again is answered, too"
        assert _deliver(house, 2, key=Secret(b"x" * 32)) == 401
        second = run(_secret(place))
        until(lambda: _deliver(house, 3, key=second) == 200)
        assert _deliver(house, 4, key=first) == 200, "two live while a provider rotates"
        assert run(stored(place)) == (3, 3)
    assert len(run(place.rows(Record))) == 3


def test_what_a_provider_delivers_while_the_writer_is_away_waits_and_is_stored_once_it_is_back(place: Place) -> None:
    key = run(_secret(place))
    with served(place) as house:
        assert _deliver(house, 1, key=key) == 200
        writer = stop_writer(house)
        assert _deliver(house, 2, key=key) == 200
        assert _deliver(house, 3, key=Secret(b"x" * 32)) == 401, "nothing unproven waits either"
        assert set_aside(place) > 0
        os.kill(writer, signal.SIGCONT)
        until(lambda: set_aside(place) == 0, 20)
    assert run(stored(place)) == (2, 2)


def test_who_adds_a_channel_and_waits_is_told_what_becomes_of_its_first_delivery(place: Place) -> None:
    given = Secret(b"whsec_" + b"0123456789abcdef" * 2)
    key = hook_key(given, form=SIGNING.key, prefix=SIGNING.key_prefix)
    line = f"-m lockhouse -C {place.folder} channel add crm - --wait 1 --json"
    with served(place) as house, subprocess.Popen([sys.executable, *line.split()], **PIPES) as waiting:
        assert waiting.stdin is not None
        waiting.stdin.write(given.reveal() + b"\n")
        waiting.stdin.close()
        until(lambda: _deliver(house, 1, key=key) == 200, 30)
        waiting.wait(timeout=30)
        assert waiting.stdout is not None
        told = msgspec.json.decode(waiting.stdout.read())
    assert (waiting.returncode, told["first"]["channel"], told["first"]["outcome"]) == (0, "crm", "stored")
    assert given.reveal().decode() not in str(told)
