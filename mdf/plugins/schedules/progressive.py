"""Learn at a small size first, where a step is cheap, and go on at full size."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.errors import ConfigError
from mdf.core.schedule import Phase, Schedule


class Progressive(Schedule):
    """Two phases of all tasks: the shorter side at `small` pixels, then the full size."""

    class Config(ComponentConfig):
        """How small, and for how long."""

        small: int = Field(64, ge=16, description="shorter side of the first phase's images, in pixels")
        share: float = Field(0.5, gt=0, lt=1, description="share of the steps that the first phase lasts")

    config: Config

    def phases(self, steps: int, tasks: Sequence[str], size: tuple[int, int]) -> list[Phase]:
        """The small phase, in the proportions of `size`, then the full one.

        Raises ConfigError where `size` is not larger than `small`.
        """
        shorter = min(size)
        if shorter <= self.config.small:
            raise ConfigError(
                f"`progressive` goes from {self.config.small} pixels to the full size, which is {size[0]}x{size[1]}",
                "use a larger `--size`, a smaller `--set schedule.small=32`, or `--schedule joint`",
            )
        first = max(1, round(steps * self.config.share))
        reduced = tuple(max(16, round(side * self.config.small / shorter)) for side in size)
        phases = [Phase(first, tuple(tasks), (reduced[0], reduced[1]))]
        return (
            [*phases, Phase(steps - first, tuple(tasks), size)] if steps > first else [Phase(steps, tuple(tasks), size)]
        )
