"""Opens the database of a runs folder, or the one that a URL names, and checks its schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from filelock import FileLock
from sqlalchemy import URL, Engine, NullPool, StaticPool, create_engine, insert, inspect, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from mdf.core.errors import MdfError, StorageError
from mdf.core.files import CURE
from mdf.study.store import address, sqlite
from mdf.study.store.address import named
from mdf.study.store.tables import SCHEMA, metadata, versions

FILE = "mdf.sqlite"
ENVIRONMENT = "MDF_STORE"
"""A database's URL, for results that a team shares; without it each runs folder has its own."""

IN_MEMORY = URL.create("sqlite")

KEPT = "no result is lost: they are in the runs' folders, and a store that is removed is made anew from them"
UNREACHED = f"look whether its server runs and lets you in; without {ENVIRONMENT} each runs folder keeps its own store"


def url_in(runs: Path) -> URL:
    """The embedded database of a runs folder."""
    return URL.create("sqlite", database=str(runs / FILE))


def open_engine(url: URL) -> Engine:
    """The database at `url` with this version's tables.

    Raises MdfError where its driver is missing, it cannot be opened, or another version of mdf made its tables.
    """
    try:
        pool = StaticPool if url == IN_MEMORY else NullPool
        engine = create_engine(url, poolclass=pool, connect_args=address.patience(url))
    except (ImportError, SQLAlchemyError) as error:
        raise MdfError(f"the store {named(url)} cannot be used: {error}", address.driver_hint(url)) from error
    if engine.dialect.name == "sqlite":
        sqlite.prepare(engine)
    else:
        with told(url, UNREACHED):
            engine.connect().close()
    file = _file(url)
    with told(url), alone(file) if file else nullcontext():
        if engine.dialect.name == "sqlite":
            sqlite.log_ahead(engine)
        _check_schema(engine, url)
    return engine


@contextmanager
def told(url: URL, hint: str = KEPT) -> Iterator[None]:
    """Turn what the database raises into one MdfError."""
    try:
        yield
    except SQLAlchemyError as error:
        # an error of the database itself has SQL and values in its text; its own words are in `orig`
        why = error.orig if isinstance(error, DBAPIError) else error
        raise MdfError(f"the results store {named(url)} failed: {' '.join(str(why).split())}", hint) from error


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold other processes back while the file at `path` is made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(path.with_name(f".{path.name}.lock")).acquire()
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}", CURE) from error
    with held:
        yield


def _file(url: URL) -> Path | None:
    """The file that the database is, where it is one."""
    return Path(url.database) if url.database and url.get_backend_name() == "sqlite" else None


def _check_schema(engine: Engine, url: URL) -> None:
    """Make the tables in an empty database; otherwise they must be of this version."""
    if not inspect(engine).has_table(versions.name):
        try:
            with engine.begin() as connection:
                metadata.create_all(connection)
                connection.execute(insert(versions).values(version=SCHEMA))
            return
        except SQLAlchemyError:  # in a server's database another process may have made them just now
            if not inspect(engine).has_table(versions.name):
                raise
    with engine.begin() as connection:
        found = connection.scalar(select(versions.c.version))
    if found is None or found < SCHEMA:
        what = "it" if _file(url) else f"its tables {' and '.join(sorted(metadata.tables))}"
        raise MdfError(
            f"the results store {named(url)} was made by an older mdf (schema {found}, here {SCHEMA})",
            f"remove {what}: a store is made anew from the results in the runs' folders",
        )
    if found > SCHEMA:
        another = "choose another folder with `--runs`" if _file(url) else f"unset {ENVIRONMENT}"
        raise MdfError(
            f"the results store {named(url)} was made by a newer mdf (schema {found}, here {SCHEMA})",
            f"update mdf, or {another}",
        )
