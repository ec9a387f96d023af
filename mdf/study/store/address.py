"""Reads the URL of a team's database, and tells it to users without its secrets."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from mdf.core.errors import MdfError

FORM = "write DIALECT://USER:PASSWORD@HOST/NAME, and in a password `%40` for `@`, `%3A` for `:`, `%2F` for `/`"
POSTGRES = "postgresql"
DRIVER = "postgresql+psycopg"
"""The driver that the extra `postgres` installs; what SQLAlchemy takes by itself depends on its version."""
SECONDS_TO_CONNECT = 10
"""A server's driver waits for ever, or minutes, for a machine that does not answer."""
SHOWN = ("host", "port")
"""Of a URL's options; others may be secrets."""


def read_url(text: str) -> URL:
    """A database's URL. Raises MdfError where it is none, without its text, which may hold a password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise MdfError("the store's URL cannot be read", FORM) from None
    if "@" in (url.host or ""):  # the rest of a password
        raise MdfError("the store's URL has more than one `@`", FORM)
    return url.set(drivername=DRIVER) if url.drivername in (POSTGRES, "postgres") else url


def named(url: URL) -> str:
    """The database as users know it: a file, or a URL without its password."""
    if url.drivername == "sqlite":
        return url.database or ""
    shown = {key: value for key, value in url.query.items() if key in SHOWN}
    return url.set(query=shown).render_as_string(hide_password=True)


def patience(url: URL) -> dict[str, int]:
    """What a connection is asked beside the URL: to be given up after a while."""
    asked = url.get_backend_name() == POSTGRES and "connect_timeout" not in url.query
    return {"connect_timeout": SECONDS_TO_CONNECT} if asked else {}


def driver_hint(url: URL) -> str:
    """How to install what reads such a database."""
    if url.drivername == DRIVER:
        return 'install its driver: `pip install "mask-depth-framework[postgres]"`'
    return "install its database's driver"
