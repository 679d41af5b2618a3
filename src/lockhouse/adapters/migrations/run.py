"""Make, check and migrate the files of a house folder."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.adapters.durable import open_lock
from lockhouse.adapters.migrations import HEAD, UNREADABLE, emptied, lost
from lockhouse.adapters.migrations.newest import newest
from lockhouse.adapters.tables import FILES, LOCK_FILE, STORES
from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.model.rows import Store

PAGE_BYTES = 4_096
BEGIN = "BEGIN IMMEDIATE"
"""Said by hand: Python's sqlite3 opens a transaction for rows alone, so that each table would stand by itself."""


def migrate(folder: Path) -> dict[Store, str]:
    """Bring both files of a house folder to this release's schema; returns the version each had ("" for none).

    They are made where there is neither. One alone is never made: it would stand empty in the place of what was lost.

    Raises:
        Unavailable: a writer runs on the folder, or a file is of a later release, or no store's, or lacks its other.
    """
    with _alone(folder):
        had = {store: version_of(folder / FILES[store], store) for store in STORES}
        for store, version in had.items():
            if not version and any(had.values()):
                raise lost(folder / FILES[store])
        return {store: _migrate(folder / FILES[store], store) for store in STORES}


def migrate_check(folder: Path) -> dict[Store, str]:
    """The schema version of each file, "" where there is none; nothing is changed.

    Raises:
        Unavailable: a file is no store's database.
    """
    return {store: version_of(folder / FILES[store], store) for store in STORES}


def _migrate(file: Path, store: Store) -> str:
    had = version_of(file, store)
    if had == "":
        create(file, store)
    elif had != HEAD:
        upgrade(file, store)
    return had


def version_of(file: Path, store: Store) -> str:
    """The schema version of one file, "" where there is none.

    Raises:
        Unavailable: it is no readable database, or one without a schema.
    """
    if not file.exists():
        return ""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
    except sqlite3.DatabaseError as error:
        raise Unavailable(
            f"{store} store: expected a readable database, got {type(error).__name__}", hint=UNREADABLE
        ) from error
    if not row:
        raise emptied(file)
    return str(row[0])


def create(file: Path, store: Store) -> None:
    """Make a store's file by the newest schema, stamped with its version, readable by its owner alone.

    All of it, or an empty file if it is killed on its way.
    """
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(BEGIN)
        for statement in newest(store):
            connection.execute(statement)
        connection.execute(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
            "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
        connection.execute("INSERT INTO alembic_version VALUES (?)", (HEAD,))
        connection.execute("COMMIT")


def upgrade(file: Path, store: Store) -> None:
    """Run Alembic on one file up to the newest version; all of it, or nothing if it is killed on its way.

    Raises:
        Unavailable: the file's version is not known to this release.
    """
    import sqlalchemy as sa  # noqa: PLC0415  # as Alembic: half a second to load, and never needed by most

    engine = sa.create_engine(f"sqlite:///{file}", poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(BEGIN)
            _alembic(file.name, "head", connection=connection, store=store, dialect="sqlite")
            connection.commit()
    finally:
        engine.dispose()


def way_up(store: Store, had: str) -> str:
    """The SQL that brings a PostgreSQL database of a store from the version it had ("" for none) to the newest.

    Raises:
        Unavailable: that version is not known to this release.
    """
    return _alembic(f"{store} store", f"{had or 'base'}:head", store=store, dialect="postgresql")


def _alembic(where: str, to: str, **attributes: object) -> str:
    """What Alembic writes on its way: nothing with a connection, else SQL."""
    # Imported here: Alembic takes a fifth of a second to load, and a house of the right version never needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util.exc import CommandError  # noqa: PLC0415

    written = StringIO()
    config = Config(output_buffer=written)
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes.update(attributes)
    try:
        command.upgrade(config, to, sql="connection" not in attributes)
    except CommandError as error:
        raise Unavailable(
            f"{where}: expected schema {HEAD} or older, got a later one",
            hint="use the release that made it, or a newer one",
        ) from error
    return written.getvalue()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    lock = open_lock(folder / LOCK_FILE)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Unavailable(
                f"{LOCK_FILE}: expected no running writer, got one", hint="stop the house before migrating it"
            ) from error
        yield
    finally:
        os.close(lock)
