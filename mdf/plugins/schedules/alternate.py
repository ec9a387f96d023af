"""Tasks learn in turns. While one learns, the other tasks' own layers are frozen."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.schedule import Phase, Schedule


class Alternate(Schedule):
    """First depth learns with the mask's own layers frozen, then the mask with depth's own layers frozen, and so on.

    Shared layers learn in every turn. With only one task, this is the same as `joint`.
    """

    class Config(ComponentConfig):
        """Length of a turn."""

        phase: int = Field(50, ge=1, description="steps of one turn")

    config: Config

    def phases(self, steps: int, tasks: Sequence[str], size: tuple[int, int]) -> list[Phase]:
        """Turns of `phase` steps, from the last task to the first. Turns are shorter if otherwise a task got none.

        Reads
            steps: total number of optimiser steps, at least one per task.
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
