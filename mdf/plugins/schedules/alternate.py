"""The study's schedule: one task learns while the other's own layers are frozen, in turns."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.schedule import Phase, Schedule


class Alternate(Schedule):
    """Depth first with the mask's own layers frozen, then the mask with the depth's own, and so on.

    The shared layers learn in every phase. With one task it is the same as `joint`.
    """

    class Config(ComponentConfig):
        """How long a turn is."""

        phase: int = Field(50, ge=1, description="steps of one turn")

    config: Config

    def phases(self, steps: int, tasks: Sequence[str], size: tuple[int, int]) -> list[Phase]:
        """Turns of `phase` steps, the tasks from last to first; shorter turns where not every task would get one.

        Reads
            steps: optimiser steps in all, at least one a task.
            tasks: tasks in the order of the heads.
            size: (height, width) of the training images.
        """
        turns = list(reversed(tasks))
        length = max(1, min(self.config.phase, steps // len(turns)))
        starts = range(0, steps, length)
        return [
            Phase(
                steps=min(length, steps - start),
                learning=(turns[number % len(turns)],),
                size=size,
                frozen=tuple(task for task in tasks if task != turns[number % len(turns)]),
            )
            for number, start in enumerate(starts)
        ]
