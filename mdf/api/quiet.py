"""The observer of an API call that was given none."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mdf.core.progress import Progress
    from mdf.runs.result import TrialResult


class Quiet:
    """An observer that reports only warnings, as Python's own."""

    def began(self, label: str, number: int, total: int) -> None:
        """Does nothing."""

    def progress(self, progress: Progress, number: int = 0) -> None:
        """Does nothing."""

    def ended(self, result: TrialResult, kept: bool) -> None:
        """Does nothing."""

    def warned(self, message: str) -> None:
        """Issues a Python warning."""
        warnings.warn(message, stacklevel=1)
