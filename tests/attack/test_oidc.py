"""Signing in at an identity provider: answers of others, tokens nobody signed, documents that lead astray."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from msgspec.json import encode

from lockhouse.adapters.identity_provider import Client, OidcProvider
from lockhouse.adapters.outbound import SafeHTTP
from lockhouse.crypto.id_tokens import read_keys, verified
from lockhouse.errors import Refused, Unavailable, Unproven
from lockhouse.flows import staff
from lockhouse.model.federation import Federation
from lockhouse.model.rows import StaffRole
from tests.faces.console.federated import door, federated
from tests.oidc_provider import CLIENT, OTHER_KEY, RSA_KEY, b64, pem, provider, rsa_jwk, signed
from tests.world import Clock

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.faces.console.world import Browser

DOCUMENT = "/.well-known/openid-configuration"


def _with(path: str, **changed: str | None) -> str:
    """The same address, with other parameters; None takes one away."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()} | changed
    return f"{urlsplit(path).path}?{urlencode({name: one for name, one in query.items() if one is not None})}"


async def _in(browser: Browser) -> bool:
    return (await browser.get("/")).status_code == 200


async def _refused(browser: Browser, landed: httpx.Response) -> bool:
    """Nobody was signed in, and the page leads nowhere."""
    return landed.status_code == 403 and "refresh" not in landed.headers and not await _in(browser)


async def test_an_answer_of_another_issuer_is_refused_before_its_code_is_shown_to_anybody(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        with provider(world.desk.clock) as other:
            back = await world.at.visit(await world.away(mia))
            world.at.asked.clear()
            landed = await mia.arrive(_with(back, iss=other.url))
            assert await _refused(mia, landed)
            assert world.at.asked == other.asked == []


async def test_an_answer_without_its_issuer_is_refused_where_the_provider_names_it(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        back = await world.at.visit(await world.away(mia))
        world.at.asked.clear()
        assert await _refused(mia, await mia.arrive(_with(back, iss=None)))
        assert world.at.asked == []


async def test_an_answer_counts_once(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        back = await world.at.visit(await world.away(mia))
        assert "refresh" in (await mia.arrive(back)).headers
        mia.client.cookies.delete("__Host-lh")
        world.at.asked.clear()
        assert await _refused(mia, await mia.arrive(back))
        assert world.at.asked == []


async def test_the_state_of_another_browser_signs_nobody_in(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        thief, victim = await world.linked("mia"), world.desk.another()
        back = await world.at.visit(await world.away(thief))
        await victim.get("/sign-in")
        world.at.asked.clear()
        assert await _refused(victim, await victim.arrive(back))
        assert world.at.asked == []
        assert await _refused(world.desk.another(), await world.desk.another().arrive(back))


@pytest.mark.parametrize("careless", [False, True])
async def test_a_stolen_code_in_an_own_answer_signs_nobody_in(tmp_path: Path, *, careless: bool) -> None:
    async with federated(tmp_path) as world:
        mia, thief = await world.linked("mia"), world.desk.another()
        world.at.careless = careless  # then the nonce alone is what tells
        stolen = parse_qs(urlsplit(await world.at.visit(await world.away(mia))).query)["code"][0]
        own = await world.at.visit(await world.away(thief))
        assert await _refused(thief, await thief.arrive(_with(own, code=stolen)))


@pytest.mark.parametrize(
    "state", ["", "s~", "s~~", "x~a~b", "s~a.1.b~c", "s~\u00e9~c", "a" * 5_000, "e~a~b", "l~a~b", "s~a.x.b~c"]
)
async def test_a_made_up_state_is_refused(tmp_path: Path, state: str) -> None:
    async with federated(tmp_path) as world:
        browser = world.desk.another()
        await browser.get("/sign-in")
        path = f"/sign-in/identity/back?{urlencode({'state': state, 'code': 'a', 'iss': world.at.url})}"
        assert await _refused(browser, await browser.arrive(path))
        assert "/token" not in world.at.asked


async def test_what_stands_twice_in_an_answer_is_none(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        back = await world.at.visit(await world.away(mia))
        assert await _refused(mia, await mia.arrive(f"{back}&code=another"))
        again = await world.at.visit(await world.away(mia))
        assert await _refused(mia, await mia.arrive(f"{again}&error=access_denied"))


FORGED: dict[str, dict[str, Any]] = {
    "of another client": {"aud": "another"},
    "of several without a party": {"aud": [CLIENT, "another"]},
    "of another party": {"aud": [CLIENT, "another"], "azp": "another"},
    "of a party alone": {"azp": "another"},
    "of an audience in part": {"aud": f"{CLIENT}-2"},
    "without audience": {"aud": None},
    "of another issuer": {"iss": "https://id.evil.example"},
    "of an issuer with a slash": {"iss": "SELF/"},
    "with another nonce": {"nonce": "another"},
    "without nonce": {"nonce": None},
    "over": {"exp": -61},
    "without end": {"exp": None},
    "of tomorrow": {"iat": 86_400},
    "old": {"iat": -700, "exp": 300},
    "not yet": {"nbf": 300},
    "with a begin that is none": {"nbf": "now"},
    "proven tomorrow": {"auth_time": 86_400},
    "without subject": {"sub": None},
    "of nobody": {"sub": ""},
    "of a list": {"sub": ["248289761001"]},
    "of another access token": {"at_hash": b64(hashlib.sha256(b"another").digest()[:16])},
    "of another subject": {"sub": "248289761002"},
}


@pytest.mark.parametrize("claims", FORGED.values(), ids=FORGED)
async def test_a_token_that_is_not_ours_now_signs_nobody_in(tmp_path: Path, claims: dict[str, Any]) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        now = world.desk.clock.now_ms() // 1_000
        for name, one in claims.items():
            is_time = isinstance(one, int)
            world.at.claims[name] = now + one if is_time else f"{world.at.url}/" if one == "SELF/" else one
        assert await _refused(mia, await world.back(mia))
        assert "/token" in world.at.asked


async def test_a_proof_there_that_is_too_long_ago_or_not_told_is_refused_where_its_age_is_asked(tmp_path: Path) -> None:
    async with federated(tmp_path, oidc_max_age_min=60) as world:
        mia = await world.linked("mia")
        now = world.desk.clock.now_ms() // 1_000
        for told in (now - 3_700, None, "now", -1):
            world.at.claims["auth_time"] = told
            assert await _refused(mia, await world.back(mia))
            world.desk.clock.at += 20_000
        world.at.claims["auth_time"] = world.desk.clock.now_ms() // 1_000 - 3_000
        assert "max_age=3600" in await world.away(mia)


SIGNED: dict[str, tuple[dict[str, Any], Any]] = {
    "by nobody": ({"alg": "none", "kid": None}, None),
    "by nobody, with a key's name": ({"alg": "none"}, None),
    "by nobody in capitals": ({"alg": "NONE"}, b""),
    "by the public key as a secret": ({"alg": "HS256"}, pem(RSA_KEY)),
    "by the modulus as a secret": ({"alg": "HS256", "kid": None}, rsa_jwk(RSA_KEY, "")["n"].encode()),
    "by another's key": ({}, OTHER_KEY),
    "by a key of its own": ({"kid": None, "jwk": rsa_jwk(OTHER_KEY, "x")}, OTHER_KEY),
    "by a key elsewhere": ({"kid": "x", "jku": "https://id.evil.example/keys"}, OTHER_KEY),
    "by a file": ({"kid": "../../../../dev/null"}, OTHER_KEY),
    "by a key named in a list": ({"kid": ["rsa-1"]}, None),
    "with what must be understood": ({"crit": ["exp"]}, None),
    "by an algorithm that its key is not for": ({"alg": "RS512"}, None),
    "by a key of another kind": ({"alg": "ES256", "kid": "rsa-1"}, None),
}


@pytest.mark.parametrize(("header", "key"), SIGNED.values(), ids=SIGNED)
@pytest.mark.asvs("6.8.2")
async def test_a_token_that_the_provider_did_not_sign_so_signs_nobody_in(
    tmp_path: Path, header: dict[str, Any], key: Any
) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        world.at.header, world.at.key = header, key
        assert await _refused(mia, await world.back(mia))
        assert "/token" in world.at.asked


async def test_a_secret_key_among_the_provider_s_is_none_of_its_keys(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        world.port._keys = None
        world.at.keys = [{"kty": "oct", "kid": "rsa-1", "alg": "HS256", "k": b64(b"a secret of 32 bytes, or so .....")}]
        world.at.header, world.at.key = {"alg": "HS256"}, b"a secret of 32 bytes, or so ....."
        assert await _refused(mia, await world.back(mia))


def test_two_keys_of_one_name_verify_nothing() -> None:
    ours, other = rsa_jwk(RSA_KEY, "a"), rsa_jwk(OTHER_KEY, "a")
    for both in ([ours, other], [other, ours]):
        with pytest.raises(Unproven):
            verified(signed({"alg": "RS256", "kid": "a"}, {"sub": "x"}), read_keys(encode({"keys": both})))
    alone = read_keys(encode({"keys": [ours]}))
    assert verified(signed({"alg": "RS256", "kid": "a"}, {"sub": "x"}), alone) == {"sub": "x"}


async def test_an_address_finds_no_account_whether_verified_or_not(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        await world.desk.hired("ada")
        thief = world.desk.another()
        for is_verified in (False, True):
            world.at.claims |= {
                "sub": "ada@shop.example", "email": "ada@shop.example", "email_verified": is_verified,
                "preferred_username": "ada@shop.example", "name": "ada",
            }  # fmt: skip
            assert await _refused(thief, await world.back(thief))
        assert len(await staff.everybody(world.desk.house)) == 1


async def test_an_identity_is_one_account_s_until_its_owner_removes_it(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        await world.linked("mia")
        thief = await world.desk.hired("eve")
        page = await thief.do("/account/identity", {}, on="/account")
        landed = await thief.arrive(await world.at.visit(door(page)))
        assert landed.status_code == 403
        assert "another account" in landed.text


async def test_a_link_to_an_account_takes_a_proof_and_the_session_that_asked(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.desk.hired("mia")
        asked = await mia.post("/account/identity", {}, on=await mia.get("/account"))
        assert 'data-passkey="get"' in asked.text
        page = await mia.do("/account/identity", {}, on="/account")
        back = await world.at.visit(door(page))
        await mia.post("/sign-out", {}, on=await mia.get("/account"))
        assert (await mia.arrive(back)).status_code == 403
        assert await _refused(mia, await world.back(mia))


async def test_groups_give_no_power_that_takes_two_and_no_role_that_the_settings_do_not_name(tmp_path: Path) -> None:
    roles = ("vault=reader", "vault-admins=admin", "vault-door=door")
    async with federated(tmp_path, oidc_roles=roles) as world:
        await world.desk.hired("ada")
        eve = await world.linked("eve")
        world.at.claims["groups"] = ["vault-admins", "vault-door", "admin", "vault=reader", "VAULT", "support", "*"]
        await world.back(eve)
        rows = [
            row async for some in world.desk.house.reads.scan(StaffRole) for row in some if row.by != "os-user:1000"
        ]
        assert {row.role: row.state for row in rows} == {"admin": 0, "door": 0}
        assert "/staff/invite" not in (await eve.get("/staff")).text


@pytest.mark.parametrize("groups", [{"a": 1}, 5, ["g"] * 2_001])
async def test_groups_in_another_form_sign_nobody_in(tmp_path: Path, groups: Any) -> None:
    async with federated(tmp_path, oidc_roles=("g=reader",)) as world:
        mia = await world.linked("mia")
        world.at.claims["groups"] = groups
        assert await _refused(mia, await world.back(mia))
        world.at.claims |= {"groups": None, "_claim_names": {"groups": "src1"}}
        assert await _refused(mia, await world.back(mia))


async def test_nothing_in_an_answer_says_where_a_browser_goes_then(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        back = await world.at.visit(await world.away(mia))
        evil = urlencode(dict.fromkeys(("next", "redirect_uri", "target_link_uri"), "https://evil.example/"))
        landed = await mia.arrive(f"{back}&{evil}")
        assert landed.headers["refresh"] == "0; url=/"
        assert "evil" not in landed.text


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data", "http://127.0.0.1:1/x", "https://evil.example/x",
        "file:///etc/passwd", "http://localhost/x", "//evil.example/x", "SELF@evil.example/", "javascript:alert(1)",
        "SELF/a b", "SELF\\@evil/",
    ],
)  # fmt: skip
async def test_a_document_leads_to_no_other_place(tmp_path: Path, name: str, url: str) -> None:
    async with federated(tmp_path) as world:
        world.at.document[name] = url.replace("SELF", world.at.url)
        browser = world.desk.another()
        page = await browser.post("/sign-in/identity", {}, on=await browser.get("/sign-in"))
        assert page.status_code == 503
        assert "refresh" not in page.headers
        assert world.at.asked == [DOCUMENT]


async def test_a_document_of_another_issuer_or_one_that_is_elsewhere_is_not_believed() -> None:
    clock = Clock()
    with provider(clock) as at, provider(clock) as other:
        at.document["issuer"] = other.url
        port = _port(at.url, clock)
        with pytest.raises(Refused, match="another's"):
            await port.door({})
        at.document.clear()
        at.moved[DOCUMENT] = f"{other.url}{DOCUMENT}"
        with pytest.raises(Unavailable):
            await port.door({})
        assert other.asked == []
        await port.close()


def _port(issuer: str, clock: Clock, *, private: tuple[str, ...] = ("127.0.0.0/8",), within_s: float = 5.0) -> Any:
    rules = Federation(issuer=issuer, client=CLIENT, name="Firm ID")
    http = SafeHTTP(private=private, within_s=within_s, whom=("identity provider", "oidc_networks"))
    return OidcProvider(rules, http=http, clock=clock, client=Client())


async def test_a_private_address_is_asked_only_where_the_settings_name_its_network() -> None:
    clock = Clock()
    with provider(clock) as at:
        port = _port(at.url, clock, private=())
        with pytest.raises(Refused, match="public address"):
            await port.door({})
        assert at.asked == []
        await port.close()


async def test_a_flood_of_names_of_keys_reads_the_keys_once_a_minute(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        world.desk.clock.at += 61_000
        world.at.asked.clear()
        for number in range(6):
            world.at.header["kid"] = f"unknown-{number}"
            world.desk.clock.at += 9_000
            await world.back(mia)
        assert world.at.asked.count("/token") == 6
        assert world.at.asked.count("/keys") == 1


@pytest.mark.parametrize("path", [DOCUMENT, "/keys", "/token"])
@pytest.mark.parametrize("raw", [b" " * 10_000_000 + b"{}", b"[" * 50_000, b"<html>", b'"text"', b"\xff\xfe{}", b"[1]"])
async def test_an_answer_that_is_huge_or_none_signs_nobody_in_and_costs_little(
    tmp_path: Path, path: str, raw: bytes
) -> None:
    async with federated(tmp_path) as world:
        mia = await world.linked("mia")
        back = await world.at.visit(await world.away(mia))
        world.port._document, world.port._keys = None, None
        world.at.raw[path] = raw
        landed = await mia.arrive(back)
        assert landed.status_code in {403, 503}
        assert not await _in(mia)
        assert world.desk.incidents == []


async def test_a_packed_answer_is_not_unpacked() -> None:
    clock = Clock()
    with provider(clock) as at:
        at.packed = True
        port = _port(at.url, clock)
        with pytest.raises(Unavailable, match="packed"):
            await port.door({})
        await port.close()


async def test_a_provider_that_drips_is_given_up_and_let_alone_for_a_while() -> None:
    clock = Clock()
    with provider(clock) as at:
        at.pause_s = 0.2
        port = _port(at.url, clock, within_s=0.5)
        with pytest.raises(Unavailable):
            await port.door({})
        for _ in range(20):
            with pytest.raises(Unavailable):
                await port.door({})
        assert at.asked == [DOCUMENT]
        at.pause_s = 0.0
        clock.at += 5_001
        assert (await port.door({"a": "b"})).startswith(f"{at.url}/authorize?a=b")
        await port.close()


async def test_failures_are_counted_and_waited_for(tmp_path: Path) -> None:
    async with federated(tmp_path) as world:
        browser = world.desk.another()
        await browser.get("/sign-in")
        path = "/sign-in/identity/back?code=a&state=s~a.1.b~c"
        answers = [(await browser.arrive(path)).status_code for _ in range(40)]
        assert answers[0] == 403
        assert answers[-1] == 429
