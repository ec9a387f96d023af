"""Commits the results of the attempts that this process makes. Torch-free."""

from __future__ import annotations

import platform
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mdf.runs import result
from mdf.runs.attempts import number_of, result_of
from mdf.runs.result import TrialResult


class AttemptRecorder:
    """Notes when each attempt began, and commits its result with times and place."""

    def __init__(self) -> None:
        self._started: dict[Path, str] = {}

    def begin(self, folder: Path) -> None:
        """The attempt in `folder` begins. One that was interrupted keeps its first start."""
        before = result.load(folder).started if result.has_ended(folder) else ""
        self._started[folder] = before or _now()

    def commit(self, folder: Path, ended: TrialResult) -> TrialResult:
        """Write the result file of the attempt in `folder`; returns the result with its number, times and place.

        Raises StorageError if the file cannot be written.
        """
        complete = replace(
            ended,
            attempt=number_of(folder),
            started=self._started.get(folder, ""),
            ended=_now(),
            machine=platform.node(),
            folder=str(folder),
        )
        result.commit(folder, complete)
        return complete


def what_counts(result: TrialResult) -> TrialResult:
    """The result of the trial that `result` is the last attempt at: an earlier one if only that ended well."""
    if result.ok or result.attempt == 1:
        return result
    counting = result_of(result.id, Path(result.folder).parent.parent) or result
    return replace(counting, label=result.label)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
