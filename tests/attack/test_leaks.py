"""Canaries in every position of a request that a client controls, over real HTTP: found nowhere but in sealed boxes.

Looked through, while the house runs and after it has stopped: the house's folder, the journal's and the root's, the
processes' temporary folder, what they wrote to standard output and error, metrics, health pages, answers, the tail,
and the processes' command lines and environments. In each: the plain bytes in any case, UTF-16, hex, base64 at each
alignment, and the same again inside whatever is gzip or zlib.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import http.client
import json
import os
import re
import signal
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.adapters.writer_protocol import LEASE_S
from lockhouse.faces.serve.tail import follow
from lockhouse.flows import look
from lockhouse.model.decision import Actor
from lockhouse.wiring import opened
from tests.faces.serve_world import START_S, Place, Served, make_place, run, served, set_aside, until

if TYPE_CHECKING:
    from collections.abc import Iterator

CORE = "zq7kxw3vj9"
"""In every text canary; nothing of ours says it."""
DIGITS = "47177319465"
"""In canaries that must be numbers."""
POLICY = """
policy: 1
controller: {name: Northwind, contact: privacy@northwind.example, regulations: [gdpr],
  region: {from: [country], unknown: strictest}}
purposes:
  fulfilment: {about: Deliver what you ordered, basis: contract, keep: 24 months after last_activity}
  marketing: {about: Tell you about products, basis: consent, keep: 24 months after last_activity}
consent: {absent: denied, names: {Advertising: marketing}}
fields:
  email: {type: email, class: contact, for: [fulfilment], identifies: person}
  phone: {type: phone, class: contact, for: [fulfilment], identifies: person, find_by: [last4]}
  name: {type: text, class: contact, for: [fulfilment], find_by: [surname]}
  user_id: {type: id, class: identity, for: [fulfilment], identifies: person}
  device_id: {type: id, class: identity, for: [fulfilment], identifies: device}
  country: {type: country, class: location, for: [fulfilment], clear: true}
  order_id: {type: id, class: transactions, for: [fulfilment], find_by: [exact]}
  order_total: {type: money, class: transactions, for: [fulfilment]}
  items: {type: list, class: transactions, for: [fulfilment], of: {sku: text}}
  nickname: {type: text, class: contact, for: [marketing]}
events:
  identify: [email, phone, name, user_id, device_id, nickname, country]
  page: [device_id, name]
  Order Completed: [email, phone, name, user_id, device_id, order_id, order_total, items, nickname, country]
channels:
  web: {kind: segment, key: public, origins: [https://shop.example]}
  backend: {kind: segment, key: secret}
  watched: {kind: segment, key: secret, stage: observe}
roles:
  clerk: {for: [fulfilment], see: {contact: full, identity: full, transactions: full}}
"""
CLERK = Actor(id="os-user:0", kind="os-user", roles=("clerk",))


def canary(where: str) -> str:
    """A text canary that says where it was sent."""
    return f"Zoe-{CORE}-{where}"


def events() -> list[dict[str, Any]]:
    """Canaries as values, keys, event names, types, message ids and everything that the protocol has a word for."""
    person = {
        "email": f"{CORE}@mail.example", "phone": f"+{DIGITS}", "name": f"Zoe {CORE}", "country": "IT",
        "order_id": canary("order"), "order_total": f"{DIGITS}.25", "nickname": canary("no-consent"),
        "items": [{"sku": canary("sku"), canary("item-key"): canary("item-value")}],
        canary("key"): {canary("inner-key"): canary("inner")}, "address": {"street": canary("street")},
    }  # fmt: skip
    context = {
        "ip": canary("ip"), "userAgent": canary("agent"), "locale": canary("locale"), "page": {"url": canary("url")},
        "traits": {"email": f"{CORE}@mail.example", canary("trait"): 1}, canary("context-key"): [canary("list")],
        "consent": {"categoryPreferences": {canary("banner-word"): True, "Advertising": False}},
        "library": {"name": canary("library")}, "campaign": {"name": canary("campaign")},
    }  # fmt: skip
    order = {"type": "track", "event": "Order Completed", "properties": person, "context": context}
    return [
        order | {"messageId": canary("message"), "userId": canary("user"), "anonymousId": canary("device")},
        order | {"messageId": canary("message"), "properties": {"email": canary("other")}},
        order | {"messageId": canary("stamp"), "timestamp": canary("timestamp"), "sentAt": canary("sent-at")},
        order | {"messageId": canary("many" + "y" * 100)},
        order | {"messageId": 7, canary("top-key"): canary("top-value")},
        order | {"integrations": {canary("integration"): True}, "category": canary("category")},
        {"type": "identify", "traits": person, "userId": canary("identified"), "messageId": canary("identify")},
        {"type": "page", "name": canary("page"), "properties": {"name": canary("page-name"), "path": canary("path")}},
        {"type": "track", "event": canary("event"), "properties": person},
        {"type": canary("type"), "properties": person},
        {"type": "group", "groupId": canary("group"), "traits": person},
        {"type": "alias", "previousId": canary("previous"), "userId": canary("alias")},
        {"event": canary("typeless")},
    ]


def bodies() -> Iterator[bytes]:
    """Whole requests: sound ones, and every way of being broken with a canary inside."""
    batch = {"batch": events(), "context": {canary("batch-context"): canary("batch")}, "writeKey": canary("body-key")}
    sound = json.dumps(batch).encode()
    yield sound
    yield sound
    yield json.dumps({"batch": events(), canary("frame-key"): canary("frame")}, ensure_ascii=True).encode("utf-8")
    yield gzip.compress(sound)
    # RFC 1952 §2.3: a gzip member may carry a file name.
    named = gzip.compress(b'{"batch": []}')
    yield named[:3] + b"\x08" + named[4:10] + canary("file-name").encode() + b"\0" + named[10:]
    yield gzip.compress(canary("not-json").encode())[:-9]
    yield canary("plain").encode()
    yield b'{"batch": [' + json.dumps(canary("no-object")).encode() + b', {"type": "' + canary("cut").encode()
    yield b'{"batch": [{"type": "track", "type": "' + canary("twice").encode() + b'"}]}'
    yield b'{"batch": [{"event": ' + b'{"a":' * 40 + json.dumps(canary("deep")).encode() + b"}" * 40 + b"}]}"
    yield json.dumps({"batch": [{"type": "track", "event": "x", "properties": {"v": canary("long") * 4_000}}]}).encode()
    yield json.dumps({"batch": [{"type": "track", "event": canary("lone-\ud800")}]}).encode()
    yield json.dumps({"batch": [{"type": "track", "event": "page", "n": 10**30, "v": canary("number")}]}).encode()


def send(place: Place, keys: dict[str, str]) -> list[tuple[int, bytes]]:
    """Everything in every position; the answers with their headers."""
    said = []
    headers = {
        "User-Agent": canary("user-agent"), "Cookie": f"session={canary('cookie')}", "Referer": canary("referer"),
        "X-Canary": canary("header"), canary("Header-Name"): "1", "X-Forwarded-For": canary("forwarded"),
        "Prefer": "return=representation", "Accept-Language": canary("language"), "Idempotency-Key": canary("idem"),
    }  # fmt: skip
    query = f"?{canary('query-name')}={canary('query')}&writeKey={canary('query-key')}"
    for name, key in keys.items():
        own = headers | {"Authorization": _basic(f"{key}:{canary('password')}")}
        own |= {"Origin": "https://shop.example"} if name == "web" else {}
        said += [ask(place, "POST", f"/v1/batch{query}", body, own) for body in bodies()]
        said += [
            ask(place, "POST", f"/v1/{call}{query}", json.dumps(event).encode(), own)
            for call in ("track", "identify", "page", "group", "alias", "screen")
            for event in events()
        ]
    strange = headers | {"Origin": f"https://{CORE}.example"}
    for authorization in (f"Bearer {canary('bearer')}", _basic(canary("key")), f"Basic {canary('basic')}"):
        said.append(ask(place, "POST", f"/v1/batch{query}", next(bodies()), strange | {"Authorization": authorization}))
    paths = (f"/{canary('path')}", f"/v1/{canary('call')}{query}", f"/readyz{query}", f"/v1/batch/{canary('below')}")
    for method in ("GET", "POST", "OPTIONS", "DELETE", canary("method").replace("-", "").upper()):
        said += [ask(place, method, path, canary("body").encode(), strange) for path in paths]
    return said


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def ask(place: Place, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """One request; its answer's status, and headers and body as bytes."""
    host, port = place.settings.listen_collect.split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, str(answer.getheaders()).encode() + answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def forms() -> list[bytes]:
    """How a canary may be written; lower case, as what is looked through is made too."""
    found = []
    for core in (CORE, DIGITS):
        raw = core.encode()
        found += [raw, core.encode("utf-16-le"), core.encode("utf-16-be"), raw.hex().encode()]
        for before in range(3):  # of the characters of base64, those that the bytes around do not change
            text = base64.b64encode(b"\0" * before + raw + b"\0" * 3)
            found.append(text[before + (before > 0) : before + (before > 0) + 4 * ((len(raw) - 2) // 3)].lower())
    return found


FORMS = forms()
_STREAM = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")


def leaks(data: bytes) -> list[bytes]:
    """The surroundings of every canary in these bytes, also within what is packed in them."""
    found = []
    for part in (data, *_unpacked(data)):
        low = part.lower()
        for form in FORMS:
            at = low.find(form)
            if at >= 0:
                found.append(part[max(0, at - 40) : at + 60])
    return found


def _unpacked(data: bytes) -> Iterator[bytes]:
    for match in _STREAM.finditer(data):
        with suppress(zlib.error):
            opened_stream = zlib.decompressobj(wbits=47).decompress(data[match.start() :], 1 << 22)
            if opened_stream:
                yield opened_stream


def in_files(*folders: Path) -> list[tuple[str, bytes]]:
    """Leaks in the contents and the names of all files below."""
    found = []
    for folder in folders:
        for file in folder.rglob("*"):
            found += [(str(file), hit) for hit in leaks(str(file.relative_to(folder)).encode())]
            if file.is_file() and not file.is_socket():
                found += [(str(file), hit) for hit in leaks(file.read_bytes())]
    return found


def in_processes(house: Served) -> list[tuple[str, bytes]]:
    """Leaks in what anybody on the machine, or the same user, reads of a process from outside."""
    found = []
    for pid in (house.process.pid, *house.pids().values()):
        for name in ("cmdline", "environ", "comm"):
            found += [(f"{pid} {name}", hit) for hit in leaks(Path(f"/proc/{pid}/{name}").read_bytes())]
    return found


async def tailed(folder: Path) -> bytes:
    """What somebody who reads along is told."""
    lines: list[bytes] = []

    async def read() -> None:
        async for answer in follow(folder):  # one by one: the tail does not end, the reading is cut off
            lines.extend((msgspec.json.encode(answer),))

    with suppress(TimeoutError):
        await asyncio.wait_for(read(), 1.0)
    assert len(lines) > 100
    return b"\n".join(lines)


async def opens(place: Place) -> None:
    """The canaries did come in: whoever may see them sees them."""
    async with opened(place.folder, role="console") as house:
        ask_of = await look.ask_of(house.house, CLERK, action="find", purpose="fulfilment")
        [view, _public] = (await look.find(house.house, ask_of, by="email", value=f"{CORE}@mail.example")).persons
        assert view.fields["name"].value == f"Zoe {CORE}"
        assert view.fields["order_total"].value == f"{DIGITS}.25"


def while_set_aside(house: Served, keys: dict[str, str]) -> None:
    """The same once more while the writer stands still: what waits is sealed as well, and nothing tells what it is."""
    place, writer = house.place, house.pids()["writer"]
    os.kill(writer, signal.SIGSTOP)
    time.sleep(LEASE_S + 0.5)
    own = {"Authorization": _basic(f"{keys['backend']}:"), "Prefer": "return=representation"}
    answers = [ask(place, "POST", "/v1/batch", json.dumps({"batch": events()}).encode(), own) for _ in range(3)]
    assert [status for status, _ in answers] == [200] * 3
    assert set_aside(place) > 1_000
    assert in_files(place.folder.parent) == []
    assert leaks(b"\n".join(body for _, body in answers) + ask(place, "GET", "/readyz", b"", {})[1]) == []
    os.kill(writer, signal.SIGCONT)
    until(lambda: set_aside(place) == 0, START_S)


@pytest.mark.slow
@pytest.mark.asvs("14.2.4", "16.2.5")
def test_canaries_from_every_position_are_found_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("LOCKHOUSE_LOG", "debug")
    place: Place = run(make_place(tmp_path, policy=POLICY))
    keys = {name: run(place.make_key(name)) for name in ("web", "backend", "watched")}
    with served(place) as house:
        answers = send(place, keys)
        assert sum(status == 200 for status, _ in answers) > 60
        told = b"\n".join(body for _, body in answers)
        told += ask(place, "GET", "/readyz", b"", {})[1] + run(tailed(place.folder))
        host, port = place.settings.listen_metrics.split(":")
        for path in ("/metrics", f"/metrics?{canary('metrics')}", f"/{canary('metrics')}"):
            connection = http.client.HTTPConnection(host, int(port), timeout=10)
            connection.request("GET", path)
            told += connection.getresponse().read()
            connection.close()
        assert leaks(told) == []
        assert in_files(tmp_path) == []
        assert in_processes(house) == []
        while_set_aside(house, keys)
        run(opens(place))
        assert in_files(tmp_path) == []
        assert house.stop() == 0
        assert leaks(house.log.encode()) == []
    assert in_files(tmp_path) == []
    assert list(temporary.iterdir()) == []


RAW = canary("x").encode()
WRITTEN = [
    RAW, RAW.upper(), canary("x").encode("utf-16-le"), canary("x").encode("utf-16"), RAW.hex().encode(),
    *(base64.b64encode(b"ab"[:before] + RAW) for before in range(3)), b"before" + gzip.compress(RAW, mtime=0),
    b"before" + zlib.compress(RAW), f"+{DIGITS}".encode(), base64.b64encode(f"+{DIGITS}.25".encode()),
]  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN)
def test_a_canary_that_was_written_in_any_form_is_found(tmp_path: Path, written: bytes) -> None:
    file = tmp_path / "deep" / "file"
    file.parent.mkdir()
    file.write_bytes(b"\0" * 4096 + written + b"\0" * 100)
    assert in_files(tmp_path) != []


def test_a_file_named_after_a_canary_is_found(tmp_path: Path) -> None:
    (tmp_path / canary("upload")).touch()
    assert in_files(tmp_path) != []
