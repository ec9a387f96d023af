"""Who watches a study. Torch-free."""

from __future__ import annotations

from typing import Protocol

from mdf.core.progress import Progress
from mdf.runs.result import TrialResult


class Observer(Protocol):
    """Sees a study go on; always called in the parent process, one call after the other. Several trials may run."""

    def began(self, label: str, number: int, total: int) -> None:
        """Trial `number` (from 1) of `total` begins; the survey is number 0."""

    def progress(self, progress: Progress, number: int = 0) -> None:
        """Trial `number`, or the one job that there is, tells something."""

    def ended(self, result: TrialResult, kept: bool) -> None:
        """A trial has its result; `kept` from an earlier run of the same trial, which did not begin now."""

    def warned(self, message: str) -> None:
        """Something went wrong that does not touch the study."""
