"""Opens the database, brings its tables up to date and runs transactions. Knows no table; returns no rows of its own.

SQLite by path (WAL, synchronous=FULL, foreign keys, 30 s busy wait) or Postgres by URL. Several processes may open the
same SQLite file at once: a lock file beside it lets one migrate while the others wait. Writes take the write lock at
their start (BEGIN IMMEDIATE), so a transaction never fails half way because another one wrote first.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from knowledge.errors import ToolError, UserError
from tools.store.schema import HEAD, metadata

_BUSY_MS = 30_000
_POSTGRES_LOCK = 0x46525547  # "FRUG": any number that other programs on the server are unlikely to use
_MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """One engine. Thread-safe; close it when done."""

    def __init__(self, engine: sa.Engine, path: Path | None) -> None:
        self.engine, self.path = engine, path

    @classmethod
    def open(cls, url_or_path: str | Path) -> "Database":
        """Opens or creates. Raises UserError `store-newer`, `store-unreadable`, `store-url`; ToolError `store-unavailable`."""
        text = str(url_or_path)
        if "://" not in text:
            return cls._open_sqlite(Path(text))
        try:
            url = sa.make_url(text)
        except sa.exc.ArgumentError as error:
            raise _bad_url() from error
        if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
            return cls._open_sqlite(Path(url.database))
        if url.get_backend_name() != "postgresql":
            raise _bad_url()
        try:
            database = cls(sa.create_engine(url, pool_pre_ping=True), None)
        except ModuleNotFoundError as error:
            raise UserError(
                "store-driver-missing",
                "The Python driver for this Postgres URL is not installed.",
                "Install psycopg and use a URL that starts with postgresql+psycopg://.",
            ) from error
        database.migrate()
        return database

    @classmethod
    def _open_sqlite(cls, path: Path) -> "Database":
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # other accounts on the machine may not read chats
            lock = path.with_name(path.name + ".lock").open("w")
        except OSError as error:
            raise UserError(
                "store-unwritable",
                f"The data folder cannot be written: {error.strerror}.",
                "Choose a folder you may write to with --data-dir, or free some space.",
            ) from error
        engine = sa.create_engine(f"sqlite:///{path}", pool_size=5, max_overflow=30, connect_args={"timeout": _BUSY_MS / 1000})
        _prepare_sqlite(engine)
        database = cls(engine, path)
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # switching to WAL and migrating: one opener at a time
            database.migrate()
        return database

    def migrate(self) -> None:
        """Makes the tables of a new database, or applies missing migrations, in one transaction.

        Raises UserError `store-newer` where the file is ahead of this code.
        """
        with self.write() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_POSTGRES_LOCK)))
            found = _revision(connection)
            if found == HEAD:
                return
            _check_age(found)
            if sa.inspect(connection).get_table_names():
                _upgrade(connection)
            else:
                _create(connection)

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that commits at the end of the block and rolls back on any error."""
        with _translated(), self.engine.connect().execution_options(frugal_write=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A consistent view; never waits for writers."""
        options = {} if self.path else {"isolation_level": "REPEATABLE READ"}  # SQLite reads a snapshot by itself
        with _translated(), self.engine.connect().execution_options(**options) as connection:
            yield connection

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()


def is_writing(connection: sa.Connection) -> bool:
    """Whether the connection came from `Database.write`."""
    return bool(connection.get_execution_options().get("frugal_write", False))


def _prepare_sqlite(engine: sa.Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin or commit on its own: the event below does
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={_BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing(connection) else "BEGIN")


def _create(connection: sa.Connection) -> None:
    """The tables as the migrations would leave them (a test compares), without loading Alembic: it takes as long as an audit."""
    metadata.create_all(connection)
    connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    connection.execute(sa.text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _check_age(found: str | None) -> None:
    if found is None or (found.isdigit() and int(found) <= int(HEAD)):
        return
    raise UserError(
        "store-newer",
        f"The data folder was written by a newer Frugal (store version {found}; this one knows versions up to {HEAD}).",
        "Start the newer Frugal, or give this one another folder with --data-dir.",
        {"found": found, "known": HEAD},
    )


def _bad_url() -> UserError:
    return UserError(
        "store-url", "The store address is not understood.", "Give a file path, sqlite:///path or postgresql+psycopg://user@host/name."
    )


@contextmanager
def _translated() -> Iterator[None]:
    """Database failures in the user's words; a FrugalError and a broken uniqueness rule pass through."""
    try:
        yield
    except sa.exc.IntegrityError:
        raise
    except (sa.exc.OperationalError, sqlite3.OperationalError) as error:
        raise ToolError(
            "store-unavailable",
            f"The store could not be read or written: {getattr(error, 'orig', error)}.",
            "Check that the disk is not full and that the database is running, then try again. Nothing half-written was kept.",
        ) from error
    except (sa.exc.DatabaseError, sqlite3.DatabaseError) as error:
        raise UserError(
            "store-unreadable",
            f"The store is not a readable Frugal database: {getattr(error, 'orig', error)}.",
            "Restore the folder from a backup, or choose another one with --data-dir.",
        ) from error
