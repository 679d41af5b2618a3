"""How the client asks: where a token goes, what is asked again, and what becomes of whatever comes back."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
import trustme

from lockhouse.client import Client, Ways, shapes, token_of
from lockhouse.errors import (
    Conflict,
    Gone,
    Invalid,
    LockhouseError,
    NotFound,
    Refused,
    Tampered,
    Unavailable,
    Unproven,
)
from lockhouse.faces.api.problems import OF_ERRORS, problem_of
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOKEN = Secret(b"lh_" + b"a" * 40)
VERSION = {"lockhouse": "1", "python": "3", "msgspec": "0"}
AWAY = (503, {"code": "LH-5001", "title": "Part of the house is away."}, {"Retry-After": "2"})
OF_PERSON = "0" * 32


class Asked(httpx.BaseTransport):
    """Answers what it was told to, in turn."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body, headers = answer if isinstance(answer, tuple) else (200, answer, {})
        return httpx.Response(status, content=msgspec.json.encode(body), headers=headers)

    def client(self) -> Client:
        return Client("http://127.0.0.1:8410", token=TOKEN, ways=Ways(transport=self, pause=self.pauses.append))


@pytest.mark.parametrize(
    "url",
    [
        "http://vault.shop.example", "ftp://localhost", "https://", "vault.shop.example", "https://a:b@vault.shop.example",
        "https://vault.shop.example/path", "https://vault.shop.example?x=1", "http://10.0.0.1", "http://localhost.evil.example",
        "http://[::2]", "https://vault.shop.example:x", "http://127.0.0.1@evil.example",
    ],
)  # fmt: skip
def test_an_address_that_would_carry_the_token_in_the_clear_or_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="server") as caught:
        Client(url, token=TOKEN)
    assert "evil" not in caught.value.text


@pytest.mark.parametrize(
    "url", ["http://localhost:8410", "http://127.0.0.2", "http://[::1]:8410/", "https://v.example"]
)
def test_https_and_this_machine_are_asked(url: str) -> None:
    with Client(url, token=TOKEN) as house:
        assert isinstance(house, Client)


@pytest.mark.parametrize("text", [b"", b"secret", b"lh_a b", b"lh_a\r\nHost: x", "lh_\u00e9".encode()])
def test_what_is_no_token_is_sent_nowhere(text: bytes) -> None:
    with pytest.raises(Invalid, match="token"):
        Client("http://localhost", token=Secret(text))


def test_a_token_is_read_from_a_variable_or_a_file_and_is_in_no_text_of_the_client(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"lh_file\n")
    assert token_of({"LOCKHOUSE_TOKEN": "lh_variable", "LOCKHOUSE_TOKEN_FILE": "x"}) == Secret(b"lh_variable")
    assert token_of({"LOCKHOUSE_TOKEN_FILE": str(tmp_path / "token")}) == Secret(b"lh_file")
    with pytest.raises(Unproven, match="LOCKHOUSE_TOKEN"):
        token_of({})
    for name, content in (("none", None), ("large", b"x" * 600)):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(Invalid, match="LOCKHOUSE_TOKEN_FILE"):
            token_of({"LOCKHOUSE_TOKEN_FILE": str(tmp_path / name)})


def test_what_only_reads_is_asked_again_while_the_house_is_away() -> None:
    asked = Asked(AWAY, httpx.ReadTimeout("slow"), VERSION)
    assert asked.client().version().lockhouse == "1"
    assert (len(asked.requests), asked.pauses) == (3, [2.0, 1.0])


def test_a_change_is_asked_again_under_the_same_key_and_one_without_a_key_is_not() -> None:
    word = {"person": OF_PERSON, "purpose": "marketing", "word": "denied", "at": 1, "entry": OF_PERSON}
    asked = Asked(httpx.ReadError("cut off"), (409, {"code": "LH-4012", "detail": "x: expected y, got z"}, {}), word)
    said = asked.client().consent_record(OF_PERSON, shapes.WordAsked(purpose="marketing", word="denied"))
    assert said.purpose == "marketing"
    [key] = {one.headers["idempotency-key"] for one in asked.requests}
    assert (len(asked.requests), len(key)) == (3, 36)
    once = Asked(httpx.ReadError("cut off"), {})
    with pytest.raises(Unavailable, match="ReadError"):
        once.client().token_create(shapes.TokenAsked(name="x"))
    assert [("idempotency-key" in one.headers) for one in once.requests] == [False]


def test_what_was_never_sent_is_sent_again_and_patience_ends() -> None:
    made = {"text": "lh_x", "token": {}}
    asked = Asked(
        httpx.ConnectError("refused"), (422, {"code": "LH-4010", "detail": "name: expected a word"}, {}), made
    )
    with pytest.raises(Invalid, match="name: expected a word"):
        asked.client().token_create(shapes.TokenAsked(name="x"))
    assert len(asked.requests) == 2
    gone = Asked(*[httpx.ConnectError("refused")] * 9)
    with pytest.raises(Unavailable, match="no connection"):
        gone.client().version()
    assert len(gone.requests) == 4
    later = Asked((429, {"code": "LH-4013"}, {"Retry-After": "60"}))
    with pytest.raises(Unavailable) as caught:
        later.client().version()
    assert (caught.value.retry_after_s, later.pauses) == (60.0, [])


def test_a_redirect_is_not_followed_and_an_answer_of_another_form_is_none() -> None:
    asked = Asked((302, {}, {"Location": "https://evil.example/"}))
    with pytest.raises(Invalid, match="redirect"):
        asked.client().version()
    assert [str(one.url) for one in asked.requests] == ["http://127.0.0.1:8410/api/v1/version"]
    with pytest.raises(Tampered, match="expected Version"):
        Asked({"lockhouse": 1}).client().version()


def test_a_name_of_an_address_is_quoted_and_only_what_was_said_is_asked() -> None:
    asked = Asked((404, {}, {}), {"cells": [], "conditions": [], "roles": []})
    house = asked.client()
    with pytest.raises(NotFound):
        house.channel_show("../token?x=1#y")
    house.policy_matrix(shapes.MatrixAsked(role="sup port"))
    told = [one.url.raw_path.decode() for one in asked.requests]
    assert told == ["/api/v1/channel/..%2Ftoken%3Fx%3D1%23y", "/api/v1/policy/matrix?role=sup+port"]
    for name in ("..", ".", ""):
        with pytest.raises(Invalid, match="elsewhere"):
            house.channel_show(name)


@pytest.mark.parametrize("kind", [*OF_ERRORS])
def test_every_error_of_the_house_is_the_same_class_here(kind: type[LockhouseError]) -> None:
    error = kind("place", "a word") if issubclass(kind, Invalid) else kind("place: expected a word, got none")
    error.hint = "do this"
    told = problem_of(error)
    body: Any = (told.status, told, {})
    with pytest.raises(LockhouseError) as caught:
        Asked(*[body] * 4).client().version()
    wanted = Gone if issubclass(kind, Gone) else kind
    assert (type(caught.value), caught.value.text, caught.value.hint) == (wanted, error.text, "do this")


def test_reasons_and_problems_come_along() -> None:
    refused = Refused("person: expected one, got none", reasons=("quota",))
    invalid = Invalid("a", "b", got="c", problems=("a: expected b, got c", "d: expected e"))
    asked = Asked(*[(problem_of(one).status, problem_of(one), {}) for one in (refused, invalid)])
    with pytest.raises(Refused) as caught:
        asked.client().version()
    assert caught.value.reasons == ("quota",)
    with pytest.raises(Invalid) as wrong:
        asked.client().version()
    assert (wrong.value.where, wrong.value.expected, wrong.value.got) == ("a", "b", "c")
    assert wrong.value.problems == invalid.problems
    with pytest.raises(Conflict):
        Asked((409, {"code": "LH-4006"}, {})).client().version()


class _Told(BaseHTTPRequestHandler):
    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("authorization", ""))
        body = msgspec.json.encode(VERSION)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def over_tls(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    seen: list[str] = []
    handler: Callable[..., BaseHTTPRequestHandler] = type("Handler", (_Told,), {"seen": seen})
    server = HTTPServer(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://localhost:{server.server_port}", tmp_path / "authority.pem", seen
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_certificate_is_verified_always_and_the_token_goes_to_nobody_else(
    over_tls: tuple[str, Path, list[str]], tmp_path: Path
) -> None:
    url, authority, seen = over_tls
    with Client(url, token=TOKEN, ways=Ways(pause=lambda _s: None)) as house, pytest.raises(Unavailable):
        house.version()
    assert seen == []
    with Client(url, token=TOKEN, ways=Ways(ca_file=authority)) as house:
        assert house.version().python == "3"
    other = url.replace("localhost", "127.0.0.1")
    with (
        Client(other, token=TOKEN, ways=Ways(ca_file=authority, pause=lambda _s: None)) as house,
        pytest.raises(Unavailable),
    ):
        house.version()
    assert seen == [f"Bearer {TOKEN.reveal().decode()}"]
    with pytest.raises(Invalid, match="authorities"):
        Client(url, token=TOKEN, ways=Ways(ca_file=tmp_path / "none"))
