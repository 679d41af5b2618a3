"""The identity provider over HTTP: its document and its keys, kept for an hour, and codes turned into ID tokens.

Each answer is read up to a limit and within a few seconds, by the one way out (`adapters.outbound`). A key that is not
known has the keys read anew, once a minute at most: a provider changes its keys, and a flood of names of keys is no
flood of ours. A provider that does not answer is let alone for some seconds.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from lockhouse.access.federation import may_lead, unproven
from lockhouse.crypto.id_tokens import MAX_SET_BYTES, ProviderKey, kid_of, read_keys, verified
from lockhouse.errors import Invalid, Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.adapters.outbound import SafeHTTP
    from lockhouse.model.federation import Federation
    from lockhouse.model.ports import Clock

KEPT_MS: Final = 60 * 60_000
AGAIN_MS: Final = 60_000
"""How soon the keys are read again for a key that is not known."""
AWAY_MS: Final = 5_000
"""How long a provider that did not answer is let alone."""
MAX_BYTES: Final = 65_536
"""Of its document, and of its answer to a code."""
AT_ONCE: Final = 8
_OK: Final = 200
_REFUSALS: Final = frozenset({400, 401, 403})
_DOCUMENT: Final = "/.well-known/openid-configuration"


class _Document(NamedTuple):
    """What of the provider's document is used (OpenID Connect Discovery 1.0 §3)."""

    authorize: str
    token: str
    keys: str
    names_itself: bool


class Client(NamedTuple):
    """How we show who we are: the file of the secret, and whether it goes in the body; None: there is no secret."""

    secret_file: Path | None = None
    in_body: bool = False


class OidcProvider:
    """`IdentityProvider` over HTTP. One a process; whoever made `http` closes it."""

    def __init__(self, rules: Federation, *, http: SafeHTTP, clock: Clock, client: Client) -> None:
        self._rules = rules
        self._http = http
        self._clock = clock
        self._client = client
        self._document: tuple[int, _Document] | None = None
        self._keys: tuple[int, tuple[ProviderKey, ...]] | None = None
        self._away_until = 0
        self._reading = asyncio.Lock()
        self._at_once = asyncio.Semaphore(AT_ONCE)

    @property
    def rules(self) -> Federation:
        """See the port."""
        return self._rules

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def door(self, asked: Mapping[str, str]) -> str:
        """See the port."""
        document = await self._read_document()
        return f"{document.authorize}{'&' if urlsplit(document.authorize).query else '?'}{urlencode(asked)}"

    async def names_itself(self) -> bool:
        """See the port."""
        return (await self._read_document()).names_itself

    async def claims(self, code: str, *, verifier: str, back: str) -> dict[str, Any]:
        """See the port."""
        document = await self._read_document()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        async with self._at_once:
            said = await self._token(document, form)
            token, access = said.get("id_token"), said.get("access_token")
            if not isinstance(token, str) or not isinstance(access, str) or _kind(said) != "bearer":
                raise unproven("answer to a code")
            return verified(token, await self._keys_for(document, kid_of(token)), access_token=access)

    async def _token(self, document: _Document, form: dict[str, str]) -> dict[str, Any]:
        headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
        secret = self._secret()
        if not secret or self._client.in_body:
            form |= {"client_id": self._rules.client} | ({"client_secret": secret} if secret else {})
        else:
            pair = f"{quote_plus(self._rules.client)}:{quote_plus(secret)}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        status, raw = await self._http.ask(
            document.token, body=urlencode(form).encode(), headers=headers, at_most=MAX_BYTES
        )  # fmt: skip
        if status in _REFUSALS:
            raise unproven("code")
        if status != _OK:
            raise Unavailable("identity provider: expected an answer to a code, got an error of its own")
        return _object(raw, "answer to a code")

    def _secret(self) -> str:
        file = self._client.secret_file
        if file is None:
            return ""
        try:
            return file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as err:
            raise Unavailable("identity provider: expected the file of the client's secret to be readable") from err

    async def _read_document(self) -> _Document:
        async with self._reading:
            now = self._clock.now_ms()
            if self._document is not None and 0 <= now - self._document[0] < KEPT_MS:
                return self._document[1]
            raw = await self._got(self._rules.issuer.rstrip("/") + _DOCUMENT, MAX_BYTES)
            made = self._believed(_object(raw, "document"))
            self._document = (now, made)
            return made

    def _believed(self, said: dict[str, Any]) -> _Document:
        if said.get("issuer") != self._rules.issuer:
            raise _refused("a document of its own issuer, got another's")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        places = [said.get(name) for name in names]
        if not all(may_lead(one, issuer=self._rules.issuer, hosts=self._rules.hosts) for one in places):
            raise _refused("a document that leads to its own host, or to one of oidc_hosts, got another")
        authorize, token, keys = map(str, places)
        itself = said.get("authorization_response_iss_parameter_supported") is True
        return _Document(authorize, token, keys, itself)

    async def _keys_for(self, document: _Document, kid: str) -> tuple[ProviderKey, ...]:
        async with self._reading:
            now, held = self._clock.now_ms(), self._keys
            is_known = held is not None and (not kid or any(one.kid == kid for one in held[1]))
            if held is not None and 0 <= now - held[0] < (KEPT_MS if is_known else AGAIN_MS):
                return held[1]
            try:
                keys = read_keys(await self._got(document.keys, MAX_SET_BYTES))
            except Invalid as err:
                raise _refused("a set of keys, got something else") from err
            self._keys = (now, keys)
            return keys

    async def _got(self, url: str, at_most: int) -> bytes:
        now = self._clock.now_ms()
        if now < self._away_until <= now + AWAY_MS:
            raise Unavailable("identity provider: expected an answer", retry_after_s=AWAY_MS / 1_000)
        self._away_until = now + AWAY_MS  # also if whoever waits goes away meanwhile
        status, raw = await self._http.ask(url, body=None, headers={"accept": "application/json"}, at_most=at_most)
        if status != _OK:
            raise Unavailable("identity provider: expected an answer, got an error of its own")
        self._away_until = 0
        return raw


def _kind(said: Mapping[str, Any]) -> str:
    return str(said.get("token_type", "")).lower()


def _object(raw: bytes, what: str) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(raw)
    except (ValueError, RecursionError) as err:
        raise _refused(f"a {what} in JSON, got something else") from err
    if not isinstance(said, dict):
        raise _refused(f"a {what} in JSON, got something else")
    return said


def _refused(expected: str) -> Refused:
    return Refused(f"identity provider: expected {expected}", reasons=("provider-refused",))
