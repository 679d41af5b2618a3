"""A house elsewhere that means ill: what it answers neither fills the memory nor moves the terminal of who asked."""

from __future__ import annotations

import gzip
import inspect
import tracemalloc
import types
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import httpx
import msgspec
import pytest

from lockhouse.client import Client, Ways
from lockhouse.errors import Invalid, Tampered, Unavailable
from lockhouse.faces.api.table import ROUTES
from lockhouse.secret import Secret
from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

URL = "https://vault.shop.example"
EVIL = "\x1b]0;owned\x07\x1b[2J\r\u202e\x9b1m"
OF = "0" * 32
SIGNS = ("\x1b", "\x07", "\r", "\u202e", "\x9b")
COMMANDS = (
    "version", "why m-1", "policy show", "channel list", "channel show web", "channel revoke web lhs_x --yes",
    "recipient list", "recipient show tool", f"consent record {OF} marketing denied", f"consent show {OF}",
    "suppression list", "request list", f"request open {OF}", "hold list", f"hold show {OF}", "token list",
    f"token show {OF}", "token create tool", "policy explain support email marketing", "import list",
    f"person link {OF} {'1' * 32}", "key status", "ledger log", "ledger checkpoint",
)  # fmt: skip
SHOWN = frozenset(
    {"version", "policy show", "channel list", "key status", "token list", "token create tool", "ledger checkpoint"}
)


def _evil(kind: Any) -> Any:
    """A value of a type with every text of it hostile."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return OF if any(getattr(one, "pattern", None) for one in parts[1:]) else _evil(parts[0])
    if origin is Literal:
        return parts[0]
    if origin in {Union, types.UnionType}:
        return _evil(next(one for one in parts if one is not type(None)))
    if origin in {list, tuple, dict}:
        return {_evil(parts[0]): _evil(parts[1])} if origin is dict else [_evil(parts[0])]
    if inspect.isclass(kind) and issubclass(kind, msgspec.Struct):
        return {name: _evil(one) for name, one in get_type_hints(kind, include_extras=True).items()}
    return {bool: True, int: 1, float: 1.0}.get(kind, EVIL)


class Hostile(httpx.BaseTransport):
    """Answers each route in its form, with every text of it hostile; or with a problem that is."""

    def __init__(self, *, problem: int = 0) -> None:
        self._problem = problem

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._problem:
            told: dict[str, Any] = dict.fromkeys(("title", "code", "change", "detail", "hint", "incident"), EVIL)
            told |= {"reasons": [EVIL], "problems": [EVIL, EVIL]}
            return httpx.Response(self._problem, content=msgspec.json.encode(told))
        words = request.url.path.removeprefix("/api/v1").split("/")
        for route in ROUTES:
            own = route.path.split("/")
            if (route.method, len(own)) == (request.method, len(words)) and all(
                mine in ("", theirs) or mine.startswith("{") for mine, theirs in zip(own, words, strict=True)
            ):
                return httpx.Response(200, content=msgspec.json.encode(_evil(route.answer)))
        raise AssertionError(request.url)


def _client(answer: Callable[[httpx.Request], httpx.Response], **ways: Any) -> Client:
    transport = httpx.MockTransport(answer)
    return Client(URL, token=Secret(b"lh_a"), ways=Ways(transport=transport, pause=lambda _s: None, **ways))


def _desk(folder: Path, transport: httpx.BaseTransport) -> Desk:
    desk = Desk(folder)
    desk.environment = {"LOCKHOUSE_TOKEN": "lh_" + "a" * 40}
    desk.transport = transport
    return desk


@pytest.mark.parametrize("problem", [0, 400, 404])
def test_no_answer_of_a_house_elsewhere_moves_the_terminal(tmp_path: Path, problem: int) -> None:
    desk, moved, codes = _desk(tmp_path, Hostile(problem=problem)), [], {}
    for line in COMMANDS:
        seen = desk.call(f"--server {URL} {line}")
        moved += [(line, sign) for sign in SIGNS if sign in seen.out + seen.err]
        codes[line] = seen.code
    assert moved == []
    assert problem or {codes[line] for line in SHOWN} == {0}, codes


def test_what_moves_nothing_is_printed_as_it_is(tmp_path: Path) -> None:
    shown = "a\tb\u00a0c\r\nd\u200de \u00e4\n"
    desk = _desk(tmp_path, httpx.MockTransport(lambda _request: httpx.Response(200, content=msgspec.json.encode(
        {"size": 1, "at": 1, "checkpoint": shown, "vkey": "x"}))))  # fmt: skip
    assert desk.call(f"--server {URL} ledger checkpoint").out == shown


def test_a_packed_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(gzip.compress(bytes(32 << 20), 9), 9)
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, headers={"Content-Encoding": "gzip, gzip"}, stream=_Steps([bomb]))

    tracemalloc.start()
    with pytest.raises(Tampered, match="packed"):
        _client(answer).version()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(bomb) < 1_000, most < 8 << 20, asked[0].headers["accept-encoding"]) == (True, True, "identity")


def test_an_answer_that_drips_in_for_ever_is_given_up() -> None:
    now = iter(range(0, 100_000, 20))
    given: list[int] = []

    def drip() -> Iterator[bytes]:
        while True:
            given.append(1)
            yield b" "

    with pytest.raises(Unavailable, match="within 300 seconds"):
        _client(lambda _request: httpx.Response(200, stream=_Steps(drip())), clock_s=lambda: float(next(now))).version()
    assert len(given) < 20


@pytest.mark.parametrize(("status", "kind"), [(200, Tampered), (400, Invalid)])
def test_an_answer_of_a_hundred_thousand_brackets_is_another_answer(status: int, kind: type[Exception]) -> None:
    deep = b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(kind) as caught:
        _client(lambda _request: httpx.Response(status, content=deep)).version()
    assert "expected" in str(caught.value)


def test_no_variable_writes_down_the_secrets_of_a_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "secrets"))
    with Client(URL, token=Secret(b"lh_a")) as house:
        assert (house is not None, list(tmp_path.iterdir())) == (True, [])


class _Steps(httpx.SyncByteStream):
    def __init__(self, steps: Iterable[bytes]) -> None:
        self._steps = steps

    def __iter__(self) -> Iterator[bytes]:
        yield from self._steps
