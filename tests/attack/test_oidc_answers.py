"""An identity provider's answers of hostile types and sizes, and browsers that it left signed in as somebody else."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lockhouse.adapters.outbound import SafeHTTP
from lockhouse.crypto.id_tokens import kid_of, read_keys, verified
from lockhouse.errors import Unavailable, Unproven
from lockhouse.flows import staff
from lockhouse.gates.staff.called import Called
from tests.faces.console.federated import door, federated
from tests.faces.console.world import HOST
from tests.oidc_provider import EC_KEY, RSA_KEY, b64, ec_jwk, rsa_jwk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

KEYS = [rsa_jwk(RSA_KEY, "rsa-1"), ec_jwk(EC_KEY, "ec-1")]


@pytest.mark.parametrize("alg", [["RS256"], {"RS256": 1}, 5, None, True, [], "none", "HS256"])
def test_a_token_whose_algorithm_is_no_word_of_ours_is_none(alg: Any) -> None:
    token = f"{b64(json.dumps({'alg': alg, 'kid': 'rsa-1'}).encode())}.{b64(b'{}')}.AAAA"
    with pytest.raises(Unproven):
        kid_of(token)
    with pytest.raises(Unproven):
        verified(token, read_keys(json.dumps({"keys": KEYS}).encode()))


@pytest.mark.parametrize(
    "said",
    [{"kty": []}, {"kty": {}}, {"kty": None}, {"alg": [1]}, {"alg": {"a": 1}}, {"alg": 5}, {"kid": []}, {"e": 5}],
)
def test_a_key_of_hostile_types_is_left_out_and_those_beside_it_are_read(said: dict[str, Any]) -> None:
    found = read_keys(json.dumps({"keys": [{**KEYS[0], **said}, *KEYS]}).encode())
    assert [one.kid for one in found] == ["rsa-1", "ec-1"]


@pytest.mark.parametrize("key", [{"alg": ["RS256"]}, {"kty": ["RSA"]}])
async def test_a_set_with_a_key_of_hostile_types_shuts_nobody_out(tmp_path: Path, key: dict[str, Any]) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        world.port._keys = None
        world.at.keys.insert(0, {**KEYS[0], **key})
        await world.back(mia)
        assert (await mia.get("/")).status_code == 200
        assert world.desk.incidents == []


async def test_a_token_of_hostile_types_is_no_incident(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        headers: tuple[dict[str, Any], ...] = ({"alg": ["RS256"]}, {"alg": {}}, {"kid": ["rsa-1"]})
        for header in headers:
            world.at.header = header
            assert (await world.back(mia)).status_code == 403
        assert world.desk.incidents == []


async def test_whose_an_identity_becomes_is_whoever_proves_it_now_and_not_who_a_browser_was_left_as(
    tmp_path: Path,
) -> None:
    async with federated(tmp_path) as world:
        mia = await world.desk.hired("mia")
        linked = door(await mia.do("/account/identity", {}, on="/account"))
        link = await staff.invite(world.desk.house, Called("tom@shop.example", "tom"), by=HOST)
        enrols = await world.away(world.desk.another(), on="/enrol", link=link.token)
        signs = await world.away(world.desk.another())
        asked = [parse_qs(urlsplit(url).query).get("prompt") for url in (linked, enrols, signs)]
        assert asked == [["login"], ["login"], None]


async def _bytes_of(answer: bytes, *, endless: bool) -> AsyncIterator[int]:
    """A server that answers so; its port."""

    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        try:
            while endless:
                writer.write(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
                await writer.drain()
        except ConnectionError:
            return
        writer.close()

    async with await asyncio.start_server(answered, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def _asked(answer: bytes, *, at_most: int, endless: bool = False) -> tuple[int, bytes]:
    http = SafeHTTP(private=["127.0.0.0/8"], within_s=5.0)
    async for port in _bytes_of(answer, endless=endless):
        try:
            return await http.ask(f"http://127.0.0.1:{port}/", body=None, headers={}, at_most=at_most)
        finally:
            await http.close()
    raise AssertionError


@pytest.mark.parametrize("size", [0, 1, 1_000])
async def test_an_answer_of_as_many_bytes_as_are_taken_is_taken_whole(size: int) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"a" * size
    assert await _asked(answer, at_most=1_000) == (200, b"a" * size)


async def test_an_answer_of_one_byte_more_is_none() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"a" * 1_001
    with pytest.raises(Unavailable, match="1000 bytes at most"):
        await _asked(answer, at_most=1_000)


async def test_an_answer_that_never_ends_is_left_once_it_is_too_long() -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with pytest.raises(Unavailable, match="65536 bytes at most"):
        await asyncio.wait_for(_asked(answer, at_most=65_536, endless=True), 4.0)
