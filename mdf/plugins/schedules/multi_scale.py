"""All tasks at several sizes in turn, for a network that is to be used at any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.schedule import Phase, Schedule


class MultiScale(Schedule):
    """Short phases at each of `sides` in turn, in the proportions of the full size; the last one at the full size."""

    class Config(ComponentConfig):
        """Which sizes, and for how long each."""

        sides: tuple[Annotated[int, Field(ge=16)], ...] = Field(
            (64, 96, 128, 192), min_length=1, description="shorter sides of the training images in pixels, in turn"
        )
        turn: int = Field(10, ge=1, description="steps at one size before the next")

    config: Config

    def phases(self, steps: int, tasks: Sequence[str], size: tuple[int, int]) -> list[Phase]:
        """`turn` steps at each size, again and again; what is left over at the end is learned at `size`."""
        turn, sides = self.config.turn, self.config.sides
        count = max(0, (steps - 1) // turn)
        shorter = min(size)
        sizes = [(max(16, round(size[0] * side / shorter)), max(16, round(size[1] * side / shorter))) for side in sides]
        phases = [Phase(turn, tuple(tasks), sizes[number % len(sizes)]) for number in range(count)]
        return [*phases, Phase(steps - count * turn, tuple(tasks), size)]
