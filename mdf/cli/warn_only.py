"""An observer for commands that need no progress bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mdf.api import TrialResult
    from mdf.core.progress import Progress


class WarnOnly:
    """Prints warnings on stderr at once, and nothing else."""

    def began(self, label: str, number: int, total: int) -> None:
        """Prints nothing."""

    def progress(self, progress: Progress, number: int = 0) -> None:
        """Prints nothing."""

    def ended(self, result: TrialResult, kept: bool) -> None:
        """Prints nothing."""

    def warned(self, message: str) -> None:
        """Prints the warning."""
        click.echo(f"warning: {message}", err=True)
