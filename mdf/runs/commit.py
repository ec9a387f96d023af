"""What came of a trial is kept: its file first, then its row. Torch-free."""

from __future__ import annotations

import platform
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from mdf.core.errors import MdfError
from mdf.runs import result
from mdf.runs.attempts import number_of, result_of
from mdf.runs.observer import Observer
from mdf.runs.result import TrialResult


class Rows(Protocol):
    """Where every result has a row: `mdf.study.store`."""

    def put(self, result: TrialResult) -> None:
        """Write the row of a result whose file is there. Raises MdfError where it cannot."""


class Record:
    """The attempts that this process makes, from their start to their commit."""

    def __init__(self, rows: Rows, observer: Observer) -> None:
        self._rows, self._observer = rows, observer
        self._started: dict[Path, str] = {}

    def begin(self, folder: Path) -> None:
        """The attempt in `folder` begins; or goes on, and began when it was interrupted or before."""
        before = result.load(folder).started if result.has_ended(folder) else ""
        self._started[folder] = before or _now()

    def commit(self, folder: Path, found: TrialResult) -> TrialResult:
        """Keep how the attempt in `folder` ended; returned with when and where.

        A row that cannot be written is a warning: the next command adopts the file. Raises StorageError where the
        file cannot be.
        """
        kept = replace(
            found,
            attempt=number_of(folder),
            started=self._started.get(folder, ""),
            ended=_now(),
            machine=platform.node(),
            folder=str(folder),
        )
        result.commit(folder, kept)
        try:
            self._rows.put(kept)
        except MdfError as error:
            self._observer.warned(f"{error.message}; {error.hint}")
        return kept


def what_counts(result: TrialResult) -> TrialResult:
    """The result of the trial that `result` is the last attempt at: an earlier one where only that ended well."""
    if result.ok or result.attempt == 1:
        return result
    found = result_of(result.id, Path(result.folder).parent.parent) or result
    return replace(found, label=result.label)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
