"""Where runs are kept and who watches, if nobody says so."""

from __future__ import annotations

import warnings
from pathlib import Path

from mdf.core.progress import Progress
from mdf.runs.result import TrialResult

RUNS = Path("runs")


class Quiet:
    """An observer that says nothing but warnings."""

    def began(self, label: str, number: int, total: int) -> None:
        """Nothing."""

    def progress(self, progress: Progress, number: int = 0) -> None:
        """Nothing."""

    def ended(self, result: TrialResult, kept: bool) -> None:
        """Nothing."""

    def warned(self, message: str) -> None:
        """Python's own warning."""
        warnings.warn(message, stacklevel=1)
