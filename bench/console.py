"""The console beside a house of a million persons: pages, a sign-in, a decision, and two hundred people at once.

What a page costs is measured around the application, in a process of its own beside the house's running writer: from a
request's last byte to its answer's last, so without sockets. The two hundred are asked over HTTP under the real
`serve`, with two hundred sessions, each page by another; they all begin at once and each asks for the next page as soon
as it has one, which nobody does who reads; and then as people do, a page every five seconds.
"""

from __future__ import annotations

import asyncio
import gc
import html
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from bench import profiles
from bench.footprint import family, serving_all
from bench.house import cpu_s_of, found, served
from bench.load import send, send_paced
from bench.lookups import settle
from bench.report import Figure
from bench.stalled import until_ready
from lockhouse import wiring
from lockhouse.access.sessions import Limits, until
from lockhouse.faces.console.app import Served, console_app
from lockhouse.faces.console.cookies import SESSION, name_of
from lockhouse.flows import enrol, staff, staff_roles
from lockhouse.gates.staff import sessions
from lockhouse.gates.staff.called import Called
from lockhouse.gates.staff.read import account
from lockhouse.gates.staff.sessions import Seen
from lockhouse.model.decision import Actor, Ask, Facts
from lockhouse.model.rows import Staff
from lockhouse.policy.decide import decide
from tests.authenticator import Authenticator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.house import Founded
    from lockhouse.gates.house import House

HOST = "os-user:0"
URL = "https://console.bench.example"
SEEN = Seen("192.0.2.0/24", "bench")
CLERK = "  clerk: {may: [staff.list, ledger.read, channel.list, channel.drops, recipient.list, policy.show]}\n"
PEOPLE = 4
SESSIONS = 200
CONSOLES = 2
"""Processes that show the console to two hundred people, as a machine of two cores can have."""
EACH_S = 5.0
"""How long somebody reads a page."""
KEPT = 20
"""Connections, so few that none rests until the server closes it; whose session it is, each request says."""
PAGES = (
    "/",
    "/account",
    "/staff",
    "/channels",
    "/channels/shop",
    "/recipients",
    "/ledger",
    "/policy",
    "/policy/matrix",
)
"""Shown by a plain request."""
DESK = Actor(id="staff:bench", kind="staff", roles=("desk",))
_OK, _SEE_OTHER = 200, 303
_REFUSED = "LH-30"
"""How the code of a page that is not shown begins."""
_FORM = re.compile(r'name="form" value="([0-9a-f.]{64,})"')
_OURS = {"sec-fetch-site": "same-origin", "origin": "null"}
_JSON = re.compile(r'data-options="([^"]*)"')
_CEREMONY = re.compile(r'name="ceremony" value="([^"]*)"')


class _Desk(NamedTuple):
    """Somebody's browser, and how long each answer took on the server (ms), since it was last emptied."""

    browser: httpx.AsyncClient
    took: list[float]


def of_a_large_house(base: Path, *, persons: int, rounds: int) -> list[Figure]:
    """The figures `decide_30_us`, `sign_in_passkey_…`, `page_…` and `sessions_200_…`.

    Raises:
        SystemExit: a page, a sign-in or a session was answered otherwise than it should be.
    """
    founded = found(
        base,
        "console",
        policy=profiles.policy() + "  clerk: {may: [staff.list, ledger.read, channel.*, consent.*, request.list]}\n",
    )
    profiles.send_traits(founded, range(PEOPLE))
    asyncio.run(settle(founded, persons))
    with served(founded.folder, "sealed"):
        figures = asyncio.run(_in_process(founded, rounds))
        cookies = asyncio.run(_signed_in(founded))
    crowds = [_at_once(founded, cookies, rounds // 10, consoles=consoles) for consoles in (1, CONSOLES)]
    return figures + [figure for crowd in crowds for figure in crowd]


async def _in_process(founded: Founded, rounds: int) -> list[Figure]:
    async with wiring.opened(founded.folder, role="console") as opening:
        house = opening.house
        decided = _decisions(house, rounds)
        desk = _desk(house)
        device = Authenticator(origin=URL)
        await _enrolled(house, desk, device)
        signed = [await _sign_in(desk, device) for _ in range(rounds)]
        gc.collect()
        pages = [figure for path in PAGES for figure in await _page(desk, path, rounds)]
        pages += await _people(desk, rounds)
        await desk.browser.aclose()
    return [decided, *_spread("sign_in_passkey", signed, "a passkey's answer until the session stands"), *pages]


def _decisions(house: House, rounds: int) -> Figure:
    policy = house.live().policy
    names = (*profiles.FIELDS, "email")
    ask = Ask(actor=DESK, action="find", purpose="fulfilment", fields=names, mode="full", facts=Facts())
    took = []
    for _ in range(20 * rounds):
        began = time.perf_counter()
        decide(policy, ask)
        took.append((time.perf_counter() - began) * 1e6)
    return Figure("decide_30_us", tuple(took), "µs", "whether 30 fields of one person are open, masked or shut")


def _desk(house: House) -> _Desk:
    took: list[float] = []
    served_app = Served(
        house=house, name="Northwind", url=URL, demo=True, reasons=tuple, on_answer=lambda _page, _status: None,
        on_incident=_stop,
    )  # fmt: skip
    app = console_app(served_app)

    async def timed(scope: Any, receive: Any, send_on: Any) -> None:
        began = time.perf_counter()
        await app(scope, receive, send_on)
        took.append((time.perf_counter() - began) * 1e3)

    transport = httpx.ASGITransport(timed, client=("127.0.0.1", 50_000))
    return _Desk(httpx.AsyncClient(transport=transport, base_url=URL), took)


def _stop(_number: str, error: BaseException) -> None:
    raise SystemExit(f"bench: expected a page, got {type(error).__name__}")


async def _enrolled(house: House, desk: _Desk, device: Authenticator) -> bytes:
    """Somebody who may see the pages, enrolled by a passkey; the account."""
    link = await staff.invite(house, Called("bench@shop.example", "Bench"), by=HOST)
    begun = await enrol.begin(house, link.token)
    done = await enrol.with_passkey(
        house, begun.ceremony, device.make(begun.options_json), name="bench", seen=SEEN
    )  # fmt: skip
    for role in ("clerk", "desk"):
        await staff_roles.give(house, done.staff, role, by=HOST)
    await staff_roles.approve(house, done.staff, "desk", by=HOST)
    desk.took.clear()
    return done.staff


async def _sign_in(desk: _Desk, device: Authenticator) -> float:
    """How long the server took for a passkey's answer (ms)."""
    desk.browser.cookies.clear()
    page = await desk.browser.get("/sign-in")
    [form], [asked], [ceremony] = (found.findall(page.text)[:1] for found in (_FORM, _JSON, _CEREMONY))
    answer = device.use(html.unescape(asked))
    desk.took.clear()
    done = await desk.browser.post(
        "/sign-in/passkey", data={"form": form, "ceremony": ceremony, "answer": answer}, headers=_OURS
    )
    if done.status_code != _SEE_OTHER:
        raise SystemExit(f"bench: expected to be signed in, got {done.status_code}")
    return desk.took[-1]


async def _page(desk: _Desk, path: str, rounds: int) -> list[Figure]:
    desk.took.clear()
    for _ in range(rounds):
        answer = await desk.browser.get(path)
        if answer.status_code != _OK or _REFUSED in answer.text:
            raise SystemExit(f"bench: expected the page {path}, got {answer.status_code}")
    name = path.strip("/").replace("/", "_") or "overview"
    return _spread(f"page_{name}", desk.took, f"server time of {path}")


async def _people(desk: _Desk, rounds: int) -> list[Figure]:
    """Somebody is found by their address and shown, as support does it: 30 fields of a hundred records."""
    found_ms, shown_ms = [], []
    for turn in range(rounds):
        page = await desk.browser.get("/")
        [form] = _FORM.findall(page.text)[:1]
        desk.took.clear()
        answer = await desk.browser.post(
            "/find", data={"form": form, "value": profiles.email_of(turn % PEOPLE)}, headers=_OURS
        )
        if answer.status_code != _SEE_OTHER:
            raise SystemExit(f"bench: expected one person found, got {answer.status_code}")
        found_ms.append(desk.took[-1])
        shown = await desk.browser.get(answer.headers["location"])
        if shown.status_code != _OK or _REFUSED in shown.text:
            raise SystemExit(f"bench: expected a person's page, got {shown.status_code}")
        shown_ms.append(desk.took[-1])
    said = f"server time of a person's page: 30 fields of {profiles.RECORDS} records, their look noted first"
    return [
        *_spread("page_find", found_ms, "server time of a person sought by their address from the bar, noted first"),
        *_spread("page_person", shown_ms, said),
    ]


def _spread(name: str, took: Sequence[float], said: str) -> list[Figure]:
    slow = sorted(took)[int(len(took) * 0.95)]
    return [
        Figure(f"{name}_p50_ms", tuple(took), "ms", said),
        Figure(f"{name}_p95_ms", (slow,), "ms", "slowest twentieth of these"),
    ]


async def _signed_in(founded: Founded) -> list[str]:
    """The cookies of two hundred sessions of somebody."""
    async with wiring.opened(founded.folder, role="console") as opening:
        house = opening.house
        [whose] = [row.id async for rows in house.reads.scan(Staff) for row in rows]
        member = await account(house, whose)
        if member is None:
            raise SystemExit("bench: expected an account, got none")
        how = sessions.Begin("passkey", 2, until(house.clock.now_ms(), limits=Limits()))
        return [(await sessions.begin(house, member, how, seen=SEEN))[0] for _ in range(SESSIONS)]


def _at_once(founded: Founded, cookies: Sequence[str], times: int, *, consoles: int) -> list[Figure]:
    """The figures of two hundred people, shown the console by one process (`_one`) or by several.

    Each has asked once before, so that the write which says once a minute that a session is in use is behind them.
    """
    with serving_all(founded.folder, consoles=consoles) as (pid, _, port):
        asyncio.run(until_ready(founded))
        asked = [_asked(port, cookies[at % SESSIONS]) for at in range(SESSIONS * max(2, times))]
        warmed = send(port, asked[:SESSIONS], connections=SESSIONS)
        own = _consoles(pid)
        before = cpu_s_of(own)
        crowd = send(port, asked, connections=SESSIONS)
        took_ms = (cpu_s_of(own) - before) * 1e3
        calm = send_paced(port, asked, connections=KEPT, per_s=SESSIONS / EACH_S, spins=False)
    failed = warmed.failed + crowd.failed + calm.failed
    if failed or len(own) != consoles:
        raise SystemExit(f"bench: {failed} pages of {len(own)} processes were not shown")
    crowd_ms, calm_ms = ([one * 1e3 for one in run.waits_s] for run in (crowd, calm))
    end, by = ("_one", "one process") if consoles == 1 else ("", f"{consoles} processes")
    return [
        *_spread(f"sessions_200_press{end}", crowd_ms, f"{SESSIONS} sessions that ask once answered, of {by}"),
        Figure(f"console_pages_per_s{end}", (len(asked) / crowd.took_s,), "pages/s", f"of {by}"),
        Figure(f"console_cpu_ms_per_page{end}", (took_ms / len(asked),), "ms", f"CPU of {by}, with all of HTTP"),
        *_spread(f"sessions_200_read{end}", calm_ms, f"{SESSIONS} sessions, each a page every {EACH_S:g} s"),
    ]


def _consoles(serve: int) -> list[int]:
    """The processes that show the console, of all that `serve` started."""
    return [one for one in family(serve) if b"\0console\0" in Path(f"/proc/{one}/cmdline").read_bytes()]


def _asked(port: int, cookie: str) -> bytes:
    host = f"localhost:{port}"
    session = f"{name_of(SESSION, url=f'http://{host}')}={cookie}"
    lines = ("GET / HTTP/1.1", f"Host: {host}", f"Cookie: {session}", "Accept-Language: en", "", "")
    return "\r\n".join(lines).encode()
