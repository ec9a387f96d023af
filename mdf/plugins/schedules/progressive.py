"""Trains at a small size first, where steps are fast, and then at full size."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.errors import ConfigError
from mdf.core.schedule import Phase, Schedule


class Progressive(Schedule):
    """Two phases with all tasks: first with a shorter side of `small` pixels, then at full size."""

    class Config(ComponentConfig):
        """Size and length of the first phase."""

        small: int = Field(64, ge=16, description="shorter side of the first phase's images, in pixels")
        share: float = Field(0.5, gt=0, lt=1, description="length of the first phase, as a share of all steps")

    config: Config

    def phases(self, steps: int, tasks: Sequence[str], size: tuple[int, int]) -> list[Phase]:
        """The phase with small images, which keep the aspect ratio of `size`, then the phase at full size.

        Raises
            ConfigError: `size` is not larger than `small`.
        """
        shorter = min(size)
        if shorter <= self.config.small:
            raise ConfigError(
                f"schedule `progressive` starts at {self.config.small} pixels, which is not smaller than the full "
                f"size {size[0]}x{size[1]}",
                "use a larger `--size`, a smaller `--set schedule.small=32`, or `--schedule joint`",
            )
        first = max(1, round(steps * self.config.share))
        if steps <= first:
            return [Phase(steps, tuple(tasks), size)]
        height, width = (max(16, round(side * self.config.small / shorter)) for side in size)
        return [Phase(first, tuple(tasks), (height, width)), Phase(steps - first, tuple(tasks), size)]
