"""Connections to the two databases of a house, and what has to be so before one is believed.

A database is named by its address (`postgresql://user@host/name`). Over a network it must prove who it is: without
`sslmode=verify-full` whoever stands between reads every row, and answers in its place. No message here holds an
address, which may hold a password, nor what the server says, which may hold a value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import asyncpg

from lockhouse.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from lockhouse.model.rows import Store

OLDEST = 140_000
"""PostgreSQL 14: the first that ends a session which says nothing (`idle_session_timeout`)."""
AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What says that a database is away, broken or busy; a time-out is an OSError."""
_LOST = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresConnectionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    OSError,
)
"""What says that the connection is gone, or that nobody knows what it would answer to."""
REFUSED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""What the server says of a value that a column does not take."""
WRITER_LOCK = 0x4C4F434B484F5553
"""The advisory lock of whoever writes a store, in its database."""
CONNECT_S = 10.0
COMMAND_S = 30.0
SESSION = {
    "application_name": "lockhouse",
    "search_path": "public, pg_temp",  # behind pg_catalog: nothing that is put there hides what PostgreSQL has
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    "timezone": "UTC",
    "jit": "off",
}
_FORM = "postgresql://user@host/name"
_SOUND = {"server_encoding": "UTF8", "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
"""What a server must say of itself: a commit that it answers for is on its disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The address of each store: two databases, on one server or on two."""

    identity: str = field(repr=False)
    record: str = field(repr=False)

    def of(self, store: Store) -> str:
        """One store's address.

        Raises:
            Invalid: it is none of a database, says something twice or no host at all, or leads over a network without
                `sslmode=verify-full`.
        """
        return checked_address(self.identity if store == "identity" else self.record, f"{store} store")


def checked_address(address: str, where: str) -> str:
    """The address of one database, which proves who it is if it is on another machine.

    Args:
        address: as it was said.
        where: what it is the address of.

    Raises:
        Invalid: as `Places.of`.
    """
    try:
        parts = urlsplit(address)
        said = parse_qs(parts.query, keep_blank_values=True)
        hosts = [*filter(None, [parts.hostname]), *said.get("host", [])]
    except ValueError as error:
        raise Invalid(where, _FORM, got="another form") from error
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise Invalid(where, _FORM, got="another form")
    # The client's own reading of an address decides where it leads, so there must be but one. Without a host the
    # client asks its surroundings (`PGHOST`, a service's file), which have been asked nothing here.
    if len(hosts) != 1 or "@" in parts.netloc.rpartition("@")[0] or any(len(each) > 1 for each in said.values()):
        hint = "name the host once, as in postgresql://user@host/name or postgresql:///name?host=/run/postgresql"
        raise Invalid(where, "one host and each parameter once", got="another number", hint=hint)
    if not _is_here(hosts[0]) and said.get("sslmode") != ["verify-full"]:
        raise Invalid(where, "sslmode=verify-full for a database on another machine", got="less")
    return address


def _is_here(host: str) -> bool:
    if host.startswith("/"):
        return "," not in host  # what stands behind one is another host
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


async def connect(places: Places, store: Store, **settings: str) -> Any:
    """A connection to one store whose server may be believed.

    Args:
        places: of both.
        store: which.
        settings: of the session, beside those that every one has.

    Raises:
        Invalid: the address is none.
        Unavailable: the server is away, too old, or does not keep what it answers for.
    """
    address = places.of(store)
    try:
        connection = await asyncpg.connect(
            address, timeout=CONNECT_S, command_timeout=COMMAND_S, server_settings={**SESSION, **settings}
        )
    except (*AWAY, ValueError) as error:
        raise away(store, error) from error
    try:
        await require_sound(connection, store)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def require_sound(connection: Any, store: Store) -> None:
    """Return only if the server keeps what it answers for.

    Raises:
        Unavailable: it does not, or is away.
    """
    try:
        version = int(await connection.fetchval("SHOW server_version_num"))
        said = {name: await connection.fetchval(f"SHOW {name}") for name in _SOUND}
    except AWAY as error:
        raise away(store, error) from error
    if version < OLDEST:
        raise Unavailable(f"{store} store: expected PostgreSQL {OLDEST // 10_000} or newer, got an older one")
    for name, wanted in _SOUND.items():
        if said[name] != wanted:
            raise Unavailable(f"{store} store: expected a server with {name} = {wanted}, got another value")


def away(store: Store, error: BaseException) -> Unavailable:
    """What is to be said of a database that does not answer as one."""
    return Unavailable(f"{store} store: expected a database that answers, got {type(error).__name__}")


def is_lost(error: BaseException) -> bool:
    """Whether an error says that the connection is not to be used again."""
    return isinstance(error, _LOST)


def is_refused(error: BaseException) -> bool:
    """Whether an error says that a value is none of its column's: on the way there, or by the server."""
    return isinstance(error, REFUSED) or (isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError))
