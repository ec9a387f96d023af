"""What SQLite needs to be written by several processes: write-ahead logging, patience, and writers in turn."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DatabaseError

PATIENCE = 60.0
"""Seconds that a transaction, which takes milliseconds, waits for those of others."""


def prepare(engine: Engine) -> None:
    """Set up every connection that `engine` will open."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # else Python's module begins transactions of its own
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # a transaction that reads first and then writes would fail at once where another wrote in between
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def log_ahead(engine: Engine) -> None:
    """Turn write-ahead logging on, which the file remembers; nobody else may do that at the same time."""
    statement = "PRAGMA journal_mode = WAL"
    try:
        with closing(engine.raw_connection()) as connection:
            connection.cursor().execute(statement)
    except sqlite3.Error as error:
        raise DatabaseError(statement, None, error) from error
