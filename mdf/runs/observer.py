"""The protocol of whoever follows a study. Torch-free."""

from __future__ import annotations

from typing import Protocol

from mdf.core.progress import Progress
from mdf.runs.result import TrialResult


class Observer(Protocol):
    """Follows a study. Always called in the parent process, one call after the other; several trials may run."""

    def began(self, label: str, number: int, total: int) -> None:
        """Trial `number` (from 1) of `total` begins; number 0 is the preparation."""

    def progress(self, progress: Progress, number: int = 0) -> None:
        """Trial `number`, or the only job, made progress."""

    def ended(self, result: TrialResult, kept: bool) -> None:
        """A trial has its result. `kept`: it is of an earlier run, and the trial did not begin now."""

    def warned(self, message: str) -> None:
        """Something went wrong that does not affect the study."""
