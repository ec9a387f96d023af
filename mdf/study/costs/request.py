"""What the workers that measure and forecast costs are asked. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self

from mdf.core.config import ExperimentConfig
from mdf.study import travel

CostPart = Literal["training", "single-step", "inference", "speed"]


@dataclass(frozen=True, slots=True)
class BenchRequest:
    """A resolved config to set up, and the plugins that it needs."""

    config: ExperimentConfig
    plugins: Sequence[str]

    def carried(self) -> Sequence[Path]:
        """The files that a machine without this disk needs."""
        return travel.carried([self.config], self.plugins)

    def relocated(self, places: Mapping[Path, Path]) -> Self:
        """The same request where its files lie elsewhere."""
        config = travel.relocated_config(self.config, places)
        return replace(self, config=config, plugins=travel.relocated_plugins(self.plugins, places))


@dataclass(frozen=True, slots=True)
class MeasureRequest(BenchRequest):
    """The part of its costs to measure.

    `training`: the memory of a training step; `single-step`: of the first step alone, for networks too expensive to run
    twice; `inference`: the memory of predicting; `speed`: times.
    """

    part: CostPart
