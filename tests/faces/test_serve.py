"""`serve` with real processes: what it takes, what it says of itself, how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import trustme
from segment.analytics.client import Client

from lockhouse.errors import Conflict
from lockhouse.faces.outcomes import CODES, OUTCOMES
from lockhouse.flows.why import why
from lockhouse.model.codes import whole
from lockhouse.model.rows import Drop, Receipt, Record
from lockhouse.wiring import opened
from tests.faces.serve_world import POLICY, SERVE, Place, free_port, make_place, order, run, served, stored, until

CANARY = "canary-4c1d"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made: Place = run(make_place(tmp_path))
    return made


async def answers_to(place: Place, message_id: str) -> list[str]:
    async with opened(place.folder, role="console") as house:
        return [said.code for said in await why(house.house, message_id)]


def test_an_event_of_the_public_client_is_durable_once_it_is_answered(place: Place) -> None:
    with served(place) as house:
        client = Client(place.key, host=place.url, sync_mode=True, max_retries=0)
        client.track("u-1", "Order Completed", {"email": "a@example.com", "order_id": "o-1"}, message_id="m-1")
        house.process.kill()
    with served(place):
        assert run(answers_to(place, "m-1")) == ["LH-0001"]
        assert run(stored(place)) == (1, 1)


def test_it_says_what_is_up_and_answers_health_and_metrics(place: Place) -> None:
    with served(place) as house:
        [ready] = house.lines("ready")
        assert ready["parts"] == ["writer", "collect-0", "work"]
        assert ready["collect"] == place.url
        assert house.get("/healthz").json() == {"status": "ok"}
        assert house.get("/readyz").json() == {"status": "ok"}
        assert house.post(order(1), order(1)).json()["items"][1]["outcome"] == "duplicate"
        page = httpx.get(place.metrics).text
        said = 'lockhouse_answers_total{channel="backend",code="LH-0000",outcome="stored",process="collect-0"} 1.0'
        assert said in page
        assert 'lockhouse_request_seconds_count{process="collect-0"} 1.0' in page
        assert 'lockhouse_process_alive{process="work"} 1.0' in page
        assert 'lockhouse_ledger_lane_entries{lane="collect-0"}' in page
        assert httpx.get(place.metrics.replace("/metrics", "/")).status_code == 404


def test_a_part_alone_serves_the_metrics_too(place: Place) -> None:
    with served(place, only="collect") as house:
        assert set(house.pids()) == {"writer", "collect-0"}
        assert 'lockhouse_process_alive{process="collect-0"} 1.0' in httpx.get(place.metrics).text


def test_several_processes_share_the_listener(place: Place) -> None:
    place.set(collect_processes=2)
    with served(place) as house:
        assert set(house.pids()) == {"writer", "collect-0", "collect-1", "work"}
        assert [house.post(order(n)).status_code for n in range(20)] == [200] * 20
        page = httpx.get(place.metrics).text
        counted = re.findall(r'lockhouse_answers_total\{.*process="collect-\d"\} (\d+)', page)
        assert sum(int(count) for count in counted) == 20


def test_sigterm_ends_everything_in_order_and_leaves_nothing(place: Place) -> None:
    with served(place) as house:
        children = house.pids()
        assert len(children) == 3
        started = time.monotonic()
        assert house.stop(signal.SIGTERM) == 0
        assert time.monotonic() - started < 5
        assert house.pids() == {}
        assert list(place.folder.glob("*.sock")) == []
        with pytest.raises(httpx.ConnectError):
            house.get("/healthz")
        ended = [line["process"] for line in house.lines("stopped")]
        assert ended == ["collect-0", "work", "serve"]
        assert "restarting" not in house.log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "kill %1"])
def test_a_shell_that_ends_the_whole_job_ends_it_in_order_too(place: Place, number: signal.Signals) -> None:
    with served(place) as house:
        assert house.stop(number, job=True) == 0
        assert house.pids() == {}
        assert [line["process"] for line in house.lines("stopped")] == ["collect-0", "work", "serve"]
        assert house.lines("restarting") == []


def test_children_do_not_outlive_a_supervisor_that_was_killed(place: Place) -> None:
    with served(place) as house:
        children = house.pids()
        assert len(children) == 3
        house.process.kill()
        until(lambda: house.pids() == {}, 5)
    with served(place) as again:
        assert again.post(order(1)).status_code == 200


@pytest.mark.asvs("13.4.2", "13.3.2")
def test_no_process_may_leave_a_core_or_be_read_by_another(place: Place) -> None:
    with served(place) as house:
        for pid in house.pids().values():
            limits = Path(f"/proc/{pid}/limits").read_text(encoding="utf-8").splitlines()
            [core] = [line for line in limits if line.startswith("Max core file size")]
            assert core.split()[4:6] == ["0", "0"]
    asks = "from lockhouse.faces.serve.bound import harden; harden(); import ctypes; print(ctypes.CDLL(None).prctl(3))"
    said = subprocess.run([sys.executable, "-c", asks], capture_output=True, check=True)
    assert said.stdout == b"0\n"  # PR_GET_DUMPABLE


@pytest.mark.asvs("16.2.5")
def test_nothing_that_was_sent_stands_in_logs_or_metrics(place: Place) -> None:
    place.set(log="debug")
    with served(place) as house:
        house.post(order(CANARY, **{CANARY: CANARY}), {"type": "track", "event": f"{CANARY} Event"}, {"type": CANARY})
        house.post(order(1), key=CANARY)
        httpx.post(f"{place.url}/v1/{CANARY}?{CANARY}=1", headers={CANARY: CANARY}, content=CANARY)
        httpx.post(f"{place.url}/v1/track", content=f'{{"{CANARY}', auth=(place.key, ""))
        page = httpx.get(place.metrics).text
        house.stop()
        assert 'outcome="rejected"' in page
        assert CANARY not in page
        assert "person-" not in page
        assert CANARY not in house.log
        assert "person-" not in house.log
        assert place.key not in house.log


def test_without_an_approved_policy_it_says_so_and_takes_events_once_there_is_one(tmp_path: Path) -> None:
    place: Place = run(make_place(tmp_path, policy=None))
    with served(place) as house:
        answer = house.get("/readyz")
        assert answer.status_code == 503
        assert "no policy was ever approved" in answer.json()["reasons"][0]
        refused = house.post(order(1), key="lhs_" + "0" * 30 + "_" + "0" * 6)
        assert refused.status_code in {401, 503}
        run(place.approve())
        place.key = run(place.make_key())
        assert house.post(order(1)).status_code == 200
        assert house.get("/readyz").json() == {"status": "ok"}


def test_a_changed_policy_rules_while_it_serves(place: Place) -> None:
    with served(place) as house:
        [item] = house.post(order(1, gift="yes")).json()["items"]
        assert item["dropped"] == [["properties.*", "undeclared"]]
        run(
            place.approve(
                POLICY.replace("order_id]", "order_id, gift]").replace(
                    "events:", "  gift: {type: text, class: transactions, for: [fulfilment]}\nevents:"
                )
            )
        )
        [item] = house.post(order(2, gift="yes")).json()["items"]
        assert (item["outcome"], item["kept"]) == ("stored", 3)


def test_a_channel_that_is_observed_is_counted_and_nothing_is_kept(tmp_path: Path) -> None:
    policy = POLICY.replace("backend: {kind: segment,", "backend: {kind: segment, stage: observe,")
    place: Place = run(make_place(tmp_path, policy=policy))
    with served(place) as house:
        [item] = house.post(order(1, secret="x")).json()["items"]
        assert (item["code"], item["outcome"]) == ("LH-0002", "observed") == ("LH-0002", CODES["LH-0002"].outcome)
        assert ["email", "would-be-kept"] in item["dropped"]
    assert run(stored(place)) == (0, 0)
    assert {(row.path, row.reason) for row in run(place.rows(Drop))} >= {("properties.*", "undeclared")}


def test_a_network_that_tries_many_keys_must_wait_and_good_keys_go_on(place: Place) -> None:
    with served(place) as house:
        assert house.post(order(1)).status_code == 200
        with httpx.Client(base_url=place.url) as client:
            body = b'{"batch":[]}'
            tried = [client.post("/v1/batch", content=body, auth=(f"guess-{n}", "")) for n in range(80)]
        assert tried[0].status_code == 401
        assert tried[-1].status_code == 429
        assert int(tried[-1].headers["retry-after"]) >= 1
        assert house.post(order(2)).status_code == 200


def test_tls_with_files_of_its_own(place: Place, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    key.chmod(0o600)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    place.set(tls="files", tls_cert=str(cert), tls_key=str(key))
    with served(place) as house:
        answer = house.post(order(1), verify=trusting)
        assert answer.status_code == 200
        assert "strict-transport-security" in answer.headers
        with pytest.raises(httpx.ConnectError):
            house.post(order(2))
        with pytest.raises(httpx.HTTPError):
            httpx.get(place.url.replace("https", "http"))
    assert run(stored(place)) == (1, 1)


@pytest.mark.asvs("13.3.2")
def test_a_private_key_that_others_can_read_is_not_used(place: Place, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("key", encoding="utf-8")
    (tmp_path / "key.pem").chmod(0o644)
    place.set(tls="files", tls_cert=str(tmp_path / "key.pem"), tls_key=str(tmp_path / "key.pem"))
    with served(place, wait=False) as house:
        assert house.process.wait(10) == 2
        assert "tls_key: expected a file that others cannot read" in house.log


@pytest.mark.asvs("13.2.6")
def test_plain_http_is_refused_on_an_address_that_is_not_loopback(place: Place) -> None:
    place.set(listen_collect=f"0.0.0.0:{free_port()}")
    with served(place, wait=False) as house:
        assert house.process.wait(10) == 2
        assert "expected a loopback address while tls is own" in house.log


def test_an_address_in_use_is_said_plainly(place: Place) -> None:
    host, _, port = place.settings.listen_collect.rpartition(":")
    with socket.create_server((host, int(port))), served(place, wait=False) as house:
        assert house.process.wait(10) == 2
        assert "listen_collect: expected a free address of this machine, got one that another program" in house.log


def test_an_address_of_another_machine_is_said_plainly(place: Place) -> None:
    place.set(listen_metrics="192.0.2.1:9420")
    with served(place, wait=False) as house:
        assert house.process.wait(10) == 2
        assert "listen_metrics: expected a free address of this machine, got one that this machine" in house.log


def test_a_house_that_is_served_is_not_served_twice_not_even_on_other_ports(place: Place) -> None:
    first_url = place.url
    with served(place) as first:
        place.set(listen_collect=f"127.0.0.1:{free_port()}", listen_metrics=f"127.0.0.1:{free_port()}")
        with served(place, wait=False) as second:
            assert second.process.wait(10) == OUTCOMES[Conflict].exit_code
            assert f"served already by process {first.process.pid} on {first_url}" in second.log
            assert second.lines("ready") == []
        first.process.kill()  # nothing is left that a person would have to clear away
        first.process.wait()
        until(lambda: not first.pids())
    with served(place) as third:
        assert third.lines("ready")


@pytest.mark.asvs("16.5.3")
def test_a_root_key_that_is_away_ends_it_with_the_code_of_its_error(place: Place) -> None:
    (place.folder.parent / "root" / "house.root").rename(place.folder.parent / "elsewhere")
    with served(place, wait=False) as house:
        assert house.process.wait(10) == 9
        [line] = house.lines("ended")
        assert (line["process"], line["error"]) == ("writer", "Unavailable")


def test_an_unknown_part_is_refused(place: Place) -> None:
    with served(place, only="collect,canary", wait=False) as house:
        assert house.process.wait(10) == 2
        assert "expected some of collect, work" in house.log


def test_rows_are_there_for_what_was_answered_and_nothing_else(place: Place) -> None:
    with served(place) as house:
        answer = house.post(order(1), {"type": "track", "event": "Unheard Of", "messageId": "m-x"})
        assert [item["code"] for item in answer.json()["items"]] == ["LH-0000", "LH-2120"]
    assert len(run(place.rows(Record))) == 1
    assert {whole(row.code) for row in run(place.rows(Receipt))} == {"LH-0000", "LH-2120"}


def test_at_a_terminal_it_says_what_is_up_in_a_line_each(tmp_path: Path) -> None:
    place: Place = run(make_place(tmp_path, policy=None))
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(place.folder), "collect,work"], stdin=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    said = b""
    while b"Ctrl-C ends it." not in said:
        said += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    while b"No process is left." not in said:
        said += os.read(ours, 4096)
    assert process.wait(10) == 0
    os.close(ours)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", said.decode()).splitlines()
    assert [line[:9] for line in lines[:4]] == ["✓ writer ", "✓ collect", "✓ work   ", "! no poli"]
    assert place.url in lines[1]
    assert "{" not in said.decode()
