"""All tasks learn together at the study's image size, from the first step to the last."""

from __future__ import annotations

from collections.abc import Sequence

from mdf.core.schedule import Phase, Schedule


class Joint(Schedule):
    """One phase: all losses count, and nothing is frozen."""

    def phases(self, steps: int, tasks: Sequence[str], size: tuple[int, int]) -> list[Phase]:
        """The single phase."""
        return [Phase(steps=steps, learning=tuple(tasks), size=size)]
