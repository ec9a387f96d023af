"""Opens the database of a runs folder, or the one that a URL names, and checks its schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from sqlalchemy import URL, Engine, NullPool, StaticPool, create_engine, insert, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from mdf.core.errors import MdfError, StorageError
from mdf.study.files import CURE
from mdf.study.store import sqlite
from mdf.study.store.tables import SCHEMA, metadata, versions

FILE = "mdf.sqlite"
ENVIRONMENT = "MDF_STORE"
"""A database's URL, for results that a team shares; without it each runs folder has its own."""

IN_MEMORY = URL.create("sqlite")


def url_in(runs: Path) -> URL:
    """The embedded database of a runs folder."""
    return URL.create("sqlite", database=str(runs / FILE))


def read_url(text: str) -> URL:
    """A database's URL. Raises MdfError where it is none."""
    try:
        return make_url(text)
    except ArgumentError as error:
        raise MdfError(f"the store's URL cannot be read: {error}", "write DIALECT://USER:PASSWORD@HOST/NAME") from None


def open_engine(url: URL) -> Engine:
    """The database at `url` with this version's tables.

    Raises MdfError where its driver is missing, it cannot be opened, or another version of mdf made its tables.
    """
    try:
        engine = create_engine(url, poolclass=StaticPool if url == IN_MEMORY else NullPool)
    except (ImportError, SQLAlchemyError) as error:
        raise MdfError(f"the store {named(url)} cannot be used: {error}", "install its database's driver") from error
    if engine.dialect.name == "sqlite":
        sqlite.prepare(engine)
    with told(url), _alone(url):
        if engine.dialect.name == "sqlite":
            sqlite.log_ahead(engine)
        _check_schema(engine, url)
    return engine


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Turn what the database raises into one MdfError."""
    try:
        yield
    except SQLAlchemyError as error:
        # an error of the database itself has SQL and values in its text; its own words are in `orig`
        why = error.orig if isinstance(error, DBAPIError) else error
        raise MdfError(
            f"the results store {named(url)} failed: {why}",
            "no result is lost: they are in the runs' folders, and a store that is removed is made anew from them",
        ) from error


def named(url: URL) -> str:
    """The database as users know it: a file, or a URL without its password."""
    return url.database or "" if url.drivername == "sqlite" else url.render_as_string(hide_password=True)


@contextmanager
def _alone(url: URL) -> Iterator[None]:
    """Hold others back while the file of a database is made; a server does that itself."""
    if not url.database or url.get_backend_name() != "sqlite":
        yield
        return
    path = Path(url.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(path.with_name(f".{path.name}.lock")).acquire()
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}", CURE) from error
    with held:
        yield


def _check_schema(engine: Engine, url: URL) -> None:
    """Make the tables in an empty database; otherwise they must be of this version."""
    if not inspect(engine).has_table(versions.name):
        with engine.begin() as connection:
            metadata.create_all(connection)
            connection.execute(insert(versions).values(version=SCHEMA))
        return
    with engine.begin() as connection:
        found = connection.scalar(select(versions.c.version))
    if found is None or found < SCHEMA:
        raise MdfError(
            f"the results store {named(url)} was made by an older mdf (schema {found}, here {SCHEMA})",
            "remove it: it is made anew from the results in the runs' folders",
        )
    if found > SCHEMA:
        raise MdfError(
            f"the results store {named(url)} was made by a newer mdf (schema {found}, here {SCHEMA})",
            "update mdf, or choose another folder with `--runs`",
        )
