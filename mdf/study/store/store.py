"""Rows of the attempts in a runs folder: written after their files, made anew from them where they are missing."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, and_, bindparam, delete, insert, select

from mdf.core.errors import MdfError
from mdf.core.files import encodable, finite, write_text
from mdf.runs.attempts import all_ended, trial_of
from mdf.runs.result import RESULT, TrialResult, from_plain, load, to_plain
from mdf.study.store.address import read_url
from mdf.study.store.engine import ENVIRONMENT, IN_MEMORY, alone, open_engine, told, url_in
from mdf.study.store.tables import attempts, versions

HOME = ".store-id"


def open_store(runs: Path, url: str = "", *, to_read: bool = False) -> Store:
    """The store of the runs folder, with a row for every result that lies there.

    It is the database at `url` (else MDF_STORE), or a file in the folder itself; `to_read` a folder that cannot be
    written to, one in memory. Raises MdfError where it cannot be opened or is of another version.
    """
    shared = url or os.environ.get(ENVIRONMENT, "")
    if shared:
        where, home = read_url(shared), _home(runs)
    else:
        where, home = IN_MEMORY if to_read and _is_read_only(runs) else url_in(runs), ""
    store = Store(runs, open_engine(where), where, home)
    store.adopt()
    return store


class Store:
    """The rows of one runs folder. Nothing that it does waits for long: transactions are short.

    Attributes:
        damaged: results that could not be read when the store was opened, one line each.
    """

    def __init__(self, runs: Path, engine: Engine, url: URL, home: str) -> None:
        self.runs, self.damaged = runs, list[str]()
        self._engine, self._url, self._home = engine, url, home

    def put(self, result: TrialResult) -> None:
        """Write the row of a result whose file is there."""
        folder = Path(result.folder)
        self._change([self._row(folder, result, _written(folder))], [])

    def adopt(self) -> None:
        """Bring the rows to what the files say: add what has none, renew what is older, drop what has no file."""
        column = attempts.c
        with told(self._url), self._engine.connect() as connection:
            found = connection.execute(select(column.folder, column.written).where(column.home == self._home))
            rows = {row.folder: row.written for row in found}
        here: set[str] = set()
        new = []
        for folder in all_ended(self.runs):
            try:
                written = _written(folder)
                if written != rows.get(self._key(folder)):
                    new.append(self._row(folder, load(folder), written))
                here.add(self._key(folder))
            except MdfError as error:
                self.damaged.append(error.message)
            except FileNotFoundError:  # removed just now
                continue
        gone = rows.keys() - here
        if new or gone:
            self._change(new, gone)

    def results(self) -> Sequence[TrialResult]:
        """Every attempt, the one that ended last first."""
        column = attempts.c
        query = select(column.folder, column.result).where(column.home == self._home).order_by(column.written.desc())
        with told(self._url), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [from_plain(row.result, self.runs / row.folder) for row in rows]

    def _row(self, folder: Path, result: TrialResult, written: int) -> dict[str, Any]:
        return {
            "home": self._home,
            "folder": self._key(folder),
            "study": folder.parent.name,
            "trial": trial_of(folder),
            "attempt": result.attempt,
            "status": result.status,
            "reason": encodable(result.reason.replace("\0", "")),  # a crash may print it, and some databases take none
            "label": result.label,
            "started": result.started,
            "ended": result.ended,
            "machine": result.machine,
            "written": written,
            "result": finite(to_plain(result)),
        }

    def _change(self, rows: Sequence[dict[str, Any]], gone: Iterable[str]) -> None:
        """Write rows, in the place of those there are, and drop others; all of it or nothing."""
        old = [{"key": key} for key in (*(row["folder"] for row in rows), *gone)]
        mine = and_(attempts.c.home == self._home, attempts.c.folder == bindparam("key"))
        with told(self._url), self._engine.begin() as connection:
            # writers take turns: on a server two would else remove what both see, and both write it (or wait for
            # each other); SQLite, where they always do, takes no notice
            connection.execute(select(versions.c.version).with_for_update())
            if old:
                connection.execute(delete(attempts).where(mine), old)
            if rows:
                connection.execute(insert(attempts), rows)

    def _key(self, folder: Path) -> str:
        return f"{folder.parent.name}/{folder.name}"


def _written(folder: Path) -> int:
    return (folder / RESULT).stat().st_mtime_ns


def _is_read_only(runs: Path) -> bool:
    return runs.is_dir() and not os.access(runs, os.W_OK)


def _home(runs: Path) -> str:
    """What tells this runs folder from others in one database; it goes with the folder wherever that is moved."""
    path = runs / HOME
    if not path.is_file():
        with alone(path):
            if not path.is_file():
                write_text(path, uuid.uuid4().hex)
    return path.read_text(encoding="utf-8").strip()
