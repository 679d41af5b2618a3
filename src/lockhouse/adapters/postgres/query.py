"""Rows of one query to another system's PostgreSQL, read twice from one snapshot and never written to.

The transaction is read-only and repeatable: a statement that would write is refused by the server, whoever asks, and
both readings see the same rows. The statement becomes a cursor (`DECLARE … CURSOR FOR`), which takes a single `SELECT`,
`VALUES` or `TABLE` and nothing that writes, over the extended protocol, which takes one statement and no more. The
first reading hashes; of the second each group is handed on only once it is what was hashed, in the same order.

No message holds the address, the query, or what the server says: each may hold a value.
"""

from __future__ import annotations

import hmac
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import asyncpg

from lockhouse.adapters.plain import plain_tree
from lockhouse.adapters.postgres.link import AWAY, CONNECT_S, SESSION, checked_address, is_lost
from lockhouse.errors import Conflict, Invalid, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

GROUP = 500
"""Rows that are fetched at once."""
FROM, QUERY = "--from", "--query"
READ_ONLY = {
    **SESSION,
    "default_transaction_read_only": "on",
    "synchronize_seqscans": "off",  # a scan that joins another's in the midst would have its rows in another order
}
CLOSE_S = 2.0
_MARK = 8


class Query:
    """A query that is open, in its transaction.

    Attributes:
        heads: the names of its columns.
    """

    def __init__(self, connection: Any, text: str, heads: tuple[str, ...]) -> None:
        self._connection = connection
        self._text = text
        self._marks: list[bytes] = []
        self.heads = heads
        self.is_whole = False
        """Whether the second reading came to its end."""

    async def content(self, *, told: Callable[[int], None] = lambda _rows: None) -> bytes:
        """The SHA-256 of its columns and all its rows, in their order: the first reading.

        Raises:
            Invalid: the server refuses the query.
            Unavailable: the database is away.
        """
        digest, self._marks = sha256(b"lockhouse/query/1\0" + repr(self.heads).encode()), []
        async for records in self._fetched():
            _take(digest, records)
            self._marks.append(digest.digest()[:_MARK])
            told(len(records))
        return digest.digest()

    async def groups(self, columns: Sequence[str]) -> AsyncIterator[list[dict[str, Any] | None]]:
        """Every row's values of these columns, some rows at a time, as `plain_tree` has them: the second reading.

        Raises:
            Conflict: they come in another order than before.
            Invalid, Unavailable: as `content`.
        """
        digest, at, self.is_whole = sha256(b"lockhouse/query/1\0" + repr(self.heads).encode()), 0, False
        async for records in self._fetched():
            _take(digest, records)
            if at == len(self._marks) or not hmac.compare_digest(digest.digest()[:_MARK], self._marks[at]):
                raise Conflict(
                    f"{QUERY}: expected its rows in the same order twice, got another order",
                    hint="say ORDER BY, by columns that no two rows share; nothing of what came otherwise was stored",
                )
            at += 1
            yield [plain_tree({name: record[name] for name in columns}) for record in records]
        self.is_whole = at == len(self._marks)

    async def _fetched(self) -> AsyncIterator[list[Any]]:
        try:
            await self._connection.execute("CLOSE ALL")
            # Prepared, not executed as text: the protocol then takes one statement.
            await self._connection.fetch(f"DECLARE lockhouse NO SCROLL CURSOR FOR {self._text}")
            while records := await self._connection.fetch(f"FETCH {GROUP} FROM lockhouse"):
                yield records
        except (*AWAY, ValueError) as error:
            raise _refusal(error) from error


@asynccontextmanager
async def queried(address: str, text: str) -> AsyncIterator[Query]:
    """A query that is open, in a read-only transaction that is never committed.

    Args:
        address: of the database; a password is in none.
        text: a single SELECT.

    Raises:
        Invalid: the address is none, holds a password, or leads over a network to who need not prove who they are; or
            the server refuses the query, or it has two columns of one name.
        Unavailable: the database is away.
    """
    _require_no_password(checked_address(address, FROM))
    try:
        connection = await asyncpg.connect(address, timeout=CONNECT_S, server_settings=READ_ONLY)
    except (*AWAY, ValueError) as error:
        raise _away(error) from error
    try:
        try:
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            prepared = await connection.prepare(text)
        except (*AWAY, ValueError) as error:
            raise _refusal(error) from error
        heads = tuple(one.name for one in prepared.get_attributes())
        if prepared.get_parameters():
            raise Invalid(QUERY, "a SELECT without parameters", got="one with", hint="write the value in its place")
        if not heads or len(set(heads)) < len(heads):
            got = "two of one name" if heads else "none"
            raise Invalid(QUERY, "a SELECT with each column once", got=got, hint="AS names a column")
        yield Query(connection, text, heads)
    finally:
        with suppress(*AWAY):
            await connection.close(timeout=CLOSE_S)


def _require_no_password(address: str) -> None:
    parts = urlsplit(address)
    if parts.password is not None or "password" in parse_qs(parts.query, keep_blank_values=True):
        raise Invalid(
            FROM, "an address without a password", got="one with",
            hint="put it into a file that only you can read and name it in PGPASSFILE; what is typed, others can see",
        )  # fmt: skip


def _take(digest: Any, records: list[Any]) -> None:
    for record in records:
        digest.update(repr(tuple(record)).encode("utf-8", "surrogatepass"))


def _away(error: BaseException) -> Unavailable:
    return Unavailable(
        f"{FROM}: expected a database that answers and lets you in, got {type(error).__name__}",
        hint="PGPASSFILE names a file with the password; the server's own log says more",
    )


def _refusal(error: BaseException) -> Invalid | Unavailable:
    """What to say of an error behind the first answer: the query's own, or the connection's."""
    if is_lost(error) or not isinstance(error, asyncpg.PostgresError):
        return _away(error)
    at = f" at character {error.position}" if getattr(error, "position", None) else ""
    return Invalid(
        QUERY, "a single SELECT that this database takes", got=f"{type(error).__name__}{at}",
        hint="try it there first: psql; tables of another schema are called schema.table",
    )  # fmt: skip
